#include "plugins/local/local.hpp"

namespace reelspool::local {
namespace {

sdk::Answer ask(const sdk::Json& request) {
  const auto text = request.find("text");
  if (text == request.end() || !text->is_string() || text->get<std::string>().empty()) {
    return {.action = sdk::fail(sdk::Failure::invalid_request, "text: there is nothing to say")};
  }
  sdk::Exec speak = sdk::exec("speak");
  speak.file("speech.txt", text->get<std::string>()).input("text-file", "speech.txt");
  for (const char* name : {"language", "gender", "voice"}) {
    const auto value = request.find(name);
    if (value != request.end() && value->is_string() && !value->get<std::string>().empty())
      speak.option(name, *value);
  }
  const auto rate = request.find("rate");
  if (rate != request.end() && rate->is_number()) speak.option("rate", static_cast<int>(rate->get<double>()));
  speak.output("out", "speech.wav");
  return {.action = speak};
}

}  // namespace

sdk::Answer make_speech(const sdk::Input& input) {
  if (!input.event.is("exec")) return ask(input.request);
  const sdk::Json said = input.event.output();
  if (!said.is_object() || !said.contains("seconds") || !said.contains("words")) {
    return {.action = sdk::fail(sdk::Failure::media, "speak: did not say how long the speech is")};
  }
  return {.action = sdk::done({{"audio", {{"file", "speech.wav"}}},
                               {"seconds", said["seconds"]},
                               {"words", said["words"]},
                               {"timing", said.value("timing", "estimated")},
                               {"voice", said.value("voice", "")}})};
}

}  // namespace reelspool::local
