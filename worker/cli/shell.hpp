#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "jobstore/job_store.hpp"
#include "jobstore/json.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// What all subcommands share: the command line's settings, `--json`, and the exit status.
///
/// A subcommand registers itself with `add_..._command(app, shell)` and hands its work to
/// `shell.when_chosen`, which loads the settings, calls it, and turns an Error into one line on stderr and an
/// exit status.
class Shell {
 public:
  explicit Shell(CLI::App& app);

  using Action = std::function<Result<int>(const Settings& settings)>;  ///< the exit status
  void when_chosen(CLI::App* command, Action action);

  /// Adds --json to a command that prints data.
  void offer_json(CLI::App* command);
  bool json() const { return json_; }

  /// Parses and carries out; returns the process's exit status.
  int run(int argc, char** argv);

  /// Prints "reelspool: <message>" on stderr and tells the exit status that fits the error.
  static int complain(const Error& error);

 private:
  Result<Settings> settings() const;

  CLI::App& app_;
  std::map<std::string, std::string> flags_;
  bool json_ = false;
  int status_ = 0;
};

/// Prints one line. When it cannot be written in the end, the command fails.
void print_line(const std::string& line);

}  // namespace reelspool
