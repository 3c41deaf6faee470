#include <algorithm>
#include <cmath>
#include <cstdint>

#include "plugins/local/card/card.hpp"
#include "plugins/local/chance.hpp"
#include "plugins/local/local.hpp"

namespace reelspool::local {
namespace {

// A card is made larger than its frame, so that it is as sharp at the end of a zoom as at its beginning.
constexpr double room_for_zoom = 1.25;

std::string word(const sdk::Json& from, const char* field) {
  const auto found = from.find(field);
  return found != from.end() && found->is_string() ? found->get<std::string>() : "";
}

int whole(const sdk::Json& from, const char* field, int otherwise) {
  const auto found = from.find(field);
  return found != from.end() && found->is_number() ? static_cast<int>(found->get<double>()) : otherwise;
}

std::uint64_t seed(const sdk::Json& from, std::uint64_t otherwise) {
  const auto found = from.find("seed");
  if (found == from.end()) return otherwise;
  // Any seed will do: a word as well as a number.
  return found->is_number_integer() ? found->get<std::uint64_t>() : seed_of(found->dump());
}

CardRequest read_request(const sdk::Json& request) {
  CardRequest card;
  card.width = whole(request, "width", 1080);
  card.height = whole(request, "height", 1920);
  card.title = word(request, "title");
  card.text = word(request, "text");
  card.prompt = word(request, "prompt");
  card.role = word(request, "role");
  card.language = word(request, "language");
  card.scene = whole(request, "scene", 0);
  card.scenes = whole(request, "scenes", 0);
  card.seed = seed(request, 0);
  card.style_seed = card.seed;
  const auto style = request.find("style");
  if (style == request.end() || !style->is_object()) return card;
  card.style_seed = seed(*style, card.seed);
  const auto palette = style->find("palette");
  if (palette == style->end() || !palette->is_array()) return card;
  for (const sdk::Json& color : *palette) {
    if (color.is_string()) card.palette.push_back(color.get<std::string>());
  }
  return card;
}

}  // namespace

sdk::Answer make_image(const sdk::Input& input) {
  if (input.event.is("exec")) return {.action = sdk::done({{"image", {{"file", "image.png"}}}})};
  CardRequest request = read_request(input.request);
  const auto enlarged = [](int side) { return static_cast<int>(std::lround(side * room_for_zoom / 2)) * 2; };
  if (std::min(request.width, request.height) < 16 || std::max(request.width, request.height) > 4096) {
    return {.action = sdk::fail(sdk::Failure::invalid_request, "width and height must be 16 to 4096 pixels")};
  }
  request.width = enlarged(request.width);
  request.height = enlarged(request.height);
  const Card card = design_card(request);
  return {.action = sdk::exec("card")
                        .file("card.ass", card.layout)
                        .option("width", request.width)
                        .option("height", request.height)
                        .input("layout", "card.ass")
                        .option("background", card.background)
                        .option("shade", card.shade)
                        .option("seed", static_cast<int>(Chance(request.seed).below(1000000)))
                        .output("out", "image.png")};
}

}  // namespace reelspool::local
