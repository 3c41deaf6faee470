#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "jobstore/json.hpp"
#include "worker/providers/plugin_host.hpp"

namespace reelspool {

/// What a plugin must hold to be of use, tried on the library itself, in its box, by asking it what the worker and the world
/// may ask. No network, no worker, no job: what it answers is judged and never carried out.
struct Conformance {
  enum class Outcome { passed, failed, skipped };
  std::string check;
  Outcome outcome = Outcome::passed;
  std::string message;  ///< what was seen; may be empty when it passed
  std::string advice;   ///< what to do about it, when it failed or was skipped
};

struct ConformanceOptions {
  PluginHost::Options host;           ///< its library is the one that is checked
  std::filesystem::path transcripts;  ///< a folder of *.json (plugins/sdk/transcript.hpp); it need not exist
  Json settings = Json::object();     ///< what it is told of the settings of its manifest
};

/// Every check that can be made, in order. One that needs a failed one is left out, so an empty rest is no praise.
/// Threads  Blocks, for as long as the plugin takes: a plugin that hangs is given up twice after host.deadline.
std::vector<Conformance> check_conformance(const ConformanceOptions& options);

}  // namespace reelspool
