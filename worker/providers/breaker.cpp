#include "worker/providers/breaker.hpp"

#include <algorithm>

namespace reelspool {

std::optional<std::chrono::milliseconds> Breaker::note_failure(const std::string& account) {
  const int count = ++failures_[account];
  if (count < patience) return std::nullopt;
  const int doublings = std::min(count - patience, 10);
  return std::min(first_rest * (1 << doublings), longest_rest);
}

int Breaker::failures_in_a_row(const std::string& account) const {
  const auto found = failures_.find(account);
  return found == failures_.end() ? 0 : found->second;
}

}  // namespace reelspool
