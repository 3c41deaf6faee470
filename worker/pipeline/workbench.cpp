#include "worker/pipeline/workbench.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "worker/pipeline/files.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

awaitable<Result<Yield>> run_script(Shop shop, ScriptCall call, ScriptText text, Keeping keep,
                                    StepContext& step) {
  call.folder = step.folder;
  call.on_progress = step.report;
  if (!text.name.empty()) {
    auto write = [path = step.folder / text.name, text = std::move(text.text)] {
      return write_file(path, text);
    };
    auto written = co_await shop.pool.run(std::move(write));
    if (!written) co_return std::move(written.error());
  }
  const std::string name = call.name;
  auto printed = co_await shop.scripts.run(std::move(call), *step.stop);
  if (!printed) co_return std::move(printed.error());
  auto answer = parse_json(*printed);
  if (!answer || !answer->is_object()) {
    Error error = make_error(ErrorClass::media, "the script " + name + " printed no JSON object");
    error.details = printed->substr(0, 2000);
    co_return error;
  }
  co_return keep(*answer);
}

/// As it is hashed: a file's name says nothing, its contents do.
struct Hashed {
  Json operator()(const std::string& text) const { return text; }
  Json operator()(double number) const { return number; }
  Json operator()(std::int64_t number) const { return number; }
  Json operator()(const ScriptCall::Input&) const { return "<input>"; }
  Json operator()(const ScriptCall::Output&) const { return "<output>"; }
};

}  // namespace

Shop shop_of(Attempt& attempt) {
  return {attempt.providers, attempt.scripts, attempt.pool};
}

awaitable<Result<Yield>> ask_provider(Shop shop, std::string kind, Json request, std::vector<Brought> files,
                                      Keeping keep, StepContext& step) {
  for (const Brought& file : files) {
    auto bring = [file, folder = step.folder] { return bring_file(file.from, folder, file.name); };
    auto brought = co_await shop.pool.run(std::move(bring));
    if (!brought) co_return std::move(brought.error());
  }
  auto outputs = co_await shop.providers.perform(std::move(kind), std::move(request), step);
  if (!outputs) co_return std::move(outputs.error());
  co_return keep(*outputs);
}

Work script_work(Shop shop, ScriptCall call, Keeping keep, ScriptText text) {
  Work work;
  work.kind = "render";
  work.request["script"] = call.name;
  work.request["options"] = Json::array();
  for (const auto& [name, value] : call.options) {
    work.request["options"].push_back(Json::array({name, std::visit(Hashed(), value)}));
    if (const auto* input = std::get_if<ScriptCall::Input>(&value); input && input->path.is_absolute())
      work.inputs.push_back(input->path);
  }
  if (!text.name.empty()) work.request["text"] = text.text;
  work.carry_out = [shop, call = std::move(call), text = std::move(text), keep = std::move(keep)](
                       StepContext& step) { return run_script(shop, call, text, keep, step); };
  return work;
}

std::chrono::milliseconds time_limit(double seconds) {
  return std::max(std::chrono::milliseconds(120'000),
                  std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 10'000)));
}

std::string file_in(const Json& outputs, const char* name) {
  const auto entry = outputs.find(name);
  if (entry == outputs.end() || !entry->is_object()) return {};
  const auto file = entry->find("file");
  return file != entry->end() && file->is_string() ? file->get<std::string>() : std::string();
}

double number_in(const Json& object, const char* name, double otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

Yield one_file(Json value, const char* as, const std::string& made, const std::string& name) {
  Yield yield;
  yield.value = std::move(value);
  yield.value[as] = name;
  yield.files.push_back({made, name});
  return yield;
}

}  // namespace reelspool
