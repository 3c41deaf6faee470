#pragma once

#include <signal.h>

#include <cerrno>
#include <thread>

#include "tests/crash/everything.hpp"

namespace reelspool::crash {

/// Lets something happen at the n-th call that this thread makes (from 1) and that it can happen to. Other threads are left in peace, so that
/// the same n is the same call in every run.
class NthCall final : public OvertakenFiles {
 public:
  enum class What {
    fails,           ///< with the errno, and no other call
    fails_for_good,  ///< and all after it that change something, as on a disk that is full or gone
    is_cut_short,    ///< a write takes half of its bytes
    fills_the_disk,  ///< a write takes half of its bytes, and the next one fails with the errno
    dies_before,     ///< SIGKILL
    dies_within,     ///< a write takes half of its bytes, then SIGKILL
    dies_after,
  };
  NthCall(int nth, What what, int errno_value = 0) : nth_(nth), what_(what), errno_(errno_value) {}

  /// The n-th call was made, and was of a kind that this can happen to.
  bool has_happened() const { return has_happened_; }
  /// How many calls it could have happened to.
  int calls() const { return calls_; }
  static bool needs_a_write(What what) {
    return what == What::is_cut_short || what == What::fills_the_disk || what == What::dies_within;
  }

 protected:
  long make(const Deed& deed) override {
    if (std::this_thread::get_id() != thread_) return OvertakenFiles::make(deed);
    const bool counts = !needs_a_write(what_) || (deed.call == Call::write && deed.size >= 2);
    if (counts && ++calls_ == nth_) return happen(deed);
    const bool is_lasting = what_ == What::fails_for_good && calls_ > nth_ && has_happened_ && changes(deed);
    const bool is_full =
        what_ == What::fills_the_disk && has_happened_ && !was_full_ && deed.call == Call::write;
    was_full_ = was_full_ || is_full;
    return is_lasting || is_full ? fail() : OvertakenFiles::make(deed);
  }

 private:
  static bool changes(const Deed& deed) {
    return deed.call != Call::read && deed.call != Call::lock &&
           (deed.call != Call::open || (deed.flags & 0100) != 0 /* O_CREAT */);
  }
  long fail() const {
    errno = errno_;
    return -1;
  }
  long happen(Deed deed) {
    if (what_ == What::fails_for_good && !changes(deed)) return OvertakenFiles::make(deed);
    has_happened_ = true;
    if (what_ == What::fails || what_ == What::fails_for_good) return fail();
    if (what_ == What::dies_before) ::raise(SIGKILL);
    if (needs_a_write(what_)) deed.size /= 2;
    const long answer = OvertakenFiles::make(deed);
    if (what_ == What::dies_within || what_ == What::dies_after) ::raise(SIGKILL);
    return answer;
  }

  const int nth_;
  const What what_;
  const int errno_;
  const std::thread::id thread_ = std::this_thread::get_id();
  int calls_ = 0;
  bool has_happened_ = false, was_full_ = false;
};

}  // namespace reelspool::crash
