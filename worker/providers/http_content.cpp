#include "worker/providers/http_content.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "worker/http/media_type.hpp"
#include "worker/story/base64.hpp"

namespace reelspool {
namespace {

constexpr std::uint64_t most_file_bytes = 32 << 20;  // of a file that becomes text within JSON

std::string type_of(const Descriptor& file) {
  std::array<char, 64> beginning{};
  const ssize_t got = pread(file.number(), beginning.data(), beginning.size(), 0);
  return std::string(media_type({beginning.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))}));
}

/// {"$file": NAME, "as": ...} as the text it stands for.
Result<std::string> file_as_text(const Json& json, const StepFiles& files) {
  const auto wrong = [](const std::string& what) {
    return make_error(ErrorClass::plugin_crashed,
                      "it answered an http action whose json has a $file " + what);
  };
  if (!json["$file"].is_string()) return wrong("that is no name");
  const Json as = json.value("as", Json("base64"));
  if (as != "base64" && as != "data_url" && as != "text")
    return wrong("with \"as\": " + to_text(as) + "; there are base64, data_url and text");
  auto bytes = files.read(json["$file"].get<std::string>(), most_file_bytes);
  if (!bytes || as == "text") return bytes;
  if (as == "base64") return encode_base64(*bytes);
  return "data:" + std::string(media_type(*bytes)) + ";base64," + encode_base64(*bytes);
}

Result<> put_files_in(Json& json, const StepFiles& files) {
  if (json.is_object() && json.contains("$file")) {
    auto text = file_as_text(json, files);
    if (!text) return text.error();
    json = std::move(*text);
    return ok;
  }
  if (!json.is_structured()) return ok;
  for (Json& each : json) {
    Result<> put = put_files_in(each, files);
    if (!put) return put;
  }
  return ok;
}

Result<Content> form_content(const std::vector<FormField>& fields, const StepFiles& files) {
  std::vector<FormPart> parts;
  for (const FormField& field : fields) {
    FormPart part{.name = field.name, .content = field.value, .file_name = field.file, .type = field.type};
    if (!field.file.empty()) {
      auto file = files.open(field.file);
      if (!file) return file.error();
      if (part.type.empty()) part.type = type_of(*file->file);
      part.content = std::move(*file);
    }
    parts.push_back(std::move(part));
  }
  return Content{std::move(parts), ""};
}

}  // namespace

Result<Content> content_of(const HttpAction& action, const StepFiles& files) {
  if (action.form) return form_content(*action.form, files);
  if (!action.file.empty()) {
    auto file = files.open(action.file);
    if (!file) return file.error();
    std::string type = type_of(*file->file);
    return Content{std::move(*file), std::move(type)};
  }
  if (!action.json) return Content{};
  Json json = *action.json;
  Result<> put = put_files_in(json, files);
  if (!put) return put.error();
  return Content{to_text(json), "application/json"};
}

Result<Json> unpack(std::string_view body, const std::vector<std::pair<std::string, std::string>>& pointers,
                    const StepFiles& files) {
  auto json = parse_json(body);
  if (!json) return Json(std::string(body.substr(0, most_body_bytes)));
  for (const auto& [pointer, name] : pointers) {
    const Json::json_pointer at(pointer);
    if (!json->contains(at) || !(*json)[at].is_string()) continue;
    const auto bytes = decode_base64((*json)[at].get_ref<const std::string&>());
    if (!bytes) continue;
    Result<> written = files.write(name, *bytes);
    if (!written) return written.error();
    (*json)[at] = {{"file", name}, {"bytes", bytes->size()}, {"type", media_type(*bytes)}};
  }
  if (std::string left = to_text(*json); left.size() > most_body_bytes)
    return Json(left.substr(0, most_body_bytes));
  return json;
}

Result<Json> keep_saved(const std::string& name, const Descriptor& file, std::uint64_t bytes,
                        const StepFiles& files) {
  std::string type = type_of(file);
  Result<> finished = files.finish(name);
  if (!finished) return finished.error();
  return Json{{"file", name}, {"bytes", bytes}, {"type", std::move(type)}};
}

}  // namespace reelspool
