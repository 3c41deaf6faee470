#include "jobstore/window/drop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "jobstore/entry.hpp"
#include "jobstore/window/move.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;

Result<> make_folders(const fs::path& data, const fs::path& inbox, Files& files) {
  std::error_code problem;
  fs::create_directories(data, problem);
  if (problem) return system_error("making the data directory " + data.string(), problem.value());
  if (files.stat(inbox)) return ok;
  if (Result<> made = files.mkdir(inbox); !made) return made;
  return files.sync_dir(data);
}

Error waits_there(const std::string& id) {
  Error error = bad_field("id", "another job waits in inbox/" + id + ".json; choose a new id");
  error.code = "id_taken";
  return error;
}

Job as_it_will_be(const Entry& entry, Time now) {
  Job job;
  job.id = entry.id;
  job.type = entry.type;
  job.body = entry.text;
  job.params = params_of(entry.text);
  job.priority = entry.priority;
  job.max_attempts = entry.max_attempts.value_or(job.max_attempts);
  job.created_at = entry.created_at.value_or(now);
  job.updated_at = now;
  job.run_at = entry.run_at;
  job.stage = "waiting";
  return job;
}

}  // namespace

Result<Submitted> drop_job(const fs::path& data, std::string_view text, Files& files, const Clock& clock) {
  Result<Entry> entry = read_entry(text);
  if (!entry) return std::move(entry.error());
  if (entry->id.empty()) return bad_field("id", "is missing");
  if (entry->problem) return *entry->problem;
  const fs::path inbox = data / "inbox";
  if (Result<> made = make_folders(data, inbox, files); !made) return std::move(made.error());

  const fs::path target = inbox / (entry->id + ".json");
  const fs::path staged = inbox / ("." + entry->id + "." + std::to_string(::getpid()) + ".tmp");
  Result<> done = files.write_synced(staged, text);  // the bytes, before the name that makes it a job
  if (!done) {
    static_cast<void>(files.unlink(staged));
    return std::move(done.error()).while_doing("putting the job into the drop folder");
  }
  if (const int problem = window::move_without_replacing(staged, target); problem != 0) {
    static_cast<void>(files.unlink(staged));
    if (problem != EEXIST) return system_error("putting the job into the drop folder", problem);
    const Result<std::string> there = files.read_all(target);
    if (there && *there == text) return Submitted{as_it_will_be(*entry, clock.now()), false};
    return waits_there(entry->id);
  }
  if (done = files.sync_dir(inbox); !done)  // the name, or a power cut undoes the submit
    return std::move(done.error()).while_doing("putting the job into the drop folder");
  return Submitted{as_it_will_be(*entry, clock.now()), true};
}

bool anything_dropped(const fs::path& data) {
  std::error_code problem;
  for (fs::directory_iterator entry(data / "inbox", problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && name.ends_with(".json")) return true;
  }
  return false;
}

}  // namespace reelspool
