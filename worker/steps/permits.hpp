#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// The right to use a limited resource for now: one per step in flight, by kind (J7: speech 3, image 2,
/// render ...). First come, first served within a kind; a kind with no limit is granted at once.
///
/// Threads    Loop thread only.
/// Ownership  Outlives its permits and whoever waits for one.
class Permits {
  struct Queue;

 public:
  /// How many of a kind at once; less than 1 counts as 1.
  Permits(boost::asio::any_io_executor executor, const std::map<std::string, int>& limits);
  ~Permits();
  Permits(const Permits&) = delete;
  Permits& operator=(const Permits&) = delete;

  /// Given back when destroyed; then the one who waited longest has it.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    ~Permit();
    void give_back();  ///< now; does nothing the second time

   private:
    friend class Permits;
    explicit Permit(Queue* queue) : queue_(queue) {}
    Queue* queue_ = nullptr;
  };

  /// Errors: those of stopped() (wait.hpp), when `stop` is asked before or while waiting.
  boost::asio::awaitable<Result<Permit>> acquire(std::string kind, Stop& stop);

 private:
  boost::asio::any_io_executor executor_;
  std::map<std::string, std::unique_ptr<Queue>> queues_;
};

}  // namespace reelspool
