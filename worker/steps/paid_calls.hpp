#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What went out for one step that may have cost money: over all its tries, its providers and its job's attempts (S4). Kept in
/// every record of the step; the job shows it once an attempt has ended.
///
/// A call   {"provider", "operation"?, "outcome", "code"?, "supportCodes"?}; the outcome is
///            running     it went out, and is not over as far as anybody knows
///            done        what it made is used
///            failed      "code" says how: the error's code, else its class
///            timed_out   it took too long; it may yet be finished, and is still asked about
///            cancelled   the job was, or another call of the step was done first
///            unsent      it did not go out after all; it does not count
/// Threads  Loop thread only.
class PaidCalls {
 public:
  using Number = std::size_t;  ///< from 0, in the order of sending

  PaidCalls() = default;
  /// As kept by entries(). What is no list of objects counts as none.
  explicit PaidCalls(const Json& entries);

  /// Before its first byte leaves.
  Number begin(const std::string& provider);
  /// The provider has given its task a name.
  void accepted(Number call, const std::string& operation);
  void done(Number call);
  void failed(Number call, const Error& error);
  void unsent(Number call);

  /// Those that went out.
  std::size_t count() const;
  const Json& entries() const { return entries_; }

 private:
  void end(Number call, std::string_view outcome);
  Json entries_ = Json::array();
};

}  // namespace reelspool
