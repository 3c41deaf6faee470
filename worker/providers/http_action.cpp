#include "worker/providers/http_action.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace reelspool {
namespace {

constexpr double longest_timeout_ms = 24 * 3600 * 1000;
constexpr double most_bytes = double(std::uint64_t{1} << 40);

Error rubbish(std::string_view member, std::string_view reason) {
  return make_error(ErrorClass::plugin_crashed,
                    "it answered an http action whose " + std::string(member) + " " + std::string(reason));
}

/// Of RFC 9110's tokens; curl writes them out as they are.
bool is_header_name(std::string_view name) {
  const auto good = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), good);
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

/// Those that say how a body is carried, which is the worker's affair.
bool is_ours(std::string_view name) {
  constexpr std::array ours = {"host",
                               "content-length",
                               "transfer-encoding",
                               "connection",
                               "expect",
                               "upgrade",
                               "te",
                               "proxy-authorization",
                               "range",
                               "if-range"};
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(ours.begin(), ours.end(), lower) != ours.end();
}

Result<std::string> text_of(const Json& from, const char* member, const std::string& at) {
  if (!from.contains(member) || !from[member].is_string()) return rubbish(at, "is no text");
  return from[member].get<std::string>();
}

Result<> read_headers(const Json& json, HttpAction& action) {
  if (!json.is_object()) return rubbish("headers", "are no object of names and texts");
  for (const auto& [name, value] : json.items()) {
    if (!is_header_name(name))
      return rubbish("headers", "have a name that is none: \"" + name.substr(0, 100) + "\"");
    if (is_ours(name)) return rubbish("headers", "have \"" + name + "\", which the worker writes itself");
    if (!value.is_string() || !is_one_line(value.get_ref<const std::string&>()))
      return rubbish("headers." + name, "is no text of one line");
    action.headers.push_back({name, value.get<std::string>()});
  }
  return ok;
}

Result<> read_form(const Json& json, HttpAction& action) {
  if (!json.is_array() || json.empty()) return rubbish("form", "is no list of fields");
  auto& fields = action.form.emplace();
  for (const Json& each : json) {
    const std::string at = "form[" + std::to_string(fields.size()) + "]";
    if (!each.is_object()) return rubbish(at, "is no object");
    for (const auto& [member, value] : each.items()) {
      if (member != "name" && member != "value" && member != "file" && member != "type")
        return rubbish(at, "has a member \"" + member + "\"; there are name, value, file and type");
      if (!value.is_string()) return rubbish(at + "." + member, "is no text");
    }
    FormField field{each.value("name", ""), each.value("value", ""), each.value("file", ""),
                    each.value("type", "")};
    if (field.name.empty() || !is_one_line(field.name))
      return rubbish(at + ".name", "is missing or no text of one line");
    if (each.contains("value") == each.contains("file")) return rubbish(at, "needs either a value or a file");
    if (!is_one_line(field.type)) return rubbish(at + ".type", "is no text of one line");
    fields.push_back(std::move(field));
  }
  return ok;
}

Result<> read_unpack(const Json& json, HttpAction& action) {
  if (!json.is_object() || json.empty())
    return rubbish("unpack", "is no object of JSON pointers and file names");
  for (const auto& [pointer, file] : json.items()) {
    try {
      (void)Json::json_pointer(pointer);
    } catch (const Json::exception&) {
      return rubbish("unpack", "has \"" + pointer.substr(0, 100) + "\", which is no JSON pointer");
    }
    if (pointer.empty() || !file.is_string())
      return rubbish("unpack", "is no object of JSON pointers and file names");
    action.unpack.emplace_back(pointer, file.get<std::string>());
  }
  return ok;
}

/// The members that are single values.
Result<> read_single(const std::string& member, const Json& value, HttpAction& action) {
  if (member == "costs") {
    if (!value.is_boolean()) return rubbish("costs", "is neither true nor false");
    action.costs = value.get<bool>();
  } else if (member == "timeout_ms") {
    if (!value.is_number() || !(value.get<double>() >= 1 && value.get<double>() <= longest_timeout_ms))
      return rubbish("timeout_ms", "is not 1 to a day");
    action.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(value.get<double>()));
  } else if (member == "max_bytes") {
    if (!value.is_number() || !(value.get<double>() >= 1 && value.get<double>() <= most_bytes))
      return rubbish("max_bytes", "is not 1 to 2^40");
    action.max_bytes = static_cast<std::uint64_t>(value.get<double>());
  } else if (member == "save" || member == "file") {
    if (!value.is_string()) return rubbish(member, "is no file's name");
    (member == "save" ? action.save : action.file) = value.get<std::string>();
  } else {
    return rubbish("member \"" + member + "\"",
                   "is not known; there are method, url, headers, json, form, file, save, max_bytes, unpack, "
                   "sign, costs "
                   "and timeout_ms");
  }
  return ok;
}

Result<> read_member(const std::string& member, const Json& value, HttpAction& action) {
  if (member == "type" || member == "method" || member == "url") return ok;
  if (member == "headers") return read_headers(value, action);
  if (member == "form") return read_form(value, action);
  if (member == "unpack") return read_unpack(value, action);
  if (member == "sign") {
    auto sign = read_aws_signature(value);
    if (!sign) return sign.error();
    action.sign = std::move(*sign);
    return ok;
  }
  if (member == "json") {
    action.json = value;
    return ok;
  }
  return read_single(member, value, action);
}

}  // namespace

Result<AwsSignature> read_aws_signature(const Json& json) {
  if (!json.is_object()) return rubbish("sign", "is no object");
  if (json.value("type", Json()) != "aws4") return rubbish("sign.type", "is not \"aws4\"; there is no other");
  AwsSignature sign;
  for (auto [member, into] :
       {std::pair{"service", &sign.service}, std::pair{"region", &sign.region},
        std::pair{"access_key", &sign.access_key}, std::pair{"secret_key", &sign.secret_key}}) {
    auto text = text_of(json, member, std::string("sign.") + member);
    if (!text) return text.error();
    *into = std::move(*text);
  }
  const auto is_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
  for (const auto& [member, word] : {std::pair{"service", &sign.service}, std::pair{"region", &sign.region}})
    if (word->empty() || !std::all_of(word->begin(), word->end(), is_word))
      return rubbish(std::string("sign.") + member, "is no word");
  return sign;
}

Result<HttpAction> read_http_action(const Json& json) {
  HttpAction action;
  if (!json.is_object() || json.value("type", Json()) != "http") return rubbish("type", "is not \"http\"");
  auto method = text_of(json, "method", "method");
  if (!method) return method.error();
  constexpr std::array methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  if (std::find(methods.begin(), methods.end(), *method) == methods.end())
    return rubbish("method",
                   "is \"" + method->substr(0, 20) + "\"; there are GET, HEAD, POST, PUT, PATCH and DELETE");
  action.method = std::move(*method);
  auto url = text_of(json, "url", "url");
  if (!url) return url.error();
  action.url = std::move(*url);
  if (action.url.find("${") != std::string::npos)
    return rubbish("url", "has a \"${\": secrets go into headers, settings come in the input");
  for (const auto& [member, value] : json.items()) {
    Result<> read = read_member(member, value, action);
    if (!read) return read.error();
  }
  const int bodies = int(action.json.has_value()) + int(action.form.has_value()) + int(!action.file.empty());
  if (bodies > 1) return rubbish("body", "is said twice: json, form and file exclude each other");
  if (bodies > 0 && action.reads()) return rubbish("method", "is " + action.method + ", which has no body");
  if (!action.save.empty() && !action.unpack.empty()) return rubbish("save", "and unpack exclude each other");
  return action;
}

}  // namespace reelspool
