#include "plugins/local/local.hpp"

#include <string_view>

namespace reelspool::local {
namespace {

class Local : public sdk::Provider {
 public:
  sdk::Json manifest() const override { return local::manifest(); }
  sdk::Answer next(const sdk::Input& input) override { return answer(input); }
};

}  // namespace

sdk::Answer answer(const sdk::Input& input) {
  struct Kind {
    std::string_view name;
    sdk::Answer (*make)(const sdk::Input&);
  };
  static constexpr Kind kinds[] = {{"image", make_image},
                                   {"video", make_video},
                                   {"speech", make_speech},
                                   {"music", make_music},
                                   {"sound_effect", make_effect}};
  if (input.event.is("exec") && input.event.data.value("exit", 1) != 0) return script_failed(input.event);
  for (const Kind& kind : kinds) {
    if (kind.name == input.kind) return kind.make(input);
  }
  return {.action = sdk::fail(sdk::Failure::unavailable, "local does not make " + input.kind)};
}

sdk::Answer script_failed(const sdk::Event& event) {
  // The script's last line says why, and begins with its name.
  const std::string complaint =
      event.data.is_object() && event.data.contains("error") && event.data["error"].is_string()
          ? event.data["error"].get<std::string>()
          : "";
  const std::size_t last = complaint.find_last_not_of('\n');
  const std::size_t begin = last == std::string::npos ? 0 : complaint.find_last_of('\n', last) + 1;
  std::string line = last == std::string::npos ? "the script failed without a word"
                                               : complaint.substr(begin, last + 1 - begin);
  const bool refused = event.data.value("exit", 1) == 2;
  return {.action = sdk::fail(refused ? sdk::Failure::invalid_request : sdk::Failure::media, line)};
}

}  // namespace reelspool::local

REELSPOOL_PROVIDER(reelspool::local::Local)
