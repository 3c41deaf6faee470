#include "worker/story/plans.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace reelspool {

bool is_paid_plan(std::string_view plan) {
  constexpr std::array<std::string_view, 6> paid = {"starter", "growth",     "agency",
                                                    "pro",     "enterprise", "business"};
  const auto begin = plan.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return false;
  std::string name(plan.substr(begin, plan.find_last_not_of(" \t\r\n") - begin + 1));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(paid.begin(), paid.end(), name) != paid.end();
}

}  // namespace reelspool
