#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "worker/http/http.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

class CurlLoop;

/// HTTP through libcurl's multi interface: any number of exchanges at once, for the cost of an easy handle each.
/// curl's sockets and its timer are in an epoll set of their own, and Asio watches that one descriptor, only
/// while something is going on.
///
/// Trust      TLS is always verified. Only http and https; no redirect is followed here (fetch.hpp does). Each address is
///            checked as the socket is opened, after resolution, so a name cannot change its meaning in between.
///            Through a proxy the proxy resolves the names, so only literal addresses are checked then.
/// Threads    Loop thread only. curl resolves names in threads of its own.
/// Ownership  May go before its exchanges end; they keep what they need.
class HttpClient {
 public:
  struct Options {
    std::string proxy;              ///< "http://proxy:3128"; empty: none
    std::string no_proxy;           ///< "localhost,.internal.example" or "*": reached without it
    std::filesystem::path ca_file;  ///< certificates trusted instead of the system's; empty: the system's
    long connections = 512;         ///< at once, idle ones included; more exchanges wait
    long per_host = 128;
    std::string user_agent = "reelspool";
  };
  HttpClient(boost::asio::any_io_executor executor, Options options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// One request, one answer of any status. Never tries again, never throws.
  boost::asio::awaitable<HttpOutcome> exchange(HttpRequest request, Stop& stop);

 private:
  std::shared_ptr<CurlLoop> loop_;
  Options options_;
};

}  // namespace reelspool
