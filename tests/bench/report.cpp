#include "tests/bench/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace reelspool::bench {

void Goals::add(std::string_view what, double value, std::string_view relation, double bound, bool is_met) {
  goals_.push_back({std::string(what), number(value), std::string(relation) + " " + number(bound), is_met});
  if (!is_met) ++missed_;
}
void Goals::at_most(std::string_view what, double value, double bound) {
  add(what, value, "at most", bound, value <= bound);
}
void Goals::at_least(std::string_view what, double value, double bound) {
  add(what, value, "at least", bound, value >= bound);
}

void Goals::print() const {
  Table table({"goal", "figure", "asked for", ""});
  for (const Goal& goal : goals_)
    table.add({goal.what, goal.figure, goal.bound, goal.is_met ? "met" : "NOT MET"});
  table.print("Goals: " + number(goals_.size() - missed_) + " met, " + number(missed_) + " not met");
}

void Table::print(std::string_view title) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::printf("\n%s\n", std::string(title).c_str());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      std::printf(i == 0 ? "  %-*s" : "  %*s", static_cast<int>(widths[i]), row[i].c_str());
    std::printf("\n");
  }
  std::fflush(stdout);
}

namespace {
std::string in_groups_of_three(std::string digits) {
  const std::size_t begin = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > begin + 3;) digits.insert(at -= 3, 1, ' ');
  return digits;
}
}  // namespace

std::string number(double value) {
  if (value == 0) return "0";
  char text[64];
  const double size = std::fabs(value);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 3 : 5;
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return decimals == 0 ? in_groups_of_three(text) : text;
}
std::string number(std::size_t value) {
  return in_groups_of_three(std::to_string(value));
}

}  // namespace reelspool::bench
