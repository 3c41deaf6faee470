#include "worker/cli/shell.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <exception>

#include "worker/cli/exit_status.hpp"
#include "worker/config/legible.hpp"

namespace reelspool {
namespace {

/// "MAX_ATTEMPTS" -> "--max-attempts"
std::string flag_name(std::string_view setting) {
  std::string flag = "--";
  for (const char c : setting)
    flag += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return flag;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> values;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      values.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return values;
}

/// Descriptors 0 to 2 are open from here on: a file of the store that was opened in place of a closed one would be written
/// over by what is logged.
void open_standard_streams() {
  int opened = 0;
  while (opened >= 0 && opened <= STDERR_FILENO) opened = ::open("/dev/null", O_RDWR | O_NOCTTY);
  if (opened > STDERR_FILENO) ::close(opened);
}

bool has_printed = false;  // by print_line(): somebody waits for it

/// An answer that did not arrive (a full disk behind `>`) is no success.
Result<> arrived() {
  if (!has_printed || (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)) return ok;
  return system_error("writing to standard output", errno);
}

bool is_command(const CLI::App& app, std::string_view word) {
  const auto all = app.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(all.begin(), all.end(),
                     [&](const CLI::App* command) { return command->check_name(std::string(word)); });
}

int usage(const std::string& message) {
  std::fprintf(stderr, "reelspool: %s\n", legible_line(message).c_str());
  return exit_status::usage;
}

int status_of(const Error& error) {
  return error.code == "not_found" ? exit_status::not_found : exit_status::failed;
}

}  // namespace

Shell::Shell(CLI::App& app) : app_(app) {
  app.require_subcommand(1);
  app.fallthrough();  // settings may stand after the subcommand, where people write them
  for (const Setting& setting : settings_table()) {
    const std::string name(setting.name);
    app.add_option_function<std::string>(
           flag_name(setting.name), [this, name](const std::string& value) { flags_[name] = value; },
           std::string(setting.meaning))
        ->group("Settings (also from the environment, .env.local and .env, by their names in capitals)")
        ->type_name(setting.unit.empty() ? "TEXT" : std::string(setting.unit));
  }
}

void Shell::when_chosen(CLI::App* command, Action action) {
  command->callback([this, action = std::move(action)] {
    const auto effective = settings();
    if (!effective) {
      complain(effective.error());
      status_ = exit_status::bad_configuration;
      return;
    }
    const auto outcome = action(*effective);
    status_ = outcome ? *outcome : complain(outcome.error());
  });
}

void Shell::offer_json(CLI::App* command) {
  command->add_flag("--json", json_, "Print JSON, for programs");
}

int Shell::run(int argc, char** argv) {
  open_standard_streams();
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    const std::string_view word = argc > 1 ? argv[1] : "";
    if (!word.empty() && word.front() != '-' && !is_command(app_, word))
      return usage("there is no command '" + std::string(word) + "'; reelspool --help lists them");
    const int status = app_.exit(problem);  // prints the help, or what is wrong
    return status == 0 ? exit_status::success : exit_status::usage;
  } catch (const std::exception& problem) {
    return complain(make_error(ErrorClass::transient, problem.what()));
  }
  const auto printed = arrived();
  return printed || status_ != exit_status::success ? status_ : complain(printed.error());
}

int Shell::complain(const Error& error) {
  std::fprintf(stderr, "reelspool: %s\n", legible(error.message).c_str());
  if (!error.details.empty()) std::fprintf(stderr, "%s\n", legible(error.details).c_str());
  return status_of(error);
}

Result<Settings> Shell::settings() const {
  return Settings::load({flags_, environment(), std::filesystem::current_path()});
}

void print_line(const std::string& line) {
  has_printed = true;
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace reelspool
