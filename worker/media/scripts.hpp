#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
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
    /// A file that is read. Absolute: any file that the worker chose. Relative: inside `folder`, and no link.
    std::filesystem::path path;
  };
  struct Output {
    std::filesystem::path path;  ///< a file that is made; relative, inside `folder`
  };
  using Value = std::variant<std::string, double, std::int64_t, Input, Output>;

  std::string name;  ///< "piece"; lower-case letters, digits, dashes and underscores
  std::vector<std::pair<std::string, Value>>
      options;  ///< ("width", 1080) becomes --width 1080; repeated names are allowed
  std::filesystem::path
      folder;  ///< the step's folder, absolute: working directory, and the only place it may write
  std::chrono::milliseconds time_limit{std::chrono::minutes(10)};
  std::chrono::milliseconds stall_limit{std::chrono::seconds(120)};
  std::function<void(double fraction)>
      on_progress;  ///< 0-1, never backwards; 1 only when the script has ended well
};

/// Runs ffmpeg-scripts, turns their failures into errors, and their reports into progress.
///
/// A script sees the environment of Programs and REELSPOOL_LIBEXEC (where reelspool-words is), and
/// FONTCONFIG_FILE and FONTCONFIG_PATH if the worker has them, so that it draws with the fonts that were
/// checked (fonts.hpp).
/// Threads  Loop thread only.
class Scripts {
 public:
  /// `folders`: looked through in order for a script; the operator's own first. Folders that are missing are
  /// passed over. `boxed`: false only where the kernel has no Landlock and SANDBOX allows going without.
  Scripts(Programs& programs, std::vector<std::filesystem::path> folders, bool boxed);

  /// What the script printed on stdout (at most 1 MiB; the probing scripts print one JSON object).
  /// Errors: media            exit status other than 0; the message is its last line, `details` its stderr's tail
  ///         invalid_request  exit status 2 (bad options), or no such script or input
  ///         timeout          over a limit, or stalled, or `stop` with JOB_TIMEOUT
  ///         interrupted      ended by a signal that is not ours, or shutdown
  ///         cancelled        by `stop`
  ///         storage          the script said that the disk is full (exit status 28)
  ///         and those of Programs::run
  boost::asio::awaitable<Result<std::string>> run(ScriptCall call, Stop& stop);

 private:
  Result<std::filesystem::path> find(const std::string& name) const;

  Programs& programs_;
  std::vector<std::filesystem::path>
      folders_;  ///< those that exist, with all links resolved, as the box needs them
  bool boxed_;
};

}  // namespace reelspool
