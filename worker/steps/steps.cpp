#include "worker/steps/steps.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "worker/steps/failure.hpp"
#include "worker/steps/folders.hpp"
#include "worker/steps/records.hpp"
#include "worker/steps/wait.hpp"

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace reelspool {
namespace {

using Phase = StepRecord::Phase;

Error located(Error error, const std::string& key) {
  if (error.step.empty()) error.step = key;
  if (error.scene == 0) error.scene = scene_of(error.step);
  return error;
}

/// Not run anew any more: something outside ends it again and again.
Error too_often(Error error) {
  error.code = "interrupted_too_often";
  error.message = "ended from outside again and again (out of memory?): " + error.message;
  return error;
}

/// carry_out, with whatever it throws as its error.
asio::awaitable<Result<Yield>> carry_out(const Work& work, StepContext& context) {
  std::exception_ptr thrown;
  try {
    co_return co_await work.carry_out(context);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return internal_error("step " + context.key, thrown);
}

/// Publishes a step's files. Gives what its record says of them: [{"name", "bytes"}].
Result<Json> publish(JobStore& store, const Claim& claim, const fs::path& folder, const fs::path& job_folder,
                     const std::vector<Product>& products) {
  const auto renames = products_of(folder, job_folder, products);
  if (!renames) return renames.error();
  Json published = Json::array();
  for (const auto& [from, to] : *renames)
    published.push_back({{"name", to.filename().string()}, {"bytes", fs::file_size(from)}});
  if (!renames->empty()) {
    auto renamed = store.publish_files(claim, *renames);
    if (!renamed) return std::move(renamed.error());
  }
  return published;
}

/// A key in a set for as long as this lives.
class Entered {
 public:
  Entered(std::set<std::string>& set, const std::string& key) : set_(set), place_(set.insert(key)) {}
  ~Entered() {
    if (place_.second) set_.erase(place_.first);
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
  bool is_first() const { return place_.second; }

 private:
  std::set<std::string>& set_;
  std::pair<std::set<std::string>::iterator, bool> place_;
};

}  // namespace

/// A step that is asked for: what it is, what is known of it, and what became of it so far.
struct Steps::Asked {
  std::string key;
  Work work;
  std::string hash;
  Json memory;  ///< the provider's state as last saved
  std::shared_ptr<PaidCalls> calls = std::make_shared<PaidCalls>();
  std::optional<Result<Json>> outcome;  ///< remembered: it need not be made
  int tries = 0;                        ///< of the provider that is being tried
  std::vector<Error> given_up;          ///< the providers before it
  bool nobody_left = false;
  int interruptions = 0;
};

Steps::Steps(JobStore& store, Pool& pool, Permits& permits, Claim claim, int attempt, Place place, Stop& stop,
             const RetryRules& rules)
    : store_(store),
      pool_(pool),
      permits_(permits),
      claim_(std::move(claim)),
      attempt_(attempt),
      place_(std::move(place)),
      rules_(rules),
      contents_(std::make_shared<ContentHashes>()),
      stop_(stop),
      link_(stop.on_ask([this] { quiet_.ask(*stop_.asked()); })) {}

asio::awaitable<Result<>> Steps::open() {
  auto read = [&store = store_, job = claim_.job] { return store.steps(job); };
  auto records = co_await pool_.run(std::move(read));
  if (!records) co_return std::move(records.error()).while_doing("reading the job's steps");
  std::vector<std::string> handed_over;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  shown_operations_.emplace(executor, store_, pool_, claim_);
  for (StepRecord& record : *records) {
    shown_operations_->note(record, true);
    if (!memory_after(record).is_null()) handed_over.push_back(folder_name(record.key));
    std::string key = record.key;
    memory_.insert_or_assign(std::move(key), std::move(record));
  }
  auto make_folders = [place = place_, handed_over = std::move(handed_over)] {
    return open_work_folder(place.job_folder, place.work_folder, handed_over);
  };
  co_return co_await pool_.run(std::move(make_folders));
}

asio::awaitable<Result<Json>> Steps::run(std::string key, Work work) {
  if (!is_step_key(key)) co_return make_error(ErrorClass::invalid_request, "\"" + key + "\" is no step key");
  const Entered entered(running_, key);
  assert(entered.is_first() && "a step is run by one branch of the job at a time");

  Asked step;
  step.key = std::move(key);
  step.work = std::move(work);
  auto outcome = co_await recall_or_make(step);
  if (outcome) {
    report(step.key, step.work.kind, 1);
    co_return outcome;
  }
  Error error = located(std::move(outcome.error()), step.key);
  // What a stop ended has not failed: it is made later.
  if (!step.work.optional && !quiet_.asked()) {
    closing_ = error;
    quiet_.ask(StopReason::cancelled);
  }
  co_return error;
}

asio::awaitable<std::optional<Json>> Steps::remembered(std::string key) {
  const auto known = memory_.find(key);
  if (known == memory_.end() || known->second.phase != Phase::done) co_return std::nullopt;
  const Json body = body_of(known->second);
  auto look = [folder = place_.job_folder, body]() -> Result<bool> { return files_are_there(folder, body); };
  const auto there = co_await pool_.run(std::move(look));
  if (!there || !*there) co_return std::nullopt;
  report(key, body.value("kind", ""), 1);
  co_return member(body, "value");
}

asio::awaitable<Result<Json>> Steps::recall_or_make(Asked& step) {
  const auto recalled = co_await recall(step);
  if (!recalled) co_return recalled.error();
  if (step.outcome) co_return *std::move(step.outcome);
  co_return co_await make(step);
}

/// Fills in the hash, and the outcome or the provider's state if they are remembered.
asio::awaitable<Result<>> Steps::recall(Asked& step) {
  std::optional<StepRecord> known;
  if (const auto found = memory_.find(step.key); found != memory_.end()) known = found->second;
  const bool same_attempt = known && known->attempt == attempt_;

#ifdef NDEBUG
  const bool needs_hash = !same_attempt || known->phase == Phase::started;
#else
  const bool needs_hash = true;  // for the assertion below
#endif
  if (needs_hash) {
    auto read = [contents = contents_, kind = step.work.kind, request = step.work.request,
                 inputs = step.work.inputs] { return hash_of(kind, request, inputs, *contents); };
    auto hash = co_await pool_.run(std::move(read));
    if (!hash) co_return std::move(hash.error());
    step.hash = *std::move(hash);
    [[maybe_unused]] const auto seen = hashes_.try_emplace(step.key, step.hash);
    assert(seen.first->second == step.hash &&
           "a step is always asked for with the same work within an attempt");
  }
  if (!known || (!same_attempt && known->hash != step.hash)) co_return ok;
  // What was begun in this attempt stays what it was, also when an upgrade would ask for it in other words.
  if (known->phase != Phase::started) step.hash = known->hash;

  const Json body = body_of(*known);
  *step.calls = calls_before(*known);
  if (known->phase == Phase::done) {
    auto look = [folder = place_.job_folder, body]() -> Result<bool> {
      return files_are_there(folder, body);
    };
    const auto there = co_await pool_.run(std::move(look));
    if (there && *there) step.outcome = member(body, "value");
  } else if (known->phase == Phase::failed) {
    const Error error = error_from(member(body, "error"));
    if (same_attempt || verdict(error).lasts) step.outcome = error;
    if (error.code == paid_calls_spent)
      *step.calls = PaidCalls();  // who retries the job by hand allows as many again
  }
  if (!step.outcome) step.memory = memory_after(*known);
  co_return ok;
}

asio::awaitable<Result<Json>> Steps::make(Asked& step) {
  for (;;) {
    if (auto refused = refusal()) co_return *std::move(refused);
    auto permit = co_await permits_.acquire(step.work.kind, quiet_);
    if (auto refused = refusal()) co_return *std::move(refused);
    if (!permit) co_return std::move(permit.error());

    auto made = co_await make_once(step);
    permit->give_back();
    if (made) co_return made;
    Error error = std::move(made.error());

    if (stop_.asked()) {
      const Error end = stopped(*stop_.asked());
      // A cancelled step ends its provider's operation, so its state is worth nothing; any other stop keeps
      // it.
      if (end.cls == ErrorClass::cancelled) co_await note_failure(step, end);
      co_return end;
    }
    const auto wait = next_try(step, error);
    if (!wait) {
      if (error.cls == ErrorClass::interrupted) error = too_often(std::move(error));
      co_await note_failure(step, error);
      co_return error;
    }
    if (!verdict(error).keeps_operation) step.memory = nullptr;
    const auto waited = co_await wait_for(*wait, quiet_);
    if (!waited) {
      co_await take_leave(step);
      co_return refusal().value_or(waited.error());
    }
  }
}

/// A step that waits for another try when its job is cancelled is carried out once more, with the stop asked for already: so
/// its provider hears of it.
asio::awaitable<void> Steps::take_leave(Asked& step) {
  if (stop_.asked() != StopReason::cancelled || step.memory.is_null()) co_return;
  (void)co_await make_once(step);
  co_await note_failure(step, stopped(StopReason::cancelled));
}

asio::awaitable<Result<Json>> Steps::make_once(Asked& step) {
  const bool goes_on = !step.memory.is_null();
  auto make_folder = [work_folder = place_.work_folder, key = step.key, fresh = !goes_on] {
    return step_folder(work_folder, key, fresh);
  };
  auto folder = co_await pool_.run(std::move(make_folder));
  if (!folder) co_return std::move(folder.error());
  if (!goes_on) {
    auto begun = co_await append(record(step, Phase::started, started_body(step.work)));
    if (!begun) co_return std::move(begun.error());
  }

  StepContext context;
  context.key = step.key;
  context.folder = *folder;
  context.memory = step.memory;
  context.calls = step.calls;
  context.stop = &stop_;
  const int retries = rules_.rule(step.work.kind).retries;
  context.last_try = step.tries >= retries;
  context.first_is_last = retries <= 0;
  context.given_up = step.given_up;
  context.report = [this, &step](double fraction) {
    report(step.key, step.work.kind, std::min(fraction, 0.99));
  };
  context.save = [this, &step](Json memory) { return save(step, std::move(memory)); };
  if (shown_.try_emplace(step.key, 0).second && on_progress) on_progress(step.key, step.work.kind, 0);
  const auto began = std::chrono::steady_clock::now();
  auto yield = co_await carry_out(step.work, context);
  if (context.given_up.size() > step.given_up.size()) step.tries = 0;
  step.given_up = std::move(context.given_up);
  step.nobody_left = context.nobody_left;
  if (!yield) co_return std::move(yield.error());
  auto kept = co_await keep(step, *std::move(folder), *std::move(yield));
  if (kept && !goes_on && on_made) on_made(step.key, std::chrono::steady_clock::now() - began);
  co_return kept;
}

asio::awaitable<Result<>> Steps::save(Asked& step, Json memory) {
  auto saved = co_await append(record(step, Phase::state, state_body(step.work, memory)));
  if (!saved) co_return saved;
  step.memory = std::move(memory);
  co_return ok;
}

/// Publishes the files, then records the step as done: a record never names a file that is not there.
asio::awaitable<Result<Json>> Steps::keep(Asked& step, fs::path folder, Yield yield) {
  auto bring_out = [&store = store_, claim = claim_, folder, job_folder = place_.job_folder,
                    products = yield.files] { return publish(store, claim, folder, job_folder, products); };
  auto files = co_await pool_.run(std::move(bring_out));
  if (!files) {
    note_stale(files.error());
    co_return files;
  }
  auto done = co_await append(record(step, Phase::done, done_body(step.work, yield.value, *files)));
  if (!done) co_return std::move(done.error());
  // Best effort: what stays goes with the attempt's folder.
  auto clear = [folder]() -> Result<> {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return ok;
  };
  (void)co_await pool_.run(std::move(clear));
  co_return std::move(yield.value);
}

/// A failure that cannot be recorded is still a failure: the caller has it, and the next attempt finds out
/// anew.
asio::awaitable<void> Steps::note_failure(const Asked& step, Error error) {
  error = located(std::move(error), step.key);
  (void)co_await append(record(step, Phase::failed, failed_body(step.work, error, step.memory)));
}

asio::awaitable<Result<>> Steps::append(StepRecord record) {
  auto write = [&store = store_, claim = claim_, record] { return store.append_step(claim, record); };
  auto appended = co_await pool_.run(std::move(write));
  if (!appended) {
    note_stale(appended.error());
    co_return appended;
  }
  shown_operations_->note(record);
  std::string key = record.key;
  memory_.insert_or_assign(std::move(key), std::move(record));
  co_return ok;
}

/// Somebody else owns the job: everything of this attempt ends.
void Steps::note_stale(const Error& error) {
  if (error.code == "stale_claim") stop_.ask(StopReason::cancelled);
}

void Steps::wind_down() {
  quiet_.ask(StopReason::shutdown);
}

asio::awaitable<Result<>> Steps::tidy(bool keep_operations) {
  if (shown_operations_) co_await shown_operations_->end();
  std::vector<std::string> kept;
  for (const auto& [key, record] : memory_)
    if (keep_operations && !memory_after(record).is_null()) kept.push_back(folder_name(key));
  auto clear = [work_folder = place_.work_folder, kept = std::move(kept)] {
    return tidy_work_folder(work_folder, kept);
  };
  co_return co_await pool_.run(std::move(clear));
}

Json Steps::video_attempts() const {
  return video_attempts_in(memory_);
}

/// Why nothing may be begun now.
std::optional<Error> Steps::refusal() const {
  if (closing_) return closing_;
  if (stop_.asked()) return stopped(*stop_.asked());
  if (quiet_.asked()) return stopped(*quiet_.asked());
  return std::nullopt;
}

/// How long to wait before the step is tried again; nothing when it has failed for good.
std::optional<std::chrono::milliseconds> Steps::next_try(Asked& step, const Error& error) const {
  if (error.cls == ErrorClass::interrupted) {
    if (++step.interruptions > rules_.interruptions) return std::nullopt;
    return rules_.after_interruption;
  }
  const RetryRule rule = rules_.rule(step.work.kind);
  const auto asked_for = error.retry_after.value_or(std::chrono::milliseconds(0));
  if (!verdict(error).step_again || step.tries >= rule.retries || step.nobody_left ||
      asked_for > rules_.longest_pause)
    return std::nullopt;
  return retry_wait(rule.first, rule.most, ++step.tries, roll(), asked_for);
}

StepRecord Steps::record(const Asked& step, Phase phase, const Json& body) const {
  StepRecord record;
  record.key = step.key;
  record.hash = step.hash;
  record.phase = phase;
  record.attempt = attempt_;
  record.token = claim_.token;
  Json whole = body;
  if (!step.calls->entries().empty()) whole["calls"] = step.calls->entries();
  record.body = to_text(whole);
  return record;
}

void Steps::report(const std::string& key, const std::string& kind, double fraction) {
  double& shown = shown_[key];
  if (!(fraction > shown)) return;  // also when it is no number
  shown = std::min(fraction, 1.0);
  if (on_progress) on_progress(key, kind, shown);
}

}  // namespace reelspool
