#include "worker/cli/follow.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "jobstore/job.hpp"

namespace reelspool {
namespace {

class Watch {
 public:
  explicit Watch(const std::filesystem::path& folder)
      : descriptor_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        watching_(inotify_add_watch(descriptor_, folder.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE) >= 0) {}
  ~Watch() { close(descriptor_); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  bool watching() const { return watching_; }

  /// Returns after a change, or after half a second: `end` has no descriptor to wait for.
  void wait() const {
    pollfd readable{descriptor_, POLLIN, 0};
    if (poll(&readable, 1, 500) <= 0) return;
    std::array<char, 4096> events{};
    while (read(descriptor_, events.data(), events.size()) > 0) continue;
  }

 private:
  int descriptor_;
  bool watching_;
};

/// The file's JSON; null when it is not there (both files are replaced by rename, so they are never seen
/// torn).
Json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {};
  auto json = parse_json(std::string(std::istreambuf_iterator<char>(stream), {}));
  return json ? *std::move(json) : Json();
}

bool is_older(const Json& status, std::uint64_t rev) {
  const auto known = status.is_object() ? status.find("rev") : status.end();
  return known != status.end() && known->is_number_unsigned() && known->get<std::uint64_t>() < rev;
}

bool ended(const Json& status) {
  if (!status.is_object()) return false;
  const auto word = status.value("status", "");
  const auto known = status_from(word);
  return known && has_ended(*known);
}

}  // namespace

Result<> follow_job(const std::filesystem::path& job_folder, std::uint64_t since,
                    const std::atomic<bool>& end, const std::function<bool(const Sighting&)>& seen) {
  std::error_code error;
  std::filesystem::create_directories(job_folder, error);  // a job that was just submitted may have none yet
  const Watch watch(job_folder);
  if (!watch.watching()) return system_error("watching " + job_folder.string(), errno);
  Sighting last;
  for (;;) {
    const bool last_look = end;
    Sighting now{read_json(job_folder / "status.json"), read_json(job_folder / "scenes.json")};
    if (is_older(now.status, since)) now.status = last.status;
    if (now.status.is_object() && (now.status != last.status || now.scenes != last.scenes)) {
      if (!seen(now)) return ok;
      last = now;
    }
    if (ended(now.status) || last_look || !std::filesystem::exists(job_folder, error)) return ok;
    watch.wait();
  }
}

}  // namespace reelspool
