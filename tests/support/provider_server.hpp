#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace reelspool::testing {

/// A request that has come whole.
struct Received {
  std::string method;
  std::string target;                          ///< "/path?query"
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  int connection = 0;         ///< from 1
  int nth_on_connection = 0;  ///< from 1

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// What to do about it.
struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::optional<std::size_t> cut_after = {};  ///< closes after this many bytes of the body; 0: after the head
  bool silent = false;                        ///< closes without an answer
  bool held = false;                          ///< not before release()
  std::string raw = {};                       ///< these bytes instead of an answer, then closes
};

/// An HTTP/1.1 server on loopback that behaves as badly as it is told to, and counts what a provider would bill. A thread for
/// each connection. Ends with its owner, whatever its connections do.
class ProviderServer {
 public:
  using Handler = std::function<Reply(const Received&)>;
  struct Options {
    bool tls = false;       ///< with a certificate of its own for "localhost"
    bool listening = true;  ///< false: the port is taken, and connections are refused until listen()
    bool deaf = false;      ///< accepts, and reads nothing
  };
  explicit ProviderServer(Handler handler) : ProviderServer(std::move(handler), Options()) {}
  ProviderServer(Handler handler, Options options);
  ~ProviderServer();
  ProviderServer(const ProviderServer&) = delete;
  ProviderServer& operator=(const ProviderServer&) = delete;

  void listen();
  void release();  ///< lets held answers go, also later ones

  int port() const { return port_; }
  std::string origin() const;  ///< "http://127.0.0.1:40123", "https://localhost:40123"
  std::string url(const std::string& target) const { return origin() + target; }
  std::filesystem::path certificate() const { return certificate_; }

  std::vector<Received> requests() const;
  int connections() const;
  /// Blocks until that many requests, or connections, have come.
  void await_requests(std::size_t count) const;
  void await_connections(int count) const;

  /// What it would be paid for: every whole POST, but for those whose Idempotency-Key it has seen.
  int billed() const;

 private:
  class Stream;
  void accept_all();
  void serve(int socket, int number);
  bool answer(Stream& stream, const Reply& reply, const Received& request);

  Handler handler_;
  Options options_;
  std::filesystem::path certificate_;
  std::shared_ptr<void> tls_;
  int listener_ = -1;
  int port_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool released_ = false;
  bool ending_ = false;
  std::vector<Received> requests_;
  int connections_ = 0;
  std::set<int> open_;
  std::vector<std::thread> servers_;
  std::thread acceptor_;
};

}  // namespace reelspool::testing
