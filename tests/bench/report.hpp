#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reelspool::bench {

/// What was promised and what was found; the exit status of the program is 1 when something was missed.
class Goals {
 public:
  /// `value` shall be at most, or at least, `bound`.
  void at_most(std::string_view what, double value, double bound);
  void at_least(std::string_view what, double value, double bound);
  bool all_met() const { return missed_ == 0; }
  std::size_t missed() const { return missed_; }
  std::size_t count() const { return goals_.size(); }
  /// One line for each: figure, bound, met or not.
  void print() const;

 private:
  struct Goal {
    std::string what, figure, bound;
    bool is_met;
  };
  void add(std::string_view what, double value, std::string_view relation, double bound, bool is_met);
  std::vector<Goal> goals_;
  std::size_t missed_ = 0;
};

/// Columns of text, right-aligned but for the first.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { add(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print(std::string_view title) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// 12 345, 12.3, 0.123: three digits that matter.
std::string number(double value);
std::string number(std::size_t value);

}  // namespace reelspool::bench
