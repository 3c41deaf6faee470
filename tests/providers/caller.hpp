#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/providers/house.hpp"
#include "tests/support/provider_server.hpp"

namespace reelspool::testing {

/// The plugin `caller`, which answers what the request tells it to, a server of the test, and one step. The plugin may reach the
/// server (CALLER_URL), knows one secret, and ends with an output that tells what events it heard.
class CallerTest : public ::testing::Test {
 protected:
  static constexpr const char* key = "sk-live/9+x=";

  CallerTest() {
    house.ship("caller");
    write(house.step.folder / "i.png", "\x89PNG\r\n\x1A\n...");
  }

  void serve(ProviderServer::Handler handler, ProviderServer::Options options = {}) {
    server = std::make_unique<ProviderServer>(std::move(handler), options);
  }

  /// An http action to a path of the server; `more` is JSON text of further members.
  Json http(const std::string& method, const std::string& target, const char* more = "{}") const {
    Json action = {{"type", "http"}, {"method", method}, {"url", server->url(target)}};
    action.update(*parse_json(more));
    return action;
  }

  std::unique_ptr<PluginProviders> open(std::map<std::string, std::string> flags = {},
                                        std::map<std::string, std::string> environment = {}) {
    flags.try_emplace("HTTP_ALLOWED_HOSTS", "127.0.0.1");
    environment.insert({{"CALLER_URL", server->origin()}, {"CALLER_KEY", key}, {"CALLER_OTHER", other}});
    return house.providers(std::move(flags), std::move(environment));
  }

  /// Plays the turns, then ends with done.
  static Json play(Json turns) {
    turns.push_back(
        *parse_json(R"({"type": "done", "outputs": {"image": {"file": "i.png"}, "events": "heard"}})"));
    return {{"turns", std::move(turns)}, {"once", true}};
  }
  Result<Json> perform(Json turns, std::map<std::string, std::string> flags = {}) {
    auto providers = open(std::move(flags));
    return house.loop.run(providers->perform("image", play(std::move(turns)), house.step));
  }

  /// The event that followed the first action.
  Json event_after(Json action, std::map<std::string, std::string> flags = {}) {
    auto result = perform(Json::array({std::move(action)}), std::move(flags));
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    house.step.memory = nullptr;
    return result ? (*result)["events"][1] : Json();
  }

  /// Why the step ended.
  Error error_after(Json action, std::map<std::string, std::string> flags = {}) {
    auto result = perform(Json::array({std::move(action)}), std::move(flags));
    EXPECT_FALSE(result) << *result;
    house.step.memory = nullptr;
    return result ? Error() : result.error();
  }

  House house;
  std::unique_ptr<ProviderServer> server;
  std::string other;  ///< CALLER_OTHER
};

}  // namespace reelspool::testing
