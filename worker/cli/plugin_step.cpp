#include "worker/cli/plugin_step.hpp"

#include <chrono>
#include <iostream>
#include <iterator>
#include <random>

#include "worker/cli/chosen_plugin.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/shell.hpp"
#include "worker/providers/action.hpp"

namespace reelspool {
namespace {

Json settings_for(const Settings& settings, const Manifest& manifest) {
  Json values = Json::object();
  for (const std::string& name : manifest.settings)
    if (std::string value = settings.raw(name); !value.empty()) values[name] = std::move(value);
  return values;
}

Error bad_input(const std::string& member, const std::string& reason) {
  return make_error(ErrorClass::invalid_request, "the input's \"" + member + "\" " + reason);
}

void fill_in(Json& input, const Settings& settings, const Plugin& plugin) {
  using namespace std::chrono;
  if (!input.contains("settings")) input["settings"] = settings_for(settings, plugin.manifest);
  if (!input.contains("catalogue")) {
    auto changes = parse_json(plugin.catalogue);
    input["catalogue"] = changes ? std::move(*changes) : Json();
  }
  if (!input.contains("state")) input["state"] = nullptr;
  if (!input.contains("event")) input["event"] = {{"type", "start"}};
  if (!input.contains("now"))
    input["now"] = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  if (!input.contains("random")) input["random"] = std::to_string(std::random_device{}());
}

Result<> check_input(const Json& input, const Manifest& manifest) {
  if (!input.contains("kind") || !input["kind"].is_string())
    return bad_input("kind", "must be a word, as in {\"kind\": \"image\", \"request\": {...}}");
  if (!input.contains("request") || !input["request"].is_object())
    return bad_input("request", "must be an object (see KINDS.md)");
  if (!input["settings"].is_object()) return bad_input("settings", "must be an object of texts");
  if (!input["event"].is_object() || !input["event"].contains("type") || !input["event"]["type"].is_string())
    return bad_input("event", "must be an object with a \"type\", as in {\"type\": \"start\"}");
  if (!input["now"].is_number_integer()) return bad_input("now", "must be milliseconds since 1970");
  if (!input["random"].is_string()) return bad_input("random", "must be a number as text");
  return fits(manifest, input["kind"].get<std::string>(), input["request"]);
}

Result<Json> read_input(const Settings& settings, const Plugin& plugin) {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  auto input = parse_json(text);
  if (!input) return std::move(input.error()).while_doing("standard input");
  if (!input->is_object())
    return make_error(ErrorClass::invalid_request,
                      "standard input must be an object: {\"kind\": \"image\", \"request\": {...}}");
  fill_in(*input, settings, plugin);
  if (auto good = check_input(*input, plugin.manifest); !good) return std::move(good.error());
  return input;
}

}  // namespace

Result<int> play_one_step(const Settings& settings, const std::string& name) {
  auto plugin = choose_plugin(settings, name);
  if (!plugin) return std::move(plugin.error());
  auto input = read_input(settings, *plugin);
  if (!input) return std::move(input.error());
  BoxedPlugin boxed(host_options(settings, *plugin));
  auto text = boxed.next(*input);
  if (!text) return std::move(text.error());
  // As it came when it is no JSON: an author wants to see what is wrong.
  const auto json = parse_json(*text);
  print_line(json ? json->dump(2, ' ', false, Json::error_handler_t::replace) : *text);
  const auto answer = read_answer(*text);
  if (!answer) return Error(answer.error()).while_doing("plugin \"" + plugin->manifest.name + "\"");
  return exit_status::success;
}

}  // namespace reelspool
