#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "plugins/sdk/provider.hpp"

namespace reelspool::sdk {

/// A built plugin, asked through its C ABI within this process: what a transcript plays against is what is shipped.
/// Throws std::runtime_error when it cannot be loaded, and when the plugin reports a fault of its own (it threw).
class Loaded : public Provider {
 public:
  explicit Loaded(const std::string& library) {
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays loaded
    if (handle == nullptr) throw std::runtime_error(dlerror());
    void* symbol = dlsym(handle, "reelspool_provider");
    if (symbol == nullptr) throw std::runtime_error(library + " has no reelspool_provider");
    plugin_ = reinterpret_cast<const reelspool_plugin* (*)()>(symbol)();
  }

  Json manifest() const override {
    const reelspool_bytes text = plugin_->describe();
    return Json::parse(std::string_view(text.data, text.size));
  }

  Answer next(const Input& input) override {
    const std::string text = to_text({{"kind", input.kind},
                                      {"request", input.request},
                                      {"settings", input.settings},
                                      {"catalogue", input.catalogue},
                                      {"state", input.state},
                                      {"event", input.event.data},
                                      {"now", input.now_ms},
                                      {"random", std::to_string(input.random)}});
    reelspool_bytes bytes{};
    const bool fault = plugin_->next({text.data(), text.size()}, &bytes) != 0;
    const std::string said(bytes.data == nullptr ? "" : bytes.data, bytes.size);
    plugin_->release(bytes);
    if (fault) throw std::runtime_error(said);
    const Json json = Json::parse(said);
    Answer answer;
    answer.state = json.at("state");
    answer.action.json = json.at("action");
    if (json.contains("progress")) answer.progress = json["progress"].get<double>();
    answer.operation = json.value("operation", "");
    answer.cancel = json.value("cancel", Json());
    return answer;
  }

 private:
  const reelspool_plugin* plugin_ = nullptr;
};

}  // namespace reelspool::sdk
