#include "worker/programs/records.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace reelspool {
namespace {

constexpr std::string_view suffix = ".run";

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct Process {
  char state = 'X';
  pid_t session = 0;
  std::uint64_t start = 0;
};

std::optional<Process> process(pid_t pid) {
  const std::string text = read_all("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = text.rfind(')');  // the name may hold blanks and brackets of its own
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Process found;
  std::string skipped;
  fields >> found.state >> skipped >> skipped >> found.session;  // fields 3 to 6
  for (int field = 7; field < 22; ++field) fields >> skipped;
  fields >> found.start;
  if (!fields) return std::nullopt;
  return found;
}

bool carries(pid_t pid, const std::string& mark) {
  const std::string environment = '\0' + read_all("/proc/" + std::to_string(pid) + "/environ");
  return environment.find('\0' + ("REELSPOOL_RUN=" + mark) + '\0') != std::string::npos;
}

std::vector<pid_t> every_process() {
  std::vector<pid_t> pids;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return pids;
  while (const dirent* entry = ::readdir(proc)) {  // a stream of our own: no other thread reads it
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
  }
  ::closedir(proc);
  return pids;
}

}  // namespace

std::string new_mark() {
  std::array<unsigned char, 16> bytes{};
  for (std::size_t have = 0; have < bytes.size();) {
    const ssize_t got = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  std::string mark;
  for (const unsigned char byte : bytes) {
    mark += "0123456789abcdef"[byte >> 4];
    mark += "0123456789abcdef"[byte & 15];
  }
  return mark;
}

std::string boot_id() {
  std::string id = read_all("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

std::uint64_t start_of(pid_t pid) {
  const auto found = process(pid);
  return found ? found->start : 0;
}

Result<> write_record(const std::filesystem::path& folder, const ProgramRecord& record) {
  std::ostringstream line;
  line << "1 " << record.pid << ' ' << record.start << ' ' << (record.boot.empty() ? "-" : record.boot) << ' '
       << record.mark << ' ' << record.owner << ' ' << record.owner_start << '\n';
  const std::string text = line.str();
  const std::filesystem::path path = folder / (record.mark + std::string(suffix));
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return system_error("writing down a program in " + path.string(), errno);
  const ssize_t written = ::write(file.number(), text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) return ok;
  const int why = written < 0 ? errno : ENOSPC;
  ::unlink(path.c_str());
  return system_error("writing down a program in " + path.string(), why);
}

void forget_record(const std::filesystem::path& folder, const ProgramRecord& record) {
  ::unlink((folder / (record.mark + std::string(suffix))).c_str());
}

std::vector<ProgramRecord> read_records(const std::filesystem::path& folder) {
  std::vector<ProgramRecord> records;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != suffix) continue;
    const std::string text = read_all(entry->path());
    std::istringstream line(text);
    int version = 0;
    ProgramRecord record;
    line >> version >> record.pid >> record.start >> record.boot >> record.mark >> record.owner >>
        record.owner_start;
    const bool whole = line && text.ends_with('\n') && version == 1 && record.pid > 1 &&
                       record.mark + std::string(suffix) == entry->path().filename().string();
    if (whole)
      records.push_back(std::move(record));
    else
      ::unlink(entry->path().c_str());
  }
  return records;
}

std::vector<Descriptor> kill_kin(const ProgramRecord& record) {
  const bool session_is_ours =
      start_of(record.pid) == record.start;  // also while the shim is an unreaped zombie
  const auto is_kin = [&](pid_t pid) {
    const auto found = process(pid);
    if (!found || found->state == 'Z' || found->state == 'X' || found->start < record.start) return false;
    return (session_is_ours && found->session == record.pid) || carries(pid, record.mark);
  };
  std::vector<Descriptor> dying;
  for (const pid_t pid : every_process()) {
    if (pid == ::getpid() || !is_kin(pid)) continue;
    Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    // Looked at again: between the look and the handle the number may have passed to somebody else.
    if (!handle || !is_kin(pid)) continue;
    if (::syscall(SYS_pidfd_send_signal, handle.number(), SIGKILL, nullptr, 0) == 0)
      dying.push_back(std::move(handle));
  }
  return dying;
}

int end_kin(const ProgramRecord& record) {
  int met = 0;
  for (auto dying = kill_kin(record); !dying.empty(); dying = kill_kin(record)) {
    met += static_cast<int>(dying.size());
    for (const Descriptor& handle : dying) {
      pollfd watched{handle.number(), POLLIN, 0};
      if (::poll(&watched, 1, 5000) == 0) return met;
    }
  }
  return met;
}

}  // namespace reelspool
