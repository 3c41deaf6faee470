#include "worker/steps/shown_operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "worker/steps/records.hpp"

namespace asio = boost::asio;

namespace reelspool {
namespace {

constexpr std::chrono::milliseconds shortest_pause{200};

std::string fields_of(const std::map<std::string, Json>& operations) {
  Json all = Json::array();
  for (const auto& [step, each] : operations) all.insert(all.end(), each.begin(), each.end());
  return to_text({{"operations", std::move(all)}});
}

}  // namespace

ShownOperations::ShownOperations(const asio::any_io_executor& executor, JobStore& store, Pool& pool,
                                 Claim claim)
    : store_(store),
      pool_(pool),
      claim_(std::move(claim)),
      pause_(executor),
      over_(executor, asio::steady_timer::time_point::max()) {}

void ShownOperations::note(const StepRecord& record, bool is_known) {
  if (ended_) return;
  Json operations = operations_in(record);
  const auto before = operations_.find(record.key);
  if (before == operations_.end() ? operations.empty() : before->second == operations) return;
  if (operations.empty())
    operations_.erase(before);
  else
    operations_.insert_or_assign(record.key, std::move(operations));
  if (is_known) return;
  is_dirty_ = true;
  if (std::exchange(is_writing_, true)) return;
  asio::co_spawn(
      pause_.get_executor(), [self = shared_from_this()] { return self->write_on(); },
      // Out of memory in the midst of it: what is shown is old then, and no more.
      [self = shared_from_this()](const std::exception_ptr&) {
        self->is_writing_ = false;
        self->over_.cancel();
      });
}

asio::awaitable<void> ShownOperations::write_on() {
  while (std::exchange(is_dirty_, false)) {
    auto write = [&store = store_, claim = claim_, text = fields_of(operations_)] {
      return store.update(claim, text);
    };
    (void)co_await pool_.run(std::move(write));
    if (ended_) continue;
    pause_.expires_after(shortest_pause);
    boost::system::error_code ignored;  // cancelled by end()
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> ShownOperations::end() {
  ended_ = true;
  pause_.cancel();
  boost::system::error_code ignored;  // being cancelled is the news
  if (is_writing_) co_await over_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace reelspool
