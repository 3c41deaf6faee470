#include "worker/providers/hedge.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "worker/config/log.hpp"
#include "worker/providers/boot_clock.hpp"
#include "worker/providers/operation_folders.hpp"
#include "worker/providers/pause.hpp"
#include "worker/steps/verdict.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// A nap without an end to come is no longer.
constexpr milliseconds longest_nap = 1h;

std::int64_t wall_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool is_accepted(const Json& memory) {
  return memory.is_object() && memory.contains("operation");
}

/// What the older operations of a memory are remembered by; none where there are none.
std::vector<Json> watched_in(const Json& memory) {
  std::vector<Json> older;
  const auto found = memory.find("watched");
  if (found != memory.end() && found->is_array())
    for (const Json& each : *found)
      if (each.is_object()) older.push_back(each);
  return older;
}

Error out_of_time(const std::string& kind, milliseconds limit) {
  std::string what = kind;
  what[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(what[0])));
  Error error = make_error(ErrorClass::timeout, "Timeout: " + what + " generation did not complete within " +
                                                    std::to_string(limit.count() / 1000) + "s");
  error.code = operation_timeout;
  return error;
}

/// One operation of the request: the try that goes on, or the rest before the next one.
struct Run {
  int number = 0;
  Json memory;                        ///< the carrier's
  std::optional<milliseconds> since;  ///< boot clock: its provider accepted it
  std::int64_t since_wall_ms = 0;     ///< the same, for another process
  Stop stop;
  StepContext context;
  bool is_running = false;
  std::optional<Result<Json>> outcome;   ///< of its last try
  std::optional<milliseconds> again_at;  ///< boot clock: the next one
};

}  // namespace

bool may_be_under_way(const Json& memory) {
  if (!memory.is_object()) return false;
  if (is_accepted(memory) || memory.value("sending", "") == "sent") return true;
  const std::vector<Json> older = watched_in(memory);
  return std::any_of(older.begin(), older.end(), may_be_under_way);
}

/// What carry() does. By shared_ptr: held by it and by every try.
class Hedge::Race : public std::enable_shared_from_this<Race> {
 public:
  Race(Hedge& hedge, asio::any_io_executor executor, Carrier::SharedErrand errand, OperationLimits limits,
       StepContext& step)
      : hedge_(hedge),
        executor_(std::move(executor)),
        errand_(std::move(errand)),
        usual_limits_(limits),
        step_(step),
        turn_(executor_, asio::steady_timer::time_point::max()) {}

  asio::awaitable<Result<Json>> run() {
    recall();
    const Stop::Hook hook = step_.stop->on_ask([this] { stop_all(*step_.stop->asked()); });
    auto noted = co_await keep_whole();  // since when an operation goes on that waits anew
    if (!noted) co_return std::move(noted.error());
    for (const auto& each : runs_) start(*each);
    bool timed_out = false;
    for (;;) {
      if (Run* first = winner()) co_return co_await finish(*first);
      plan_the_failed();
      if (std::none_of(runs_.begin(), runs_.end(), goes_on)) break;
      if (!timed_out && is_due(hard_at())) {
        timed_out = true;
        stop_all(StopReason::timed_out);
        continue;
      }
      const bool is_ending = timed_out || step_.stop->asked();
      if (!is_ending && is_due(soft_at())) begin_another();
      for (const auto& each : runs_)
        if (is_due(each->again_at)) start(*each);
      co_await nap(is_ending ? std::nullopt : next_due());
    }
    auto kept = co_await keep_whole(timed_out && !step_.stop->asked());
    if (!kept) co_return std::move(kept.error());
    if (timed_out && !step_.stop->asked()) {
      Error error = out_of_time(errand_->kind, *limits().hard);
      error.provider = errand_->plugin->manifest.name;
      co_return error;
    }
    co_return decisive_error();
  }

 private:
  static bool goes_on(const std::unique_ptr<Run>& run) { return run->is_running || run->again_at; }
  static bool is_due(const std::optional<milliseconds>& when) { return when && boot_clock() >= *when; }

  Run& add(int number) {
    runs_.push_back(std::make_unique<Run>());
    runs_.back()->number = number;
    next_number_ = std::max(next_number_, number + 1);
    return *runs_.back();
  }

  void recall() {
    const Json& memory = step_.memory;
    if (!memory.is_object() || memory.value("provider", "") != errand_->plugin->manifest.name) {
      add(0);
      return;
    }
    std::vector<Json> all = watched_in(memory);
    all.insert(all.begin(), memory);
    std::reverse(all.begin(), all.end());  // oldest first
    for (Json& each : all) {
      Run& run = add(each.value("run", 0));
      const auto since = each.find("since");
      const bool waits_on = since != each.end() && since->is_number_integer();
      run.since_wall_ms = waits_on ? since->get<std::int64_t>() : wall_clock_ms();
      for (const char* ours : {"run", "since", "watched"}) each.erase(ours);
      run.memory = std::move(each);
      // The wall clock may have been set meanwhile: it tells of no more than the longest wait.
      const OperationLimits limits = limits_of(run);
      const milliseconds most = std::max(limits.hard.value_or(0ms), limits.soft.value_or(0ms));
      const milliseconds passed(wall_clock_ms() - run.since_wall_ms);
      if (is_accepted(run.memory)) run.since = boot_clock() - std::clamp(passed, 0ms, most);
    }
  }

  void start(Run& run) {
    run.is_running = true;
    run.outcome.reset();
    run.again_at.reset();
    run.context = step_;
    run.context.folder = folder_of(step_.folder, run.number);
    run.context.memory = run.memory;
    run.context.stop = &run.stop;
    run.context.save = [this, &run](Json memory) { return save(run, std::move(memory)); };
    asio::co_spawn(executor_, make(run), [self = shared_from_this(), &run](const std::exception_ptr& thrown) {
      if (!run.outcome) run.outcome.emplace(internal_error("an operation of a provider", thrown));
      run.is_running = false;
      self->wake();
    });
  }

  asio::awaitable<void> make(Run& run) {
    const auto leave = co_await hedge_.limits_.operation(errand_->plugin->manifest.name,
                                                         errand_->grant->account(), run.stop);
    if (!leave) {
      run.outcome.emplace(leave.error());
      co_return;
    }
    if (run.number > 0) {
      auto prepare = [folder = run.context.folder, step_folder = step_.folder, request = errand_->request] {
        return furnish(folder, step_folder, request);
      };
      auto prepared = co_await hedge_.pool_.run(std::move(prepare));
      if (!prepared) {
        run.outcome.emplace(std::move(prepared.error()));
        co_return;
      }
    }
    run.outcome.emplace(co_await hedge_.carrier_.carry(errand_, run.context));
  }

  void begin_another() {
    Log::info("provider " + errand_->plugin->manifest.name + " takes long over " + errand_->kind +
                  "; it is asked once more, and the first to be done is used",
              {{"provider", errand_->plugin->manifest.name}, {"step", step_.key}});
    start(add(next_number_));
  }

  Run* winner() {
    for (const auto& run : runs_)
      if (run->outcome && *run->outcome) return run.get();
    return nullptr;
  }

  /// Of several, those that failed for good are forgotten, and the others asked about again after a while.
  void plan_the_failed() {
    if (runs_.size() == 1 || step_.stop->asked()) return;
    for (auto run = runs_.begin(); run != runs_.end();) {
      Run& each = **run;
      const bool has_failed = each.outcome && !each.is_running && !each.again_at && !each.stop.asked();
      const bool others_go_on = std::any_of(runs_.begin(), runs_.end(), [&](const auto& other) {
        return other.get() != &each && goes_on(other);
      });
      if (!has_failed || !others_go_on) {
        ++run;
        continue;
      }
      const Error& error = each.outcome->error();
      const Verdict known = verdict(error);
      if (known.keeps_operation && may_be_under_way(each.memory)) {
        each.again_at = boot_clock() + std::max(hedge_.rest_, error.retry_after.value_or(0ms));
        ++run;
      } else {
        run = runs_.erase(run);
      }
    }
  }

  OperationLimits limits_of(const Run& run) const {
    const auto of_model = run.memory.is_object() ? run.memory.find("patience") : run.memory.end();
    return run.memory.is_object() && of_model != run.memory.end() ? changed_by(usual_limits_, *of_model)
                                                                  : usual_limits_;
  }
  OperationLimits limits() const { return limits_of(*runs_.back()); }

  std::optional<milliseconds> soft_at() const {
    const OperationLimits now = limits();
    const Run& newest = *runs_.back();
    if (!now.soft || !newest.since || next_number_ >= now.operations) return std::nullopt;
    return *newest.since + *now.soft;
  }
  std::optional<milliseconds> hard_at() const {
    const OperationLimits now = limits();
    const auto oldest =
        std::find_if(runs_.begin(), runs_.end(), [](const auto& run) { return run->since.has_value(); });
    if (!now.hard || oldest == runs_.end()) return std::nullopt;
    return *(*oldest)->since + *now.hard;
  }

  std::optional<milliseconds> next_due() const {
    std::optional<milliseconds> next;
    const auto or_sooner = [&next](const std::optional<milliseconds>& due) {
      if (due) next = std::min(next.value_or(*due), *due);
    };
    or_sooner(soft_at());
    or_sooner(hard_at());
    for (const auto& run : runs_) or_sooner(run->again_at);
    return next;
  }

  /// Until something happened, or something is due.
  asio::awaitable<void> nap(std::optional<milliseconds> due) {
    const milliseconds until = due.value_or(boot_clock() + longest_nap);
    Stop woken;
    nap_ = &woken;
    if (!std::exchange(heard_, false))
      (void)co_await pause(std::max(until - boot_clock(), milliseconds(1)), woken);
    nap_ = nullptr;
    heard_ = false;
  }
  void wake() {
    heard_ = true;
    if (nap_ != nullptr) nap_->ask(StopReason::cancelled);
  }

  void stop_all(StopReason reason) {
    for (const auto& run : runs_) {
      run->again_at.reset();
      run->stop.ask(reason);
    }
    wake();
  }

  /// What the first one made; the others end.
  asio::awaitable<Result<Json>> finish(Run& first) {
    for (const auto& run : runs_) {
      if (run.get() == &first) continue;
      run->stop.ask(StopReason::cancelled);  // who runs tells its provider itself
      if (!run->is_running) co_await hedge_.carrier_.end_operation(errand_, run->memory, run->context);
    }
    while (std::any_of(runs_.begin(), runs_.end(), [](const auto& run) { return run->is_running; }))
      co_await nap(std::nullopt);
    if (first.number > 0) {
      auto move = [from = first.context.folder, to = step_.folder] { return bring_out(from, to); };
      auto moved = co_await hedge_.pool_.run(std::move(move));
      if (!moved) co_return std::move(moved.error());
    }
    co_return std::move(*first.outcome);
  }

  /// What the step is told: rather that something may yet be finished than that something else failed.
  Error decisive_error() const {
    const Run* told = nullptr;
    for (const auto& run : runs_) {
      if (!run->outcome) continue;
      told = run.get();
      if (verdict(run->outcome->error()).keeps_operation && may_be_under_way(run->memory)) break;
    }
    return told != nullptr ? told->outcome->error() : stopped(StopReason::shutdown);
  }

  Json memory_of(const Run& run) const {
    Json memory = run.memory;
    if (run.number > 0) memory["run"] = run.number;
    if (run.since) memory["since"] = run.since_wall_ms;
    return memory;
  }

  /// The step's memory of all that have one.
  Json whole() const {
    Json newest, older = Json::array();
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      if (!(*run)->memory.is_object()) continue;
      if (newest.is_null())
        newest = memory_of(**run);
      else
        older.push_back(memory_of(**run));
    }
    if (!older.empty()) newest["watched"] = std::move(older);
    return newest;
  }

  /// One after the other: what is kept last must be what was kept last.
  asio::awaitable<Result<>> save(Run& run, Json memory) {
    co_await take_turn();
    Json before = std::exchange(run.memory, std::move(memory));
    if (!is_accepted(run.memory)) {
      run.since.reset();
    } else if (!run.since) {
      run.since = boot_clock();
      run.since_wall_ms = wall_clock_ms();
      wake();
    }
    auto saved = co_await save_whole();
    if (!saved) run.memory = std::move(before);
    end_turn();
    co_return saved;
  }
  /// `and_wait_anew`: another attempt may wait as long again.
  asio::awaitable<Result<>> keep_whole(bool and_wait_anew = false) {
    co_await take_turn();
    if (and_wait_anew)
      for (const auto& run : runs_) run->since.reset();
    Result<> saved = ok;
    const bool is_ours =
        std::any_of(runs_.begin(), runs_.end(), [](const auto& run) { return run->memory.is_object(); });
    if (is_ours && whole() != step_.memory) saved = co_await save_whole();
    end_turn();
    co_return saved;
  }
  asio::awaitable<Result<>> save_whole() {
    Json memory = whole();
    auto saved = co_await step_.save(memory);
    if (saved) step_.memory = std::move(memory);
    co_return saved;
  }
  asio::awaitable<void> take_turn() {
    boost::system::error_code woken;
    while (is_saving_) co_await turn_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    is_saving_ = true;
  }
  void end_turn() {
    is_saving_ = false;
    turn_.cancel_one();
  }

  Hedge& hedge_;
  asio::any_io_executor executor_;
  const Carrier::SharedErrand errand_;
  const OperationLimits usual_limits_;
  StepContext& step_;
  std::vector<std::unique_ptr<Run>> runs_;  // oldest first; never empty once recalled
  int next_number_ = 0;
  Stop* nap_ = nullptr;
  bool heard_ = false;
  bool is_saving_ = false;
  asio::steady_timer turn_;
};

asio::awaitable<Result<Json>> Hedge::carry(Carrier::SharedErrand errand, OperationLimits limits,
                                           StepContext& step) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto race = std::make_shared<Race>(*this, executor, std::move(errand), limits, step);
  co_return co_await race->run();
}

asio::awaitable<Result<>> Hedge::give_up(Carrier::SharedErrand errand, StepContext& step) {
  if (!step.memory.is_object()) co_return ok;
  std::vector<Json> all = watched_in(step.memory);
  all.push_back(step.memory);
  for (const Json& each : all) {
    StepContext context = step;
    context.folder = folder_of(step.folder, each.value("run", 0));
    co_await carrier_.end_operation(errand, each, context);
  }
  auto forgotten = co_await step.save(nullptr);
  if (forgotten) step.memory = nullptr;
  co_return forgotten;
}

}  // namespace reelspool
