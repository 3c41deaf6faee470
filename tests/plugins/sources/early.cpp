// Looks around while it is loaded: constructors run before anybody asked for anything.

#include "plugins/sdk/provider.hpp"
#include "tests/plugins/sources/sights.hpp"

using namespace reelspool::sdk;

namespace {

const Json seen_while_loading = look_around();

class Early : public Provider {
 public:
  Json manifest() const override {
    return {
        {"name", "early"}, {"version", "1"}, {"abi", REELSPOOL_ABI}, {"kinds", {{"image", Json::object()}}}};
  }
  Answer next(const Input&) override { return {.action = done(seen_while_loading)}; }
};

}  // namespace

REELSPOOL_PROVIDER(Early)
