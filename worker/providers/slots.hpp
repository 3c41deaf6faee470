#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <variant>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/programs/descriptor.hpp"

namespace reelspool {

/// At most `count` things at once, each of which keeps its slot for a `window` after its end, over all processes that use
/// the same file. So at most `count` of them begin in any window, wherever one puts it, also by the clock of a server that
/// sees them late: a slot is taken before a request leaves, and its window begins after the answer. With a window of 0
/// it is a limit of how many run at once.
///
/// File     A head with the boot's id, then for each slot when it was last given back, by the boot clock and by the wall clock.
///          A slot in use is a locked byte of the file (an OFD lock, fcntl(2)), so a process that dies gives its slots back;
///          whoever finds one afterwards takes that moment for its end. After a reboot a slot is as old as the wall clock
///          says. Nothing is synced: a power loss may forget what ended in the seconds before it.
/// Counts   Processes that are told different ones use the first `count` slots each: the larger one holds.
/// Threads  Loop thread only. Microseconds: no lock is waited for but that of the head, which is held as briefly.
class Slots {
 public:
  Slots(std::filesystem::path file, std::size_t count, std::chrono::milliseconds window);
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  /// Given back when destroyed. Must not outlive its Slots.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)), index_(other.index_) {}
    Slot& operator=(Slot&& other) noexcept;
    ~Slot() { give_back(); }
    void give_back();

   private:
    friend class Slots;
    Slot(Slots* slots, std::size_t index) : slots_(slots), index_(index) {}
    Slots* slots_ = nullptr;
    std::size_t index_ = 0;
  };
  using Wait = std::chrono::milliseconds;

  /// A slot, or how long to wait before asking again. Errors: storage or transient  the file cannot be used
  Result<std::variant<Slot, Wait>> take();

 private:
  struct Times;
  Result<> open();
  Result<> begin_boot(const Descriptor& file);
  Result<Times> read_times(const Descriptor& file, std::size_t index) const;
  Result<> write_times(const Descriptor& file, std::size_t index, const Times& times) const;
  Result<Wait> left_of(std::size_t index);
  bool lock(std::size_t index);
  void unlock(std::size_t index);
  void give_back(std::size_t index);

  const std::filesystem::path path_;
  const std::chrono::milliseconds window_;
  Descriptor file_;
  std::vector<bool> ours_;  // an OFD lock does not keep its own description out
  std::size_t next_ = 0;    // where the search begins, so that all are used in turn
};

}  // namespace reelspool
