#pragma once

#include <string>

#include "jobstore/result.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// Whether what is finished goes to a storage provider too: one that STORAGE_PROVIDER names, or else one that has its keys.
/// Asked before anything is spent. Errors: unavailable  the named one cannot, or the templates of the keys cannot be used; the
/// message names the setting
Result<bool> is_uploaded(const Attempt& attempt);

/// Where a file goes by a template of the settings: {jobId}, {userId} and {type} filled in, what is in them reduced to letters,
/// digits and "._-". Errors: unavailable, that names the setting: another {...}, no {jobId}, a part that is empty, "." or "..",
/// control characters, more than 1 000 bytes
Result<std::string> object_key(const Attempt& attempt, std::string_view setting);

/// The step that uploads a file of the job under the key that a setting says. Value: {"url", "key", "expires"?} (KINDS.md,
/// storage). The same file is uploaded again by a retry of the job only where it was not confirmed.
Work upload(Attempt& attempt, const std::string& file, std::string_view setting, const std::string& type);

}  // namespace reelspool
