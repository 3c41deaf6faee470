#include "worker/providers/step_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "worker/programs/descriptor.hpp"

namespace reelspool {
namespace {

constexpr std::size_t longest_name = 100;

Error nonsense(std::string_view name, std::string_view reason) {
  return make_error(ErrorClass::plugin_crashed,
                    "file \"" + std::string(name.substr(0, longest_name)) + "\" " + std::string(reason));
}

bool is_plain(std::string_view name) {
  const auto good = [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-');
  };
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), good) &&
         std::isalnum(static_cast<unsigned char>(name[0])) != 0;
}

/// Opens below the folder, through no link. The descriptor, or -1 with errno.
int open_below(const std::filesystem::path& folder, std::string_view name, int flags) {
  const Descriptor at(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (at.number() < 0) return -1;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  if ((flags & O_CREAT) != 0) how.mode = 0644;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, at.number(), std::string(name).c_str(), &how, sizeof how));
}

/// What is at the name, for a name that is plain. `present` is false when there is nothing.
Result<struct stat> look(const std::filesystem::path& folder, std::string_view name, bool& present) {
  struct stat found {};
  present = false;
  const Descriptor file(open_below(folder, name, O_PATH));
  if (file.number() < 0) {
    if (errno == ENOENT) return found;
    if (errno == ELOOP || errno == EXDEV)
      return nonsense(name, "is a link; only regular files of the step's folder are used");
    return system_error("looking at " + (folder / name).string(), errno);
  }
  if (fstat(file.number(), &found) != 0) return system_error("looking at " + (folder / name).string(), errno);
  present = true;
  if (!S_ISREG(found.st_mode)) return nonsense(name, "is no regular file");
  return found;
}

std::string partial_name(std::string_view name) {
  return "." + std::string(name) + ".part";
}

constexpr std::string_view name_rule =
    "is no plain file name: letters, digits, '.', '_' and '-', starting with a letter or digit, at most 100 "
    "characters";

}  // namespace

Result<> StepFiles::check_writable(std::string_view name) const {
  if (!is_plain(name)) return nonsense(name, name_rule);
  bool present = false;
  auto found = look(folder_, name, present);
  if (!found) return found.error();
  return ok;
}

Result<> StepFiles::check_readable(std::string_view name, bool filled) const {
  if (!is_plain(name)) return nonsense(name, name_rule);
  bool present = false;
  auto found = look(folder_, name, present);
  if (!found) return found.error();
  if (!present) return nonsense(name, "is not there");
  if (filled && found->st_size == 0) return nonsense(name, "is empty");
  return ok;
}

Result<> StepFiles::write(std::string_view name, std::string_view text) const {
  Result<> writable = check_writable(name);
  if (!writable) return writable;
  const std::string activity = "writing " + (folder_ / name).string();
  // Not over the file that is there: it may be a second name of the job's own picture (pipeline/files.hpp).
  const Descriptor at(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (at.number() < 0) return system_error(activity, errno);
  if (unlinkat(at.number(), std::string(name).c_str(), 0) != 0 && errno != ENOENT)
    return system_error(activity, errno);
  const Descriptor file(open_below(folder_, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW));
  if (file.number() < 0) return system_error(activity, errno);
  while (!text.empty()) {
    const ssize_t wrote = ::write(file.number(), text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_error(activity, errno);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return ok;
}

Result<OpenFile> StepFiles::open(std::string_view name) const {
  Result<> readable = check_readable(name, false);
  if (!readable) return readable.error();
  auto file = std::make_shared<Descriptor>(open_below(folder_, name, O_RDONLY | O_NONBLOCK));
  struct stat found {};
  if (!*file || fstat(file->number(), &found) != 0)
    return system_error("opening " + (folder_ / name).string(), errno);
  if (!S_ISREG(found.st_mode)) return nonsense(name, "is no regular file");
  return OpenFile{std::move(file), static_cast<std::uint64_t>(found.st_size)};
}

Result<std::string> StepFiles::read(std::string_view name, std::uint64_t most_bytes) const {
  auto file = open(name);
  if (!file) return file.error();
  if (file->size > most_bytes)
    return make_error(ErrorClass::invalid_request, "file \"" + std::string(name) + "\" has " +
                                                       std::to_string(file->size) + " bytes; at most " +
                                                       std::to_string(most_bytes) + " go into a request");
  std::string bytes(file->size, '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got =
        pread(file->file->number(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("reading " + (folder_ / name).string(), errno);
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  bytes.resize(at);
  return bytes;
}

Result<std::shared_ptr<const Descriptor>> StepFiles::begin(std::string_view name) const {
  Result<> writable = check_writable(name);
  if (!writable) return writable.error();
  const std::string partial = partial_name(name);
  const std::string activity = "writing " + (folder_ / partial).string();
  const Descriptor at(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at || (unlinkat(at.number(), partial.c_str(), 0) != 0 && errno != ENOENT))
    return system_error(activity, errno);
  auto file =
      std::make_shared<Descriptor>(open_below(folder_, partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW));
  if (!*file) return system_error(activity, errno);
  return std::shared_ptr<const Descriptor>(std::move(file));
}

Result<> StepFiles::finish(std::string_view name) const {
  Result<> writable = check_writable(name);
  if (!writable) return writable;
  const Descriptor at(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at || renameat(at.number(), partial_name(name).c_str(), at.number(), std::string(name).c_str()) != 0)
    return system_error("writing " + (folder_ / name).string(), errno);
  return ok;
}

}  // namespace reelspool
