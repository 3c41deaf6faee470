#include "jobstore/socket/remote_store.hpp"

#include <algorithm>

#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

using socket::Head;

/// A worker greets from a thread that does nothing else. One that is stopped (SIGSTOP) does not.
constexpr std::chrono::seconds greeting_patience{2};
/// The disk of the worker may be slow.
constexpr std::chrono::seconds answer_patience{60};

Error nobody(std::string reason) {
  Error error = make_error(ErrorClass::unavailable, "no worker answers: " + std::move(reason));
  error.code = "nobody";
  return error;
}

Error not_an_answer() {
  Error error = make_error(ErrorClass::transient, "store/socket: the worker's answer cannot be read");
  error.code = "lost";
  return error;
}

/// Each line read by `read`.
template <class T>
Result<std::vector<T>> lines_of(std::string_view bytes, std::optional<T> (*read)(std::string_view)) {
  std::vector<T> values;
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::optional<T> value = read(bytes.substr(0, end));
    if (!value) return not_an_answer();
    values.push_back(*std::move(value));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return values;
}

}  // namespace

Result<std::unique_ptr<RemoteStore>> RemoteStore::connect(const std::filesystem::path& data) {
  Result<socket::Connection> connection = socket::Connection::to(data / "store", "socket");
  if (!connection) return nobody(connection.error().message);
  Result<std::string> text = connection->receive_head(socket::in(greeting_patience));
  if (!text) return nobody(text.error().message);
  const std::optional<Head> greeting = Head::from(std::move(*text));
  if (!greeting) return nobody("store/socket: what listens there is no worker");
  if (!greeting->json("error").empty()) return nobody(socket::error_from(greeting->json("error")).message);
  if (greeting->number("protocol") != socket::protocol)
    return nobody("the worker speaks version " + std::to_string(greeting->number("protocol")) +
                  " of the protocol of store/socket, this program version " +
                  std::to_string(socket::protocol));
  return std::unique_ptr<RemoteStore>(new RemoteStore(*std::move(connection)));
}

Result<RemoteStore::Reply> RemoteStore::ask(const std::string& head, std::string_view bytes) {
  const socket::Moment until = socket::in(answer_patience);
  // When the worker has refused the question after its first lines, sending the rest fails; the answer is there.
  const Result<> sent = connection_.send(head, bytes, until);
  Result<std::string> text = connection_.receive_head(until);
  if (!text && text.error().code == "no_answer")
    text.error().message = "the worker has not answered for a minute; it may still do what it was asked to";
  if (!text) return sent ? text.error() : sent.error();
  std::optional<Head> answer = Head::from(std::move(*text));
  if (!answer) return not_an_answer();
  const std::uint64_t size = answer->number("bytes");
  if (size > socket::largest_answer) return not_an_answer();
  Result<std::string> payload = connection_.receive_bytes(size, until);
  if (!payload) return std::move(payload.error());
  if (!answer->flag("ok")) return socket::error_from(answer->json("error"));
  return Reply{*std::move(answer), *std::move(payload)};
}

Result<Job> RemoteStore::ask_for_job(std::string_view call, std::string_view id) {
  Result<Reply> reply = ask(ObjectText().add("call", call).add("id", id).text());
  if (!reply) return std::move(reply.error());
  std::optional<Job> job = socket::job_from(reply->bytes);
  if (!job) return not_an_answer();
  return *std::move(job);
}

Result<Submitted> RemoteStore::submit(std::string_view entry) {
  if (entry.size() > socket::largest_question)
    return make_error(ErrorClass::invalid_request, "a job of more than 64 MiB");
  Result<Reply> reply = ask(ObjectText().add("call", "submit").add("bytes", entry.size()).text(), entry);
  if (!reply) return std::move(reply.error());
  std::optional<Job> job = socket::job_from(reply->bytes);
  if (!job) return not_an_answer();
  return Submitted{*std::move(job), reply->head.flag("isNew")};
}

Result<std::vector<StepRecord>> RemoteStore::steps(std::string_view id) {
  Result<Reply> reply = ask(ObjectText().add("call", "steps").add("id", id).text());
  if (!reply) return std::move(reply.error());
  return lines_of(reply->bytes, socket::step_from);
}

Result<Job> RemoteStore::find(std::string_view id) {
  return ask_for_job("find", id);
}
Result<Job> RemoteStore::cancel(std::string_view id) {
  return ask_for_job("cancel", id);
}
Result<Job> RemoteStore::retry(std::string_view id) {
  return ask_for_job("retry", id);
}

Result<> RemoteStore::remove(std::string_view id, bool with_outputs) {
  Result<Reply> reply =
      ask(ObjectText().add("call", "remove").add("id", id).add("withOutputs", with_outputs).text());
  if (!reply) return std::move(reply.error());
  return ok;
}

Result<std::vector<std::string>> RemoteStore::ask_for_ids(const std::string& head) {
  Result<Reply> reply = ask(head);
  if (!reply) return std::move(reply.error());
  return lines_of<std::string>(reply->bytes, [](std::string_view line) {
    return is_job_id(line) ? std::optional(std::string(line)) : std::nullopt;
  });
}

Result<std::vector<std::string>> RemoteStore::retry_failed() {
  return ask_for_ids(ObjectText().add("call", "retryFailed").text());
}

Result<std::vector<std::string>> RemoteStore::remove_failed(bool with_outputs) {
  return ask_for_ids(ObjectText().add("call", "removeFailed").add("withOutputs", with_outputs).text());
}

Result<std::vector<Job>> RemoteStore::last_failures(std::size_t limit) {
  Result<Reply> reply = ask(ObjectText().add("call", "lastFailures").add("limit", limit).text());
  if (!reply) return std::move(reply.error());
  return lines_of(reply->bytes, socket::job_from);
}

/// Page by page. When the last job of a page is removed before the next page is asked for, the list goes on after the
/// one before it.
Result<std::vector<Job>> RemoteStore::list(const Listing& listing) {
  std::vector<Job> jobs;
  std::string after = listing.after;
  std::size_t anchor = 0;  // `after` is jobs[anchor - 1]; 0: the caller's
  for (bool more = true; more && jobs.size() < listing.limit;) {
    ObjectText question;
    question.add("call", "list").add("limit", listing.limit - jobs.size()).add("after", after);
    if (listing.status) question.add("status", to_string(*listing.status));
    Result<Reply> reply = ask(question.text());
    if (!reply && reply.error().field == "after" && anchor > 1) {
      after = jobs[--anchor - 1].id;
      continue;
    }
    if (!reply) return std::move(reply.error());
    Result<std::vector<Job>> page = lines_of(reply->bytes, socket::job_from);
    if (!page) return page;
    more = reply->head.flag("more") && !page->empty();
    for (Job& job : *page) jobs.push_back(std::move(job));
    anchor = jobs.size();
    if (more) after = jobs.back().id;
  }
  return jobs;
}

Result<Stats> RemoteStore::stats() {
  Result<Reply> reply = ask(ObjectText().add("call", "stats").text());
  if (!reply) return std::move(reply.error());
  const std::optional<Stats> stats = socket::stats_from(reply->head.json("stats"));
  if (!stats) return not_an_answer();
  return *stats;
}

Result<> RemoteStore::set_paused(bool paused) {
  Result<Reply> reply = ask(ObjectText().add("call", "pause").add("paused", paused).text());
  if (!reply) return std::move(reply.error());
  return ok;
}

}  // namespace reelspool
