#pragma once

namespace reelspool::exit_status {

/// What `reelspool` exits with, in every subcommand. The numbers are promised in README.md; 64 and 78 are
/// sysexits(3)'s.
inline constexpr int success = 0;
inline constexpr int failed = 1;     ///< the job failed, or the command could not do what it was asked to
inline constexpr int not_found = 3;  ///< no such job
inline constexpr int cancelled = 4;  ///< the job was cancelled
inline constexpr int would_be_refused = 5;  ///< `store verify`: something that a front end wrote
inline constexpr int usage = 64;            ///< the command line is wrong
inline constexpr int bad_configuration =
    78;  ///< a setting or this machine is not fit to work; supervisors should not restart it

}  // namespace reelspool::exit_status
