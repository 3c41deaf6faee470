// Answers what the request tells it to: turn by turn from request["turns"], each one an answer as MESSAGES.md has it. What it
// was told is kept in its state under "heard"; an output that is the word "heard" is replaced by it.
// What it is called and offers stands in puppet_texts.c.

#include "plugins/sdk/provider.hpp"

using namespace reelspool::sdk;

extern "C" const char puppet_name[];
extern "C" const char puppet_version[];
extern "C" const char puppet_manifest[];  // more members of the manifest, as JSON text

namespace {

const std::string own_name = puppet_name;
const std::string own_version = puppet_version;

class Puppet : public Provider {
 public:
  Json manifest() const override {
    Json manifest = {{"name", own_name}, {"version", own_version}, {"abi", REELSPOOL_ABI}};
    manifest.update(Json::parse(puppet_manifest));
    return manifest;
  }

  Answer next(const Input& input) override {
    Json heard = input.state.value("heard", Json::array());
    heard.push_back(input.event.data);
    // An event that interrupts answers the last turn again, unless the request says "once".
    std::size_t turn = input.state.value("turn", std::size_t{0});
    if (input.event.is("interrupted") && turn > 0 && !input.request.contains("once")) --turn;
    const Json said =
        input.request.contains(own_name) ? input.request[own_name] : input.request.at("turns").at(turn);
    Answer answer;
    answer.state = {{"turn", turn + 1}, {"heard", heard}};
    if (said.contains("state")) answer.state = said["state"];
    answer.action.json = said.contains("action") ? said["action"] : said;
    if (said.contains("progress")) answer.progress = said["progress"].get<double>();
    answer.operation = said.value("operation", "");
    answer.cancel = said.value("cancel", Json());
    answer.patience = said.value("patience", Json());
    Json& outputs = answer.action.json["outputs"];
    if (outputs.is_null())
      answer.action.json.erase("outputs");
    else
      for (auto& [name, output] : outputs.items()) {
        if (output == "heard") output = heard;
        if (output == "settings") output = input.settings;
        if (output == "catalogue") output = input.catalogue;
        if (output == "version") output = own_version;
      }
    return answer;
  }
};

}  // namespace

REELSPOOL_PROVIDER(Puppet)
