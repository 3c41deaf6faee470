#include "worker/providers/gates.hpp"

#include <algorithm>

#include "worker/providers/boot_clock.hpp"
#include "worker/providers/pause.hpp"

namespace reelspool {

namespace asio = boost::asio;
using std::chrono::milliseconds;

void Gates::shut(const std::string& gate, milliseconds time) {
  auto& until = shut_until_[gate];
  until = std::max(until, boot_clock() + time);
}

asio::awaitable<Result<>> Gates::pass(std::string gate, milliseconds longest, Stop& stop) {
  for (;;) {
    const auto found = shut_until_.find(gate);
    if (found == shut_until_.end()) co_return ok;
    const milliseconds left = found->second - boot_clock();
    if (left.count() <= 0) {
      shut_until_.erase(found);
      co_return ok;
    }
    if (left > longest) {
      Error error = make_error(ErrorClass::rate_limited, "the provider asked to be left alone for another " +
                                                             std::to_string(left.count() / 1000) + " s");
      error.retry_after = left;
      co_return error;
    }
    auto waited = co_await pause(left + milliseconds(1), stop);
    if (!waited) co_return waited;
  }
}

}  // namespace reelspool
