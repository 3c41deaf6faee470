#include "worker/providers/conformance.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "plugins/sdk/transcript.hpp"
#include "worker/providers/action.hpp"
#include "worker/providers/boxed_plugin.hpp"
#include "worker/providers/exported_symbols.hpp"
#include "worker/providers/odd_events.hpp"
#include "worker/providers/sample_requests.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;
using Outcome = Conformance::Outcome;

constexpr int longest_conversation =
    12;  // turns; a plugin that polls does so for ever, since it is never told "done"

std::string brief(const std::string& text) {
  constexpr std::size_t shown = 300;
  return text.size() <= shown ? text : text.substr(0, shown) + " ...";
}

/// The plugin as the C++ face has it, so that the transcripts' own functions play it.
class Hosted : public sdk::Provider {
 public:
  explicit Hosted(BoxedPlugin& boxed) : boxed_(boxed) {}
  Json manifest() const override { return nullptr; }

  sdk::Answer next(const sdk::Input& input) override {
    const auto text = boxed_.next({{"kind", input.kind},
                                   {"request", input.request},
                                   {"settings", input.settings},
                                   {"catalogue", input.catalogue},
                                   {"state", input.event.is("start") ? Json(nullptr) : input.state},
                                   {"event", input.event.data},
                                   {"now", input.now_ms},
                                   {"random", std::to_string(input.random)}});
    if (!text) throw std::runtime_error(text.error().message);
    const auto judged = read_answer(*text);
    if (!judged) throw std::runtime_error(judged.error().message);
    const Json answer = *parse_json(*text);
    return {.state = answer.value("state", Json()), .action = {answer.at("action")}};
  }

 private:
  BoxedPlugin& boxed_;
};

class Suite {
 public:
  explicit Suite(const ConformanceOptions& options) : options_(options), boxed_(options.host) {}

  std::vector<Conformance> run() {
    check_symbols();
    if (!check_manifest()) return std::move(findings_);
    for (const auto& [kind, offer] : manifest_.kinds) check_kind(kind, offer);
    check_foreign_kind();
    check_transcripts();
    note("answers in time", Outcome::passed,
         "the slowest took " + std::to_string(slowest_.count()) + " ms of " +
             std::to_string(options_.host.deadline.count()));
    return std::move(findings_);
  }

 private:
  struct Turn {
    Json input;
    std::string text;  // the answer, as it came
  };

  void note(std::string check, Outcome outcome, std::string message = {}, std::string advice = {}) {
    findings_.push_back({std::move(check), outcome, std::move(message), std::move(advice)});
  }
  /// `complaint` empty: passed.
  void judge(std::string check, std::string complaint, const char* advice) {
    if (complaint.empty())
      note(std::move(check), Outcome::passed);
    else
      note(std::move(check), Outcome::failed, std::move(complaint), advice);
  }

  Result<std::string> ask(const Json& input) {
    const auto begin = std::chrono::steady_clock::now();
    auto text = boxed_.next(input);
    slowest_ = std::max(slowest_, std::chrono::duration_cast<std::chrono::milliseconds>(
                                      std::chrono::steady_clock::now() - begin));
    return text;
  }

  Json input_of(const std::string& kind, const Json& request, const Json& state, const Json& event) const {
    return {{"kind", kind},
            {"request", request},
            {"settings", options_.settings},
            {"catalogue", nullptr},
            {"state", state},
            {"event", event},
            {"now", 1'795'363'200'000},
            {"random", "9223372036854775809"}};
  }

  /// The answer to the input, judged as the worker does before it carries it out.
  Result<Answer> answer_to(const Json& input) {
    auto text = ask(input);
    if (!text) return std::move(text.error());
    auto answer = read_answer(*text);
    if (!answer) return answer;
    const auto* exec = std::get_if<ExecAction>(&answer->action);
    if (exec != nullptr && std::find(manifest_.scripts.begin(), manifest_.scripts.end(), exec->script) ==
                               manifest_.scripts.end())
      return make_error(ErrorClass::plugin_crashed,
                        "it asked for the script \"" + exec->script + "\", which its manifest does not list");
    return answer;
  }

  /// What is wrong with the answer to the input, for a person; empty for nothing.
  std::string complaint_of(const Json& input) {
    const auto answer = answer_to(input);
    if (answer) return "";
    return "asked with the event " + brief(to_text(input["event"])) + " and the state " +
           brief(to_text(input["state"])) + ": " + answer.error().message;
  }

  void check_symbols() {
    const auto names = exported_symbols(options_.host.library);
    std::string complaint;
    if (!names) {
      complaint = names.error().message;
    } else if (*names != std::vector<std::string>{"reelspool_provider"}) {
      for (const auto& name : *names) complaint += (complaint.empty() ? "it exports " : ", ") + name;
      if (complaint.empty()) complaint = "it exports nothing";
    }
    judge("exports reelspool_provider and nothing else", brief(complaint),
          "build it with reelspool_plugin() of the CMake package reelspool-sdk, or with the flags of "
          "`pkg-config --cflags --libs reelspool-sdk`");
  }

  bool check_manifest() {
    const auto text = boxed_.describe();
    judge("is loaded in its box, and describes itself", text ? "" : text.error().message,
          "a plugin opens no file and no socket, not in its constructors either; it is built for ABI 1");
    if (!text) return false;
    auto manifest = read_manifest(*text);
    std::string complaint;
    const std::string file = options_.host.library.stem().string();
    if (!manifest)
      complaint = manifest.error().message;
    else if (manifest->name != file)
      complaint = "it is named \"" + manifest->name + "\", but the library " + file + ".so";
    else if (!describes_itself_as(*text))
      complaint = "asked again in a new process, it described itself otherwise";
    judge("its manifest is good", complaint, "see \"The manifest\" in MESSAGES.md");
    if (!manifest) return false;
    manifest_ = *std::move(manifest);
    return true;
  }

  bool describes_itself_as(const std::string& before) {
    boxed_.restart();
    const auto again = boxed_.describe();
    return again && *again == before;
  }

  void check_kind(const std::string& kind, const Manifest::Offer& offer) {
    const auto request = sample_request(kind, offer);
    if (!request) {
      note(kind + ": a request", Outcome::skipped, "this reelspool has no example of a request of this kind",
           "write a transcript of one");
      return;
    }
    const auto turns = check_conversation(kind, *request);
    check_sameness(kind, turns);
    check_resuming(kind, turns);
    check_odd_events(kind, turns);
    check_odd_requests(kind, *request);
  }

  /// A request from its start to its end, all going well as far as one can tell without knowing the provider.
  std::vector<Turn> check_conversation(const std::string& kind, const Json& request) {
    std::vector<Turn> turns;
    Json state = nullptr;
    Json event = {{"type", "start"}};
    std::string complaint, ending;
    for (int i = 0; i < longest_conversation; ++i) {
      const Json input = input_of(kind, request, state, event);
      complaint = complaint_of(input);
      if (!complaint.empty()) break;
      turns.push_back({input, *ask(input)});
      const Json answer = *parse_json(turns.back().text);
      state = answer.value("state", Json());
      if (const auto follows = event_after(answer["action"])) {
        event = *follows;
        continue;
      }
      if (answer["action"]["type"] == "fail" && i == 0)
        ending = "it fails at once (" + answer["action"].value("message", "") +
                 "); a transcript shows more than this";
      break;
    }
    const std::string check = kind + ": answers a request with actions that can be carried out";
    if (complaint.empty())
      note(check, Outcome::passed, ending);
    else
      note(check, Outcome::failed, complaint, "see \"The answer\" and \"The actions\" in MESSAGES.md");
    return turns;
  }

  /// In the same process; and in a new one, last turn first, which tells what is kept outside of the state.
  void check_sameness(const std::string& kind, const std::vector<Turn>& turns) {
    std::string complaint;
    const auto compare = [&](const Turn& turn, const char* where) {
      const auto text = ask(turn.input);
      if (text && *text == turn.text) return;
      complaint = "to the event " + brief(to_text(turn.input["event"])) + " it answered " + brief(turn.text) +
                  ", and " + where + " " + brief(text ? *text : text.error().message);
    };
    for (const Turn& turn : turns)
      if (complaint.empty()) compare(turn, "asked again");
    boxed_.restart();
    for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn)
      if (complaint.empty()) compare(*turn, "in a new process");
    judge(kind + ": gives the same answer to the same input", complaint,
          "keep what you must remember in the answer's state, take time and chance from the input, and keep "
          "nothing in variables");
  }

  void check_resuming(const std::string& kind, const std::vector<Turn>& turns) {
    std::string complaint;
    for (const Turn& turn : turns) {
      const Json state = parse_json(turn.text)->value("state", Json());
      if (state.is_null() || !complaint.empty()) continue;  // without a state it is started anew
      complaint = complaint_of(input_of(kind, turn.input["request"], state, {{"type", "interrupted"}}));
    }
    judge(
        kind + ": goes on, or ends, after an interruption at each turn", complaint,
        "answer `interrupted` with the last action again; if that costs money, look the operation up or fail "
        "with the code unknown_submit");
  }

  void check_odd_events(const std::string& kind, const std::vector<Turn>& turns) {
    std::string complaint;
    for (const Turn& turn : turns) {
      const Json state = parse_json(turn.text)->value("state", Json());
      for (const Json& event : odd_events()) {
        complaint = complaint_of(input_of(kind, turn.input["request"], state, event));
        if (!complaint.empty()) break;
      }
      if (!complaint.empty()) break;
    }
    judge(kind + ": survives events that it did not expect", complaint,
          "servers answer anything: look before you read, and answer `fail` where nothing fits");
  }

  void check_odd_requests(const std::string& kind, const Json& request) {
    std::string complaint;
    for (const Json& odd : odd_requests(request)) {
      complaint = complaint_of(input_of(kind, odd, nullptr, {{"type", "start"}}));
      if (complaint.empty()) continue;
      complaint = "the request " + brief(to_text(odd)) + ", " + complaint;
      break;
    }
    judge(kind + ": survives requests that lack something", complaint,
          "answer `fail` with the class invalid_request");
  }

  void check_foreign_kind() {
    const Json input = input_of("tapestry", Json::object(), nullptr, {{"type", "start"}});
    std::string complaint = complaint_of(input);
    if (complaint.empty() && !std::holds_alternative<FailAction>(answer_to(input)->action))
      complaint = "asked for a \"tapestry\", it answered " + brief(*ask(input));
    judge("answers `fail` to a kind that it does not make", complaint,
          "compare the input's kind, and answer fail with the class unavailable");
  }

  void check_transcripts() {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::directory_iterator at(options_.transcripts, failed), end; !failed && at != end;
         at.increment(failed))
      if (at->path().extension() == ".json") files.push_back(at->path());
    std::sort(files.begin(), files.end());
    if (files.empty())
      note("its transcripts", Outcome::skipped, "there are none in " + options_.transcripts.string(),
           "write some: see \"Transcripts\" in README.md of the SDK");
    for (const fs::path& file : files) check_transcript(file);
  }

  void check_transcript(const fs::path& file) {
    const std::string name = "transcript " + file.filename().string();
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::optional<sdk::Transcript> transcript;
    try {
      transcript = sdk::Transcript::read(text);
    } catch (const std::exception& wrong) {
      note(name, Outcome::failed, std::string("it is no transcript: ") + wrong.what(),
           "it is {\"kind\", \"request\", \"settings\"?, \"turns\": [{\"event\", \"action\"}, ...]}");
      return;
    }
    Hosted hosted(boxed_);
    judge(name + ": answers as written", sdk::play(hosted, *transcript),
          "mend the plugin, or the transcript");
    judge(name + ": cut at each turn, goes on", sdk::play_cut(hosted, *transcript),
          "answer `interrupted` with the last action again, or end");
    judge(name + ": survives empty events", sdk::play_malformed(hosted, *transcript),
          "look before you read, and answer `fail` where nothing fits");
  }

  const ConformanceOptions& options_;
  BoxedPlugin boxed_;
  Manifest manifest_;
  std::vector<Conformance> findings_;
  std::chrono::milliseconds slowest_{0};
};

}  // namespace

std::vector<Conformance> check_conformance(const ConformanceOptions& options) {
  return Suite(options).run();
}

}  // namespace reelspool
