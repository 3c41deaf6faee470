#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/media/scripts.hpp"
#include "worker/providers/http_action.hpp"
#include "worker/providers/presign.hpp"

namespace reelspool {

/// A plugin's answer, read and judged (plugins/sdk/MESSAGES.md). A value. What is not understood is refused,
/// never guessed.
struct ExecAction {
  std::string script;
  std::vector<std::pair<std::string, ScriptCall::Value>>
      options;                               ///< Input and Output hold the names as they came
  std::map<std::string, std::string> files;  ///< name -> text
};
struct WaitAction {
  std::chrono::milliseconds time;  ///< at most a day
};
struct DoneAction {
  Json outputs;
  double cost = 0;  ///< US dollars
};
struct FailAction {
  Error error;
};
struct Answer {
  Json state;  ///< null or under 64 KiB of text
  std::variant<ExecAction, WaitAction, DoneAction, FailAction, HttpAction, PresignAction> action;
  std::optional<double> progress;  ///< 0-1
  std::string operation;           ///< at most 1024 bytes
  Json cancel;                     ///< null or an http action; at most 64 KiB of text
  Json patience;                   ///< null or what changed_by() reads (operation_limits.hpp)
};

/// Reads an answer. Errors: plugin_crashed; the message says which part of the answer is wrong, and how.
Result<Answer> read_answer(std::string_view text);

}  // namespace reelspool
