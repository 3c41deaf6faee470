#pragma once

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <string>

#include "tests/e2e/paid_job.hpp"

namespace reelspool::testing {

inline int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// The provider of the plugins "paid" and "queued".
class Till {
 public:
  explicit Till(unsigned seed) : chance_(seed) {}

  Reply serve(const Received& request) {
    const std::lock_guard lock(mutex_);
    if (request.method == "POST") return sell(request);
    const std::string& target = request.target;
    if (const auto key = target.find("?key="); key != std::string::npos) {
      ++looked_up_;
      const auto task = tasks_.find(target.substr(key + 5));
      if (task == tasks_.end()) return {.status = 404, .body = "{}"};
      return {.body = json{{"id", task->second}}.dump()};
    }
    if (target.ends_with("/image")) return {.body = std::string(R"({"image": ")") + picture + "\"}"};
    return {.body = ++polls_[target] % 3 == 0 ? R"({"status": "done"})" : R"({"status": "running"})"};
  }

  /// From now on.
  void behave() { behaves_ = true; }

  std::map<std::string, int> bills() const {
    const std::lock_guard lock(mutex_);
    return bills_;
  }
  std::size_t requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int misdeeds() const { return misdeeds_; }
  int looked_up() const { return looked_up_; }

 private:
  /// Bills, whatever it answers then.
  Reply sell(const Received& request) {
    ++requests_;
    std::string key = request.header("idempotency-key");
    if (key.empty()) key = request.header("task-key");
    const bool is_known = !key.empty() && tasks_.contains(key);
    if (!is_known) ++bills_[json::parse(request.body)["prompt"]];
    const std::string id = is_known ? tasks_[key] : "t" + std::to_string(requests_);
    if (!key.empty()) tasks_[key] = id;
    const json answer = {{"id", id}, {"image", picture}};
    const int misdeed = behaves_ ? 9 : std::uniform_int_distribution(0, 9)(chance_);
    if (misdeed < 4) ++misdeeds_;
    switch (misdeed) {
      case 0:
        return {.silent = true};
      case 1:
        return {.body = answer.dump(), .cut_after = 10};
      case 2:  // and the connection is kept
        return {.status = 502, .body = "<html>Bad Gateway</html>"};
      case 3:
        return {.held = true};
      default:
        return {.body = answer.dump()};
    }
  }

  mutable std::mutex mutex_;
  std::mt19937 chance_;
  std::map<std::string, int> bills_;          // by prompt
  std::map<std::string, std::string> tasks_;  // by the key that came with them
  std::map<std::string, int> polls_;
  std::size_t requests_ = 0;
  std::atomic<bool> behaves_ = false;
  std::atomic<int> misdeeds_ = 0, looked_up_ = 0;
};

}  // namespace reelspool::testing
