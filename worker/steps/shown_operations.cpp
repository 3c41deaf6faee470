#include "worker/steps/shown_operations.hpp"

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "jobstore/json.hpp"
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

struct ShownOperations::State {
  JobStore& store;
  Pool& pool;
  Claim claim;
  std::map<std::string, Json> operations = {};  // by step

  asio::awaitable<void> write() {
    auto update = [&store = store, claim = claim, text = fields_of(operations)] {
      return store.update(claim, text);
    };
    (void)co_await pool.run(std::move(update));
  }
};

ShownOperations::ShownOperations(const asio::any_io_executor& executor, JobStore& store, Pool& pool,
                                 Claim claim)
    : state_(std::make_shared<State>(State{store, pool, std::move(claim)})),
      writer_(std::make_shared<TrailingWriter>(executor, shortest_pause,
                                               [state = state_] { return state->write(); })) {}

void ShownOperations::note(const StepRecord& record, bool is_known) {
  Json operations = operations_in(record);
  auto& all = state_->operations;
  const auto before = all.find(record.key);
  if (before == all.end() ? operations.empty() : before->second == operations) return;
  if (operations.empty())
    all.erase(before);
  else
    all.insert_or_assign(record.key, std::move(operations));
  if (!is_known) writer_->touch();
}

}  // namespace reelspool
