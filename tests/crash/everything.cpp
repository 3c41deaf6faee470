#include "tests/crash/everything.hpp"

#include <fstream>

#include "jobstore/json.hpp"
#include "jobstore/window/window.hpp"
#include "tests/crash/actor.hpp"

namespace reelspool::crash {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// As a front end does it: beside, then renamed.
void put(const fs::path& path, const std::string& text) {
  const fs::path staged = path.parent_path() / ".front-end.tmp";
  std::ofstream(staged, std::ios::binary) << text;
  fs::rename(staged, path);
}

FileStoreOptions options_of(const fs::path& data, const std::string& worker) {
  FileStoreOptions options;
  options.data = data;
  options.role = FileStoreOptions::Role::worker;
  options.worker = worker;
  return options;
}

/// A command, which writes its snapshots in the thread that causes them: often.
FileStoreOptions options_of_command(const fs::path& data) {
  FileStoreOptions options;
  options.data = data;
  options.snapshot_at_bytes = 1500;
  options.retention.most_done = 1;
  return options;
}

class Run {
 public:
  Run(const fs::path& data, OvertakenFiles& files, FileJobStore& store, FileJobStore& command, Legacy& legacy,
      const std::function<void()>& told)
      : data_(data),
        files_(files),
        store_(store),
        legacy_(legacy),
        told_(told),
        actor_(store, legacy.promises, Actor::Crash::of_the_process, told),
        commander_(command, legacy.promises, Actor::Crash::of_the_process, told) {}

  void all() {
    for (const char* id : {"a", "b", "c"}) count(commander_.submit(id));
    work_through("a");
    count(commander_.cancel("b"));
    count(commander_.retry("b"));
    count(commander_.take_in({"d", "e"}));
    count(commander_.cancel("c"));
    count(commander_.remove("c"));
    front_end_writes();
    publish();
    if (const auto claim = claim_of("e")) count(actor_.finish(*claim, Ending::Kind::failed));
    count(commander_.retry_failed());
    if (const auto claim = claim_of("e")) count(actor_.finish(*claim, Ending::Kind::failed));
    count(commander_.remove_failed());
    if (const auto claim = claim_of("f")) count(actor_.finish(*claim));
    count(commander_.sweep("a"));  // the first that was done
    front_end_wishes();
    publish();
    publish_overtaken();
    count(static_cast<bool>(store_.set_paused(true)));
    count(static_cast<bool>(store_.set_paused(false)));
    static_cast<void>(claim_of("b"));  // is left running
  }

 private:
  void count(bool is_acknowledged) {
    ++(is_acknowledged ? legacy_.acknowledged : legacy_.refused);
    if (told_) told_();
  }

  std::optional<Claim> claim_of(const std::string& id) {
    const std::optional<Claim> claim = actor_.claim(id);
    if (claim) legacy_.claims.push_back(*claim);
    count(claim.has_value());
    return claim;
  }

  void work_through(const std::string& id) {
    const auto claim = claim_of(id);
    if (!claim) return;
    for (const char* key : {"s1", "s2"}) count(actor_.step(*claim, key));
    count(static_cast<bool>(store_.progress(*claim, {.percent = 50})));
    count(static_cast<bool>(store_.update(*claim, R"({"operations":[]})")));
    const fs::path folder = data_ / "jobs" / id;
    fs::create_directories(folder / "work-1");
    std::ofstream(folder / "work-1" / "video") << "a video";
    const bool is_published = static_cast<bool>(
        store_.publish_files(*claim, {{folder / "work-1" / "video", folder / "final.mp4"}}));
    count(is_published);
    count(actor_.finish(*claim, is_published ? Ending::Kind::done : Ending::Kind::failed));
  }

  void publish() {
    const Result<bool> published = publish_once(store_, {});
    count(published && *published);
  }

  /// A front end submits i where the publisher looks no more: what it exchanges away has a job that nobody read.
  void publish_overtaken() {
    count(commander_.submit("j"));  // something to publish
    files_.before_exchange = [this] { add_to_jobs_file("i"); };
    publish();
    files_.before_exchange = nullptr;
  }

  /// What a front end wrote is a promise from then on: it is in the file or in the store.
  void write_for(const std::string& id, const Promises::Effect& effect, const std::function<void()>& write) {
    actor_.act(id, effect, [&] {
      write();
      return true;
    });
  }

  void front_end_writes() {
    write_for("f", effects::submitted, [&] {
      fs::create_directories(data_ / "inbox");
      put(data_ / "inbox" / "f.json", Actor::entry("f"));
    });
    write_for("g", effects::submitted,
              [&] { put(data_ / "jobs.json", R"({"jobs":[)" + Actor::entry("g") + "]}"); });
  }

  void add_to_jobs_file(const std::string& id) {
    Result<Json> file = parse_json(contents(data_ / "jobs.json"));
    if (!file || !file->contains("jobs")) return;
    (*file)["jobs"].push_back(*parse_json(Actor::entry(id)));
    write_for(id, effects::submitted, [&] { put(data_ / "jobs.json", file->dump()); });
  }

  /// Cancels d and submits h, in the file as it was published.
  void front_end_wishes() {
    Result<Json> file = parse_json(contents(data_ / "jobs.json"));
    if (!file || !file->contains("jobs")) return;
    bool has_d = false;
    for (Json& job : (*file)["jobs"])
      if (job["id"] == "d" && job["status"] == "pending") has_d = job["cancelRequested"] = true;
    (*file)["jobs"].push_back(*parse_json(Actor::entry("h")));
    const auto write = [&] { put(data_ / "jobs.json", file->dump()); };
    write_for("h", effects::submitted, [&] {
      if (has_d)
        write_for("d", effects::cancelled, write);
      else
        write();
    });
  }

  const fs::path& data_;
  OvertakenFiles& files_;
  FileJobStore& store_;
  Legacy& legacy_;
  const std::function<void()>& told_;
  Actor actor_, commander_;
};

/// What is wrong with what front ends see.
std::string judge_window(const fs::path& data, const Looks& looks) {
  std::string wrong;
  const Result<Json> file = parse_json(contents(data / "jobs.json"));
  if (!file) return "jobs.json: " + file.error().message + "\n";
  std::size_t shown = 0;
  for (const Json& job : (*file)["jobs"]) {
    ++shown;
    const std::string id = job["id"];
    const auto look = looks.find(id);
    if (look == looks.end() || job["status"] != look->second.status)
      wrong += "jobs.json shows " + id + " as " + job["status"].get<std::string>() + "\n";
    const std::string status = contents(data / "jobs" / id / "status.json");
    // What never ran, and ended before its file was written once, gets none.
    if (status.empty() && job["attempt"] == 0 && job["status"] == "cancelled") continue;
    const Result<Json> parsed = parse_json(status);
    if (!parsed || (*parsed)["status"] != job["status"])
      wrong += "status.json of " + id + " is '" + status + "' instead of " + job["status"].dump() + "\n";
  }
  if (shown != looks.size()) wrong += "jobs.json shows " + std::to_string(shown) + " jobs\n";
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    const std::string name = entry.path().filename().string();
    const bool is_staging = name.ends_with(".new") || name == "snapshot.rescued" ||
                            (name.starts_with(".jobs.json.") && name.ends_with(".x"));
    if (is_staging) wrong += "left behind: " + entry.path().string() + "\n";
  }
  if (!fs::is_empty(data / "inbox" / "rejected")) wrong += "something was rejected\n";
  return wrong;
}

/// A job that is certainly removed has its line in the archive, once whatever happened.
std::string judge_archive(const fs::path& data, const Looks& looks, const Promises& promises) {
  FileStoreOptions options;
  options.data = data;
  const auto client = open_file_store(options);
  if (!client || !(*client)->sweep()) return "the archive cannot be finished\n";
  Result<std::map<std::string, int>> lines = archived(data);
  if (!lines) return lines.error().message + "\n";
  std::string wrong;
  for (const std::string& job : promises.jobs()) {
    const bool is_removed = promises.allowed(job) == std::set<Look>{Look{}};
    const int least = is_removed ? 1 : 0, most = looks.contains(job) ? 0 : 1;
    if ((*lines)[job] < least || (*lines)[job] > most)
      wrong += job + " stands in the archive " + std::to_string((*lines)[job]) + " times\n";
  }
  return wrong;
}

}  // namespace

void do_everything(const fs::path& data, OvertakenFiles& files, Legacy& legacy,
                   const std::function<void()>& told) {
  FileStoreOptions options = options_of(data, "w");
  options.files = &files;
  auto store = open_file_store(options);
  FileStoreOptions of_command = options_of_command(data);
  of_command.files = &files;
  auto command = open_file_store(of_command);
  if (!store || !command) {
    ++legacy.refused;
    return;
  }
  Run(data, files, **store, **command, legacy, told).all();
}

std::string take_over(const fs::path& data, const Legacy& legacy) {
  auto opened = open_file_store(options_of(data, "heir"));
  if (!opened) return "does not open: " + opened.error().message + "\n";
  FileJobStore& store = **opened;
  std::string wrong;
  if (const Result<bool> published = publish_once(store, {}); !published)
    wrong += published.error().message + "\n";

  Result<Looks> looks = looks_of(store);
  if (!looks) return looks.error().message + "\n";
  Promises promises = legacy.promises;
  for (const std::string& job : promises.jobs()) promises.begin(job, effects::worker_died);
  wrong += promises.judge(*looks) + judge_window(data, *looks) + judge_archive(data, *looks, promises);
  if (const auto a = looks->find("a"); a != looks->end() && a->second.status == "done")
    if (contents(data / "jobs" / "a" / "final.mp4") != "a video") wrong += "the video of a is not there\n";
  for (const Claim& claim : legacy.claims) {
    const Result<> late = store.append_step(claim, {.key = "late"});
    if (late || late.error().code != "stale_claim") wrong += "a claim of the dead is honoured\n";
  }

  static_cast<void>(store.set_paused(false));
  while (true) {
    Result<std::optional<Claimed>> claimed = store.claim();
    if (!claimed) return wrong + claimed.error().message + "\n";
    if (!*claimed) break;
    const Look before = (*looks)[(*claimed)->job.id];
    if (before.status != "pending")
      wrong += (*claimed)->job.id + " runs though it was " + before.status + "\n";
    if (!store.finish((*claimed)->claim, {.kind = Ending::Kind::done, .fields = "{}", .run_at = {}}))
      wrong += (*claimed)->job.id + " cannot be finished\n";
  }
  if (const Result<bool> published = publish_once(store, {}); !published)
    wrong += published.error().message + "\n";
  looks = looks_of(store);
  if (!looks) return wrong + looks.error().message + "\n";
  for (const auto& [job, look] : *looks)
    if (look.status == "pending" || look.status == "running") wrong += job + " was not done in the end\n";
  return wrong + judge_window(data, *looks);
}

}  // namespace reelspool::crash
