#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/steps/world.hpp"

namespace reelspool::testing {

inline RetryRule at_once(std::string_view) {
  return {2, std::chrono::milliseconds(0), std::chrono::milliseconds(0)};
}
inline RetryRule much_later(std::string_view) {
  return {2, std::chrono::hours(1), std::chrono::hours(1)};
}

inline Json number(int value) {
  Json json;
  json["n"] = value;
  return json;
}

/// Attempts at one job, each with its own memory of the steps.
class StepsTest : public World {
 protected:
  /// One attempt's memory, with all that it needs. `number` tells attempts apart.
  struct Memory {
    Memory(StepsTest& test, Claim claim, int attempt, RetryRules rules)
        : steps(test.store(), test.pool_, test.permits_, claim, attempt,
                {test.folder(claim.job), test.folder(claim.job) / ("work-" + std::to_string(claim.token))},
                stop, rules) {}
    Stop stop;
    Steps steps;
  };

  Memory& begin(int attempt = 1) {
    if (!job_exists_) submit("job");
    job_exists_ = true;
    auto claimed = store().claim_job("job");
    EXPECT_TRUE(is_ok(claimed));
    EXPECT_TRUE(claimed && *claimed) << "the job is not claimable";
    RetryRules rules;
    rules.rule = rule_;
    rules.after_interruption = std::chrono::milliseconds(0);
    memory_.reset();
    memory_ = std::make_unique<Memory>(*this, (*claimed)->claim, attempt, rules);
    claim_ = (*claimed)->claim;
    return *memory_;
  }
  /// Opens the memory, then runs the body.
  void attempt(Memory& memory, std::function<asio::awaitable<void>(Memory&)> body) {
    on_loop(loop_, [&]() -> asio::awaitable<void> {
      const auto opened = co_await memory.steps.open();
      EXPECT_TRUE(is_ok(opened));
      co_await body(memory);
    });
  }
  /// One step in one attempt.
  Result<Json> run_one(Memory& memory, const std::string& key, Work work) {
    std::optional<Result<Json>> outcome;
    attempt(memory,
            [&](Memory& m) -> asio::awaitable<void> { outcome.emplace(co_await m.steps.run(key, work)); });
    return outcome ? *outcome : Result<Json>(make_error(ErrorClass::transient, "it never ended"));
  }
  void end_attempt(Ending::Kind kind) {
    Ending ending;
    ending.kind = kind;
    if (kind == Ending::Kind::retry) ending.run_at = clock_.now();
    ASSERT_TRUE(is_ok(store().finish(claim_, ending)));
  }
  void next_attempt() { end_attempt(Ending::Kind::retry); }
  void die() {
    memory_.reset();
    die_and_come_back();
  }

  /// A step that counts how often it is carried out, and gives that number.
  Work counted(const Json& request = Json::object()) {
    Work work;
    work.kind = "test";
    work.request = request;
    work.carry_out = [this](StepContext&) -> asio::awaitable<Result<Yield>> {
      Yield yield;
      yield.value = number(++times_);
      co_return yield;
    };
    return work;
  }
  Work failing(Error error) {
    Work work;
    work.kind = "test";
    work.carry_out = [this, error](StepContext&) -> asio::awaitable<Result<Yield>> {
      ++times_;
      co_return error;
    };
    return work;
  }
  Work failing(ErrorClass cls) { return failing(make_error(cls, "no")); }
  /// A step that makes a file.
  Work writing(const std::string& name, const std::string& text) {
    Work work;
    work.kind = "test";
    work.request = number(static_cast<int>(text.size()));
    work.carry_out = [this, name, text](StepContext& step) -> asio::awaitable<Result<Yield>> {
      ++times_;
      write(step.folder / "made", text);
      Yield yield;
      yield.value = number(times_);
      yield.files.push_back({"made", name});
      co_return yield;
    };
    return work;
  }

  RetryRule (*rule_)(std::string_view) = at_once;
  Permits permits_{loop_.get_executor(), {{"narrow", 2}}};
  std::unique_ptr<Memory> memory_;
  Claim claim_;
  bool job_exists_ = false;
  int times_ = 0;
};

}  // namespace reelspool::testing
