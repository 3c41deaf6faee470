#include "worker/providers/operator_catalogues.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "jobstore/json.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_bytes = 1 << 20;  // it goes to the plugin with each question

Result<std::string> read_catalogue(const fs::path& path) {
  const auto refused = [&](const std::string& reason) {
    return make_error(
        ErrorClass::invalid_request,
        path.string() + ": " + reason +
            "; correct it or take it away: until then the plugin has the catalogue that it came with");
  };
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) return refused("it is no file");
  const std::uintmax_t bytes = fs::file_size(path, failed);
  if (failed) return refused("it cannot be read: " + failed.message());
  if (bytes > largest_bytes) return refused("it has more than 1 MiB");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return refused("it cannot be read");
  const auto json = parse_json(text);
  if (!json) return refused(json.error().message);
  if (!json->is_object()) return refused("it is no JSON object");
  return to_text(*json);
}

}  // namespace

std::vector<OperatorCatalogue> operator_catalogues(const fs::path& folder) {
  std::vector<OperatorCatalogue> found;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().extension() == ".json") found.push_back({at->path(), read_catalogue(at->path())});
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

}  // namespace reelspool
