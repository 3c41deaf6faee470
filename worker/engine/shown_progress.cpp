#include "worker/engine/shown_progress.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace reelspool {
namespace {

constexpr std::chrono::milliseconds shortest_pause{100};

}  // namespace

struct ShownProgress::State {
  JobStore& store;
  Pool& pool;
  Claim claim;
  std::function<void()> on_stale;
  Progress newest = {};

  asio::awaitable<void> write() {
    auto send = [&store = store, claim = claim, progress = newest] {
      return store.progress(claim, progress);
    };
    const auto shown = co_await pool.run(std::move(send));
    // Any other refusal costs a percentage and no more; the steps' records will meet it too.
    if (!shown && shown.error().code == "stale_claim") on_stale();
  }
};

ShownProgress::ShownProgress(const asio::any_io_executor& executor, JobStore& store, Pool& pool, Claim claim,
                             std::function<void()> on_stale)
    : state_(std::make_shared<State>(State{store, pool, std::move(claim), std::move(on_stale)})),
      writer_(std::make_shared<TrailingWriter>(executor, shortest_pause,
                                               [state = state_] { return state->write(); })) {}

void ShownProgress::show(Progress progress) {
  progress.percent = std::max(state_->newest.percent, std::min(progress.percent, 99.0));
  state_->newest = std::move(progress);
  writer_->touch();
}

}  // namespace reelspool
