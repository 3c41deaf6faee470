#include "worker/providers/http_carrier.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "worker/config/log.hpp"
#include "worker/http/back_pressure.hpp"
#include "worker/providers/http_content.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::uint64_t most_packed_bytes = 128 << 20;
constexpr std::chrono::milliseconds usual_time = 60s;  // of an exchange without large bodies
constexpr std::chrono::milliseconds stall_time = 30s;  // of one with
constexpr std::chrono::milliseconds cancel_time = 5s;

std::string in_lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Fills in the secrets, and notes which headers have one.
Result<> fill_in(Fetch& what, const Secrets& secrets) {
  for (HttpHeader& header : what.request.headers) {
    if (Secrets::are_named_in(header.value)) what.private_headers.push_back(in_lower_case(header.name));
    auto value = secrets.fill(header.value);
    if (!value) return value.error();
    header.value = std::move(*value);
  }
  if (!what.request.sign) return ok;
  for (std::string* part : {&what.request.sign->access_key, &what.request.sign->secret_key}) {
    auto value = secrets.fill(*part);
    if (!value) return value.error();
    *part = std::move(*value);
  }
  return ok;
}

void set_times(HttpRequest& request, const HttpAction& action) {
  const bool large = !action.save.empty() || !action.file.empty();
  if (action.timeout) {
    request.whole_time = *action.timeout;
  } else if (large) {
    request.whole_time = 0ms;
    request.stall_time = stall_time;
  } else {
    request.whole_time = usual_time;
  }
}

bool has_header(const std::vector<HttpHeader>& headers, const std::string& lower) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const HttpHeader& header) { return in_lower_case(header.name) == lower; });
}

Json headers_of(const HttpResponse& response, const Secrets& secrets) {
  Json headers = Json::object();
  for (const HttpHeader& header : response.headers)
    if (header.name != "set-cookie") headers[secrets.scrub(header.name)] = secrets.scrub(header.value);
  return headers;
}

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

/// Whether a gateway answered that had no answer itself, so that nobody knows what became of the request: 502 and 504 (RFC
/// 9110, 15.6), and what Cloudflare calls so (520: an answer that it could not read; 524: none in time).
bool is_of_a_gateway(int status) {
  return status == 502 || status == 504 || status == 520 || status == 524;
}

/// Nobody knows whether it happened.
Json interrupted() {
  return {{"type", "interrupted"}};
}

/// The event of an action with `costs` that was not answered; nothing where the try of the step ends instead.
std::optional<Json> event_of_silence(const HttpOutcome& outcome, const Secrets& secrets) {
  if (outcome.end == HttpEnd::stopped || outcome.end == HttpEnd::local) return std::nullopt;
  if (outcome.sent && outcome.end != HttpEnd::refused) return interrupted();
  if (outcome.sent) return std::nullopt;
  return Json{{"type", "unsent"}, {"message", secrets.scrub(outcome.error.message)}};
}

void log_exchange(const HttpAction& action, const HttpGrant& grant, const HttpOutcome& outcome,
                  const std::string& step) {
  const std::string where = action.url.substr(0, action.url.find('?'));  // a query may have a signature in it
  Log::Fields fields = {{"provider", grant.plugin},
                        {"step", step},
                        {"action", action.method + " " + grant.secrets.scrub(where)}};
  if (outcome.end == HttpEnd::answered)
    fields.emplace_back("status", outcome.response.status);
  else
    fields.emplace_back("error", grant.secrets.scrub(outcome.error.message));
  Log::debug("HTTP exchange of " + grant.plugin, fields);
}

}  // namespace

std::string HttpGrant::account() const {
  return plugin + "-" + secrets.digest().substr(0, 16);
}

asio::awaitable<Result<Fetch>> HttpCarrier::prepare(const HttpAction& action, const HttpGrant& grant,
                                                    StepFiles files) {
  auto url = Url::parse(action.url);
  if (!url) co_return make_error(ErrorClass::plugin_crashed, "it asked for a " + url.error().message);
  if (auto listed = grant.reach.check(*url); !listed)
    co_return std::move(listed.error()).while_doing("it asked for a place that it may not reach");
  Result<Content> content = Content();
  if (action.has_content()) {  // else nothing is read, and a poll need not wait for a thread
    auto read = [action, files] { return content_of(action, files); };
    content = co_await pool_.run(std::move(read));
  }
  if (!content) co_return content.error();

  Fetch what;
  HttpRequest& request = what.request;
  request.method = action.method;
  request.url = std::move(*url);
  request.headers = action.headers;
  request.sign = action.sign;
  request.body = std::move(content->body);
  if (!content->type.empty() && !has_header(request.headers, "content-type"))
    request.headers.push_back({"Content-Type", content->type});
  Result<> filled = fill_in(what, grant.secrets);
  if (!filled) co_return filled.error();
  if (!action.save.empty()) {
    auto begin = [files, name = action.save] { return files.begin(name); };
    auto file = co_await pool_.run(std::move(begin));
    if (!file) co_return file.error();
    request.save = SaveTo{std::move(*file), 0, action.max_bytes};
  }
  if (!action.unpack.empty()) request.memory_limit = most_packed_bytes;
  request.fresh_connection = !action.reads() && action.costs.value_or(true);
  set_times(request, action);

  what.tries = patience_.tries;
  what.first_wait = patience_.first;
  what.longest_wait = patience_.longest;
  what.may_reach = [&reach = grant.reach](const Url& place) {
    auto reached = reach.check(place);
    if (!reached) {  // the first place was checked above: this one is where the provider leads
      reached.error().cls = ErrorClass::provider_failed;
      return Result<bool>(std::move(reached.error()).while_doing("redirected"));
    }
    return reached;
  };
  co_return what;
}

asio::awaitable<Result<Json>> HttpCarrier::carry(HttpAction action, const HttpGrant& grant, StepContext& step,
                                                 std::function<asio::awaitable<Result<>>()> sending) {
  const StepFiles files(step.folder);
  auto ready = co_await prepare(action, grant, files);
  if (!ready) co_return ready.error();
  const bool costs = action.costs.value_or(false);
  if (costs) ready->request.before_sending = std::move(sending);
  const auto saved = ready->request.save ? ready->request.save->file : nullptr;

  ProviderLimits::Leave leave;  // until the answer is there
  if (costs) {
    auto granted = co_await limits_.paid_request(grant.plugin, grant.account(), *step.stop);
    if (!granted) co_return granted.error();
    leave = std::move(*granted);
  }
  HttpOutcome outcome = co_await exchange(std::move(*ready), grant.account(), patience_.at_gates, *step.stop);
  log_exchange(action, grant, outcome, step.key);
  if (outcome.end == HttpEnd::answered && costs && is_of_a_gateway(outcome.response.status))
    co_return interrupted();
  if (outcome.end == HttpEnd::answered)
    co_return co_await event_of(action, grant, std::move(outcome.response), saved, files);
  if (costs) {
    if (auto event = event_of_silence(outcome, grant.secrets)) co_return *std::move(event);
  }
  outcome.error.message = grant.secrets.scrub(std::move(outcome.error.message));
  co_return std::move(outcome.error);
}

/// Not before the provider's time, and hears when it asks for some.
asio::awaitable<HttpOutcome> HttpCarrier::exchange(Fetch what, std::string gate,
                                                   std::chrono::milliseconds at_gate, Stop& stop) {
  what.before_each = [this, gate, at_gate, &stop] { return gates_.pass(gate, at_gate, stop); };
  HttpOutcome outcome = co_await fetch(client_, std::move(what), stop);
  if (const auto wait = rest_after(outcome, gate)) co_await gates_.shut(gate, *wait);
  co_return outcome;
}

/// How long a provider is to be left alone, by what it says or by how often it has failed.
std::optional<std::chrono::milliseconds> HttpCarrier::rest_after(const HttpOutcome& outcome,
                                                                 const std::string& account) {
  const bool answered = outcome.end == HttpEnd::answered;
  if (answered)
    if (const auto wait = back_pressure(outcome.response, std::chrono::system_clock::now())) return wait;
  const bool fell_silent =
      outcome.end == HttpEnd::unreachable || outcome.end == HttpEnd::cut || outcome.end == HttpEnd::timed_out;
  if (answered && outcome.response.status < 500) breaker_.note_answer(account);
  if (!fell_silent && !(answered && outcome.response.status >= 500)) return std::nullopt;
  const auto rest = breaker_.note_failure(account);
  if (rest)
    Log::warn(
        "a provider failed " + std::to_string(breaker_.failures_in_a_row(account)) +
            " times in a row, and is left alone for " + std::to_string(rest->count() / 1000) + " s",
        {{"account", account},
         // Not the failure's own words: they would have to be scrubbed of secrets, as log_exchange() does.
         {"last", answered ? "HTTP status " + std::to_string(outcome.response.status) : "no answer"}});
  return rest;
}

asio::awaitable<Result<Json>> HttpCarrier::event_of(const HttpAction& action, const HttpGrant& grant,
                                                    HttpResponse response,
                                                    std::shared_ptr<const Descriptor> saved,
                                                    StepFiles files) {
  Json event = {
      {"type", "http"}, {"status", response.status}, {"headers", headers_of(response, grant.secrets)}};
  if (response.truncated) event["truncated"] = true;
  const bool whole = is_success(response) && !response.truncated;
  if (response.saved && whole) {
    auto keep = [name = action.save, saved, bytes = response.saved_bytes, files] {
      return keep_saved(name, *saved, bytes, files);
    };
    auto kept = co_await pool_.run(std::move(keep));
    if (!kept) co_return kept.error();
    event["saved"] = std::move(*kept);
    co_return event;
  }
  if (response.saved) co_return event;
  Json body;
  if (!action.unpack.empty() && whole) {
    auto take_apart = [body_text = std::move(response.body), action, files] {
      return unpack(body_text, action.unpack, files);
    };
    auto unpacked = co_await pool_.run(std::move(take_apart));
    if (!unpacked) co_return unpacked.error();
    body = std::move(*unpacked);
    if (body.is_string() && body.get_ref<const std::string&>().size() >= most_body_bytes)
      event["truncated"] = true;
  } else {
    response.body.resize(std::min(response.body.size(), most_body_bytes));
    auto json = parse_json(response.body);
    body = json ? std::move(*json) : Json(std::move(response.body));
  }
  grant.secrets.scrub(body);
  event["body"] = std::move(body);
  co_return event;
}

asio::awaitable<void> HttpCarrier::cancel(HttpAction action, const HttpGrant& grant,
                                          std::filesystem::path folder) {
  Stop never;
  auto ready = co_await prepare(action, grant, StepFiles(std::move(folder)));
  if (!ready) {
    Log::warn("provider " + grant.plugin +
              " could not be told of a cancelled job: " + grant.secrets.scrub(ready.error().message));
    co_return;
  }
  ready->request.connect_time = ready->request.whole_time = cancel_time;
  ready->request.stall_time = 0ms;
  ready->tries = 2;
  const HttpOutcome outcome = co_await exchange(std::move(*ready), grant.account(), cancel_time, never);
  log_exchange(action, grant, outcome, "cancel");
  if (outcome.end != HttpEnd::answered || !is_success(outcome.response))
    Log::warn("provider " + grant.plugin + " may go on with a cancelled job: " +
              (outcome.end == HttpEnd::answered ? "HTTP status " + std::to_string(outcome.response.status)
                                                : grant.secrets.scrub(outcome.error.message)));
}

}  // namespace reelspool
