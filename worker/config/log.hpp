#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "jobstore/json.hpp"

namespace reelspool {

/// One line an event, in the two forms of REQUIREMENTS O10: JSON for programs, "[time] [job x] message" for
/// people. warn and error go to stderr, the rest to stdout; each line is one write, so lines of several
/// processes do not mix.
///
/// Threads  Any.
class Log {
 public:
  enum class Level { debug, info, warn, error };
  enum class Form { json, human };
  using Fields = std::initializer_list<std::pair<std::string_view, Json>>;  ///< jobId, provider, action,
                                                                            ///< scene, attempt, cost ...

  /// Sets up the process's log; before that, only warn and error are shown, in the human form.
  static void set_up(Level level, Form form);

  static void debug(std::string_view message, Fields fields = {});
  static void info(std::string_view message, Fields fields = {});
  static void warn(std::string_view message, Fields fields = {});
  static void error(std::string_view message, Fields fields = {});
};

}  // namespace reelspool
