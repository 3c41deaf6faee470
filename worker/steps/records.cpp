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

bool files_are_there(const std::filesystem::path& folder, const Json& body) {
  const Json files = member(body, "files");
  return std::all_of(files.begin(), files.end(), [&](const Json& file) {
    std::error_code reason;
    const auto bytes = std::filesystem::file_size(folder / text_of(file, "name"), reason);
    return !reason && Json(bytes) == member(file, "bytes");
  });
}

Json operations_in(const std::map<std::string, StepRecord>& newest) {
  Json operations = Json::array();
  for (const auto& [key, record] : newest) {
    if (record.phase != Phase::state) continue;
    const Json memory = memory_after(record);
    const std::string operation = text_of(memory, "operation");
    if (!operation.empty())
      operations.push_back(
          {{"step", key}, {"provider", text_of(memory, "provider")}, {"operation", operation}});
  }
  return {{"operations", std::move(operations)}};
}

}  // namespace reelspool
