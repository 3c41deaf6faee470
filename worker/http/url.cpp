#include "worker/http/url.hpp"

#include <curl/curl.h>

#include <cctype>
#include <charconv>
#include <memory>

namespace reelspool {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Parsed = std::unique_ptr<CURLU, FreeUrl>;

Error wrong(std::string_view text, std::string_view reason) {
  return make_error(ErrorClass::invalid_request,
                    "URL \"" + std::string(text.substr(0, 200)) + "\" " + std::string(reason));
}

/// Empty where the URL has no such part.
std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

Result<Url> read(CURLU* parsed, std::string_view text) {
  Url url;
  url.scheme = part(parsed, CURLUPART_SCHEME);
  if (url.scheme != "https" && url.scheme != "http") return wrong(text, "is neither https nor http");
  if (!part(parsed, CURLUPART_USER).empty() || !part(parsed, CURLUPART_PASSWORD).empty())
    return wrong(text, "has a user name; keys go into headers");
  url.host = part(parsed, CURLUPART_HOST);
  for (char& c : url.host) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return wrong(text, "names no host");
  const std::string port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), url.port);
  url.text = part(parsed, CURLUPART_URL);
  if (url.text.empty()) return wrong(text, "cannot be written out again");
  return url;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const Parsed parsed(curl_url());
  if (!parsed) return make_error(ErrorClass::transient, "out of memory");
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, std::string(text).c_str(), 0);
  if (code != CURLUE_OK || text.find('\0') != std::string_view::npos)
    return wrong(text, std::string("is not absolute and well formed: ") + curl_url_strerror(code));
  if (!part(parsed.get(), CURLUPART_FRAGMENT).empty()) return wrong(text, "has a fragment");
  return read(parsed.get(), text);
}

Result<Url> Url::follow(std::string_view location) const {
  const Parsed parsed(curl_url());
  if (!parsed) return make_error(ErrorClass::transient, "out of memory");
  CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0);
  if (code == CURLUE_OK)
    code = curl_url_set(parsed.get(), CURLUPART_URL, std::string(location).c_str(), CURLU_URLENCODE);
  if (code != CURLUE_OK)
    return wrong(location, std::string("is not well formed: ") + curl_url_strerror(code));
  curl_url_set(parsed.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return read(parsed.get(), location);
}

}  // namespace reelspool
