#pragma once

/// A provider's conversation as a fixture: what it was asked and told, and what it is to answer. Needs no
/// host, no network and no test framework, so a plugin's tests are its transcripts.
///
///   {"kind": "image", "request": {...}, "settings": {...},
///    "turns": [{"event": {"type": "start"},           "action": {"type": "exec", "script": "card", ...}},
///              {"event": {"type": "exec", "exit": 0}, "action": {"type": "done", ...}}]}

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/sdk/provider.hpp"

namespace reelspool::sdk {

struct Transcript {
  struct Turn {
    Json event;
    Json action;  ///< what the provider is to answer, whole
  };
  std::string kind;
  Json request;
  Json settings = Json::object();
  Json catalogue;  ///< what the operator's catalogue changes; null without one
  std::vector<Turn> turns;
  std::int64_t now_ms = 1'700'000'000'000;  ///< fixed, so that a run can be repeated
  std::uint64_t random = 4;

  /// Throws Json::exception where the text is no transcript.
  static Transcript read(std::string_view text) {
    const Json json = Json::parse(text);
    Transcript transcript;
    transcript.kind = json.at("kind").get<std::string>();
    transcript.request = json.at("request");
    transcript.settings = json.value("settings", Json::object());
    transcript.catalogue = json.value("catalogue", Json());
    transcript.now_ms = json.value("now", transcript.now_ms);
    for (const Json& turn : json.at("turns"))
      transcript.turns.push_back({turn.at("event"), turn.at("action")});
    return transcript;
  }

  /// The input of the C ABI, so that a transcript plays against a loaded plugin as well.
  Json input(const Json& state, const Json& event) const {
    return {
        {"kind", kind},   {"request", request}, {"settings", settings}, {"catalogue", catalogue},
        {"state", state}, {"event", event},     {"now", now_ms},        {"random", std::to_string(random)}};
  }
};

namespace detail {

inline Answer ask(Provider& provider, const Transcript& transcript, const Json& state, const Json& event) {
  return provider.next(read_input(to_text(transcript.input(state, event))));
}

inline bool ends(const Json& action) {
  return action.value("type", "") == "done" || action.value("type", "") == "fail";
}

}  // namespace detail

/// Plays it through. Returns "" or what was different, for a person.
inline std::string play(Provider& provider, const Transcript& transcript) {
  Json state = nullptr;
  for (std::size_t i = 0; i < transcript.turns.size(); ++i) {
    const auto& turn = transcript.turns[i];
    const std::string where = "turn " + std::to_string(i + 1) + " (" + turn.event.value("type", "") + "): ";
    try {
      const Answer answer = detail::ask(provider, transcript, state, turn.event);
      if (answer.action.json != turn.action)
        return where + "expected " + to_text(turn.action) + ", got " + to_text(answer.action.json);
      if (to_text(answer.state).size() > REELSPOOL_STATE_LIMIT) return where + "the state is over 64 KiB";
      state = answer.state;
    } catch (const std::exception& thrown) {
      return where + "threw " + thrown.what();
    }
  }
  return "";
}

/// Cuts it at every turn: the worker dies while it carries out the action, and comes back with the event
/// `interrupted`. The provider must then ask for that action again and go on as if nothing had happened, or
/// ask for one that comes later, or end.
inline std::string play_cut(Provider& provider, const Transcript& transcript) {
  for (std::size_t cut = 1; cut < transcript.turns.size(); ++cut) {
    const std::string where = "cut before turn " + std::to_string(cut + 1) + ": ";
    try {
      Json state = nullptr;
      for (std::size_t i = 0; i < cut; ++i)
        state = detail::ask(provider, transcript, state, transcript.turns[i].event).state;
      // A provider without a state is started anew.
      Answer answer =
          detail::ask(provider, transcript, state, {{"type", state.is_null() ? "start" : "interrupted"}});
      for (std::size_t i = 0; !detail::ends(answer.action.json);) {
        while (i < transcript.turns.size() && transcript.turns[i].action != answer.action.json) ++i;
        if (i + 1 >= transcript.turns.size())
          return where + "answered what is not in the transcript: " + to_text(answer.action.json);
        answer = detail::ask(provider, transcript, answer.state, transcript.turns[++i].event);
      }
    } catch (const std::exception& thrown) {
      return where + "threw " + thrown.what();
    }
  }
  return "";
}

/// At every turn the event comes without anything in it but its type. The provider must answer something,
/// never throw.
inline std::string play_malformed(Provider& provider, const Transcript& transcript) {
  Json state = nullptr;
  for (std::size_t i = 0; i < transcript.turns.size(); ++i) {
    const auto& turn = transcript.turns[i];
    try {
      (void)detail::ask(provider, transcript, state, {{"type", turn.event.at("type")}});
      state = detail::ask(provider, transcript, state, turn.event).state;
    } catch (const std::exception& thrown) {
      return "turn " + std::to_string(i + 1) + ", an empty event " + turn.event.value("type", "") +
             ": threw " + thrown.what();
    }
  }
  return "";
}

}  // namespace reelspool::sdk
