#include <algorithm>
#include <cmath>
#include <cstdint>

#include "plugins/local/chance.hpp"
#include "plugins/local/local.hpp"

namespace reelspool::local {
namespace {

struct Window {
  double x, y, zoom;
};

struct Move {
  Window from, to;
};

double rounded(double value) {
  return std::round(value * 10000) / 10000;
}

sdk::Json to_json(Window window) {
  return {{"x", rounded(window.x)}, {"y", rounded(window.y)}, {"zoom", rounded(window.zoom)}};
}

/// A Ken Burns move that is felt rather than seen: two per cent of zoom a second, 5 to 11 % in all. Neighbouring seeds get
/// different moves, so that scenes in a row never do the same.
Move choose_move(std::uint64_t seed, double seconds) {
  const double travel = std::clamp(seconds * 0.02, 0.05, 0.11);
  Chance chance(seed);
  const double side = chance.sign(), lean = chance.between(0.3, 1) * travel * 0.12;
  // The window at zoom z reaches to the edge of the picture at 0.5 / z from its middle: a pan stays within.
  const double pan = travel * 0.32, hold = 1 + travel * 0.85;
  switch (seed % 4) {
    case 0:
      return {{0.5, 0.5, 1}, {0.5 + side * lean, 0.5 - lean, 1 + travel}};  // closer
    case 1:
      return {{0.5 - side * pan, 0.5, hold}, {0.5 + side * pan, 0.5, hold + 0.01}};  // along
    case 2:
      return {{0.5 - side * lean, 0.5 - lean, 1 + travel}, {0.5, 0.5, 1}};  // away
    default:
      return {{0.5, 0.5 + pan, hold}, {0.5 + side * lean, 0.5 - pan, hold + travel * 0.15}};  // up
  }
}

}  // namespace

sdk::Answer make_video(const sdk::Input& input) {
  const auto image = input.request.find("image");
  if (image == input.request.end() || !image->is_object() || !image->contains("file") ||
      !(*image)["file"].is_string()) {
    return {.action = sdk::fail(sdk::Failure::invalid_request,
                                "image: local moves over a picture and was given none")};
  }
  const auto number = [&](const char* field, double otherwise) {
    const auto found = input.request.find(field);
    return found != input.request.end() && found->is_number() ? found->get<double>() : otherwise;
  };
  const auto seed = static_cast<std::uint64_t>(std::abs(number("seed", 0)));
  const Move move = choose_move(seed, number("seconds", 4));
  return {.action = sdk::done({{"still",
                                {{"file", (*image)["file"]},
                                 {"move", {{"from", to_json(move.from)}, {"to", to_json(move.to)}}}}}})};
}

}  // namespace reelspool::local
