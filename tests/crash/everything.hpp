#pragma once

#include <filesystem>
#include <functional>
#include <utility>
#include <vector>

#include "jobstore/file/files.hpp"
#include "tests/crash/promises.hpp"

namespace reelspool::crash {

/// What a run left to its heirs.
struct Legacy {
  Promises promises;
  std::vector<Claim> claims;  ///< all that it was given
  int acknowledged = 0;       ///< operations
  int refused = 0;            ///< operations that failed
};

/// The files of this machine, and somebody who acts between a publisher's last look at jobs.json and its exchange.
class OvertakenFiles : public Files {
 public:
  std::function<void()> before_exchange;  ///< called once, then forgotten

 protected:
  long make(const Deed& deed) override {
    if (deed.call == Call::exchange && before_exchange) std::exchange(before_exchange, nullptr)();
    return Files::make(deed);
  }
};

/// Everything once that the store and the window do, in one thread and always in the same order: submit, claim,
/// steps, progress, fields, publishing files, all ends, cancel, retry, remove, intake, pause; a front end drops files
/// and rewrites jobs.json, once right before it is exchanged; jobs.json and the status files are published; the journal is rotated several times.
///
/// An operation that fails is passed over. `told` is called whenever `legacy` has changed.
void do_everything(const std::filesystem::path& data, OvertakenFiles& files, Legacy& legacy,
                   const std::function<void()>& told = {});

/// A healthy process takes over: all that was promised is there, old claims are refused, what is left is done, and
/// jobs.json and the status files say the same as the store; no staging file is left. Returns what is wrong.
std::string take_over(const std::filesystem::path& data, const Legacy& legacy);

}  // namespace reelspool::crash
