#include "jobstore/window/status_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "jobstore/json.hpp"
#include "jobstore/time.hpp"

namespace reelspool::window {
namespace {

constexpr std::size_t longest_text = 500;
constexpr std::size_t most_at_once = 256;  // about 25 ms; then jobs.json has its turn
constexpr std::size_t most_waiting_at_once = 32;

std::string cut(std::string_view text) {
  if (text.size() <= longest_text) return std::string(text);
  std::size_t end = longest_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return std::string(text.substr(0, end)) + "...";
}

Json shown_progress(double percent) {
  const auto whole = static_cast<std::int64_t>(percent);
  return static_cast<double>(whole) == percent ? Json(whole) : Json(percent);
}

/// The time of the file: the job's `updatedAt`, which is in milliseconds, and below it what tells apart two versions
/// of the same millisecond (a cancel and the retry after it).
timespec stamp_of(const Job& job) {
  const auto since = job.updated_at.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  std::string version = std::to_string(job.rev) + ' ' + std::to_string(job.progress) + ' ' + job.stage + ' ';
  version += std::to_string(job.scene) + ' ' + job.message + ' ' + job.fields;
  const long below = static_cast<long>(std::hash<std::string>()(version) % 1'000'000);
  return {static_cast<time_t>(seconds.count()),
          static_cast<long>(std::chrono::nanoseconds(since - seconds).count()) + below};
}

bool is_current(const std::filesystem::path& file, const timespec& stamp) {
  struct stat status {};
  return stat(file.c_str(), &status) == 0 && status.st_mtim.tv_sec == stamp.tv_sec &&
         status.st_mtim.tv_nsec == stamp.tv_nsec;
}

}  // namespace

std::string status_text(const Job& job) {
  Json status = Json::object();
  status["id"] = job.id;
  status["type"] = job.type;
  status["status"] = to_string(job.status);
  status["progress"] = shown_progress(job.progress);
  status["stage"] = job.stage;
  status["scene"] = job.scene;
  status["scenes"] = job.scenes;
  status["message"] = cut(job.message);
  if (job.eta_seconds) status["etaSeconds"] = *job.eta_seconds;
  status["attempt"] = job.attempt;
  status["maxAttempts"] = job.max_attempts;
  status["priority"] = job.priority;
  status["createdAt"] = format_time(job.created_at);
  status["updatedAt"] = format_time(job.updated_at);
  if (job.started_at) status["startedAt"] = format_time(*job.started_at);
  if (job.finished_at) status["finishedAt"] = format_time(*job.finished_at);
  if (job.run_at) status["runAt"] = format_time(*job.run_at);
  status["rev"] = job.rev;
  status["videoUrl"] = nullptr;
  status["error"] = nullptr;
  if (Result<Json> fields = parse_json(job.fields); fields && fields->is_object())
    for (const auto& [name, value] : fields->items()) status[name] = value;
  if (status["error"].is_string()) status["error"] = cut(status["error"].get_ref<const std::string&>());

  std::string text = to_text(status);
  while (text.size() >= StatusFiles::largest_bytes - 1) {
    auto longest = status.end();
    std::size_t most = 0;
    for (auto field = status.begin(); field != status.end(); ++field) {
      const std::size_t size = field.key() == "id" || field.key() == "status" ? 0 : to_text(*field).size();
      if (size > most) {
        most = size;
        longest = field;
      }
    }
    status.erase(longest);
    text = to_text(status);
  }
  return text + "\n";
}

StatusFiles::StatusFiles(Ledger& ledger, const Pace::Limits& limits)
    : ledger_(ledger), files_(ledger.files()), folder_(ledger.data() / "jobs"), pace_of_waiting_([&] {
        Pace::Limits unhurried = limits;
        unhurried.shortest = {};  // readers of one file are not those of the next
        return unhurried;
      }()) {}

void StatusFiles::note(const Job& job, bool at_start) {
  const bool ran_here = job.token != 0 || !has_ended(job.status);
  const std::filesystem::path folder = folder_ / job.id;
  struct stat status {};
  // One that waits to be written as pending is written, as it is now.
  const bool is_noted = jobs_.count(job.id) + waiting_.count(job.id) > 0;
  if (!ran_here && !is_noted && stat(folder.c_str(), &status) != 0) return;
  const timespec stamp = stamp_of(job);
  if (at_start && is_current(folder / "status.json", stamp)) return;
  const bool waits = job.token == 0 && job.status == Status::pending && jobs_.count(job.id) == 0;
  if (waits) {
    waiting_.insert(job.id);
    return;
  }
  waiting_.erase(job.id);
  File& file = jobs_[job.id];
  file.text = status_text(job);
  file.stamp = stamp;
}

void StatusFiles::forget(const std::string& id) {
  jobs_.erase(id);
  waiting_.erase(id);
  unlink((folder_ / id / "status.json").c_str());
  rmdir((folder_ / id).c_str());  // stays when videos are kept in it
}

Result<> StatusFiles::write_due(Moment now, bool hurry) {
  Result<> first_problem = ok;
  std::size_t written_files = 0;
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    File& file = job->second;
    if (!hurry && now < file.next) {
      ++job;
      continue;
    }
    if (file.text.empty()) {
      job = jobs_.erase(job);
      continue;
    }
    if (!hurry && ++written_files > most_at_once) break;
    if (Result<> written = write_out(job->first, file, now); !written && first_problem)
      first_problem = std::move(written);
    ++job;
  }
  if (hurry || now >= pace_of_waiting_.next()) {
    Result<> written = write_waiting(now, hurry ? most_at_once : most_waiting_at_once);
    if (!written && first_problem) first_problem = std::move(written);
  }
  return first_problem;
}

Result<> StatusFiles::write_out(const std::string& id, File& file, Moment now) {
  Result<> written = write(id, file);
  file.next = now + shortest;
  if (!written) return std::move(written.error()).while_doing("writing status.json of job " + id);
  file.text.clear();
  return ok;
}

/// What is written goes on as any other: for half a second it is not written again.
Result<> StatusFiles::write_waiting(Moment now, std::size_t most) {
  Result<> first_problem = ok;
  const std::chrono::nanoseconds cpu = cpu_time_of_this_thread();
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < most && !waiting_.empty(); ++i) {
    const std::string id = *waiting_.begin();
    const Result<Job> job = ledger_.find(id);
    if (!job && job.error().code != "not_found") return job.error();
    waiting_.erase(waiting_.begin());
    if (!job) continue;  // removed; forget() is about to be told
    File& file = jobs_[id];
    file.text = status_text(*job);
    file.stamp = stamp_of(*job);
    bytes += file.text.size();
    if (Result<> written = write_out(id, file, now); !written && first_problem)
      first_problem = std::move(written);
  }
  pace_of_waiting_.spent(now, cpu_time_of_this_thread() - cpu, bytes);
  return first_problem;
}

std::optional<Moment> StatusFiles::deadline() const {
  std::optional<Moment> first;
  for (const auto& [id, file] : jobs_)
    if (!first || file.next < *first) first = file.next;
  if (!waiting_.empty() && (!first || pace_of_waiting_.next() < *first)) first = pace_of_waiting_.next();
  return first;
}

Result<> StatusFiles::write(const std::string& id, const File& file) {
  const std::filesystem::path folder = folder_ / id;
  const std::filesystem::path staged = folder / ".status.json.new", target = folder / "status.json";
  if (Result<> made = files_.mkdir(folder_); !made) return made;
  if (Result<> made = files_.mkdir(folder); !made) return made;
  {
    Result<Fd> fd = files_.open(staged, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!fd) return std::move(fd.error());
    if (Result<> written = files_.write_at(*fd, 0, file.text); !written) return written;
    const timespec times[2] = {file.stamp, file.stamp};
    if (futimens(fd->number(), times) != 0) return system_error("setting the time of status.json", errno);
  }
  return files_.rename(staged, target);
}

}  // namespace reelspool::window
