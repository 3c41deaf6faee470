#include "jobstore/socket/clients.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "jobstore/file/quiet_thread.hpp"
#include "jobstore/object_text.hpp"
#include "jobstore/socket/service.hpp"

namespace reelspool::socket {
namespace {

/// A question with pictures inside; a storyboard in words has a few KiB.
constexpr std::size_t large_from = std::size_t{1} << 20;
constexpr int most_large = 4;

std::string greeting() {
  return ObjectText().add("reelspool", "store").add("protocol", protocol).text();
}

bool may_ask(const Fd& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.number(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

Error not_for_this_user() {
  return make_error(
      ErrorClass::auth,
      "the worker answers only its own user and root on store/socket; run the command as that user");
}

Error busy() {
  Error error =
      make_error(ErrorClass::transient, "the worker is reading other large jobs just now; try again");
  error.code = "busy";
  return error;
}

Error bad_message(std::string message) {
  Error error = make_error(ErrorClass::invalid_request, "store/socket: " + std::move(message));
  error.code = "bad_message";
  return error;
}

/// One of the few large questions at a time, or not.
class Turn {
 public:
  Turn(std::atomic<int>& taken, bool is_large) : taken_(is_large ? &taken : nullptr) {
    if (taken_ && taken_->fetch_add(1) >= most_large) refused_ = true;
  }
  ~Turn() {
    if (taken_) taken_->fetch_sub(1);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool refused() const { return refused_; }

 private:
  std::atomic<int>* taken_;
  bool refused_ = false;
};

Result<> send_answer(Connection& connection, Answer answer) {
  answer.head.back() = ',';  // its closing brace
  answer.head += "\"bytes\":" + std::to_string(answer.bytes.size()) + '}';
  return connection.send(answer.head, answer.bytes, in(Clients::patience));
}

}  // namespace

Clients::~Clients() {
  for (const Client& client : clients_) client.connection.shut_down(false);
  const Moment until = in(patience_at_the_end);
  for (Client& client : clients_) {
    // Almost always at once. Who is in the store is waited for; who does not take an answer is not, for long.
    while (!client.has_ended && client.waits_since.load() != Moment::max() &&
           std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.connection.shut_down(true);
    client.thread.join();
  }
}

Result<> Clients::take(Fd socket) {
  Client& client = clients_.emplace_back(std::move(socket));
  client.waits_since = std::chrono::steady_clock::now();
  Result<std::thread> thread = quiet_thread("a thread for a command", [this, &client] { serve(client); });
  if (!thread) {
    clients_.pop_back();
    return std::move(thread.error());
  }
  client.thread = *std::move(thread);
  return ok;
}

void Clients::sweep() {
  clients_.remove_if([](Client& client) {
    if (!client.has_ended) return false;
    client.thread.join();
    return true;
  });
}

bool Clients::make_room() {
  const auto longest = std::min_element(
      clients_.begin(), clients_.end(),
      [](const Client& a, const Client& b) { return a.waits_since.load() < b.waits_since.load(); });
  if (longest == clients_.end() || longest->waits_since.load() == Moment::max()) return false;
  longest->connection.shut_down(true);
  return true;
}

void Clients::serve(Client& client) {
  Connection& connection = client.connection;
  if (!may_ask(connection.socket()))
    static_cast<void>(send_answer(connection, refusal(not_for_this_user())));
  else if (connection.send(greeting(), {}, in(patience)))
    while (serve_one(client)) continue;
  connection.shut_down(true);
  client.has_ended = true;
  ended_();
}

/// A question and its answer. An error ends the connection; what can be told is told before.
Result<> Clients::serve_one(Client& client) {
  Connection& connection = client.connection;
  client.waits_since = std::chrono::steady_clock::now();
  const Moment until = in(patience);
  const auto end_with = [&](const Error& error) -> Result<> {
    static_cast<void>(send_answer(connection, refusal(error)));
    return error;
  };
  Result<std::string> text = connection.receive_head(until);
  if (!text && text.error().code == "bad_message") return end_with(text.error());
  if (!text) return std::move(text.error());
  const std::optional<Head> question = Head::from(*std::move(text));
  if (!question) return end_with(bad_message("a question is one JSON object on one line"));
  const std::uint64_t size = question->number("bytes");
  if (size > largest_question)
    return end_with(bad_message("more than " + std::to_string(largest_question) + " bytes in one question"));
  const Turn turn(large_questions_, size >= large_from);
  if (turn.refused()) return end_with(busy());
  Result<std::string> bytes = connection.receive_bytes(size, until);
  if (!bytes) return std::move(bytes.error());

  client.waits_since = Moment::max();
  Answer result = answer(store_, *question, *bytes);
  client.waits_since = std::chrono::steady_clock::now();
  return send_answer(connection, std::move(result));
}

}  // namespace reelspool::socket
