#include "worker/providers/presign.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/providers/http_action.hpp"
#include "worker/providers/http_carrier.hpp"
#include "worker/providers/manifest.hpp"

namespace reelspool {
namespace {

constexpr double longest_lifetime_s = 7 * 24 * 3600;

Error refused(std::string reason) {
  return make_error(ErrorClass::plugin_crashed, "it answered a presign action " + std::move(reason));
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), code.data(), &size);
  return {reinterpret_cast<const char*>(code.data()), size};
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

/// The unreserved characters of RFC 3986 as they are, all else as %XX.
std::string encoded(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if ((c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += "0123456789ABCDEF"[c >> 4];
      out += "0123456789ABCDEF"[c & 15];
    }
  }
  return out;
}

std::string utc(std::chrono::system_clock::time_point time, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

/// What stands behind the host, taken apart. The path and the query are encoded already.
struct Target {
  std::string path;
  std::vector<std::string> query;  ///< "name=value"
};

Target target_of(const Url& url) {
  const std::size_t host = url.text.find("://") + 3;
  const std::size_t mark = url.text.find('?', host);
  const std::size_t slash = std::min(url.text.find('/', host), mark);
  Target target;
  target.path = slash < mark ? url.text.substr(slash, mark - slash) : "/";
  if (slash == std::string::npos) target.path = "/";
  for (std::size_t at = mark; at != std::string::npos && at + 1 < url.text.size();) {
    const std::size_t end = url.text.find('&', at + 1);
    std::string part = url.text.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (!part.empty()) target.query.push_back(part.find('=') == std::string::npos ? part + "=" : part);
    at = end;
  }
  return target;
}

std::string joined(const std::vector<std::string>& query) {
  std::string text;
  for (const std::string& part : query) text += (text.empty() ? "" : "&") + part;
  return text;
}

/// As a client sends it in Host: without the port that is its scheme's own.
std::string authority_of(const Url& url) {
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const bool usual = url.port == (url.scheme == "https" ? 443 : 80);
  return usual ? host : host + ":" + std::to_string(url.port);
}

}  // namespace

Result<PresignAction> read_presign_action(const Json& json) {
  PresignAction action;
  for (const auto& [member, value] : json.items()) {
    if (member == "url" && value.is_string()) {
      action.url = value.get<std::string>();
    } else if (member == "seconds" && value.is_number() && value.get<double>() >= 1 &&
               value.get<double>() <= longest_lifetime_s) {
      action.lifetime = std::chrono::seconds(static_cast<std::int64_t>(value.get<double>()));
    } else if (member == "sign") {
      auto sign = read_aws_signature(value);
      if (!sign) return sign.error();
      action.sign = std::move(*sign);
    } else if (member != "type") {
      return refused("whose " + member +
                     " is wrong; there are url (a text), seconds (1 to 604800) and sign (an object)");
    }
  }
  for (const char* needed : {"url", "seconds", "sign"})
    if (!json.contains(needed)) return refused(std::string("without ") + needed);
  if (Secrets::are_named_in(action.sign.access_key))
    return refused(
        "whose sign.access_key is a secret: it becomes part of the URL that everybody sees, so it has to be "
        "a setting");
  return action;
}

std::string presigned_url(const Url& url, const AwsSignature& sign, std::chrono::seconds lifetime,
                          std::chrono::system_clock::time_point now) {
  const std::string day = utc(now, "%Y%m%d"), time = utc(now, "%Y%m%dT%H%M%SZ");
  const std::string scope = day + "/" + sign.region + "/" + sign.service + "/aws4_request";
  Target target = target_of(url);
  for (const auto& [name, value] :
       {std::pair<const char*, std::string>{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
        {"X-Amz-Credential", sign.access_key + "/" + scope},
        {"X-Amz-Date", time},
        {"X-Amz-Expires", std::to_string(lifetime.count())},
        {"X-Amz-SignedHeaders", "host"}})
    target.query.push_back(std::string(name) + "=" + encoded(value));
  std::sort(target.query.begin(), target.query.end());

  const std::string authority = authority_of(url);
  const std::string request = "GET\n" + target.path + "\n" + joined(target.query) + "\nhost:" + authority +
                              "\n\nhost\nUNSIGNED-PAYLOAD";
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + sha256_hex(request);
  std::string key = hmac("AWS4" + sign.secret_key, day);
  for (const std::string& part : {sign.region, sign.service, std::string("aws4_request")})
    key = hmac(key, part);
  target.query.push_back("X-Amz-Signature=" + hex(hmac(key, to_sign)));
  return url.scheme + "://" + authority + target.path + "?" + joined(target.query);
}

Result<Json> presign(const PresignAction& action, const HttpGrant& grant,
                     std::chrono::system_clock::time_point now) {
  auto url = Url::parse(action.url);
  if (!url) return refused("of a " + url.error().message);
  if (auto listed = grant.reach.check(*url); !listed)
    return std::move(listed.error())
        .while_doing("it asked for a signature for a place that it may not reach");
  AwsSignature sign = action.sign;
  auto secret = grant.secrets.fill(sign.secret_key);
  if (!secret) return secret.error();
  sign.secret_key = std::move(*secret);
  const auto expires = std::chrono::duration_cast<std::chrono::milliseconds>(
      (std::chrono::floor<std::chrono::seconds>(now) + action.lifetime).time_since_epoch());
  return Json{{"type", "presigned"},
              {"url", presigned_url(*url, sign, action.lifetime, now)},
              {"expires", expires.count()}};
}

}  // namespace reelspool
