#pragma once

#include <string>

#include "jobstore/json.hpp"
#include "worker/providers/registry.hpp"

namespace reelspool {

/// A plugin for people and for programs.

/// "shipped", "allowed", or what it waits for.
std::string standing(const Plugin& plugin);

/// All that its manifest says, as lines of "  what  value". With `standing`, as plugins of this machine have it.
std::string plugin_text(const Plugin& plugin);

/// The same as an object. `shipped` and `allowed` are there for plugins of this machine only.
Json plugin_json(const Plugin& plugin);

/// "image, speech"
std::string kinds_of(const Manifest& manifest);

}  // namespace reelspool
