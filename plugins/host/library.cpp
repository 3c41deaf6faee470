#include "plugins/host/library.hpp"

#include <cstddef>
#include <exception>
#include <utility>

namespace reelspool {
namespace {

Error crashed(std::string message) {
  return make_error(ErrorClass::plugin_crashed, std::move(message));
}
Error unloadable(std::string message) {
  return make_error(ErrorClass::unavailable, std::move(message));
}

/// What the first version of ABI 1 had; members behind are used only if a plugin's size says that it has them.
constexpr std::size_t least_size_bytes =
    offsetof(reelspool_plugin, release) + sizeof(reelspool_plugin::release);

std::string too_large(std::uint64_t size_bytes) {
  return "it answered " + std::to_string(size_bytes) + " bytes; at most " +
         std::to_string(REELSPOOL_ANSWER_LIMIT) + " are allowed, larger data goes into files";
}

}  // namespace

Library::Library(boost::dll::shared_library library, const reelspool_plugin* plugin)
    : library_(std::move(library)), plugin_(plugin) {}

Result<Library> Library::load(const std::filesystem::path& file) {
  try {
    using namespace boost::dll;
    // All symbols now: a missing one is then said here, and not met in the middle of a request.
    shared_library library(file.string(), load_mode::rtld_now | load_mode::rtld_local);
    if (!library.has("reelspool_provider"))
      return unloadable("it has no symbol reelspool_provider, so it is no plugin");
    const reelspool_plugin* plugin = library.get<const reelspool_plugin*()>("reelspool_provider")();
    if (plugin == nullptr) return unloadable("its reelspool_provider() returned nothing");
    if (plugin->abi != REELSPOOL_ABI)
      return unloadable("it was built for plugin ABI " + std::to_string(plugin->abi) +
                        ", this reelspool has ABI " + std::to_string(REELSPOOL_ABI) + ": build it anew");
    if (plugin->size < least_size_bytes || plugin->describe == nullptr || plugin->next == nullptr ||
        plugin->release == nullptr)
      return unloadable("its reelspool_plugin is incomplete: describe, next and release are all needed");
    return Library(std::move(library), plugin);
  } catch (const std::exception& thrown) {
    return unloadable(thrown.what());  // the loader's own words: "libfoo.so: undefined symbol: bar"
  } catch (...) {
    return unloadable("it threw something while it was loaded");
  }
}

Result<std::string> Library::describe() const {
  try {
    const reelspool_bytes text = plugin_->describe();
    if (text.data == nullptr || text.size == 0) return crashed("it has no manifest");
    if (text.size > REELSPOOL_ANSWER_LIMIT) return crashed(too_large(text.size));
    return std::string(text.data, text.size);
  } catch (...) {
    return crashed("its describe() threw, which the plugin ABI forbids");
  }
}

Result<std::string> Library::next(std::string_view input) const {
  try {
    reelspool_bytes answer{nullptr, 0};
    const bool answered = plugin_->next({input.data(), input.size()}, &answer) == 0;
    const bool fits = answer.size <= REELSPOOL_ANSWER_LIMIT;
    std::string text = answer.data == nullptr || !fits ? "" : std::string(answer.data, answer.size);
    plugin_->release(answer);
    if (!fits) return crashed(too_large(answer.size));
    if (!answered) return crashed(text.empty() ? "it reported a fault without a word" : "it " + text);
    return text;
  } catch (...) {
    return crashed("its next() threw, which the plugin ABI forbids");
  }
}

}  // namespace reelspool
