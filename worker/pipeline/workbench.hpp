#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/json.hpp"
#include "worker/media/scripts.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/steps/work.hpp"

// What the steps of all pipelines are built with.

namespace reelspool {

/// The parts of an attempt that steps use. They outlive the steps.
struct Shop {
  Providers& providers;
  Scripts& scripts;
  Pool& pool;
};
Shop shop_of(Attempt& attempt);

/// What a step keeps of a provider's outputs, or of what a script printed.
using Keeping = std::function<Result<Yield>(const Json& outputs)>;

/// A file that goes into a provider's request: brought into the step's folder under a plain name.
struct Brought {
  std::filesystem::path from;
  std::string name;
};

/// Carries a step out by the providers of a kind.
boost::asio::awaitable<Result<Yield>> ask_provider(Shop shop, std::string kind, Json request,
                                                   std::vector<Brought> files, Keeping keep,
                                                   StepContext& step);

/// A text that a script reads from a file of its step's folder; without a name there is none.
struct ScriptText {
  std::string name;
  std::string text;
};

/// The step that a script carries out (kind "render"): its options, the text and the contents of its absolute inputs decide the
/// result. Errors when it is carried out: as Scripts::run, and media where it prints no JSON object.
Work script_work(Shop shop, ScriptCall call, Keeping keep, ScriptText text = {});

/// ffmpeg's limit (J19): ten times the output's length, at least two minutes.
std::chrono::milliseconds time_limit(double seconds);

/// outputs[name].file; empty where there is none.
std::string file_in(const Json& outputs, const char* name);
double number_in(const Json& object, const char* name, double otherwise);

/// A yield of one file under its public name, with `value[as]` naming it.
Yield one_file(Json value, const char* as, const std::string& made, const std::string& name);

}  // namespace reelspool
