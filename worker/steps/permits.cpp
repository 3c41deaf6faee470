#include "worker/steps/permits.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <list>
#include <utility>

#include "worker/steps/wait.hpp"

namespace asio = boost::asio;

namespace reelspool {
namespace {

struct Waiter {
  Waiter(const asio::any_io_executor& executor, std::list<Waiter*>& line)
      : woken(executor, asio::steady_timer::time_point::max()), line_(line) {
    line_.push_back(this);
  }
  ~Waiter() { line_.remove(this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  asio::steady_timer woken;
  bool granted = false;

 private:
  std::list<Waiter*>& line_;
};

}  // namespace

struct Permits::Queue {
  int limit = 1;
  int in_use = 0;
  std::list<Waiter*> waiting;

  /// Hands the permit on rather than freeing it, so that nobody who comes now overtakes those who wait.
  void give_back() {
    if (waiting.empty()) {
      assert(in_use > 0);
      --in_use;
      return;
    }
    Waiter* next = waiting.front();
    waiting.pop_front();
    next->granted = true;
    next->woken.cancel();
  }
};

Permits::Permit::Permit(Permit&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}

Permits::Permit& Permits::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    give_back();
    queue_ = std::exchange(other.queue_, nullptr);
  }
  return *this;
}

Permits::Permit::~Permit() {
  give_back();
}

void Permits::Permit::give_back() {
  if (Queue* queue = std::exchange(queue_, nullptr)) queue->give_back();
}

Permits::Permits(asio::any_io_executor executor, const std::map<std::string, int>& limits)
    : executor_(std::move(executor)) {
  for (const auto& [kind, limit] : limits) {
    auto queue = std::make_unique<Queue>();
    queue->limit = std::max(1, limit);
    queues_.emplace(kind, std::move(queue));
  }
}

Permits::~Permits() = default;

asio::awaitable<Result<Permits::Permit>> Permits::acquire(std::string kind, Stop& stop) {
  if (stop.asked()) co_return stopped(*stop.asked());
  const auto found = queues_.find(kind);
  if (found == queues_.end()) co_return Permit();
  Queue& queue = *found->second;
  if (queue.in_use < queue.limit) {
    ++queue.in_use;
    co_return Permit(&queue);
  }

  Waiter waiter(executor_, queue.waiting);
  const Stop::Hook hook = stop.on_ask([&waiter] { waiter.woken.cancel(); });
  boost::system::error_code ignored;  // why it was woken is in `granted` and `stop`
  co_await waiter.woken.async_wait(asio::redirect_error(asio::use_awaitable, ignored));

  if (!waiter.granted) co_return stopped(*stop.asked());
  Permit permit(&queue);
  if (stop.asked()) co_return stopped(*stop.asked());  // the permit goes on to the next
  co_return permit;
}

}  // namespace reelspool
