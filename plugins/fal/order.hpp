#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/sdk/catalogue.hpp"

/// What is ordered from which model: the catalogue's template of the model's input, filled with the request.
namespace reelspool::fal {

/// The first model at or after `from` that the catalogue has, that is not retired, and whose needs the request meets.
/// `why`: what was wrong with the last one that was passed over.
std::optional<sdk::Choice> choose(const sdk::Input& input, const sdk::Catalogue& catalogue, std::size_t from,
                                  std::string& why);

/// The files that the model takes as URLs, so that they are uploaded first: {"video": "clip.mp4", "audio": "speech.wav"}.
/// A picture goes as a data URL within the request.
sdk::Json uploads_of(const sdk::Input& input, const sdk::Json& model);

struct Order {
  sdk::Json body;   ///< the model's input
  double cost = 0;  ///< US dollars, by the catalogue's prices
};
/// `urls`: where uploads_of() are by now, under the same names.
Order order_of(const sdk::Input& input, const sdk::Json& model, const sdk::Json& urls);

/// The file's place in the request ("/image/file"), and its name; empty when it does not come with one.
std::string file_of(const sdk::Input& input, const char* name);

}  // namespace reelspool::fal
