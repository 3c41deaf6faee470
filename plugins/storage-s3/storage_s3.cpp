#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>

#include "plugins/sdk/http_answer.hpp"
#include "plugins/sdk/provider.hpp"

// Uploads to Amazon S3 and what speaks its protocol: one PUT of the whole file, a HEAD that confirms its size, and a URL that is
// public or signed. A PUT is idempotent, so whatever is in doubt is sent again.
// Source: the Amazon S3 API reference (PutObject, HeadObject, error responses).
namespace {

using reelspool::sdk::Action;
using reelspool::sdk::Failure;
using reelspool::sdk::HttpAnswer;
using reelspool::sdk::Input;
using reelspool::sdk::Json;
namespace sdk = reelspool::sdk;

constexpr std::int64_t largest_put_bytes = std::int64_t{5} << 30;
constexpr std::int64_t longest_url_s = 7 * 24 * 3600;

/// RFC 3986's unreserved characters and slashes as they are, all else %XX: S3 signs the path as it is sent.
std::string encoded(std::string_view key) {
  std::string out;
  for (const unsigned char c : key) {
    if ((c < 0x80 && std::isalnum(c) != 0) ||
        std::string_view("-._~/").find(static_cast<char>(c)) != std::string_view::npos) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += "0123456789ABCDEF"[c >> 4];
      out += "0123456789ABCDEF"[c & 15];
    }
  }
  return out;
}

std::string without_slash(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  return base;
}

std::string region(const Input& input) {
  return input.setting("S3_REGION", "us-east-1");
}

std::string object_key(const Input& input) {
  return encoded(sdk::text_at(input.request, "/key"));
}

/// With an endpoint of its own the bucket is part of the path, which all compatibles understand; at Amazon it is part of the host's
/// name, unless it has dots, for which no certificate would be valid.
std::string object_url(const Input& input) {
  const std::string bucket = input.setting("S3_BUCKET");
  if (const std::string endpoint = without_slash(input.setting("S3_ENDPOINT")); !endpoint.empty())
    return endpoint + "/" + encoded(bucket) + "/" + object_key(input);
  const std::string host = "s3." + region(input) + ".amazonaws.com/";
  if (bucket.find('.') != std::string::npos)
    return "https://" + host + encoded(bucket) + "/" + object_key(input);
  return "https://" + bucket + "." + host + object_key(input);
}

Json signature(const Input& input) {
  return sdk::aws4("s3", region(input), input.setting("S3_ACCESS_KEY_ID"), "${secret:S3_SECRET_ACCESS_KEY}");
}

/// The text of an XML element; errors have no nested ones that matter.
std::string element(const HttpAnswer& answer, const std::string& name) {
  const std::string text = answer.body().is_string() ? answer.body().get<std::string>() : "";
  const std::size_t begin = text.find("<" + name + ">"), end = text.find("</" + name + ">");
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  return text.substr(begin + name.size() + 2, end - begin - name.size() - 2);
}

Failure class_of(const HttpAnswer& answer, std::string_view code) {
  struct Row {
    std::string_view code;
    Failure cls;
  };
  static constexpr Row rows[] = {{"SlowDown", Failure::rate_limited},
                                 {"TooManyRequests", Failure::rate_limited},
                                 {"ServiceUnavailable", Failure::transient},
                                 {"InternalError", Failure::transient},
                                 {"RequestTimeout", Failure::transient},
                                 {"OperationAborted", Failure::transient},
                                 {"BadDigest", Failure::transient},
                                 {"IncompleteBody", Failure::transient},
                                 {"RequestTimeTooSkewed", Failure::auth},
                                 {"SignatureDoesNotMatch", Failure::auth},
                                 {"InvalidAccessKeyId", Failure::auth},
                                 {"ExpiredToken", Failure::auth},
                                 {"AccessDenied", Failure::auth},
                                 {"AuthorizationHeaderMalformed", Failure::auth},
                                 {"NoSuchBucket", Failure::unavailable},
                                 {"InvalidBucketName", Failure::unavailable},
                                 {"PermanentRedirect", Failure::unavailable},
                                 {"TemporaryRedirect", Failure::unavailable},
                                 {"QuotaExceeded", Failure::quota},
                                 {"EntityTooLarge", Failure::invalid_request},
                                 {"KeyTooLongError", Failure::invalid_request}};
  const auto* row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& each) { return each.code == code; });
  if (row != std::end(rows)) return row->cls;
  if (answer.status() >= 300 && answer.status() < 400) return Failure::unavailable;
  return answer.usual_class();
}

Action failure(const Input& input, const HttpAnswer& answer) {
  const std::string code = element(answer, "Code");
  std::string said = element(answer, "Message");
  const std::string elsewhere = answer.header("x-amz-bucket-region");
  if (answer.status() >= 300 && answer.status() < 400)
    said = elsewhere.empty() ? "the bucket is at another endpoint: correct S3_ENDPOINT or S3_REGION"
                             : "the bucket is in the region " + elsewhere + ": set S3_REGION=" + elsewhere;
  if (code == "RequestTimeTooSkewed")
    said = "this machine's clock is wrong by more than 15 minutes: set it, then retry";
  if (code == "NoSuchBucket")
    said = "there is no bucket \"" + input.setting("S3_BUCKET") + "\": correct S3_BUCKET";
  return answer.failure(class_of(answer, code), "storage-s3", said, code);
}

class StorageS3 : public sdk::OneRequest {
 public:
  Json manifest() const override {
    return {{"name", "storage-s3"},
            {"version", "1.0"},
            {"abi", REELSPOOL_ABI},
            {"kinds", {{"storage", {{"limits", {{"bytes", {{"max", largest_put_bytes}}}}}}}}},
            {"settings",
             {"S3_BUCKET", "S3_REGION", "S3_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_PUBLIC_URL", "S3_URL_SECONDS",
              "S3_CACHE_CONTROL"}},
            {"secrets", {"S3_SECRET_ACCESS_KEY"}},
            {"hosts", {"*.amazonaws.com", "${setting:S3_ENDPOINT}"}}};
  }

  Action request(const Input& input) override {
    for (const char* needed : {"S3_BUCKET", "S3_ACCESS_KEY_ID"})
      if (input.setting(needed).empty())
        return sdk::fail(Failure::unavailable, std::string("storage-s3: ") + needed + " is not set");
    if (url_seconds(input) == 0)
      return sdk::fail(Failure::unavailable, "storage-s3: S3_URL_SECONDS must be 1 to 604800 (a week)");
    Json headers = {{"Content-Type", sdk::text_at(input.request, "/type")}};
    if (const std::string cached = input.setting("S3_CACHE_CONTROL"); !cached.empty())
      headers["Cache-Control"] = cached;
    return sdk::http("PUT", object_url(input),
                     {{"headers", headers},
                      {"file", sdk::text_at(input.request, "/file/file")},
                      {"sign", signature(input)},
                      {"costs", false}});
  }

  Action lost(const Input& input) override { return request(input); }

  Judged told(const Input& input) override {
    if (input.event.is("presigned"))
      return {.outputs = {{"url", sdk::text_at(input.event.data, "/url")},
                          {"expires", sdk::at(input.event.data, "/expires")}}};
    const HttpAnswer answer(input.event);
    if (!sdk::at(note(input), "/put").is_boolean()) {  // the answer to the PUT
      if (!answer.ok()) return {.failure = failure(input, answer)};
      return {.ask = sdk::http("HEAD", object_url(input), {{"sign", signature(input)}}),
              .notes = Json{{"put", true}}};
    }
    // Whoever may only write is refused (403), and then the PUT's own answer is the confirmation.
    if (answer.status() != 403 && !is_whole(input, answer)) {
      if (answer.ok() || answer.status() == 404)
        return {.failure = sdk::fail(Failure::transient,
                                     "storage-s3: what was uploaded is not there, or not whole")};
      return {.failure = failure(input, answer), .task_lives = true};
    }
    if (const std::string open = without_slash(input.setting("S3_PUBLIC_URL")); !open.empty())
      return {.outputs = {{"url", open + "/" + object_key(input)}}};
    return {.ask = sdk::presign(object_url(input), signature(input), url_seconds(input))};
  }

 private:
  /// 0 for what is none.
  static std::int64_t url_seconds(const Input& input) {
    const std::string text = input.setting("S3_URL_SECONDS", std::to_string(longest_url_s));
    const bool number =
        !text.empty() && text.size() <= 6 && text.find_first_not_of("0123456789") == std::string::npos;
    const std::int64_t seconds = number ? std::atoll(text.c_str()) : 0;
    return seconds <= longest_url_s ? seconds : 0;
  }
  static bool is_whole(const Input& input, const HttpAnswer& answer) {
    const auto bytes = static_cast<std::int64_t>(sdk::number_at(input.request, "/bytes"));
    return answer.ok() && answer.header("content-length") == std::to_string(bytes);
  }
};

}  // namespace

REELSPOOL_PROVIDER(StorageS3)
