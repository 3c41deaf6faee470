#include "plugins/local/local.hpp"

namespace reelspool::local {

sdk::Answer make_effect(const sdk::Input& input) {
  if (input.event.is("exec")) return {.action = sdk::done({{"audio", {{"file", "effect.wav"}}}})};
  const auto text = input.request.find("text");
  if (text == input.request.end() || !text->is_string()) {
    return {.action = sdk::fail(sdk::Failure::invalid_request, "text: which sound is to be made is missing")};
  }
  sdk::Exec effect = sdk::exec("effect");
  effect.file("effect.txt", text->get<std::string>()).input("text-file", "effect.txt");
  const auto seconds = input.request.find("seconds");
  if (seconds != input.request.end() && seconds->is_number()) effect.option("seconds", *seconds);
  effect.output("out", "effect.wav");
  return {.action = effect};
}

}  // namespace reelspool::local
