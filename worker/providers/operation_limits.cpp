#include "worker/providers/operation_limits.hpp"

#include <cctype>
#include <charconv>

#include "worker/config/duration.hpp"

namespace reelspool {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr double longest_ms = 7 * 24 * 3600 * 1000.0;
constexpr int most_operations = 20;

/// "fal", "TIMEOUT_MS" -> "FAL_TIMEOUT_MS"
std::string setting_of(std::string_view provider, std::string_view what) {
  std::string name;
  for (const char c : provider)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name + "_" + std::string(what);
}

Result<> read_time(const Settings& settings, const std::string& name, std::optional<milliseconds>& time) {
  const std::string text = settings.raw(name);
  if (text.empty()) return ok;
  const auto ms = parse_duration(text);
  if (!ms || !(*ms >= 0 && *ms <= longest_ms))
    return make_error(ErrorClass::unavailable, name + ": \"" + text.substr(0, 40) +
                                                   "\" is no time; give ms, or 90s, 15m, 2h; 0 for no limit");
  time = *ms > 0 ? std::optional(milliseconds(static_cast<std::int64_t>(*ms))) : std::nullopt;
  return ok;
}

Result<> read_count(const Settings& settings, const std::string& name, int& count) {
  const std::string text = settings.raw(name);
  if (text.empty()) return ok;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most_operations)
    return make_error(ErrorClass::unavailable, name + ": \"" + text.substr(0, 40) + "\" must be 1 to " +
                                                   std::to_string(most_operations));
  count = number;
  return ok;
}

void change(std::optional<milliseconds>& time, const Json& of_model, const char* name) {
  const auto found = of_model.find(name);
  if (found == of_model.end() || !found->is_number()) return;
  const auto ms = static_cast<std::int64_t>(found->get<double>());
  time = ms > 0 ? std::optional(milliseconds(ms)) : std::nullopt;
}

}  // namespace

OperationLimits OperationLimits::of_kind(std::string_view kind) {
  if (kind == "video") return {240s, 480s, 2};
  if (kind == "image") return {std::nullopt, 300s, 1};
  return {};
}

Result<OperationLimits> operation_limits(const Settings& settings, std::string_view provider,
                                         std::string_view kind) {
  OperationLimits limits = OperationLimits::of_kind(kind);
  Result<> read = read_time(settings, setting_of(provider, "SOFT_TIMEOUT_MS"), limits.soft);
  if (read) read = read_time(settings, setting_of(provider, "TIMEOUT_MS"), limits.hard);
  if (read) read = read_count(settings, setting_of(provider, "MAX_OPERATION_ATTEMPTS"), limits.operations);
  if (!read) return read.error();
  return limits;
}

OperationLimits changed_by(OperationLimits limits, const Json& of_model) {
  if (!of_model.is_object()) return limits;
  change(limits.soft, of_model, "soft_ms");
  change(limits.hard, of_model, "hard_ms");
  const auto operations = of_model.find("operations");
  if (operations != of_model.end() && operations->is_number_integer())
    limits.operations = operations->get<int>();
  return limits;
}

}  // namespace reelspool
