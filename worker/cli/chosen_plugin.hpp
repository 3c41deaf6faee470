#pragma once

#include <functional>
#include <string>

#include "jobstore/result.hpp"
#include "worker/config/settings.hpp"
#include "worker/providers/boxed_plugin.hpp"
#include "worker/providers/registry.hpp"

namespace reelspool {

/// What the commands about plugins have in common. They block, and need no worker.

/// Scans this machine's plugins and hands the registry over, then whatever `then` leaves to be done on the loop.
/// Errors: as Registry::scan(), and those of `then`.
using WithRegistry = std::function<boost::asio::awaitable<Result<>>(Registry& registry)>;
Result<> with_registry(const Settings& settings, const WithRegistry& then);

/// Whether the word names a file ("./noise.so", "build/noise.so", "noise.so") and not a plugin of this machine ("noise").
bool names_a_library(const std::string& word);

/// A plugin that a command is about. A library that lies somewhere is described by itself, in its box; `found` is then its
/// absolute path, and nothing is known of whether it is allowed.
/// Errors: invalid_request  there is no such plugin, or no such file
///         those of PluginHost::describe() and of read_manifest(), naming the file
Result<Plugin> choose_plugin(const Settings& settings, const std::string& name_or_file);

/// How a host is started for it. A library that nobody vouched for is never run unboxed.
PluginHost::Options host_options(const Settings& settings, const Plugin& plugin);

}  // namespace reelspool
