#include "worker/steps/records.hpp"

#include <algorithm>
#include <system_error>

#include "worker/steps/failure.hpp"
#include "worker/steps/verdict.hpp"

namespace reelspool {
namespace {

using Phase = StepRecord::Phase;

std::string text_of(const Json& object, const char* name) {
  const Json value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

void add_operation(Json& operations, const std::string& step, const Json& memory) {
  const std::string operation = text_of(memory, "operation");
  if (!operation.empty())
    operations.push_back(
        {{"step", step}, {"provider", text_of(memory, "provider")}, {"operation", operation}});
}

}  // namespace

Json started_body(const Work& work) {
  return {{"kind", work.kind}};
}

Json state_body(const Work& work, const Json& memory) {
  return {{"kind", work.kind}, {"memory", memory}};
}

Json done_body(const Work& work, const Json& value, const Json& files) {
  return {{"kind", work.kind}, {"value", value}, {"files", files}};
}

Json failed_body(const Work& work, const Error& error, const Json& memory) {
  Json body = {{"kind", work.kind}, {"error", to_json(error)}};
  if (verdict(error).keeps_operation && !memory.is_null()) body["memory"] = memory;
  return body;
}

Json body_of(const StepRecord& record) {
  auto body = parse_json(record.body);
  return body && body->is_object() ? *std::move(body) : Json::object();
}

Json member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? Json(nullptr) : *found;
}

Json memory_after(const StepRecord& record) {
  if (record.phase != Phase::state && record.phase != Phase::failed) return nullptr;
  return member(body_of(record), "memory");
}

PaidCalls calls_before(const StepRecord& record) {
  return PaidCalls(member(body_of(record), "calls"));
}

bool files_are_there(const std::filesystem::path& folder, const Json& body) {
  const Json files = member(body, "files");
  return std::all_of(files.begin(), files.end(), [&](const Json& file) {
    std::error_code reason;
    const auto bytes = std::filesystem::file_size(folder / text_of(file, "name"), reason);
    return !reason && Json(bytes) == member(file, "bytes");
  });
}

Json operations_in(const StepRecord& record) {
  Json operations = Json::array();
  if (record.phase != Phase::state) return operations;
  const Json memory = memory_after(record);
  add_operation(operations, record.key, memory);
  for (const Json& older : member(memory, "watched")) add_operation(operations, record.key, older);
  return operations;
}

Json video_attempts_in(const std::map<std::string, StepRecord>& newest) {
  std::map<int, Json> attempts;  // by scene
  for (const auto& [key, record] : newest) {
    const int scene = scene_of(key);
    if (scene == 0 || text_of(body_of(record), "kind") != "video") continue;
    const PaidCalls calls = calls_before(record);
    for (Json call : calls.entries()) {
      call["strategy"] = "S1_NORMAL_REF";  // the prompt as it is, with the keyframe
      attempts[scene].push_back(std::move(call));
    }
  }
  if (attempts.empty()) return nullptr;
  Json scenes = Json::array();
  for (auto& [scene, calls] : attempts)
    scenes.push_back({{"index", scene}, {"videoAttempts", std::move(calls)}});
  return {{"sceneMetadata", {{"scenes", std::move(scenes)}}}};
}

}  // namespace reelspool
