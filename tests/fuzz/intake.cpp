// What front ends write, given any bytes as jobs.json and as a file of the drop folder, to a store that knows a few jobs. For
// each input it must
//   - publish a jobs.json that is strict JSON, every id once, and read again it wishes nothing: not a byte changes;
//   - keep what it took byte for byte: a job's text is a stretch of the input, its unknown fields stand in jobs.json as they came;
//   - take an entry or refuse it, never both; and keep every file that it could not read.
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/json.hpp"
#include "jobstore/members.hpp"
#include "jobstore/owned_fields.hpp"
#include "jobstore/window/duty.hpp"
#include "tests/fuzz/invariant.hpp"
#include "tests/fuzz/sections.hpp"

namespace reelspool::fuzz {
namespace {

namespace fs = std::filesystem;
using Bytes = std::map<std::string, std::string>;

const FixedClock the_clock;

bool is_file_of_a_front_end(std::string_view name) {
  return name == "jobs.json" ||
         (name.starts_with("inbox/") && name.ends_with(".json") &&
          name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-/.") == name.npos &&
          name.find('/', 6) == name.npos && name.size() < 40 && name[6] != '.');
}

std::unique_ptr<FileJobStore> open_store(const fs::path& data, const std::string& worker = "") {
  FileStoreOptions options;
  options.data = data;
  options.worker = worker;
  if (!worker.empty()) options.role = FileStoreOptions::Role::worker;
  options.clock = &the_clock;
  Result<std::unique_ptr<FileJobStore>> store = open_file_store(options);
  insist(bool(store), "the store opens", store ? "" : store.error().message);
  return *std::move(store);
}

Bytes files_in(const fs::path& folder) {
  Bytes files;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.is_regular_file()) files[file.path().filename()] = contents(file.path());
  return files;
}

/// A store with a job of each sort, made once and copied for each input: p pending, r running, d done, f failed, c cancelled,
/// g removed.
Bytes young_store(const fs::path& data) {
  {
    const std::unique_ptr<FileJobStore> store = open_store(data, "w");
    for (const std::string id : {"p", "r", "d", "f", "c", "g"}) {
      insist(bool(store->submit(R"({"id":")" + id + R"(","type":"clip","params":{"n":1.10},"note":"x"})")),
             "submits");
      if (id == "p") continue;
      if (id == "c") {
        insist(bool(store->cancel(id)), "cancels");
        continue;
      }
      Result<std::optional<Claimed>> claimed = store->claim_job(id);
      insist(claimed && *claimed, "claims");
      const Ending::Kind kind = id == "f" ? Ending::Kind::failed : Ending::Kind::done;
      if (id != "r")
        insist(bool(store->finish((*claimed)->claim, {kind, R"({"videoUrl":"v"})", std::nullopt})),
               "finishes");
      if (id == "g") insist(bool(store->remove(id, false)), "removes");
    }
  }
  return files_in(data / "store");
}

bool is_one_of(std::string_view id, std::string_view letters) {
  return id.size() == 1 && letters.find(id) != std::string_view::npos;
}

class World {
 public:
  World() : seed_(young_store(folder_.path() / "seed")) {}

  void begin(const Bytes& input) {
    fs::remove_all(data_);
    fs::create_directories(data_ / "store" / "workers");
    fs::create_directories(data_ / "inbox" / "rejected");
    for (const auto& [name, bytes] : seed_) write_file(data_ / "store" / name, bytes);
    for (const auto& [name, bytes] : input) write_file(data_ / name, bytes);
    store_ = open_store(data_);
  }
  void end() { store_.reset(); }

  void publish() {
    window::Duty::Options options;
    options.publisher.broken_patience = std::chrono::milliseconds(0);
    options.report = [this](const window::Notice& notice) {
      insist(!notice.message.empty(), "a notice says something");
      ++notices_;
    };
    Result<std::unique_ptr<window::Duty>> duty = window::Duty::open(*store_, options);
    insist(bool(duty), "the window opens", duty ? "" : duty.error().message);
    // What is no JSON is waited for by the first, though for no time at all, and set aside by the second.
    for (int i = 0; i < 2; ++i) {
      const Result<> done = (*duty)->finish();
      insist(bool(done), "any input is taken in, or set aside", done ? "" : done.error().message);
    }
  }
  /// As a front end that changed nothing.
  void write_back() const {
    write_file(data_ / ".front-end", contents(data_ / "jobs.json"));
    fs::rename(data_ / ".front-end", data_ / "jobs.json");
  }
  void drop(const std::string& name, const std::string& bytes) const { write_file(data_ / name, bytes); }
  std::vector<Job> jobs() const {
    Result<std::vector<Job>> jobs = store_->list({std::nullopt, 100'000, ""});
    insist(bool(jobs), "jobs can be listed");
    return *std::move(jobs);
  }
  /// Now, or before it was removed.
  bool knows(const std::string& id) const { return store_->find(id) || is_one_of(id, "prdfcg"); }
  std::string published() const { return contents(data_ / "jobs.json"); }
  Bytes rejected() const { return files_in(data_ / "inbox" / "rejected"); }
  Bytes beside() const { return files_in(data_); }
  bool lies_in_inbox(const std::string& name) const { return fs::exists(data_ / name); }
  int notices() const { return notices_; }

 private:
  MemoryFolder folder_;
  const Bytes seed_;
  const fs::path data_ = folder_.path() / "data";
  std::unique_ptr<FileJobStore> store_;
  int notices_ = 0;
};

bool is_stand_in(const Job& job) {
  return job.status == Status::failed && job.body.find(R"("code":"bad_entry")") != std::string::npos;
}

bool is_of_the_seed(const Job& job) {
  return is_one_of(job.id, "prdfc") && job.body.find(R"("note":"x"})") != std::string::npos;
}

/// The text as it was written: without the id that the key or the file's name gave it.
std::string_view as_it_came(const Job& job, const std::string& input) {
  std::string_view body = job.body;
  if (input.find(body) != std::string::npos) return body;
  const std::string front = "{\"id\":\"" + job.id + '"';
  insist(body.starts_with(front), "a job's text is a stretch of the input", body);
  body.remove_prefix(front.size());
  if (body.starts_with(',')) body.remove_prefix(1);
  return body;
}

/// Entries of jobs.json by id, each as its text.
std::map<std::string, std::string> entries_of(const std::string& published) {
  const Result<Json> json = parse_json(published);
  insist(bool(json), "what is published is strict JSON", json ? "" : json.error().message + "\n" + published);
  std::map<std::string, std::string> entries;
  const std::string_view view = published;
  const auto whole = members_of(view);
  insist(whole.has_value(), "what is published can be walked");
  for (const Member& member : *whole) {
    if (member.key != "jobs" || !member.value.starts_with('[')) continue;
    std::string_view rest = member.value.substr(1);
    for (std::size_t end = end_of_value(rest); end != std::string_view::npos; end = end_of_value(rest)) {
      std::string_view entry = rest.substr(0, end);
      entry.remove_prefix(std::min(entry.find('{'), entry.size()));
      std::string id;
      for (const Member& field : members_of(entry).value_or(std::vector<Member>{}))
        if ((field.key == "id" || ((field.key == "jobId" || field.key == "job_id") && id.empty())) &&
            field.value != "null")
          id = string_in(field.value).value_or(std::string(field.value));
      insist(entries.emplace(id, entry).second, "every id stands in jobs.json once", id);
      rest.remove_prefix(end);
      rest.remove_prefix(std::min(rest.find_first_of("{]"), rest.size()));
      if (rest.starts_with(']')) break;
    }
  }
  return entries;
}

void unknown_fields_are_kept(const Job& job, const std::string& entry) {
  const auto before = members_of(job.body), after = members_of(entry);
  insist(before && after, "an entry can be walked", entry);
  for (const Member& member : *before) {
    if (is_worker_field(member.key) || member.key == "runAt" || member.key == "run_at") continue;
    const bool is_kept = std::any_of(after->begin(), after->end(), [&](const Member& other) {
      return other.key == member.key && other.value == member.value;
    });
    insist(is_kept, "an unknown field goes back byte for byte", member.key + "\n" + job.body + "\n" + entry);
  }
}

/// One entry as far as this simple reader goes: of a file that a strict parser takes as a whole, and in which no object names
/// a field twice.
std::vector<std::string> ids_wished(const std::string& jobs_json) {
  bool names_twice = false;
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key)
      names_twice |= !keys.back().insert(value.get<std::string>()).second;
    return true;
  };
  std::string_view text = jobs_json;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const Json json = Json::parse(text, watch, false);
  std::vector<std::string> ids;
  if (json.is_discarded() || names_twice) return ids;
  const Json* jobs = json.is_array()                             ? &json
                     : json.is_object() && json.contains("jobs") ? &json["jobs"]
                                                                 : nullptr;
  if (jobs == nullptr || !jobs->is_array()) return ids;
  for (const Json& entry : *jobs)
    if (entry.is_object() && entry.contains("id") && entry["id"].is_string() &&
        is_job_id(entry["id"].get_ref<const std::string&>()))
      ids.push_back(entry["id"]);
  return ids;
}

void try_one(World& world, const Bytes& input) {
  std::string all_input;
  for (const auto& [name, bytes] : input) all_input += bytes + "\n=== \n";
  world.begin(input);
  world.publish();

  const std::string published = world.published();
  const std::map<std::string, std::string> entries = entries_of(published);
  const std::vector<Job> jobs = world.jobs();
  insist(entries.size() == jobs.size(), "every job is shown, and nothing else", published);
  std::set<std::string> taken;
  for (const Job& job : jobs) {
    const auto entry = entries.find(job.id);
    insist(entry != entries.end(), "a job is shown under its id", job.id);
    unknown_fields_are_kept(job, entry->second);
    if (is_stand_in(job) || is_of_the_seed(job)) continue;
    const std::string_view text = as_it_came(job, all_input);
    insist(all_input.find(text) != std::string::npos, "a job's text is a stretch of the input", job.body);
    taken.insert(job.body);
  }
  const Bytes rejected = world.rejected();
  for (const auto& [name, bytes] : rejected) {
    if (name.ends_with(".reason.txt")) continue;
    insist(rejected.count(name + ".reason.txt") == 1, "what is refused is explained", name);
    insist(taken.count(bytes) == 0, "nothing is both taken and refused", bytes);
  }
  if (const auto jobs_json = input.find("jobs.json"); jobs_json != input.end())
    for (const std::string& id : ids_wished(jobs_json->second))
      insist(world.knows(id), "an entry with an id becomes a job, or a failed one that says why", id);
  for (const auto& [name, bytes] : input)
    insist(name == "jobs.json" || !world.lies_in_inbox(name), "nothing stays in the drop folder", name);
  for (const auto& [name, bytes] : world.beside()) {
    insist(!name.starts_with(".jobs.json."), "no temporary file is left", name);
    if (name.starts_with("jobs.json.broken-"))
      insist(bytes == input.at("jobs.json"), "what could not be read is kept as it came", name);
  }

  // The published file again, and what was dropped and taken: nothing is wished by either.
  const int notices = world.notices();
  world.write_back();
  for (const auto& [name, bytes] : input)
    if (name != "jobs.json" && rejected.count(name.substr(6)) == 0) world.drop(name, bytes);
  world.publish();
  insist(entries_of(world.published()) == entries, "what was published, read again, wishes nothing",
         published + world.published());
  insist(world.rejected() == rejected && world.notices() == notices, "what was taken is not refused later");
  world.end();
}

}  // namespace
}  // namespace reelspool::fuzz

// Every turn is asked for here, so nothing needs to be watched; and the kernel takes 10 ms to end a watch, of a try's 2.
extern "C" int inotify_init1(int flags) noexcept {
  return eventfd(0, (flags & IN_CLOEXEC) != 0 ? EFD_CLOEXEC | EFD_NONBLOCK : EFD_NONBLOCK);
}
extern "C" int inotify_add_watch(int, const char*, std::uint32_t) noexcept {
  return 1;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reelspool::fuzz;
  static World world;
  Bytes input;
  for (Section& section : sections_of({reinterpret_cast<const char*>(data), size}, is_file_of_a_front_end))
    input[section.name] = std::move(section.bytes);
  try_one(world, input);
  return 0;
}
