#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jobstore/job.hpp"
#include "jobstore/job_store.hpp"
#include "jobstore/result.hpp"

namespace reelspool::socket {

/// The store's values as JSON object text on one line, and back. JSON text inside (a body, fields) travels as a
/// string, so that it arrives byte for byte. Reading: nothing when the text is no such value; members that are not
/// there keep their default, others are passed over.

std::string text_of(const Job& job);
std::optional<Job> job_from(std::string_view text);

std::string text_of(const StepRecord& record);
std::optional<StepRecord> step_from(std::string_view text);

std::string text_of(const Stats& stats);
std::optional<Stats> stats_from(std::string_view text);

std::string text_of(const Error& error);
Error error_from(std::string_view text);

/// A head, whichever side it came from: what each call needs stands in jobstore/socket/service.cpp.
class Head {
 public:
  /// Nothing when `text` is no JSON object.
  static std::optional<Head> from(std::string text);

  std::string word(std::string_view key) const;  ///< empty when it is not there or no string
  std::uint64_t number(std::string_view key) const;
  bool flag(std::string_view key) const;
  std::string_view json(std::string_view key) const;  ///< its JSON text

 private:
  explicit Head(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace reelspool::socket
