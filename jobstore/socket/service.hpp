#pragma once

#include <string>
#include <string_view>

#include "jobstore/job_store.hpp"
#include "jobstore/socket/wire.hpp"

namespace reelspool::socket {

/// What goes back: a head without its `bytes`, and those.
struct Answer {
  std::string head;  ///< JSON object text
  std::string bytes;
};

/// Asks the store what `question` asks. Every failure is an answer too. May wait for the disk.
///
/// | call   | members of the head      | raw bytes | answers                                         |
/// | ------ | ------------------------ | --------- | ----------------------------------------------- |
/// | submit |                          | the entry | `isNew`; the job                                |
/// | find   | `id`                     |           | the job                                         |
/// | steps  | `id`                     |           | a record a line                                 |
/// | list   | `status` `limit` `after` |           | a job a line; `more`: cut off, ask for the rest |
/// | stats  |                          |           | `stats`                                         |
/// | cancel | `id`                     |           | the job                                         |
/// | retry  | `id`                     |           | the job                                         |
/// | remove | `id` `withOutputs`       |           |                                                 |
/// | pause  | `paused`                 |           |                                                 |
///
/// An answer says `"ok":true`, or `"ok":false` and `error`. Of any other call the error's code is "unknown_call".
Answer answer(JobStore& store, const Head& question, std::string_view bytes);

/// The answer that says why not.
Answer refusal(const Error& error);

}  // namespace reelspool::socket
