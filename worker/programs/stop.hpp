#pragma once

#include <functional>
#include <map>
#include <optional>

namespace reelspool {

/// Why running work is to end.
enum class StopReason {
  cancelled,  ///< the user's wish, or a claim that is no longer ours: end now, keep nothing running
  shutdown,   ///< the worker stops: end now what may be done anew, keep provider operations
  timed_out,  ///< JOB_TIMEOUT
};

/// One job's wish to end, seen by everything that waits on its behalf (programs, permits, timers). It is
/// asked once and stays asked; the first reason stands.
///
/// Threads    Loop thread only.
/// Ownership  Outlives whoever waits on it; a Hook unsubscribes when destroyed.
class Stop {
 public:
  class Hook {
   public:
    Hook() = default;
    Hook(Hook&& other) noexcept : stop_(other.stop_), id_(other.id_) { other.stop_ = nullptr; }
    Hook& operator=(Hook&& other) noexcept {
      reset();
      stop_ = other.stop_;
      id_ = other.id_;
      other.stop_ = nullptr;
      return *this;
    }
    ~Hook() { reset(); }
    void reset() {
      if (stop_ != nullptr) stop_->hooks_.erase(id_);
      stop_ = nullptr;
    }

   private:
    friend class Stop;
    Hook(Stop* stop, int id) : stop_(stop), id_(id) {}
    Stop* stop_ = nullptr;
    int id_ = 0;
  };

  Stop() = default;
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  void ask(StopReason reason) {
    if (reason_) return;
    reason_ = reason;
    auto hooks = hooks_;  // a hook may unsubscribe itself or others while it runs
    for (auto& [id, hook] : hooks)
      if (hooks_.contains(id)) hook();
  }
  std::optional<StopReason> asked() const { return reason_; }

  /// Calls `hook` once when the end is asked for; at once if it already was. It must not throw or wait.
  [[nodiscard]] Hook on_ask(std::function<void()> hook) {
    if (reason_) {
      hook();
      return {};
    }
    hooks_.emplace(++last_id_, std::move(hook));
    return Hook(this, last_id_);
  }

 private:
  std::optional<StopReason> reason_;
  std::map<int, std::function<void()>> hooks_;
  int last_id_ = 0;
};

}  // namespace reelspool
