#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "worker/programs/programs.hpp"

namespace reelspool {

/// One run of a script of ffmpeg-scripts/ (or of an operator's replacement for it).
struct ScriptCall {
  struct Input {
    std::filesystem::path path;
  };  ///< a file that is read; absolute, or relative to `folder`
  struct Output {
    std::filesystem::path path;
  };  ///< a file that is made; relative to `folder`
  using Value = std::variant<std::string, double, std::int64_t, Input, Output>;

  std::string name;  ///< "piece"; letters, digits and dashes
  std::vector<std::pair<std::string, Value>>
      options;                   ///< ("width", 1080) becomes --width 1080; repeated names are allowed
  std::filesystem::path folder;  ///< the step's folder: working directory, and the only place it may write
  std::chrono::milliseconds time_limit{std::chrono::minutes(10)};
  std::chrono::milliseconds stall_limit{std::chrono::seconds(120)};
  std::function<void(double fraction)> on_progress;  ///< 0-1, from what ffmpeg reports on descriptor 3
};

/// Runs ffmpeg-scripts, turns their failures into errors, and their reports into progress.
/// Threads  Loop thread only.
class Scripts {
 public:
  /// `folders`: looked through in order for a script; the operator's own first.
  Scripts(Programs& programs, std::vector<std::filesystem::path> folders, bool boxed);

  /// What the script printed on stdout (at most 1 MiB; the probing scripts print one JSON object).
  /// Errors: media            exit status other than 0; the message is its last line, `details` its stderr's
  /// tail
  ///         invalid_request  exit status 2 (bad options), or no such script
  ///         timeout          over a limit, or stalled
  ///         interrupted      ended by a signal that is not ours, or shutdown
  ///         cancelled        by `stop`
  ///         storage          the script said that the disk is full (exit status 28)
  boost::asio::awaitable<Result<std::string>> run(ScriptCall call, Stop& stop);

 private:
  Programs& programs_;
  std::vector<std::filesystem::path> folders_;
  bool boxed_;
};

}  // namespace reelspool
