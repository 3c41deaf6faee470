#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace reelspool {

/// How long steps take on this machine, by the part of their key behind the slash ("scene-3/speech" is a speech): what
/// `etaSeconds` is reckoned from (J12). An average in which the last ten or so count; until one was made, REQUIREMENTS J12's
/// first values. Kept in a small file beside the jobs, so that a restart knows it; without the file nothing but the estimate
/// suffers.
///
/// Threads  One at a time.
class StepTimes {
 public:
  /// First values only.
  StepTimes() = default;
  /// As kept in `file`. What is absent, damaged or absurd in it has its first value. Reads the file: blocks.
  static StepTimes read(const std::filesystem::path& file);
  /// JSON text for the file: {"speech":{"seconds":0.8,"steps":12}}
  std::string text() const;

  /// In seconds; 0 for a step that nobody knows.
  double expected_s(std::string_view key) const;
  void took(std::string_view key, double seconds);

 private:
  struct Average {
    double seconds = 0;
    int steps = 0;  // it is the average of; ten at the most
  };
  std::map<std::string, Average, std::less<>> averages_;
};

}  // namespace reelspool
