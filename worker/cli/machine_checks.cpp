#include "worker/cli/machine_checks.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cctype>
#include <fstream>
#include <functional>
#include <sstream>

#include "jobstore/json.hpp"
#include "worker/media/fonts.hpp"
#include "worker/media/scripts.hpp"
#include "worker/programs/programs.hpp"
#include "worker/providers/plugin_providers.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Level = Finding::Level;

/// What the scripts of ffmpeg-scripts use.
constexpr const char* needed_filters[] = {
    "ass",   "perspective", "overlay",    "loudnorm",   "sidechaincompress", "alimiter",
    "amix",  "adelay",      "tpad",       "setparams",  "gradients",         "colorchannelmixer",
    "xfade", "gblur",       "rubberband", "blackdetect"};
constexpr const char* needed_encoders[] = {"libx264", "aac", "png", "mjpeg"};

/// Runs programs as a worker does, one after the other, in a scratch folder below DATA_DIR.
class Bench {
 public:
  explicit Bench(const Settings& settings)
      : settings_(settings),
        here_(Installation::of_this_program()),
        boxed_(runs_boxed(settings)),
        folder_(settings.path("DATA_DIR") / "doctor"),
        programs_(loop_.get_executor(), {here_.libexec() / "reelspool-exec", folder_ / "programs"}),
        scripts_(programs_, {settings.path("SCRIPTS_DIR"), here_.scripts()}, boxed_) {
    std::error_code ignored;
    fs::create_directories(folder_, ignored);
  }
  ~Bench() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  const fs::path& folder() const { return folder_; }

  Result<Exit> run(const fs::path& program, std::vector<std::string> arguments) {
    Command command;
    command.argv = {program.string()};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.directory = folder_;
    command.box.writable = {folder_};
    command.box.enabled = boxed_;
    command.time_limit = std::chrono::seconds(60);
    return finish(programs_.run(std::move(command), stop_));
  }

  Result<std::string> run_script(ScriptCall call) {
    call.folder = folder_;
    return finish(scripts_.run(std::move(call), stop_));
  }

  /// Calls `look` with the plugins that a worker would find. Errors: as Registry::scan().
  Result<> with_providers(const std::function<void(PluginProviders&)>& look) {
    Pool pool(1);
    PluginProviders providers(loop_.get_executor(), {pool, scripts_, settings_, here_});
    auto scanned = finish(providers.registry().scan());
    pool.join();
    if (scanned) look(providers);
    return scanned;
  }

 private:
  template <class T>
  Result<T> finish(asio::awaitable<Result<T>> work) {
    Result<T> outcome = make_error(ErrorClass::transient, "did not run");
    asio::co_spawn(
        loop_,
        [&outcome, work = std::move(work)]() mutable -> asio::awaitable<void> {
          outcome = co_await std::move(work);
        },
        asio::detached);
    loop_.restart();
    loop_.run();
    return outcome;
  }

  const Settings& settings_;
  Installation here_;
  bool boxed_;
  fs::path folder_;
  asio::io_context loop_;
  Stop stop_;
  Programs programs_;
  Scripts scripts_;
};

std::vector<std::string> missing_from(const std::string& listing, std::span<const char* const> names) {
  std::vector<std::string> missing;
  for (const char* name : names)
    if (listing.find(" " + std::string(name) + " ") == std::string::npos) missing.emplace_back(name);
  return missing;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Finding check_list(Bench& bench, const fs::path& ffmpeg, const std::string& what,
                   std::span<const char* const> names) {
  const auto listed = bench.run(ffmpeg, {"-hide_banner", "-" + what});
  if (!listed) return {Level::unusable, "ffmpeg's " + what, listed.error().message, "see above"};
  const auto missing = missing_from(listed->output, names);
  if (missing.empty()) return {Level::good, "ffmpeg's " + what, "all that are needed", ""};
  return {Level::unusable, "ffmpeg's " + what, "without " + joined(missing),
          "install the distribution's ffmpeg (5.1 or newer); builds without GPL parts lack some"};
}

/// "ffmpeg version 5.1.9-0+deb12u1 ..." -> 5.1; distributions' and nightly builds write it differently, so 0
/// means unknown.
double version_of(const std::string& banner) {
  std::istringstream words(banner);
  std::string word;
  words >> word >> word >> word;
  double version = 0;
  std::istringstream(word) >> version;
  return version;
}

Finding check_version(Bench& bench, const fs::path& ffmpeg) {
  const auto said = bench.run(ffmpeg, {"-version"});
  if (!said) return {Level::unusable, "ffmpeg", said.error().message, "install it: apt-get install ffmpeg"};
  const std::string banner = said->output.substr(0, said->output.find('\n'));
  const double version = version_of(banner);
  if (said->status != 0)
    return {Level::unusable, "ffmpeg", "does not start: " + said->complaint,
            "install it again: apt-get install ffmpeg"};
  if (version > 0 && version < 5.1)
    return {Level::unusable, "ffmpeg", banner + " is too old", "install version 5.1 or newer"};
  return {Level::good, "ffmpeg", banner, ""};
}

/// A list of encoders tells what was compiled in; only encoding tells what works.
Finding check_encoding(Bench& bench, const fs::path& ffmpeg) {
  const auto made =
      bench.run(ffmpeg, {"-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=256x256:d=1:r=10", "-f",
                         "lavfi", "-i", "sine=d=1", "-c:v", "libx264", "-c:a", "aac", "-y", "encode.mp4"});
  if (!made) return {Level::unusable, "encoding", made.error().message, "see above"};
  if (made->status != 0 || !fs::exists(bench.folder() / "encode.mp4"))
    return {Level::unusable, "encoding", "a test video failed: " + made->complaint,
            "install the distribution's ffmpeg"};
  return {Level::good, "encoding", "a test video was made with libx264 and aac in the sandbox", ""};
}

Finding check_fonts() {
  const auto missing = Fonts::load().missing("Aa09 áéíóúñ¿¡ äöüß");
  if (missing.empty()) return {Level::good, "fonts", "Latin letters can be drawn", ""};
  return {Level::unusable, "fonts", "no installed font has " + missing.front().text,
          "install fonts: apt-get install fonts-inter fonts-noto-core"};
}

Finding check_speech(Bench& bench) {
  std::ofstream(bench.folder() / "text.txt") << "One two three.";
  const auto spoken = bench.run_script({.name = "speak",
                                        .options = {{"out", ScriptCall::Output{"speech.wav"}},
                                                    {"words", ScriptCall::Output{"words.json"}},
                                                    {"text-file", ScriptCall::Input{"text.txt"}},
                                                    {"language", std::string("en-US")}},
                                        .folder = {},
                                        .on_progress = {}});
  if (!spoken)
    return {Level::unusable, "speech", spoken.error().message,
            "install it: apt-get install espeak-ng (or set SPEECH_PROVIDER)"};
  const auto said = parse_json(*spoken);
  const std::string timing = said && said->is_object() ? said->value("timing", "") : "";
  if (timing != "measured")
    return {Level::poor, "speech", "flite speaks English only, and its word times are estimated",
            "apt-get install espeak-ng"};
  return {Level::good, "speech", "espeak-ng speaks, with measured word times", ""};
}

/// What a storyboard asks for, and whether the chain of each kind, as the settings have it, could begin.
constexpr const char* needed_kinds[] = {"image", "video", "speech", "music"};

std::vector<Finding> look_at_plugins(PluginProviders& providers) {
  std::vector<Finding> findings;
  for (const auto& complaint : providers.registry().complaints())
    findings.push_back({Level::poor, "plugins", complaint.error.message, "build it anew, or remove it"});
  for (const auto& plugin : providers.registry().plugins())
    if (!plugin->allowed)
      findings.push_back({Level::poor, "plugins", plugin->manifest.name + " waits to be allowed",
                          "reelspool plugin allow " + plugin->manifest.name});
  for (const std::string kind : needed_kinds) {
    if (const auto can = providers.can(kind, Json::object()); !can) {
      std::string setting;
      for (const unsigned char c : kind + "_provider") setting += static_cast<char>(std::toupper(c));
      findings.push_back({Level::unusable, "plugins", can.error().message,
                          "correct " + setting + ", or install reelspool again"});
    }
  }
  if (findings.empty()) findings.push_back({Level::good, "plugins", "every kind has a provider", ""});
  return findings;
}

std::vector<Finding> check_plugins(Bench& bench) {
  std::vector<Finding> findings;
  const auto scanned =
      bench.with_providers([&](PluginProviders& providers) { findings = look_at_plugins(providers); });
  if (!scanned)
    findings = {{Level::unusable, "plugins", scanned.error().message, "make DATA_DIR/store writable"}};
  return findings;
}

}  // namespace

std::vector<Finding> check_machine(const Settings& settings) {
  Bench bench(settings);
  const fs::path ffmpeg = find_program("ffmpeg").value_or("/usr/bin/ffmpeg");
  std::vector<Finding> findings = {check_version(bench, ffmpeg),
                                   check_list(bench, ffmpeg, "filters", needed_filters),
                                   check_list(bench, ffmpeg, "encoders", needed_encoders),
                                   check_encoding(bench, ffmpeg),
                                   check_fonts(),
                                   check_speech(bench)};
  for (Finding& finding : check_plugins(bench)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace reelspool
