#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "worker/http/http.hpp"
#include "worker/http/http_client.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// A request with what may be done about it besides sending it once.
struct Fetch {
  HttpRequest request;
  /// Asked for the first place and for each that a redirect leads to: true when its private addresses may be reached too.
  /// What it fails with ends the fetch (`refused`).
  std::function<Result<bool>(const Url&)> may_reach;
  /// Awaited before each try and each hop; what it fails with ends the fetch (`local`, or `stopped`).
  std::function<boost::asio::awaitable<Result<>>()> before_each;
  /// Names, in lower case, of headers that go to the first place only.
  std::vector<std::string> private_headers;

  int redirects = 5;  ///< followed at most; GET and HEAD only, others are answered with the 3xx
  /// Tries in all where nothing was sent, and of GET and HEAD also where no answer came. A file that came in part is
  /// asked for from there on (Range, If-Range), and goes on for as long as it grows by a MiB a try.
  int tries = 4;
  std::chrono::milliseconds first_wait{500};  ///< doubles each time, with jitter
  std::chrono::milliseconds longest_wait{8'000};
};

/// Carries it out. `saved_bytes` of the answer is the whole file's size, and the file is cut to it.
/// Threads: loop thread only.
boost::asio::awaitable<HttpOutcome> fetch(HttpClient& client, Fetch what, Stop& stop);

}  // namespace reelspool
