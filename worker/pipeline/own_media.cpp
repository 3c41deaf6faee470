#include "worker/pipeline/own_media.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "worker/media/probe.hpp"
#include "worker/media/scripts.hpp"
#include "worker/pipeline/files.hpp"
#include "worker/programs/descriptor.hpp"
#include "worker/story/storyboard_request.hpp"

namespace reelspool {
namespace {

/// Opens `relative` below `folder`; -1 with errno. EXDEV: it leads out of the folder.
Descriptor open_beneath(const std::filesystem::path& folder, const std::filesystem::path& relative) {
  const Descriptor base(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!base) return Descriptor(-1);
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // never waits for a pipe's other end
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return Descriptor(
      static_cast<int>(::syscall(SYS_openat2, base.number(), relative.c_str(), &how, sizeof how)));
}

Error unreadable(const MediaSource& source, const std::filesystem::path& path, int why) {
  if (why == EXDEV || why == ELOOP)
    return bad_field(source.field,
                     path.string() + " leads out of its folder by a link; give the file's own path");
  return bad_field(source.field,
                   "cannot open " + path.string() + ": " + std::generic_category().message(why));
}

const char* name_of(MediumKind kind) {
  return kind == MediumKind::picture ? "a picture" : kind == MediumKind::clip ? "a video" : "a sound";
}

/// "mp4" of a clip's or a sound's name: ffmpeg goes by the content, people by the name.
std::string suffix_by_name(const std::filesystem::path& file) {
  return suffix_of(file.filename().string(),
                   "mp4 m4v mov webm mkv avi ts mpg gif webp wav mp3 m4a aac flac ogg opus", "bin")
      .substr(1);
}

Result<FoundMedium> look_at(MediaSource source, MediumKind kind, const Descriptor& file,
                            const std::filesystem::path& path, std::size_t most_bytes) {
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return unreadable(source, path, errno);
  if (!S_ISREG(about.st_mode)) return bad_field(source.field, path.string() + " is no plain file");
  if (about.st_size == 0) return bad_field(source.field, path.string() + " is empty");
  if (static_cast<std::size_t>(about.st_size) > most_bytes)
    return bad_field(source.field,
                     path.string() + " is larger than " + std::to_string(most_bytes >> 20) + " MiB");
  std::string suffix = suffix_by_name(path);
  if (kind == MediumKind::picture) {
    std::array<char, 16> head{};
    const ssize_t length = ::pread(file.number(), head.data(), head.size(), 0);
    if (length < 0) return unreadable(source, path, errno);
    suffix = picture_type({head.data(), static_cast<std::size_t>(length)});
    if (suffix.empty()) return bad_field(source.field, path.string() + " is no png, jpeg or webp picture");
  }
  std::array<char, 4096> real{};
  const std::string link = "/proc/self/fd/" + std::to_string(file.number());
  const ssize_t real_length = ::readlink(link.c_str(), real.data(), real.size());
  if (real_length <= 0) return unreadable(source, path, errno);
  return FoundMedium{std::move(source), kind, std::string(real.data(), static_cast<std::size_t>(real_length)),
                     std::move(suffix)};
}

/// A picture is decoded whole; of a clip the encode that uses it does that.
ScriptCall probe_call(const std::string& name, MediumKind kind, const StepContext& step) {
  ScriptCall call;
  call.name = "probe";
  call.options = {{"in", ScriptCall::Input{name}},
                  {"decode", std::string(kind == MediumKind::picture ? "yes" : "no")}};
  call.folder = step.folder;
  return call;
}

/// How long the picture is: what its stream says, or else the file. (Frames are counted last: they need not be even.)
double picture_seconds(const MediaInfo& info) {
  if (!info.video) return 0;
  if (info.video->seconds > 0) return info.video->seconds;
  if (info.seconds > 0) return info.seconds;
  return info.video->fps > 0 ? static_cast<double>(info.video->frames) / info.video->fps : 0;
}

/// Why it is not what was asked for; empty: it is.
std::string what_lacks(const MediaInfo& info, MediumKind kind) {
  const bool is_seen = info.video && info.video->width > 0;
  if (kind == MediumKind::sound) return info.audio && info.audio->samples > 0 ? "" : "it has no sound";
  if (!is_seen) return "it has no picture";
  return kind == MediumKind::clip && picture_seconds(info) <= 0 ? "it does not say how long it is" : "";
}

boost::asio::awaitable<Result<Yield>> take(Scripts& scripts, Pool& pool, FoundMedium medium, std::string stem,
                                           StepContext& step) {
  const std::string name = "medium." + medium.suffix;
  auto copy = [medium, folder = step.folder, name]() -> Result<> {
    if (medium.file.empty()) return write_file(folder / name, medium.source.bytes);
    std::error_code error;  // a copy, not a second name: what was uploaded is not ours and may be written to
    std::filesystem::copy_file(medium.file, folder / name, std::filesystem::copy_options::overwrite_existing,
                               error);
    if (error) return system_error("copying " + medium.file.string(), error.value());
    return ok;
  };
  auto copied = co_await pool.run(std::move(copy));
  if (!copied) co_return std::move(copied.error());

  const auto printed = co_await scripts.run(probe_call(name, medium.kind, step), *step.stop);
  if (!printed && printed.error().cls != ErrorClass::media) co_return printed.error();
  const auto info = printed ? read_media_info(*printed) : Result<MediaInfo>(printed.error());
  const std::string reason = info ? what_lacks(*info, medium.kind) : info.error().message;
  if (!reason.empty()) {
    Error error = bad_field(medium.source.field,
                            std::string("cannot be read as ") + name_of(medium.kind) + ": " + reason);
    if (!info) error.details = info.error().details;
    co_return error;
  }
  const std::string kept = stem + "." + medium.suffix;
  Yield yield;
  yield.value["file"] = kept;
  yield.value["picture_s"] = picture_seconds(*info);
  yield.value["sound_s"] = info->audio ? info->audio->seconds : 0.0;
  yield.files.push_back({name, kept});
  co_return yield;
}

}  // namespace

Result<FoundMedium> find_medium(MediaSource source, MediumKind kind, const MediaRules& rules) {
  if (source.places.empty()) {
    const std::string type(picture_type(source.bytes));
    return FoundMedium{std::move(source), kind, {}, type};
  }
  const std::size_t most_bytes =
      kind == MediumKind::picture ? rules.most_picture_bytes : rules.most_clip_bytes;
  int why = ENOENT;
  for (const MediaSource::Place& place : source.places) {
    const Descriptor file = open_beneath(place.folder, place.relative);
    if (file) return look_at(source, kind, file, place.folder / place.relative, most_bytes);
    if (errno != ENOENT) why = errno;
  }
  return unreadable(source, source.places.front().folder / source.places.front().relative, why);
}

Work take_medium(Scripts& scripts, Pool& pool, FoundMedium medium, std::string stem) {
  Work work;
  work.kind = "local";
  work.request["medium"] = stem;
  if (medium.file.empty()) {
    work.request["bytes"] = medium.source.bytes.size();
    work.request["checksum"] = seed_from(medium.source.bytes);
  } else {
    work.inputs.push_back(medium.file);
  }
  work.carry_out = [&scripts, &pool, medium = std::move(medium), stem = std::move(stem)](StepContext& step) {
    return take(scripts, pool, medium, stem, step);
  };
  return work;
}

}  // namespace reelspool
