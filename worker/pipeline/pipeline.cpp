#include "worker/pipeline/pipeline.hpp"

#include <array>

#include "worker/story/fields.hpp"

namespace reelspool {
namespace {

struct Type {
  std::string_view name;
  Pipeline pipeline;
};
constexpr std::array<Type, 3> types = {
    {{"storyboard", make_storyboard}, {"topic", make_topic}, {"render", make_render}}};

}  // namespace

Result<Pipeline> find_pipeline(std::string_view type) {
  std::string known;
  for (const Type& candidate : types) {
    if (candidate.name == type) return candidate.pipeline;
    known += (known.empty() ? "" : ", ") + std::string(candidate.name);
  }
  if (type.empty()) return bad_field("type", "is missing; the known types are " + known);
  return bad_field("type", "\"" + excerpt(type) + "\" is no known type of job; the known types are " + known);
}

}  // namespace reelspool
