#include "plugins/fal/order.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace reelspool::fal {
namespace {

using sdk::Json;

/// The number that a word begins with: "8s", "720p".
double leading(const Json& word) {
  return word.is_string() ? std::strtod(word.get_ref<const std::string&>().c_str(), nullptr) : 0;
}

/// Of words in rising order ("4s", "6s", "8s") the first that is enough, else the last; null without words.
Json enough(const Json& words, double wanted) {
  if (!words.is_array() || words.empty()) return nullptr;
  for (const Json& word : words)
    if (leading(word) + 1e-6 >= wanted) return word;
  return words.back();
}

/// Of shapes ("16:9") the one nearest to width x height.
Json nearest_shape(const Json& shapes, double width, double height) {
  Json best;
  double least = INFINITY;
  for (const Json& shape : shapes.is_array() ? shapes : Json::array()) {
    const double across = leading(shape);
    const auto colon = shape.is_string() ? shape.get_ref<const std::string&>().find(':') : std::string::npos;
    if (across <= 0 || colon == std::string::npos) continue;
    const double down = std::strtod(shape.get_ref<const std::string&>().c_str() + colon + 1, nullptr);
    const double off = std::fabs(std::log((width / height) / (across / std::max(down, 1.0))));
    if (off < least) least = off, best = shape;
  }
  return best;
}

/// A number of the catalogue's list, such as the least and the most frames.
double number_of(const Json& list, std::size_t place, double otherwise) {
  return list.is_array() && list.size() > place && list[place].is_number() ? list[place].get<double>()
                                                                           : otherwise;
}

/// Everything that a template may name. Null: the request has nothing of the kind, and the member is left out.
Json values(const sdk::Input& input, const Json& model, const Json& urls) {
  const Json& request = input.request;
  Json value = {{"prompt", nullptr}, {"effect", nullptr}, {"subject", nullptr}};
  for (const char* name : {"prompt", "effect", "subject"})
    if (const std::string text = sdk::text_at(request, (std::string("/") + name).c_str()); !text.empty())
      value[name] = text;
  if (request.contains("seed") && request["seed"].is_number_integer())
    value["seed"] = request["seed"].get<std::int64_t>() & 0x7fffffff;
  value["sound"] = request.contains("sound") && request["sound"] == true;

  double width = std::max(sdk::number_at(request, "/width", 1080), 1.0);
  double height = std::max(sdk::number_at(request, "/height", 1920), 1.0);
  value["aspect"] = nearest_shape(model.value("aspects", Json()), width, height);
  value["resolution"] = enough(model.value("resolutions", Json()), std::min(width, height));
  const Json pixels = model.value("pixels", Json());
  const double area = width * height;
  const double scale =
      std::sqrt(std::clamp(area, number_of(pixels, 0, area), number_of(pixels, 1, area)) / area);
  // Upwards, so that a least number of pixels is reached.
  value["width"] = static_cast<int>(std::ceil(width * scale));
  value["height"] = static_cast<int>(std::ceil(height * scale));

  const double seconds = sdk::number_at(request, "/seconds");
  value["duration"] = enough(model.value("durations", Json()), seconds);
  const Json frames = model.value("frames", Json());
  if (frames.is_array())
    value["frames"] = static_cast<int>(
        std::clamp(std::ceil(seconds * sdk::number_at(model, "/frames_per_second", 16)) + 1,
                   number_of(frames, 0, 1), std::max(number_of(frames, 0, 1), number_of(frames, 1, 1))));

  if (const std::string image = file_of(input, "image"); !image.empty())
    value["image"] = {{"$file", image}, {"as", "data_url"}};
  if (urls.is_object()) value.update(urls);
  return value;
}

/// "$name" is replaced by its value, or left out with its member when there is none.
Json filled(const Json& form, const Json& value) {
  if (form.is_string() && form.get_ref<const std::string&>().starts_with('$'))
    return value.value(form.get_ref<const std::string&>().substr(1), Json());
  if (!form.is_object()) return form;
  Json body = Json::object();
  for (const auto& [name, part] : form.items())
    if (Json made = filled(part, value); !made.is_null()) body[name] = std::move(made);
  return body;
}

bool comes_with(const sdk::Input& input, const std::string& what) {
  if (!file_of(input, what.c_str()).empty()) return true;
  const Json& found = sdk::at(input.request, ("/" + what).c_str());
  return (found.is_string() && !found.get_ref<const std::string&>().empty()) ||
         (found.is_number() && found.get<double>() > 0);
}

/// Why the model is passed over; empty when it is not.
std::string objection(const sdk::Input& input, const std::string& id, const Json& model) {
  if (!model.is_object()) return id + " is not in the catalogue";
  if (std::string gone = sdk::retirement(input, id, model); !gone.empty()) return gone;
  for (const Json& need : model.value("needs", Json::array()))
    if (need.is_string() && !comes_with(input, need.get<std::string>()))
      return id + " needs " + need.get<std::string>() + ", which the request does not have";
  for (const Json& other : model.value("without", Json::array()))
    if (other.is_string() && comes_with(input, other.get<std::string>()))
      return id + " takes no " + other.get<std::string>();
  const double most = sdk::number_at(model, "/most_seconds", INFINITY);
  if (sdk::number_at(input.request, "/seconds") > most)
    return id + " makes at most " + std::to_string(static_cast<int>(most)) + " seconds";
  return "";
}

}  // namespace

std::string file_of(const sdk::Input& input, const char* name) {
  return sdk::text_at(input.request, ("/" + std::string(name) + "/file").c_str());
}

std::optional<sdk::Choice> choose(const sdk::Input& input, const sdk::Catalogue& catalogue, std::size_t from,
                                  std::string& why) {
  const std::string named = input.setting(sdk::model_setting("FAL", input.kind).c_str());
  const auto objects = [&](const std::string& id, const Json& model) { return objection(input, id, model); };
  return sdk::choose(catalogue, input.kind, catalogue.chain(input.kind, named), from, objects, why);
}

Json uploads_of(const sdk::Input& input, const Json& model) {
  Json files = Json::object();
  for (const char* name : {"video", "audio"})
    for (const Json& part : model.value("body", Json::object()))
      if (part == std::string("$") + name && !file_of(input, name).empty())
        files[name] = file_of(input, name);
  return files;
}

Order order_of(const sdk::Input& input, const Json& model, const Json& urls) {
  const Json value = values(input, model, urls);
  Order order;
  order.body = filled(model.value("body", Json::object()), value);
  double seconds = sdk::number_at(input.request, "/seconds");
  if (value["duration"].is_string()) seconds = leading(value["duration"]);
  const bool sound = value["sound"] == true && sdk::at(model, "/price/second_with_sound").is_number();
  order.cost =
      sdk::cost_of(model, {{"image", 1},
                           {"run", 1},
                           {"megapixel", value["width"].get<double>() * value["height"].get<double>() / 1e6},
                           {sound ? "second_with_sound" : "second", seconds}});
  return order;
}

}  // namespace reelspool::fal
