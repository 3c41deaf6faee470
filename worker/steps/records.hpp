#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "jobstore/job_store.hpp"
#include "jobstore/json.hpp"
#include "worker/steps/paid_calls.hpp"
#include "worker/steps/work.hpp"

// What the records of a step say, and what follows from them. The bodies (JSON objects):
//
//   started  {"kind"}                                            intent
//   state    {"kind", "memory"}                                  the provider's state; "provider" and "operation"
//                                                                in it are shown (J18)
//   done     {"kind", "value", "files": [{"name", "bytes"}]}
//   failed   {"kind", "error", "memory"?}                        the error as in failure.hpp; the state, where it
//                                                                goes on being good
//
// Each has also "calls" (paid_calls.hpp), where something was sent that may have cost money.
//
// They are built here and not in the coroutines: GCC 12 does not compile braces of JSON inside a co_await.

namespace reelspool {

Json started_body(const Work& work);
Json state_body(const Work& work, const Json& memory);
Json done_body(const Work& work, const Json& value, const Json& files);
Json failed_body(const Work& work, const Error& error, const Json& memory);

/// The record's body; an empty object where it is none.
Json body_of(const StepRecord& record);
/// A member of an object; null where there is none.
Json member(const Json& object, const char* name);

/// The provider state that goes on being good after this record; null where there is none.
Json memory_after(const StepRecord& record);

/// What was sent for the step before this record was written.
PaidCalls calls_before(const StepRecord& record);

/// The published files of a `done` body are all in `folder`, as long as they were. Blocks: call it from the
/// pool.
bool files_are_there(const std::filesystem::path& folder, const Json& body);

/// {"sceneMetadata": {"scenes": [{"index", "videoAttempts": [...]}]}}: how the scenes' clips were asked for (S4), each
/// attempt as PaidCalls has it, with "strategy". No scenes where nothing was sent; then nothing (null).
Json video_attempts_in(const std::map<std::string, StepRecord>& newest);

/// [{"step", "provider", "operation"}]: what is under way at its provider after this record.
Json operations_in(const StepRecord& record);

}  // namespace reelspool
