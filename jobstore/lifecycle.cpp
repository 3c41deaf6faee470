#include "jobstore/lifecycle.hpp"

namespace reelspool {
namespace {

constexpr std::array<std::string_view, 11> event_words = {
    "claimed",     "completed",         "failed",        "cancelled",    "retry_later",        "given_back",
    "worker_died", "worker_died_often", "cancel_wished", "retry_wished", "prerequisite_failed"};

}  // namespace

std::string_view to_string(Event event) {
  return event_words[static_cast<std::size_t>(event)];
}

std::optional<Event> event_from(std::string_view word) {
  for (std::size_t i = 0; i < event_words.size(); ++i)
    if (event_words[i] == word) return static_cast<Event>(i);
  return std::nullopt;
}

}  // namespace reelspool
