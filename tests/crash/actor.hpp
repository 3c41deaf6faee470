#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/crash/promises.hpp"

namespace reelspool::crash {

/// Uses a store as a worker or a front end would, and keeps account of what it was promised.
class Actor {
 public:
  enum class Crash { of_the_process, of_the_power };
  /// `crash`: what the promises have to survive; a claim by itself survives the first alone. `told`, if any, is
  /// called whenever the promises have changed.
  Actor(FileJobStore& store, Promises& promises, Crash crash, std::function<void()> told = {})
      : store_(store), promises_(promises), crash_(crash), told_(std::move(told)) {}

  bool submit(const std::string& id);
  std::optional<Claim> claim(const std::string& id);
  bool step(const Claim& claim, const std::string& key);
  bool finish(const Claim& claim, Ending::Kind kind = Ending::Kind::done);
  bool cancel(const std::string& id);
  bool retry(const std::string& id);
  bool remove(const std::string& id);
  bool retry_failed();
  bool remove_failed();
  /// Where `id` is the only one that may leave.
  bool sweep(const std::string& id);
  bool take_in(const std::vector<std::string>& ids);

  /// `act` does to `id` what `effect` says, or fails.
  bool act(const std::string& id, const Promises::Effect& effect, const std::function<bool()>& act);

  FileJobStore& store() { return store_; }
  static std::string entry(const std::string& id);

 private:
  /// The store says on which: perhaps on any.
  bool act_on_some(const Promises::Effect& effect,
                   const std::function<Result<std::vector<std::string>>()>& act);
  void tell() const {
    if (told_) told_();
  }

  FileJobStore& store_;
  Promises& promises_;
  const Crash crash_;
  const std::function<void()> told_;
};

}  // namespace reelspool::crash
