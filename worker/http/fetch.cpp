#include "worker/http/fetch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <utility>

#include "worker/steps/verdict.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t worthwhile_bytes = 1 << 20;

bool has_name(const HttpHeader& header, std::string_view lower) {
  return std::equal(header.name.begin(), header.name.end(), lower.begin(), lower.end(),
                    [](unsigned char a, char b) { return std::tolower(a) == b; });
}

void drop_headers(HttpRequest& request, const std::vector<std::string>& names) {
  std::erase_if(request.headers, [&](const HttpHeader& header) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return has_name(header, name); });
  });
}

bool is_redirect(const HttpResponse& response) {
  const int status = response.status;
  const bool leads_on = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  return leads_on && !response.header("location").empty();
}

HttpOutcome ended(HttpEnd how, Error error, bool sent) {
  HttpOutcome outcome;
  outcome.end = how;
  outcome.sent = sent;
  outcome.error = std::move(error);
  return outcome;
}

/// Makes the request go on where the answer was cut, if the server has said how to know that the file is the same one;
/// else from the beginning.
void resume(HttpRequest& request, const HttpResponse& part) {
  if (!request.save) return;
  std::string_view same = part.header("etag");
  if (same.empty() || same.starts_with("W/")) same = part.header("last-modified");
  if (part.saved && !same.empty()) {
    request.save->offset = part.saved_from + part.saved_bytes;
    drop_headers(request, {"range", "if-range"});
    request.headers.push_back({"Range", "bytes=" + std::to_string(request.save->offset) + "-"});
    request.headers.push_back({"If-Range", std::string(same)});
  } else if (part.status != 0) {
    request.save->offset = 0;
    drop_headers(request, {"range", "if-range"});
  }
}

}  // namespace

asio::awaitable<HttpOutcome> fetch(HttpClient& client, Fetch what, Stop& stop) {
  const Url first = what.request.url;
  const bool reads = what.request.method == "GET" || what.request.method == "HEAD";
  bool sent = false;  // by any of the tries
  int hops = 0;
  for (int nth = 1;;) {
    auto reached = what.may_reach(what.request.url);
    if (!reached) co_return ended(HttpEnd::refused, std::move(reached.error()), sent);
    what.request.any_address = *reached;
    if (what.before_each) {
      auto ready = co_await what.before_each();
      if (!ready)
        co_return ended(stop.asked() ? HttpEnd::stopped : HttpEnd::local, std::move(ready.error()), sent);
    }
    HttpRequest request = what.request;
    HttpOutcome outcome = co_await client.exchange(std::move(request), stop);
    sent = sent || outcome.sent;
    outcome.sent = sent;
    HttpResponse& response = outcome.response;

    if (outcome.end == HttpEnd::answered && reads && is_redirect(response)) {
      auto next = what.request.url.follow(response.header("location"));
      if (++hops > what.redirects)
        next = make_error(ErrorClass::provider_failed,
                          first.host + ": redirected more than " + std::to_string(what.redirects) + " times");
      if (!next) co_return ended(HttpEnd::refused, std::move(next.error()), sent);
      what.request.url = std::move(*next);
      if (!what.request.url.same_origin(first)) {
        drop_headers(what.request, what.private_headers);
        what.request.sign.reset();
      }
      continue;
    }
    const bool range_refused = outcome.end == HttpEnd::answered && response.status == 416 &&
                               what.request.save && what.request.save->offset > 0;
    if (outcome.end == HttpEnd::answered && !range_refused) {
      if (response.saved) response.saved_bytes += std::exchange(response.saved_from, 0);
      if (response.saved &&
          ftruncate(what.request.save->file->number(), static_cast<off_t>(response.saved_bytes)) != 0)
        co_return ended(HttpEnd::local, system_error("saving what " + first.host + " answered", errno), sent);
      co_return outcome;
    }

    const bool may_pass = outcome.end == HttpEnd::unreachable || outcome.end == HttpEnd::cut ||
                          outcome.end == HttpEnd::timed_out || range_refused;
    if (!may_pass || (sent && !reads)) co_return outcome;
    if (response.saved_bytes >= worthwhile_bytes) nth = 1;
    if (nth >= what.tries) co_return outcome;
    if (reads) resume(what.request, response);
    const auto waited = co_await wait_for(retry_wait(what.first_wait, what.longest_wait, nth, roll()), stop);
    if (!waited) co_return ended(HttpEnd::stopped, waited.error(), sent);
    ++nth;
  }
}

}  // namespace reelspool
