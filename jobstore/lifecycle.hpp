#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "jobstore/job.hpp"

namespace reelspool {

/// What can happen to a job. The words stand in the journal (`event`).
enum class Event {
  claimed,
  completed,
  failed,
  cancelled,          ///< its attempt has ended because a cancel was wished
  retry_later,        ///< the attempt failed, another one follows
  given_back,         ///< its worker shuts down
  worker_died,        ///< its worker's lock is free
  worker_died_often,  ///< and not for the first time: Options::max_interruptions
  cancel_wished,
  retry_wished,
  prerequisite_failed,  ///< a job named in dependsOn failed, was cancelled, or was removed unfinished
};
std::string_view to_string(Event event);
std::optional<Event> event_from(std::string_view word);

/// One way in which a job changes. `by` names the function that writes the record.
struct Transition {
  Status from;
  Event event;
  Status to;
  std::string_view by;
};

/// The whole life of a job (jobstore/LIFECYCLE.md draws it). What does not stand here does not happen: the
/// functions ask after(), the reader of the journal checks every record against it, and the tests walk it.
inline constexpr std::array<Transition, 13> transitions = {{
    {Status::pending, Event::claimed, Status::running, "JobStore::claim, claim_job"},
    {Status::pending, Event::cancel_wished, Status::cancelled, "JobStore::cancel, Ledger::take_in"},
    {Status::pending, Event::prerequisite_failed, Status::failed, "FileStore::settle, after any write"},

    {Status::running, Event::completed, Status::done, "JobStore::finish"},
    {Status::running, Event::failed, Status::failed, "JobStore::finish"},
    {Status::running, Event::cancelled, Status::cancelled, "JobStore::finish, recover"},
    {Status::running, Event::retry_later, Status::pending, "JobStore::finish; the attempt counts"},
    {Status::running, Event::given_back, Status::pending, "JobStore::finish; costs no attempt"},
    {Status::running, Event::worker_died, Status::pending,
     "JobStore::recover, recover_from; costs no attempt"},
    {Status::running, Event::worker_died_often, Status::failed, "JobStore::recover, recover_from"},
    {Status::running, Event::cancel_wished, Status::running, "JobStore::cancel, Ledger::take_in"},

    {Status::failed, Event::retry_wished, Status::pending, "JobStore::retry, Ledger::take_in"},
    {Status::cancelled, Event::retry_wished, Status::pending, "JobStore::retry, Ledger::take_in"},
}};

/// The state that `event` leads to; nothing where it cannot happen.
constexpr std::optional<Status> after(Status from, Event event) {
  for (const Transition& transition : transitions)
    if (transition.from == from && transition.event == event) return transition.to;
  return std::nullopt;
}

}  // namespace reelspool
