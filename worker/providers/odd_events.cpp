#include "worker/providers/odd_events.hpp"

#include <string>

namespace reelspool {

std::optional<Json> event_after(const Json& action) {
  const std::string type = action.value("type", "");
  if (type == "wait") return Json{{"type", "waited"}};
  if (type == "exec")
    return Json{{"type", "exec"},
                {"script", action.value("script", "")},
                {"exit", 0},
                {"output", Json::object()},
                {"error", ""}};
  if (type != "http") return {};
  Json event = {{"type", "http"}, {"status", 200}, {"headers", {{"content-type", "application/json"}}}};
  if (action.contains("save"))
    event["saved"] = {{"file", action["save"]}, {"bytes", 1000}, {"type", "application/octet-stream"}};
  else
    event["body"] = Json::object();
  return event;
}

const std::vector<Json>& odd_events() {
  // clang-format off
  static const std::vector<Json> all = [] {
    std::vector<Json> events = {
      {{"type", "surprise"}, {"more", {1, 2, 3}}},
      {{"type", "exec"}}, {{"type", "http"}}, {{"type", "waited"}}, {{"type", "interrupted"}},
      {{"type", "unsent"}, {"message", "no connection came about"}},
      {{"type", "exec"}, {"script", "card"}, {"exit", 1}, {"output", ""}, {"error", "card: the disk is full\n"}},
      {{"type", "exec"}, {"script", "card"}, {"exit", 0}, {"output", "half a line of {"}, {"error", ""}},
      {{"type", "exec"}, {"script", "card"}, {"exit", 0}, {"output", {1, {2, nullptr}}}, {"error", ""}},
      {{"type", "http"}, {"status", 200}, {"headers", Json::object()}},
    };
    const std::vector<Json> bodies = {
      nullptr, "<html><body>502 Bad Gateway</body></html>", 42, Json::array({Json::object(), 1}), Json::object(),
      {{"id", 7}, {"status", {"done"}}, {"error", false}, {"data", "x"}, {"output", nullptr}, {"result", {{"url", 1}}}},
      {{"id", nullptr}, {"status", nullptr}, {"data", Json::array()}, {"images", {nullptr}}}};
    for (const Json& body : bodies)
      for (const int status : {200, 404, 500})
        events.push_back({{"type", "http"}, {"status", status}, {"headers", {{"retry-after", "soon"}}}, {"body", body}});
    events.push_back({{"type", "http"}, {"status", 429}, {"headers", {{"retry-after", "30"}}}, {"body", "slow down"}});
    events.push_back({{"type", "http"}, {"status", 401}, {"headers", Json::object()}, {"body", {{"error", {{"message", "no"}}}}}});
    return events;
  }();
  // clang-format on
  return all;
}

std::vector<Json> odd_requests(const Json& request) {
  std::vector<Json> odd = {Json::object()};
  for (const auto& [member, value] : request.items()) {
    Json without = request;
    without.erase(member);
    odd.push_back(std::move(without));
    for (const Json& other : {Json(nullptr), Json("x"), Json(-1), Json::array({1})}) {
      if (other.type() == value.type()) continue;
      Json changed = request;
      changed[member] = other;
      odd.push_back(std::move(changed));
    }
  }
  return odd;
}

}  // namespace reelspool
