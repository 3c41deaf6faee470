#include "worker/story/media_source.hpp"

#include "worker/story/base64.hpp"

namespace reelspool {
namespace {

using std::filesystem::path;

bool leaves(const path& relative) {
  return relative.empty() || relative == "." || relative.is_absolute() || *relative.begin() == "..";
}

std::string list(const std::vector<path>& folders) {
  std::string names;
  for (const path& folder : folders) names += (names.empty() ? "" : ", ") + folder.string();
  return names;
}

Result<MediaSource> read_data_url(std::string_view text, std::string field, const MediaRules& rules) {
  const auto comma = text.find(',');
  const std::string_view head = text.substr(0, comma);
  const bool known = head == "data:image/png;base64" || head == "data:image/jpeg;base64" ||
                     head == "data:image/jpg;base64" || head == "data:image/webp;base64";
  if (comma == std::string_view::npos || !known)
    return bad_field(std::move(field), "a data: URL must be a png, jpeg or webp picture in base64");
  if ((text.size() - comma) / 4 * 3 > rules.most_picture_bytes)
    return bad_field(std::move(field),
                     "the picture is larger than " + std::to_string(rules.most_picture_bytes >> 20) + " MiB");
  auto bytes = decode_base64(text.substr(comma + 1));
  if (!bytes) return bad_field(std::move(field), "is no valid base64");
  if (picture_type(*bytes).empty())
    return bad_field(std::move(field), "its bytes are no png, jpeg or webp picture, whatever its type says");
  return MediaSource{std::move(field), {}, *std::move(bytes)};
}

}  // namespace

Result<MediaSource> read_media_source(std::string_view text, std::string field, const MediaRules& rules) {
  if (text.empty()) return bad_field(std::move(field), "is empty; give a path");
  if (text.starts_with("file://")) text.remove_prefix(7);
  if (text.find("://") != std::string_view::npos)
    return bad_field(std::move(field), "files by URL are not supported yet; save it into one of " +
                                           list(rules.folders) + " and give its path");
  if (text.size() > 4096 || text.find('\0') != std::string_view::npos)
    return bad_field(std::move(field), "is no path of a file");

  MediaSource source{std::move(field), {}, {}};
  const path given = path(text).lexically_normal();
  for (const path& folder : rules.folders) {
    const path relative = given.is_absolute() ? given.lexically_relative(folder) : given;
    if (!leaves(relative)) source.places.push_back({folder, relative});
  }
  if (source.places.empty())
    return bad_field(std::move(source.field),
                     "\"" + std::string(text.substr(0, 200)) +
                         "\" is outside the folders that files may come from: " + list(rules.folders) +
                         "; put it into one of them, or add its folder to MEDIA_FOLDERS");
  return source;
}

Result<MediaSource> read_picture_source(std::string_view text, std::string field, const MediaRules& rules) {
  if (text.starts_with("data:")) return read_data_url(text, std::move(field), rules);
  return read_media_source(text, std::move(field), rules);
}

std::string_view picture_type(std::string_view first_bytes) {
  if (first_bytes.starts_with("\x89PNG\r\n\x1a\n")) return "png";
  if (first_bytes.starts_with("\xFF\xD8\xFF")) return "jpg";
  if (first_bytes.starts_with("RIFF") && first_bytes.size() >= 12 && first_bytes.substr(8, 4) == "WEBP")
    return "webp";
  return {};
}

}  // namespace reelspool
