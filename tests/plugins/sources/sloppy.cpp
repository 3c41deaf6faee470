// A picture provider with one flaw, named in sloppy_texts.c. Without one it holds all that the conformance suite asks for.

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "plugins/sdk/http_answer.hpp"
#include "plugins/sdk/provider.hpp"

using namespace reelspool::sdk;

extern "C" const char sloppy_name[];
extern "C" const char sloppy_flaw[];

namespace {

const std::string own_name = sloppy_name;
const std::string flaw = sloppy_flaw;

class Sloppy : public Provider {
 public:
  Json manifest() const override {
    return {{"name", own_name},
            {"version", flaw == "fickle" ? std::to_string(getpid()) : "1"},
            {"abi", REELSPOOL_ABI},
            {"kinds", {{"image", {{"limits", {{"width", {{"max", 640}}}}}}}}},
            {"scripts", Json::array({"card"})}};
  }

  Answer next(const Input& input) override {
    static int asked = 0;
    if (flaw == "mortal" && input.event.is("interrupted")) std::abort();
    if (flaw == "html" && input.event.output().is_string() && input.event.is("http")) std::abort();
    if (input.kind != "image" && flaw != "obliging")
      return {.action = fail(Failure::unavailable, "pictures only")};
    if (flaw == "counts") return {.action = wait(++asked)};
    if (flaw == "hungry" && !input.request.contains("prompt")) std::abort();
    if (input.event.is("exec")) return {.action = done({{"image", {{"file", "image.png"}}}})};
    Exec card = exec(flaw == "greedy" ? "finish" : "card");
    card.option("width", static_cast<int>(number_at(input.request, "/width", 640)))
        .output("out", "image.png");
    if (flaw == "hoards") return {.state = std::string(65 << 10, 'x'), .action = card};
    return {.state = {{"at", "card"}}, .action = card};
  }
};

}  // namespace

REELSPOOL_PROVIDER(Sloppy)
