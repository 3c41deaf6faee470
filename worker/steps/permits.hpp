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
/// render ...). First come, first served within a kind; a kind with no limit is granted at once. Threads Loop
/// thread only.
class Permits {
 public:
  Permits(boost::asio::any_io_executor executor, std::map<std::string, int> limits);
  ~Permits();

  /// Given back when destroyed.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    ~Permit();

   private:
    friend class Permits;
    Permits* permits_ = nullptr;
    std::string kind_;
  };

  /// Errors: cancelled or interrupted, when `stop` is asked while waiting.
  boost::asio::awaitable<Result<Permit>> acquire(std::string kind, Stop& stop);

 private:
  struct Queue;
  boost::asio::any_io_executor executor_;
  std::map<std::string, std::unique_ptr<Queue>> queues_;
};

}  // namespace reelspool
