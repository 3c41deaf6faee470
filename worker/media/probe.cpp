#include "worker/media/probe.hpp"

#include "jobstore/json.hpp"

namespace reelspool {
namespace {

/// A field that is absent or null keeps the value that is there; one of another type throws (nlohmann).
template <class T>
void read(const Json& object, const char* name, T& into) {
  const auto field = object.find(name);
  if (field != object.end() && !field->is_null()) into = field->get<T>();
}

/// The object in a field; nothing when it is absent or null.
const Json* part(const Json& object, const char* name) {
  const auto field = object.find(name);
  if (field == object.end() || field->is_null()) return nullptr;
  (void)field->get_ref<const Json::object_t&>();  // throws when it is something else
  return &*field;
}

MediaInfo::Video read_video(const Json& object) {
  MediaInfo::Video video;
  read(object, "codec", video.codec);
  read(object, "profile", video.profile);
  read(object, "width", video.width);
  read(object, "height", video.height);
  read(object, "fps", video.fps);
  read(object, "seconds", video.seconds);
  read(object, "frames", video.frames);
  read(object, "pix_fmt", video.pix_fmt);
  read(object, "color_space", video.color_space);
  return video;
}

MediaInfo::Audio read_audio(const Json& object) {
  MediaInfo::Audio audio;
  read(object, "codec", audio.codec);
  read(object, "rate", audio.rate);
  read(object, "channels", audio.channels);
  read(object, "samples", audio.samples);
  read(object, "seconds", audio.seconds);
  return audio;
}

Error not_understood(const std::string& why) {
  return make_error(ErrorClass::media, "probe: its answer is not understood: " + why);
}

}  // namespace

Result<MediaInfo> read_media_info(std::string_view json) {
  auto parsed = parse_json(json);
  if (!parsed) return not_understood(parsed.error().message);
  if (!parsed->is_object()) return not_understood("it is no object");
  try {
    MediaInfo info;
    read(*parsed, "seconds", info.seconds);
    read(*parsed, "faststart", info.faststart);
    if (const Json* video = part(*parsed, "video")) info.video = read_video(*video);
    if (const Json* audio = part(*parsed, "audio")) info.audio = read_audio(*audio);
    return info;
  } catch (const Json::exception& wrong_type) {
    return not_understood(wrong_type.what());
  }
}

boost::asio::awaitable<Result<MediaInfo>> probe(Scripts& scripts, std::filesystem::path file,
                                                std::filesystem::path folder, Stop& stop) {
  ScriptCall call;
  call.name = "probe";
  call.options.emplace_back("in", ScriptCall::Input{std::move(file)});
  call.folder = std::move(folder);
  auto answer = co_await scripts.run(std::move(call), stop);
  if (!answer) co_return std::move(answer.error());
  co_return read_media_info(*answer);
}

}  // namespace reelspool
