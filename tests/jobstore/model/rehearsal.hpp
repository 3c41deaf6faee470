#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/jobstore/model/history.hpp"

namespace reelspool::model {

/// What came of the operations: "claim good" -> 4711. Shows that histories get anywhere.
using Tally = std::map<std::string, int>;

/// Plays a history with a file store and with the model, and compares: each answer, after each death the whole state
/// (which must be that of before the operation or of after it, and after it if it was acknowledged), and at the end
/// what every handle sees, what the window was told, what another process finds, and the order of all claims.
///
/// What differs first, for a person; nothing when store and model agree to the end.
std::optional<std::string> rehearse(const History& history, Tally* tally = nullptr);

/// A history with fewer operations that still goes wrong: operations are left out as long as it does, first many at
/// once, then one by one.
History shrunk(const History& history);

}  // namespace reelspool::model
