#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "jobstore/file/files.hpp"
#include "jobstore/result.hpp"

struct sockaddr;

namespace reelspool::socket {

/// The number that a worker names in its greeting. Members that a reader does not know are passed over, and a call
/// that a worker does not know is refused by name; so only another framing or another meaning needs a new number.
inline constexpr int protocol = 1;

inline constexpr std::size_t largest_head = std::size_t{64} << 10;
inline constexpr std::size_t largest_question = std::size_t{64} << 20;  ///< an entry may be as large
inline constexpr std::size_t largest_answer = std::size_t{256} << 20;   ///< a page with one or two such in it

using Moment = std::chrono::steady_clock::time_point;
inline Moment in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

/// One end of store/socket. What goes over it, in both directions, is a message: a head, which is one JSON object on
/// one line, and behind it, if the head says so, as many raw bytes as its member `bytes` counts.
///
///     worker   {"reelspool":"store","protocol":1}
///     command  {"call":"list","limit":100,"after":""}
///     worker   {"ok":true,"more":false,"bytes":51}
///              {"id":"ad-7", ...}
///
/// Waiting ends at a moment that is given with each call, however the other side drips its bytes.
///
/// Threads  One at a time, but for shut_down().
/// Errors   transient, code "lost"         the other side has closed, or died
///          timeout, code "no_answer"      the moment came
///          invalid_request, code "bad_message"   too large, or no such head
class Connection {
 public:
  explicit Connection(Fd socket) : socket_(std::move(socket)) {}

  /// Connects to the socket `folder`/`name`, whatever the length of the path. Does not wait.
  static Result<Connection> to(const std::filesystem::path& folder, const std::string& name);

  Result<std::string> receive_head(Moment until);
  /// The raw bytes behind a head: memory is taken as they come, not as they are announced.
  Result<std::string> receive_bytes(std::size_t size, Moment until);
  /// `head` is a JSON object without a line break; `bytes` are counted in it by the caller.
  Result<> send(std::string_view head, std::string_view bytes, Moment until);

  /// Nothing can be received any more, nor sent if `both`; whoever waits is woken. Any thread.
  void shut_down(bool both) const;
  const Fd& socket() const { return socket_; }

 private:
  Result<> wait(short events, Moment until) const;
  Result<> receive_more(std::string& into, std::size_t most, Moment until);
  Result<> send_all(std::string_view text, Moment until);

  Fd socket_;
  std::string received_;  // but not yet asked for
};

/// Calls `act` (bind or connect) with the address of `folder`/`name`. sun_path holds 107 bytes, and a data directory may
/// lie deeper: then the path goes by way of /proc/self/fd. Errors: as system_error(activity, ...).
Result<> with_address(const std::filesystem::path& folder, const std::string& name,
                      const std::function<int(const sockaddr*, unsigned length)>& act,
                      std::string_view activity);

}  // namespace reelspool::socket
