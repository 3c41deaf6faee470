#include <system_error>

#include "worker/config/settings.hpp"

namespace reelspool {

Installation Installation::of_this_program() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return {program.parent_path().parent_path()};
}

}  // namespace reelspool
