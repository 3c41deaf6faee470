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

/// Empty: URLs are signed.
std::string public_url(const Input& input) {
  return without_slash(input.setting("S3_PUBLIC_URL"));
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

struct Meaning {
  std::string_view code;
  Failure cls;
  const char* advice = "";  // what the operator does about it; empty: what S3 said is better
};

constexpr Meaning meanings[] = {
    {"SlowDown", Failure::rate_limited},
    {"TooManyRequests", Failure::rate_limited},
    {"ServiceUnavailable", Failure::transient},
    {"InternalError", Failure::transient},
    {"RequestTimeout", Failure::transient},
    {"OperationAborted", Failure::transient},
    {"BadDigest", Failure::transient},
    {"IncompleteBody", Failure::transient},
    {"RequestTimeTooSkewed", Failure::auth,
     "this machine's clock is wrong by more than 15 minutes: set it, then retry"},
    {"SignatureDoesNotMatch", Failure::auth,
     "the secret is not that of the key: correct S3_SECRET_ACCESS_KEY or S3_ACCESS_KEY_ID"},
    {"InvalidAccessKeyId", Failure::auth, "there is no such key: correct S3_ACCESS_KEY_ID"},
    {"AuthorizationHeaderMalformed", Failure::auth, "the region is another one: correct S3_REGION"},
    {"AccessDenied", Failure::auth,
     "the key may not upload to the bucket: allow S3_ACCESS_KEY_ID s3:PutObject in S3_BUCKET"},
    {"ExpiredToken", Failure::auth},
    {"NoSuchBucket", Failure::unavailable, "there is no such bucket: correct S3_BUCKET"},
    {"InvalidBucketName", Failure::unavailable, "no bucket can have that name: correct S3_BUCKET"},
    {"PermanentRedirect", Failure::unavailable},
    {"TemporaryRedirect", Failure::unavailable},
    {"QuotaExceeded", Failure::quota},
    {"EntityTooLarge", Failure::invalid_request},
    {"KeyTooLongError", Failure::invalid_request},
};

Action failure(const HttpAnswer& answer) {
  const std::string code = element(answer, "Code");
  const auto* known = std::find_if(std::begin(meanings), std::end(meanings),
                                   [&](const Meaning& each) { return each.code == code; });
  const bool is_known = known != std::end(meanings), leads_on = answer.status() / 100 == 3;
  const Failure cls = is_known ? known->cls : leads_on ? Failure::unavailable : answer.usual_class();
  std::string said = is_known ? known->advice : "";
  if (said.empty()) said = element(answer, "Message");
  if (leads_on) {
    const std::string elsewhere = answer.header("x-amz-bucket-region");
    said = elsewhere.empty() ? "the bucket is at another endpoint: correct S3_ENDPOINT or S3_REGION"
                             : "the bucket is in the region " + elsewhere + ": set S3_REGION=" + elsewhere;
  }
  return answer.failure(cls, "storage-s3", said, code);
}

/// They become part of a host's name.
bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-');
  });
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
    if (!is_word(input.setting("S3_BUCKET")))
      return sdk::fail(Failure::unavailable,
                       "storage-s3: S3_BUCKET is no bucket's name: letters, digits and \"._-\"");
    if (!is_word(region(input)))
      return sdk::fail(Failure::unavailable,
                       "storage-s3: S3_REGION is no region's name, such as eu-central-1");
    if (public_url(input).empty() && url_seconds(input) == 0)
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
      if (!answer.ok()) return {.failure = failure(answer)};
      return {.ask = sdk::http("HEAD", object_url(input), {{"sign", signature(input)}}),
              .notes = Json{{"put", true}}};
    }
    const std::string open = public_url(input);
    if (answer.status() == 403 && open.empty())
      return {.failure =
                  answer.failure(Failure::auth, "storage-s3",
                                 "the key may not read what it uploaded, so that no signed URL would work: "
                                 "allow S3_ACCESS_KEY_ID s3:GetObject, or set S3_PUBLIC_URL",
                                 "AccessDenied")};
    // Who reads elsewhere need not be allowed to here: then the PUT's own answer is the confirmation.
    if (answer.status() != 403 && !is_whole(input, answer)) {
      if (answer.ok() || answer.status() == 404)
        return {.failure = sdk::fail(Failure::transient,
                                     "storage-s3: what was uploaded is not there, or not whole")};
      return {.failure = failure(answer), .task_lives = true};
    }
    if (!open.empty()) return {.outputs = {{"url", open + "/" + object_key(input)}}};
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
