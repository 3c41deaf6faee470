#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "worker/steps/pool.hpp"

// Awaiting several things at once, all of them to their end: one that fails cancels nothing, because what
// runs beside it may be paid for. (Asio's own `&&` cancels the others and throws; it is not used here.)
//
//   std::vector<boost::asio::awaitable<Result<Scene>>> scenes;
//   for (const auto& scene : storyboard) scenes.push_back(make_scene(attempt, scene));
//   auto made = co_await gather(std::move(scenes));  // in the order given, whatever finished first
//   if (!made) co_return made.error();               // the first error in that order
//
// An exception that leaves one of them becomes its Error (`internal_error`).
// Threads  Loop thread only: all run on the caller's executor.

namespace reelspool {
namespace gathering {

/// What is still to come of a group, and its place to wait.
class Countdown {
 public:
  Countdown(const boost::asio::any_io_executor& executor, std::size_t count)
      : left_(count), over_(executor, boost::asio::steady_timer::time_point::max()) {}
  void one_less() {
    if (--left_ == 0) over_.cancel();
  }
  boost::asio::awaitable<void> wait() {
    boost::system::error_code ignored;  // being cancelled is the news
    if (left_ > 0)
      co_await over_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }

 private:
  std::size_t left_;
  boost::asio::steady_timer over_;
};

/// Where one of a group leaves its outcome.
template <class T>
struct Slot {
  std::shared_ptr<Countdown> countdown;
  std::optional<Result<T>> outcome;
};

template <class T>
boost::asio::awaitable<void> fill(std::shared_ptr<Slot<T>> slot, boost::asio::awaitable<Result<T>> one) {
  slot->outcome.emplace(co_await std::move(one));
}

template <class T>
std::shared_ptr<Slot<T>> begin(const boost::asio::any_io_executor& executor,
                               std::shared_ptr<Countdown> countdown, boost::asio::awaitable<Result<T>> one) {
  auto slot = std::make_shared<Slot<T>>(Slot<T>{std::move(countdown), std::nullopt});
  boost::asio::co_spawn(executor, fill(slot, std::move(one)), [slot](const std::exception_ptr& thrown) {
    if (!slot->outcome) slot->outcome.emplace(internal_error("the job's work", thrown));
    slot->countdown->one_less();
  });
  return slot;
}

}  // namespace gathering

/// The values in the order given, or the first error in that order. Nothing given: an empty vector.
template <class T>
boost::asio::awaitable<Result<std::vector<T>>> gather(std::vector<boost::asio::awaitable<Result<T>>> all) {
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  auto countdown = std::make_shared<gathering::Countdown>(executor, all.size());
  std::vector<std::shared_ptr<gathering::Slot<T>>> slots;
  slots.reserve(all.size());
  for (auto& one : all) slots.push_back(gathering::begin(executor, countdown, std::move(one)));
  co_await countdown->wait();

  std::vector<T> values;
  values.reserve(slots.size());
  for (auto& slot : slots) {
    if (!*slot->outcome) co_return std::move(slot->outcome->error());
    values.push_back(std::move(slot->outcome->value()));
  }
  co_return values;
}

/// As gather, for two of different types; the first one's error comes first.
template <class A, class B>
boost::asio::awaitable<Result<std::pair<A, B>>> gather(boost::asio::awaitable<Result<A>> first,
                                                       boost::asio::awaitable<Result<B>> second) {
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  auto countdown = std::make_shared<gathering::Countdown>(executor, 2);
  auto a = gathering::begin(executor, countdown, std::move(first));
  auto b = gathering::begin(executor, countdown, std::move(second));
  co_await countdown->wait();
  if (!*a->outcome) co_return std::move(a->outcome->error());
  if (!*b->outcome) co_return std::move(b->outcome->error());
  co_return std::pair<A, B>(std::move(a->outcome->value()), std::move(b->outcome->value()));
}

}  // namespace reelspool
