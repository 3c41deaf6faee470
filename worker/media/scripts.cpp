#include "worker/media/scripts.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "worker/media/script_progress.hpp"
#include "worker/programs/descriptor.hpp"

namespace reelspool {
namespace {

constexpr std::size_t most_message_bytes = 500;
constexpr std::size_t most_details_bytes = 4 << 10;

Error invalid(std::string message) {
  return make_error(ErrorClass::invalid_request, std::move(message));
}

/// Names of scripts and options: nothing that a shell, a path or an option parser could take for something
/// else.
bool is_plain_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), allowed);
}

/// Whether a relative path stays below its folder, judged by its words alone.
bool stays_inside(const std::filesystem::path& path) {
  return !path.empty() && path.is_relative() && path.has_filename() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".." || part == "."; });
}

/// Relative names that begin with a dash would be read as options.
std::string as_argument(const std::filesystem::path& path) {
  return path.native().starts_with('-') ? "./" + path.string() : path.string();
}

/// Opened as the kernel must open it to stay below the folder, through no link whatever.
Result<> check_inside(const std::filesystem::path& folder, const std::filesystem::path& path) {
  const Descriptor root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_error(folder.string(), errno);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const Descriptor file(
      static_cast<int>(::syscall(SYS_openat2, root.number(), path.c_str(), &how, sizeof how)));
  if (!file && errno == ELOOP) return invalid("it is or goes through a link");
  if (!file) return invalid(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  struct stat status {};
  if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode))
    return invalid("it is no regular file");
  return ok;
}

/// Turns option values into arguments, and collects what the box must let the script read.
struct ValueWriter {
  const std::filesystem::path& folder;
  std::vector<std::filesystem::path>& readable;

  Result<std::string> operator()(const std::string& text) const { return text; }
  Result<std::string> operator()(std::int64_t number) const { return std::to_string(number); }
  Result<std::string> operator()(double number) const {
    if (!std::isfinite(number)) return invalid("it is no finite number");
    std::array<char, 400>
        digits{};  // the longest double without an exponent has 309 of them before the point
    const auto end = std::to_chars(digits.begin(), digits.end(), number, std::chars_format::fixed).ptr;
    return std::string(digits.begin(), end);
  }
  Result<std::string> operator()(const ScriptCall::Input& input) const {
    if (input.path.is_absolute()) {
      std::error_code error;
      if (!std::filesystem::is_regular_file(input.path, error))
        return invalid("there is no file " + input.path.string());
      readable.push_back(input.path);
      return input.path.string();
    }
    if (!stays_inside(input.path))
      return invalid("'" + input.path.string() + "' is not inside the step's folder");
    if (auto inside = check_inside(folder, input.path); !inside)
      return std::move(inside.error()).while_doing("'" + input.path.string() + "'");
    return as_argument(input.path);
  }
  Result<std::string> operator()(const ScriptCall::Output& output) const {
    if (!stays_inside(output.path))
      return invalid("'" + output.path.string() + "' is not inside the step's folder");
    return as_argument(output.path);
  }
};

/// What a person can read of bytes that a program printed: one line, no control characters, whole UTF-8
/// sequences.
std::string legible(std::string_view line) {
  std::string text;
  for (const char c : line)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) text += c;
  if (text.size() > most_message_bytes) {
    text.resize(most_message_bytes);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0) text.pop_back();
  }
  return text;
}

/// The last line that says something.
std::string last_line(std::string_view complaint) {
  while (!complaint.empty()) {
    const auto newline = complaint.find_last_of("\n\r");
    std::string line = legible(complaint.substr(newline == std::string_view::npos ? 0 : newline + 1));
    if (line.find_first_not_of(' ') != std::string::npos) return line;
    complaint = newline == std::string_view::npos ? std::string_view() : complaint.substr(0, newline);
  }
  return {};
}

std::string tail(const std::string& text) {
  return text.size() <= most_details_bytes ? text : text.substr(text.size() - most_details_bytes);
}

std::string seconds(std::chrono::milliseconds limit) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(limit).count()) + " s";
}

/// The error of a script that did not end with 0.
Error failure(const ScriptCall& call, const Exit& exit, std::optional<StopReason> asked) {
  const auto made = [&](ErrorClass cls, const std::string& reason) {
    Error error = make_error(cls, reason.starts_with(call.name + ": ") ? reason : call.name + ": " + reason);
    error.details = tail(exit.complaint);
    return error;
  };
  switch (exit.cause) {
    case Exit::Cause::stopped:
      if (asked == StopReason::shutdown)
        return made(ErrorClass::interrupted, "ended, because the worker stops");
      if (asked == StopReason::timed_out)
        return made(ErrorClass::timeout, "ended, because the job is over its time limit");
      return made(ErrorClass::cancelled, "ended, because the job was cancelled");
    case Exit::Cause::timed_out:
      return made(ErrorClass::timeout, "not done within " + seconds(call.time_limit));
    case Exit::Cause::stalled:
      return made(ErrorClass::timeout, "no progress for " + seconds(call.stall_limit));
    case Exit::Cause::outside:
      return made(ErrorClass::interrupted,
                  exit.status > 128 && exit.status < 255
                      ? "ended from outside by signal " + std::to_string(exit.status - 128)
                      : "ended from outside");
    case Exit::Cause::by_itself:
      break;
  }
  const std::string said = last_line(exit.complaint);
  const std::string reason = said.empty() ? "failed with exit status " + std::to_string(exit.status) : said;
  if (exit.status == 2) return made(ErrorClass::invalid_request, reason);
  if (exit.status == 28) return made(ErrorClass::storage, reason);
  return made(ErrorClass::media, reason);
}

/// FONTCONFIG_* of the worker go on to the script, with the right to read what they name.
void pass_on_fontconfig(Command& command) {
  for (const char* name : {"FONTCONFIG_FILE", "FONTCONFIG_PATH"}) {
    const char* value =
        std::getenv(name);  // NOLINT(concurrency-mt-unsafe): the worker never changes its environment
    if (value == nullptr || *value == '\0') continue;
    command.environment[name] = value;
    std::error_code error;
    const std::filesystem::path path = value;
    if (path.is_absolute() && std::filesystem::exists(path, error)) command.box.readable.push_back(path);
  }
}

}  // namespace

Scripts::Scripts(Programs& programs, std::vector<std::filesystem::path> folders, bool boxed)
    : programs_(programs), boxed_(boxed) {
  for (const auto& folder : folders) {
    std::error_code error;
    auto real = std::filesystem::canonical(folder, error);
    if (!error) folders_.push_back(std::move(real));
  }
}

Result<std::filesystem::path> Scripts::find(const std::string& name) const {
  if (!is_plain_name(name)) return invalid("'" + name + "' is no name of a script");
  for (const auto& folder : folders_) {
    std::error_code error;
    if (auto path = folder / name; std::filesystem::is_regular_file(path, error)) return path;
  }
  std::string places;
  for (const auto& folder : folders_) places += (places.empty() ? "" : ", ") + folder.string();
  return invalid("there is no script '" + name + "' in " + (places.empty() ? "any folder" : places));
}

boost::asio::awaitable<Result<std::string>> Scripts::run(ScriptCall call, Stop& stop) {
  const auto script = find(call.name);
  if (!script) co_return script.error();

  Command command;
  command.argv.push_back(script->string());
  command.directory = call.folder;
  command.box.enabled = boxed_;
  command.box.readable = folders_;
  command.box.readable.push_back(programs_.libexec());
  command.box.writable = {call.folder};
  command.environment["REELSPOOL_LIBEXEC"] = programs_.libexec().string();
  pass_on_fontconfig(command);
  for (const auto& [name, value] : call.options) {
    if (!is_plain_name(name)) co_return invalid(call.name + ": '" + name + "' is no name of an option");
    auto argument = std::visit(ValueWriter{call.folder, command.box.readable}, value);
    if (!argument) co_return std::move(argument.error()).while_doing(call.name + ": --" + name);
    command.argv.push_back("--" + name);
    command.argv.push_back(std::move(*argument));
  }
  command.time_limit = call.time_limit;
  command.stall_limit = call.stall_limit;
  command.on_progress = [progress = std::make_shared<ScriptProgress>(),
                         report = call.on_progress](std::string_view line) {
    const auto before = progress->fraction();
    const bool moved = progress->take(line);
    if (report && progress->fraction() && progress->fraction() != before) report(*progress->fraction());
    return moved;
  };

  auto exit = co_await programs_.run(std::move(command), stop);
  if (!exit) co_return std::move(exit.error()).while_doing(call.name);
  if (exit->cause != Exit::Cause::by_itself || exit->status != 0)
    co_return failure(call, *exit, stop.asked());
  if (call.on_progress) call.on_progress(1.0);
  co_return std::move(exit->output);
}

}  // namespace reelspool
