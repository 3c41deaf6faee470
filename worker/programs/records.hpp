#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/programs/descriptor.hpp"

namespace reelspool {

/// What is written down about a running program before it may begin, so that a later worker finds what a
/// killed one left: one file `<mark>.run` of one line, "1 <pid> <start> <boot> <mark> <owner> <owner's
/// start>". It matters for this boot only, so it is not synced.
struct ProgramRecord {
  pid_t pid = 0;  ///< of the shim; also the number of the session that the program starts in
  std::uint64_t start =
      0;  ///< the shim's start time, in clock ticks since boot: with the pid, who it is (proc(5), field 22)
  std::string boot;  ///< /proc/sys/kernel/random/boot_id
  std::string mark;  ///< 32 hex digits; in the environment of the program and all it starts, as REELSPOOL_RUN
  pid_t owner = 0;   ///< the worker
  std::uint64_t owner_start = 0;
};

/// A mark nobody else has.
std::string new_mark();
/// The boot id, or "" where there is no /proc.
std::string boot_id();
/// Start time of a process, in ticks since boot; 0 when there is none of that number.
std::uint64_t start_of(pid_t pid);

/// Errors: storage  the folder cannot be written
Result<> write_record(const std::filesystem::path& folder, const ProgramRecord& record);
void forget_record(const std::filesystem::path& folder, const ProgramRecord& record);
/// Every whole record in the folder; torn ones (their program was never started) are removed.
std::vector<ProgramRecord> read_records(const std::filesystem::path& folder);

/// Sends SIGKILL to every living process that belongs to the record: by its session as long as the shim's
/// number is still the shim's, and by its mark. Returns a pidfd of each, readable once it has died; what they
/// forked meanwhile is found by calling again, until nothing is returned.
std::vector<Descriptor> kill_kin(const ProgramRecord& record);
/// The same, repeated until nothing is left. Blocks, for milliseconds unless a process hangs in the kernel
/// (then 5 s, and it goes on dying by itself). Returns how many it met.
int end_kin(const ProgramRecord& record);

}  // namespace reelspool
