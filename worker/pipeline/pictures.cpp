#include "worker/pipeline/pictures.hpp"

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

Error unreadable(const PictureSource& source, const std::filesystem::path& path, int why) {
  if (why == EXDEV || why == ELOOP)
    return bad_field(source.field,
                     path.string() + " leads out of its folder by a link; give the picture's own path");
  return bad_field(source.field,
                   "cannot open " + path.string() + ": " + std::generic_category().message(why));
}

Result<FoundPicture> look_at(PictureSource source, const Descriptor& file, const std::filesystem::path& path,
                             std::size_t most_bytes) {
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return unreadable(source, path, errno);
  if (!S_ISREG(about.st_mode)) return bad_field(source.field, path.string() + " is no plain file");
  if (static_cast<std::size_t>(about.st_size) > most_bytes)
    return bad_field(source.field,
                     path.string() + " is larger than " + std::to_string(most_bytes >> 20) + " MiB");
  std::array<char, 16> head{};
  const ssize_t length = ::pread(file.number(), head.data(), head.size(), 0);
  if (length < 0) return unreadable(source, path, errno);
  const std::string_view type = picture_type({head.data(), static_cast<std::size_t>(length)});
  if (type.empty()) return bad_field(source.field, path.string() + " is no png, jpeg or webp picture");

  std::array<char, 4096> real{};
  const std::string link = "/proc/self/fd/" + std::to_string(file.number());
  const ssize_t real_length = ::readlink(link.c_str(), real.data(), real.size());
  if (real_length <= 0) return unreadable(source, path, errno);
  return FoundPicture{std::move(source), std::string(real.data(), static_cast<std::size_t>(real_length)),
                      std::string(type)};
}

ScriptCall decode_call(const std::string& name, const StepContext& step) {
  ScriptCall call;
  call.name = "probe";
  call.options = {{"in", ScriptCall::Input{name}}, {"decode", std::string("yes")}};
  call.folder = step.folder;
  return call;
}

Yield kept(const std::string& made, const std::string& name) {
  Yield yield;
  yield.value["image"] = name;
  yield.files.push_back({made, name});
  return yield;
}

boost::asio::awaitable<Result<Yield>> take(Scripts& scripts, Pool& pool, FoundPicture picture,
                                           std::string stem, StepContext& step) {
  const std::string name = "picture." + picture.type;
  auto copy = [picture, folder = step.folder, name]() -> Result<> {
    if (picture.file.empty()) return write_file(folder / name, picture.source.bytes);
    std::error_code error;  // a copy, not a second name: what was uploaded is not ours and may be written to
    std::filesystem::copy_file(picture.file, folder / name, std::filesystem::copy_options::overwrite_existing,
                               error);
    if (error) return system_error("copying " + picture.file.string(), error.value());
    return ok;
  };
  auto copied = co_await pool.run(std::move(copy));
  if (!copied) co_return std::move(copied.error());

  const auto printed = co_await scripts.run(decode_call(name, step), *step.stop);
  if (!printed && printed.error().cls != ErrorClass::media) co_return printed.error();
  const auto info = printed ? read_media_info(*printed) : Result<MediaInfo>(printed.error());
  if (!info || !info->video || info->video->width < 1) {
    Error error = bad_field(picture.source.field, "cannot be read as a picture" +
                                                      (info ? std::string() : ": " + info.error().message));
    if (!info) error.details = info.error().details;
    co_return error;
  }
  co_return kept(name, stem + "." + picture.type);
}

}  // namespace

Result<FoundPicture> find_picture(PictureSource source, std::size_t most_bytes) {
  if (source.places.empty()) {
    const std::string type(picture_type(source.bytes));
    return FoundPicture{std::move(source), {}, type};
  }
  int why = ENOENT;
  for (const PictureSource::Place& place : source.places) {
    const Descriptor file = open_beneath(place.folder, place.relative);
    if (file) return look_at(source, file, place.folder / place.relative, most_bytes);
    if (errno != ENOENT) why = errno;
  }
  return unreadable(source, source.places.front().folder / source.places.front().relative, why);
}

Work take_picture(Scripts& scripts, Pool& pool, FoundPicture picture, std::string stem) {
  Work work;
  work.kind = "local";
  work.request["picture"] = stem;
  if (picture.file.empty()) {
    work.request["bytes"] = picture.source.bytes.size();
    work.request["checksum"] = seed_from(picture.source.bytes);
  } else {
    work.inputs.push_back(picture.file);
  }
  work.carry_out = [&scripts, &pool, picture = std::move(picture), stem = std::move(stem)](
                       StepContext& step) { return take(scripts, pool, picture, stem, step); };
  return work;
}

}  // namespace reelspool
