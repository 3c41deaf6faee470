#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobstore/json.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// One line an event, in the two forms of REQUIREMENTS O10: JSON for programs, "[time] [job x] message" for
/// people (in legible characters). warn and error go to stderr, the rest to stdout; each line is one write, so lines of several
/// processes do not mix.
///
/// Threads  Any.
class Log {
 public:
  enum class Level { debug, info, warn, error };
  enum class Form { json, human };
  using Fields = std::vector<std::pair<std::string, Json>>;  ///< jobId, provider, action,
                                                             ///< scene, attempt, cost ...

  /// Sets up the process's log; before that, only warn and error are shown, in the human form.
  static void set_up(Level level, Form form);
  /// By LOG_LEVEL and LOG_FORMAT.
  static void set_up(const Settings& settings);

  static void debug(std::string_view message, const Fields& fields = {});
  static void info(std::string_view message, const Fields& fields = {});
  static void warn(std::string_view message, const Fields& fields = {});
  static void error(std::string_view message, const Fields& fields = {});
};

}  // namespace reelspool
