#include "worker/providers/boxed_plugin.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

namespace reelspool {

namespace asio = boost::asio;

struct BoxedPlugin::Inside {
  explicit Inside(PluginHost::Options given) : options(std::move(given)) { restart(); }

  void restart() {
    host.reset();  // the old one first: what waits for it ends before its loop goes on
    host.emplace(loop.get_executor(), options);
  }

  Result<std::string> run(asio::awaitable<Result<std::string>> question) {
    std::optional<Result<std::string>> answer;
    asio::co_spawn(
        loop,
        [](asio::awaitable<Result<std::string>> asked,
           std::optional<Result<std::string>>& into) -> asio::awaitable<void> {
          into.emplace(co_await std::move(asked));
        }(std::move(question), answer),
        asio::detached);
    loop.restart();
    while (!answer && loop.run_one() > 0) {
    }
    if (!answer) return make_error(ErrorClass::transient, "the plugin's host was given up");
    return *std::move(answer);
  }

  PluginHost::Options options;
  asio::io_context loop{1};
  std::optional<PluginHost> host;
};

BoxedPlugin::BoxedPlugin(PluginHost::Options options)
    : inside_(std::make_unique<Inside>(std::move(options))) {}
BoxedPlugin::~BoxedPlugin() = default;

Result<std::string> BoxedPlugin::describe() {
  return inside_->run(inside_->host->describe());
}

Result<std::string> BoxedPlugin::next(const Json& input) {
  return inside_->run(inside_->host->next(to_text(input)));
}

void BoxedPlugin::restart() {
  inside_->restart();
}

}  // namespace reelspool
