#pragma once

#include <string_view>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/providers/step_files.hpp"

namespace reelspool {

/// That outputs are what plugins/sdk/KINDS.md promises for the kind, and that every file they name is there,
/// regular, not empty and no link: so that whoever asked for them can use them without looking. More fields
/// than promised are let be; of a kind that is not in the manual only the files are looked at. Errors:
/// plugin_crashed, naming the output that is missing or wrong; storage or transient when the file system
/// fails.
Result<> check_outputs(std::string_view kind, const Json& outputs, const StepFiles& files);

}  // namespace reelspool
