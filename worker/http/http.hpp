#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/http/url.hpp"
#include "worker/programs/descriptor.hpp"

namespace reelspool {

struct HttpHeader {
  std::string name;
  std::string value;  ///< no line breaks
};

/// An open file that is read from its beginning, whatever others do with its offset.
struct OpenFile {
  std::shared_ptr<const Descriptor> file;
  std::uint64_t size = 0;  ///< bytes
};

/// One field of a multipart/form-data body: a value, or a file.
struct FormPart {
  std::string name;
  std::variant<std::string, OpenFile> content;
  std::string file_name;  ///< only of a file
  std::string type;       ///< media type; empty: none is said
};

using HttpBody = std::variant<std::monostate, std::string, OpenFile, std::vector<FormPart>>;

/// AWS Signature Version 4.
struct AwsSignature {
  std::string service, region, access_key, secret_key;
};

/// Where a 2xx answer's body goes instead of into memory.
struct SaveTo {
  std::shared_ptr<const Descriptor> file;  ///< open for writing
  std::uint64_t offset = 0;  ///< where writing begins: more than 0 where an earlier answer was cut
  std::uint64_t limit = 0;   ///< bytes the file may get; what is beyond ends the exchange
};

/// One request to one place. A value.
struct HttpRequest {
  std::string method = "GET";
  Url url;
  std::vector<HttpHeader> headers;
  HttpBody body;
  std::optional<AwsSignature> sign;

  std::optional<SaveTo> save;
  std::uint64_t memory_limit = 1 << 20;  ///< bytes of a body that is kept in memory

  /// On a connection of its own, by HTTP/1.1. libcurl sends a request again by itself when a kept connection turns out
  /// to be closed, also a POST (measured: billed twice, reported once).
  bool fresh_connection = false;
  bool any_address = false;  ///< also private and loopback addresses (address.hpp)

  std::chrono::milliseconds connect_time{15'000};
  std::chrono::milliseconds whole_time{60'000};  ///< 0: no limit
  /// Less than 1 KiB a second over this long, while a body moves, is a time-out. 0: no limit.
  std::chrono::milliseconds stall_time{0};
  /// With a stall_time: how long the answer may take to begin once the request is out.
  std::chrono::milliseconds answer_time{300'000};

  /// Awaited once the connection stands (TLS included), before the first byte of the body leaves; where there is no
  /// body, before connecting. What it fails with ends the exchange, unsent.
  std::function<boost::asio::awaitable<Result<>>()> before_sending;

  /// False also for a body of no bytes.
  bool has_body() const {
    if (const auto* text = std::get_if<std::string>(&body)) return !text->empty();
    if (const auto* file = std::get_if<OpenFile>(&body)) return file->size > 0;
    return std::holds_alternative<std::vector<FormPart>>(body);
  }
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  ///< names in lower case, one each: repeated ones joined by ", "
  std::string body;
  bool saved = false;            ///< the body went to SaveTo
  std::uint64_t saved_from = 0;  ///< where in the file it begins: SaveTo's offset, or 0 when the whole came
  std::uint64_t saved_bytes = 0;
  bool truncated = false;  ///< there was more than the limit; the rest was not read

  /// Empty where there is none. `name` in lower case.
  std::string_view header(std::string_view name) const {
    for (const auto& each : headers)
      if (each.name == name) return each.value;
    return {};
  }
};

/// How an exchange ended.
enum class HttpEnd {
  answered,     ///< the whole answer is there (or `truncated`)
  refused,      ///< every address of the host is one that may not be reached; nothing was sent
  unreachable,  ///< no connection: resolution, TCP, proxy or TLS
  cut,          ///< the connection broke, or what came is no HTTP
  timed_out,
  stopped,  ///< by Stop
  local,    ///< our own disk, memory, or before_sending
};

struct HttpOutcome {
  HttpEnd end = HttpEnd::local;
  bool sent =
      false;  ///< bytes of the request's body (of a request without one: of the request) may have left
  HttpResponse response;  ///< of `cut` and `timed_out` what came until then
  Error error;            ///< where it was not answered; the message names the host
};

}  // namespace reelspool
