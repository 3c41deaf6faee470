#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/config/limit_list.hpp"
#include "worker/programs/stop.hpp"
#include "worker/providers/slots.hpp"

namespace reelspool {

/// Reads PROVIDER_LIMITS: "fal=10, openai=60/60s" is ten operations of fal at once, and sixty paid requests to openai in any
/// minute. Errors: invalid_request  a word of it is no limit; the message names the word
Result<std::vector<Limit>> read_provider_limits(std::string_view text);

/// Keeps to PROVIDER_LIMITS, for each account (a plugin with its keys), over all jobs and all workers of the data directory.
///
/// Fair     First come, first served within a process. Between processes whoever looks first: ten times a second, and only
///          the first in line of each.
/// Threads  Loop thread only.
class ProviderLimits {
 public:
  /// `folder` has a file for each account and limit (Slots).
  ProviderLimits(boost::asio::any_io_executor executor, std::filesystem::path folder,
                 std::vector<Limit> limits);
  ~ProviderLimits();
  ProviderLimits(const ProviderLimits&) = delete;
  ProviderLimits& operator=(const ProviderLimits&) = delete;

  /// The right to go on, given back when destroyed.
  using Leave = std::vector<Slots::Slot>;

  /// For an operation, from its first request to its end: waits while there are as many at once as may be.
  /// `account` is a plain file name without dots.
  /// Errors: storage or transient  the folder cannot be used; as stopped(), when `stop` is asked
  boost::asio::awaitable<Result<Leave>> operation(std::string provider, std::string account, Stop& stop);
  /// For a request that costs, until its answer is there: waits while there were as many in a time as may be. Errors: the same
  boost::asio::awaitable<Result<Leave>> paid_request(std::string provider, std::string account, Stop& stop);

 private:
  struct Line;
  enum class What { operation, paid_request };
  boost::asio::awaitable<Result<Leave>> enter(What what, std::string provider, std::string account,
                                              Stop& stop);
  Line& line_of(const Limit& limit, const std::string& account);

  boost::asio::any_io_executor executor_;
  const std::filesystem::path folder_;
  const std::vector<Limit> limits_;
  std::map<std::filesystem::path, std::unique_ptr<Line>> lines_;
};

}  // namespace reelspool
