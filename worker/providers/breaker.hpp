#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace reelspool {

/// Counts how often in a row an account's requests failed for the provider's sake (no connection, no answer in time, an answer
/// of 500 and above), and says when it is time to leave it alone: from the fifth on for half a minute, then for twice as long
/// after each further one, up to five minutes. The first answer ends the row. Without it a provider that is down costs every
/// step all of its tries, and gets no rest.
///
/// Threads  Loop thread only. Each process counts for itself; that the gate is shut is told to all (Gates).
class Breaker {
 public:
  static constexpr int patience = 5;
  static constexpr std::chrono::milliseconds first_rest = std::chrono::seconds(30);
  static constexpr std::chrono::milliseconds longest_rest = std::chrono::minutes(5);

  void note_answer(const std::string& account) { failures_.erase(account); }
  /// How long to leave it alone; nothing: not yet.
  std::optional<std::chrono::milliseconds> note_failure(const std::string& account);
  int failures_in_a_row(const std::string& account) const;

 private:
  std::map<std::string, int> failures_;  // by account
};

}  // namespace reelspool
