#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <system_error>

#include "worker/cli/checks.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/scratch_folder.hpp"
#include "worker/config/legible.hpp"
#include "worker/media/scripts.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

/// What the script `check` prints, run in its box as for a job.
Result<Json> verdict_on(const Settings& settings, const fs::path& file) {
  asio::io_context loop;
  const Installation here = Installation::of_this_program();
  Programs programs(loop.get_executor(),
                    {here.libexec() / "reelspool-exec", settings.path("DATA_DIR") / "store" / "programs"});
  Scripts scripts(programs, {settings.path("SCRIPTS_DIR"), here.scripts()}, runs_boxed(settings));
  const ScratchFolder scratch;
  Stop stop;
  ScriptCall call;
  call.name = "check";
  call.options.emplace_back("in", ScriptCall::Input{file});
  call.folder = scratch.path();
  call.time_limit = std::chrono::hours(6);
  Result<std::string> printed =
      make_error(ErrorClass::transient, "looking at " + file.string() + " did not end");
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        printed = co_await scripts.run(std::move(call), stop);
        loop.stop();
      },
      asio::detached);
  loop.run();
  if (!printed) return std::move(printed.error()).while_doing(file.string());
  return parse_json(*printed);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : to_text(value);
}

void print_for_people(const Json& verdict) {
  for (const Json& problem : verdict["problems"]) print_line("problem   " + legible_line(text_of(problem)));
  for (const Json& note : verdict["notes"]) print_line("note      " + legible_line(text_of(note)));
  const Json& media = verdict["media"];
  if (const Json& video = media["video"]; video.is_object())
    print_line("picture   " + text_of(video["codec"]) + " " + to_text(video["width"]) + "x" +
               to_text(video["height"]) + ", " + to_text(video["frames"]) + " frames at " +
               to_text(video["fps"]) + " a second");
  if (const Json& audio = media["audio"]; audio.is_object())
    print_line("sound     " + text_of(audio["codec"]) + ", " + to_text(audio["samples"]) + " samples at " +
               to_text(audio["rate"]) + " Hz, " + to_text(verdict["integrated_lufs"]) + " LUFS, peak " +
               to_text(verdict["true_peak_dbtp"]) + " dBTP");
  print_line(verdict["good"] == true ? "good" : "not good");
}

Result<int> check(const Settings& settings, const std::string& file, bool json) {
  std::error_code failed;
  const fs::path path = fs::canonical(file, failed);
  if (failed) return make_error(ErrorClass::invalid_request, file + ": " + failed.message());
  auto verdict = verdict_on(settings, path);
  if (!verdict) return std::move(verdict.error());
  json ? print_line(verdict->dump(2, ' ', false, Json::error_handler_t::replace))
       : print_for_people(*verdict);
  return (*verdict)["good"] == true ? exit_status::success : exit_status::failed;
}

}  // namespace

void add_media_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("media", "Look at media files");
  command->require_subcommand(1);
  CLI::App* checking = command->add_subcommand(
      "check", "Decode a video whole and say what is wrong with it: status 0 only if nothing is");
  const auto file = std::make_shared<std::string>();
  checking->add_option("FILE", *file, "Any media file")->required();
  shell.offer_json(checking);
  shell.when_chosen(
      checking, [&shell, file](const Settings& settings) { return check(settings, *file, shell.json()); });
}

}  // namespace reelspool
