#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/jobstore/model/model.hpp"

namespace reelspool::model {

/// One thing that happens to a store, complete: with the same operations before it, it does the same again, and with
/// fewer of them it still means something.
struct Op {
  enum class Kind {
    submit,  ///< drafts[0]
    take_in,  ///< drafts; and if `id` names a living job, a wish about it: rev_offset, cancel, remove, to_pending
    claim,      ///< the next
    claim_job,  ///< `id`
    progress,   ///< by claim number `number` from the newest, as the next three
    update,
    step,
    finish,
    cancel,  ///< `id`, as the next two
    retry,
    remove,
    retry_failed,  ///< all, as the next
    remove_failed,
    sweep,         ///< what has to leave leaves: by a client, which does it at no other time
    pause,         ///< number != 0: on
    look,          ///< find and steps of `id`, a page of the list, the numbers, the last failures
    recover,       ///< when nobody has died
    recover_from,  ///< the worker number `number`, which lives
    advance,       ///< the clock, by `by`
    reopen,        ///< closes the handle and opens it again
    die,           ///< the handle's process dies while it does nothing
    massacre,      ///< all die; then another process does `inner` until SIGKILL comes at its call `nth`
  };
  Kind kind = Kind::look;
  int slot = 0;  ///< which of the handles
  int nth = 0;   ///< not 0: the process dies at this call on files within the operation, if it makes so many
  int number = 0;
  std::string id = {};
  std::vector<Draft> drafts = {};
  int rev_offset = 0;
  bool cancel = false, remove = false, to_pending = false;
  Progress shown = {};
  StepRecord step = {};
  Fields fields = {};
  Ending::Kind ending = Ending::Kind::done;
  std::optional<std::chrono::milliseconds> by = {};  ///< advance; of a retry: its wait
  std::optional<Status> status = {};                 ///< look: of the page
  std::vector<Op> inner = {};
};
std::string_view kind_word(Op::Kind kind);
std::string to_text(const Op& op);

struct History {
  std::uint64_t seed = 0;
  std::uint64_t snapshot_at_bytes = 0;
  std::vector<Op> ops;
};
std::string to_text(const History& history);

/// The handles of a history: three workers and two clients.
inline constexpr std::array<std::string_view, 5> slots = {"w1", "w2", "w3", "", ""};

/// A history of so many operations; the same for the same seed, on every machine.
History make_history(std::uint64_t seed, int operations);

}  // namespace reelspool::model
