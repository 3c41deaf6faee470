#include "jobstore/socket/connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace reelspool::socket {
namespace {

Error lost(std::string_view why) {
  Error error =
      make_error(ErrorClass::transient, "store/socket: the other side is gone: " + std::string(why));
  error.code = "lost";
  return error;
}

Error too_large(std::string_view what, std::size_t most) {
  Error error =
      make_error(ErrorClass::invalid_request,
                 "store/socket: " + std::string(what) + " of more than " + std::to_string(most) + " bytes");
  error.code = "bad_message";
  return error;
}

}  // namespace

Result<> with_address(const std::filesystem::path& folder, const std::string& name,
                      const std::function<int(const sockaddr*, unsigned)>& act, std::string_view activity) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = (folder / name).string();
  Fd directory;
  if (path.size() >= sizeof address.sun_path) {
    directory = Fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return system_error(activity, errno);
    path = "/proc/self/fd/" + std::to_string(directory.number()) + "/" + name;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  int outcome = -1;
  do {
    outcome = act(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } while (outcome != 0 && errno == EINTR);
  if (outcome != 0) return system_error(activity, errno);
  return ok;
}

Result<Connection> Connection::to(const std::filesystem::path& folder, const std::string& name) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_error("making a socket", errno);
  const auto connect = [&](const sockaddr* address, unsigned length) {
    return ::connect(socket.number(), address, length);
  };
  if (Result<> connected = with_address(folder, name, connect, "connecting to " + (folder / name).string());
      !connected)
    return std::move(connected.error());
  return Connection(std::move(socket));
}

Result<> Connection::wait(short events, Moment until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd source{socket_.number(), events, 0};
    const int ready = left.count() > 0 ? ::poll(&source, 1, static_cast<int>(left.count())) : 0;
    if (ready > 0) return ok;
    if (ready < 0 && errno != EINTR) return system_error("waiting on store/socket", errno);
    if (ready < 0) continue;
    Error error = make_error(ErrorClass::timeout, "store/socket: no answer in time");
    error.code = "no_answer";
    return error;
  }
}

Result<> Connection::receive_more(std::string& into, std::size_t most, Moment until) {
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket_.number(), buffer.data(), std::min(most, buffer.size()), 0);
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
      return ok;
    }
    if (got == 0) return lost("it has closed the connection");
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return lost(std::strerror(errno));
    if (Result<> waited = wait(POLLIN, until); !waited) return waited;
  }
}

Result<std::string> Connection::receive_head(Moment until) {
  std::size_t seen = 0;
  for (;;) {
    const std::size_t end = received_.find('\n', seen);
    if (end != std::string::npos) {
      std::string head = received_.substr(0, end);
      received_.erase(0, end + 1);
      return head;
    }
    seen = received_.size();
    if (seen >= largest_head) return too_large("a head", largest_head);
    if (Result<> more = receive_more(received_, largest_head - seen, until); !more)
      return std::move(more.error());
  }
}

Result<std::string> Connection::receive_bytes(std::size_t size, Moment until) {
  std::string bytes = received_.substr(0, size);
  received_.erase(0, bytes.size());
  while (bytes.size() < size)
    if (Result<> more = receive_more(bytes, size - bytes.size(), until); !more)
      return std::move(more.error());
  return bytes;
}

Result<> Connection::send_all(std::string_view text, Moment until) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return lost(std::strerror(errno));
    if (Result<> waited = wait(POLLOUT, until); !waited) return waited;
  }
  return ok;
}

Result<> Connection::send(std::string_view head, std::string_view bytes, Moment until) {
  std::string front(head);
  front += '\n';
  // Small messages in one piece: the other side wakes once.
  if (bytes.size() <= largest_head) {
    front += bytes;
    return send_all(front, until);
  }
  if (Result<> sent = send_all(front, until); !sent) return sent;
  return send_all(bytes, until);
}

void Connection::shut_down(bool both) const {
  ::shutdown(socket_.number(), both ? SHUT_RDWR : SHUT_RD);
}

}  // namespace reelspool::socket
