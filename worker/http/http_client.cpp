#include "worker/http/http_client.hpp"

#include <utility>

#include "worker/http/curl_loop.hpp"
#include "worker/http/transfer.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool {

namespace asio = boost::asio;

HttpClient::HttpClient(asio::any_io_executor executor, Options options)
    : loop_(std::make_shared<CurlLoop>(std::move(executor), options.connections, options.per_host)),
      options_(std::move(options)) {}

HttpClient::~HttpClient() = default;

asio::awaitable<HttpOutcome> HttpClient::exchange(HttpRequest request, Stop& stop) {
  HttpOutcome early;
  if (stop.asked()) {
    early.end = HttpEnd::stopped;
    early.error = stopped(*stop.asked());
    co_return early;
  }
  if (request.before_sending && !request.has_body()) {
    auto ready = co_await request.before_sending();
    if (!ready) {
      early.error = std::move(ready.error());
      co_return early;
    }
  }
  Transfer transfer(loop_, std::move(request), options_);
  const Stop::Hook hook = stop.on_ask([&transfer] { transfer.wake(); });
  transfer.start();
  while (!transfer.has_ended()) {
    co_await transfer.next_event();
    if (transfer.has_ended()) break;
    if (stop.asked()) {
      transfer.end(HttpEnd::stopped, stopped(*stop.asked()));
    } else if (transfer.wants_to_send()) {
      auto ready = co_await transfer.request().before_sending();
      if (!ready) transfer.end(HttpEnd::local, std::move(ready.error()));
      // An end that came meanwhile has been noted; a stop that came meanwhile still finds nothing sent.
      if (!transfer.has_ended() && !stop.asked()) transfer.release();
      if (stop.asked()) transfer.wake();
    } else if (transfer.stalls()) {
      transfer.end(HttpEnd::timed_out, make_error(ErrorClass::timeout, transfer.request().url.host +
                                                                           ": nothing moved for too long"));
    }
  }
  co_return transfer.take_outcome();
}

}  // namespace reelspool
