#include <algorithm>

#include "tests/jobstore/model/rehearsal.hpp"

namespace reelspool::model {

History shrunk(const History& history) {
  History smallest = history;
  for (std::size_t size = history.ops.size() / 2; size > 0;) {
    bool is_smaller = false;
    for (std::size_t at = 0; at < smallest.ops.size();) {
      History shorter = smallest;
      const auto begin = shorter.ops.begin() + static_cast<std::ptrdiff_t>(at);
      shorter.ops.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, shorter.ops.size() - at)));
      if (rehearse(shorter)) {
        smallest = std::move(shorter);
        is_smaller = true;
      } else {
        at += size;
      }
    }
    if (size > 1)
      size /= 2;
    else if (!is_smaller)
      break;
  }
  for (std::size_t at = 0; at < smallest.ops.size(); ++at)
    for (std::size_t entry = 0;
         smallest.ops[at].drafts.size() > 1 && entry < smallest.ops[at].drafts.size();) {
      History shorter = smallest;
      std::vector<Draft>& drafts = shorter.ops[at].drafts;
      drafts.erase(drafts.begin() + static_cast<std::ptrdiff_t>(entry));
      if (rehearse(shorter))
        smallest = std::move(shorter);
      else
        ++entry;
    }
  return smallest;
}

}  // namespace reelspool::model
