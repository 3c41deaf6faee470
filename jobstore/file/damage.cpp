#include "jobstore/file/damage.hpp"

#include "jobstore/file/record.hpp"

namespace reelspool {

std::optional<std::uint64_t> proof_of_damage(std::string_view rest, std::uint64_t offset) {
  // The CRC of a line covers that of the line before, so behind the damage few lines can be checked. Their shape
  // has to do, and it does: a hole of a power loss never leaves a line whose mark lies behind the hole, because
  // the mark was true when it was written.
  std::uint64_t at = offset;
  bool is_first = true;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;  // an unfinished last line proves nothing
    const auto mark = mark_of(rest.substr(0, end));
    if (!is_first && mark && *mark > offset && *mark <= at) return at;
    is_first = false;
    at += end + 1;
    rest.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace reelspool
