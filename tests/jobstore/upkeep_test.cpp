// What keeps the store in order: check, repair, compact, export and import; and the rehearsal of what front ends wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "jobstore/file/check_store.hpp"
#include "jobstore/file/rehearsal.hpp"
#include "jobstore/file/repair.hpp"
#include "jobstore/file/wishes.hpp"
#include "jobstore/json.hpp"
#include "jobstore/window/check_files.hpp"
#include "jobstore/window/inbox.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;
using Level = CheckedStore::Finding::Level;

CheckedStore check(const fs::path& data) {
  return must(check_store(system_files(), data / "store"));
}
std::string told(const CheckedStore& checked) {
  std::string text;
  for (const auto& finding : checked.findings) text += finding.file + ": " + finding.what + "\n";
  return text;
}

/// Every file of the store with its bytes.
std::map<std::string, std::string> bytes_of(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      all[entry.path().lexically_relative(folder).string()] = contents(entry.path());
  return all;
}

/// A store with jobs in every state, steps, a removed one, and several segments behind a snapshot.
void fill(const Scratch& scratch) {
  FileStoreOptions options = options_for(scratch, "w1");
  const auto store = open_store(options);
  for (const std::string id : {"done", "failed", "cancelled", "gone"})
    must(store->submit(entry_text(id, "\"note\":\"\\u00e9\",\n \"idempotencyKey\":\"key-" + id + "\"")));
  must(store->submit(entry_text("waiting", "\"priority\":-5,\"dependsOn\":[\"done\"]")));
  const auto run = [&](const std::string& id, Ending::Kind kind, const std::string& fields) {
    const Claimed claimed = *must(store->claim_job(id));
    must(store->append_step(claimed.claim,
                            {.key = "scene-1/clip", .hash = "9f", .body = "{\"file\":\n\"a.mp4\"}"}));
    must(store->append_step(claimed.claim, {.key = "scene-1/clip",
                                            .hash = "9f",
                                            .phase = StepRecord::Phase::done,
                                            .body = "{\"file\":\n\"b.mp4\"}"}));
    must(store->finish(claimed.claim, {.kind = kind, .fields = fields, .run_at = {}}));
  };
  run("done", Ending::Kind::done, R"({"videoUrl":"v","cost":0.10})");
  must(store->compact());
  run("failed", Ending::Kind::failed, R"({"error":"no"})");
  must(store->cancel("cancelled"));
  must(store->cancel("gone"));
  must(store->remove("gone", false));
  must(store->submit(entry_text("running")));
  const Claimed running = *must(store->claim_job("running"));
  must(store->append_step(running.claim, {.key = "plan", .hash = "1", .body = "{}"}));
}

std::vector<std::string> export_of(FileJobStore& store) {
  std::vector<std::string> lines;
  EXPECT_GOOD(store.export_to([&](std::string_view line) -> Result<> {
    lines.emplace_back(line);
    return ok;
  }));
  return lines;
}
std::map<Imported::Kind, int> import_all(FileJobStore& store, const std::vector<std::string>& lines) {
  std::map<Imported::Kind, int> counts;
  for (const Imported& one : must(store.import({lines.begin(), lines.end()}))) {
    ++counts[one.kind];
    EXPECT_NE(one.kind, Imported::Kind::refused) << one.id << ": " << one.problem.message;
  }
  return counts;
}

TEST(Compact, LeavesOneSnapshotOneSegmentAndTheSameJobs) {
  Scratch scratch;
  fill(scratch);
  const auto store = open_store(options_for(scratch)), other = open_store(options_for(scratch));
  const auto before = export_of(*store);
  EXPECT_GOOD(store->compact());
  const std::string names = testing::PrintToString(bytes_of(scratch.store()));
  int segments = 0;
  for (const auto& [name, bytes] : bytes_of(scratch.store())) segments += name.starts_with("journal-");
  EXPECT_EQ(segments, 1) << names;
  EXPECT_TRUE(fs::exists(scratch.store() / "snapshot"));
  const auto after = export_of(*open_store(options_for(scratch)));
  EXPECT_EQ(std::vector(after.begin() + 1, after.end()), std::vector(before.begin() + 1, before.end()));
  EXPECT_TRUE(must(other->submit(entry_text("more"))).is_new) << "a process that was there before goes on";
  EXPECT_GOOD(store->find("more"));
}

TEST(Export, ComesBackWholeAndTwiceChangesNothing) {
  Scratch from, to;
  fill(from);
  const auto source = open_store(options_for(from)), target = open_store(options_for(to));
  const std::vector<std::string> lines = export_of(*source);
  for (const std::string& line : lines) EXPECT_GOOD(parse_json(line));
  EXPECT_EQ(import_all(*target, lines)[Imported::Kind::added], 6);
  EXPECT_EQ(import_all(*target, lines)[Imported::Kind::added], 0);

  const auto reopened = open_store(options_for(to));
  for (const std::string id : {"done", "failed", "cancelled", "waiting"}) {
    EXPECT_EQ(published_entry(must(reopened->find(id))), published_entry(must(source->find(id))));
    EXPECT_EQ(must(reopened->find(id)).body, must(source->find(id)).body) << "byte for byte";
    const auto steps = must(reopened->steps(id)), own = must(source->steps(id));
    ASSERT_EQ(steps.size(), own.size());
    for (std::size_t i = 0; i < own.size(); ++i)
      EXPECT_EQ(parse_json(steps[i].body).value(), parse_json(own[i].body).value());
  }
  EXPECT_EQ(must(reopened->list({})).front().id, "running") << "in the order in which they were submitted";
  const Job running = must(reopened->find("running"));
  EXPECT_EQ(running.status, Status::pending) << "its worker is not here";
  EXPECT_EQ(running.attempt, 0) << "and that costs no attempt";
  EXPECT_EQ(must(reopened->steps("running")).size(), 1U);
  EXPECT_EQ(reopened->submit(entry_text("gone", "\"x\":1")).error().code, "id_taken")
      << "a removed one is remembered";
  EXPECT_FALSE(
      must(reopened->submit(entry_text("done", "\"note\":\"\\u00e9\",\"idempotencyKey\":\"key-done\"")))
          .is_new);
}

TEST(Import, RefusesABadLineAloneWithAReason) {
  Scratch scratch;
  const auto store = open_store(options_for(scratch));
  must(store->submit(entry_text("mine", "\"idempotencyKey\":\"k\"")));
  const std::string body = R"("{\"id\":\"a\",\"type\":\"clip\"}")";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"nonsense", "no line of an export"},
      {R"({"reelspool":"export","version":2})", "no line of an export of version 1"},
      {R"({"id":"..","body":)" + body + "}", "'..' is none"},
      {R"({"id":"a"})", "body: must be"},
      {R"({"id":"a","body":{}})", "body: must be"},
      {R"({"id":"b","status":"done","body":)" + body + "}", "another id"},
      {R"({"id":"a","body":)" + body + "}", "cannot be read as a job"},
      {R"({"id":"a","status":"done","steps":[{"id":"z"}],"body":)" + body + "}", "cannot be read as a job"},
      {R"({"id":"a","status":"done","fields":[1],"body":)" + body + "}", "fields: must be an object"},
      {R"({"id":"a","status":"pending","body":"{\"id\":\"a\",\"type\":\"clip\",\"dependsOn\":[\"who\"]}"})",
       "no job with the id 'who'"},
      {R"({"id":"a","status":"pending","body":"{\"id\":\"a\",\"type\":\"clip\",\"idempotencyKey\":\"k\"}"})",
       "came with job 'mine'"},
      {R"({"gone":{"id":"g"}})", "must be a time"},
  };
  std::vector<std::string_view> lines;
  for (const auto& [line, reason] : bad) lines.push_back(line);
  const std::string good =
      R"({"id":"a","status":"done","rev":7,"fields":{"videoUrl":"v"},"body":)" + body + "}";
  lines.push_back(good);
  const auto outcomes = must(store->import(lines));
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(outcomes[i].kind, Imported::Kind::refused) << bad[i].first;
    EXPECT_THAT(outcomes[i].problem.message, testing::HasSubstr(bad[i].second)) << bad[i].first;
  }
  EXPECT_EQ(outcomes.back().kind, Imported::Kind::added);
  EXPECT_EQ(must(open_store(options_for(scratch))->find("a")).rev, 7U);
  EXPECT_TRUE(check(scratch.path()).whole());
}

TEST(Check, AWholeStoreIsCalledWholeAndNothingIsTouched) {
  Scratch scratch;
  EXPECT_TRUE(check(scratch.path()).whole()) << "there is none yet";
  fill(scratch);
  const auto before = bytes_of(scratch.path());
  const CheckedStore checked = check(scratch.path());
  EXPECT_TRUE(checked.whole()) << told(checked);
  EXPECT_EQ(checked.fold.all().size(), 5U);
  EXPECT_THAT(told(checked), testing::HasSubstr("store/snapshot: "));
  EXPECT_EQ(bytes_of(scratch.path()), before);
}

TEST(Check, ATornTailIsNoDamageAndStays) {
  Scratch scratch;
  fill(scratch);
  const fs::path segment = scratch.store() / "journal-000002";
  put_file(segment, contents(segment) + "17 0badc0de set 1");
  const auto before = bytes_of(scratch.path());
  const CheckedStore checked = check(scratch.path());
  EXPECT_TRUE(checked.whole()) << told(checked);
  EXPECT_THAT(told(checked), testing::HasSubstr("was never safe"));
  EXPECT_EQ(bytes_of(scratch.path()), before);
  EXPECT_TRUE(must(plan_repair(system_files(), scratch.path())).damage.empty());
}

TEST(Check, WorksBesideAWriterThatNeverPauses) {
  Scratch scratch;
  FileStoreOptions options = options_for(scratch);
  options.snapshot_at_bytes = 4000;  // rotations and snapshots all the time
  const auto store = open_store(options);
  std::atomic<bool> end = false;
  std::thread writer([&] {
    for (int i = 0; !end; ++i) must(store->submit(entry_text("job-" + std::to_string(i))));
  });
  for (int i = 0; i < 20; ++i) {
    const Result<CheckedStore> checked = check_store(system_files(), scratch.store());
    if (checked)
      EXPECT_TRUE(checked->whole()) << told(*checked);
    else
      EXPECT_THAT(checked.error().message, testing::HasSubstr("try again"));
  }
  end = true;
  writer.join();
}

/// A store of three segments without a snapshot: rotated, but the snapshot that would cover them was never written.
void fill_segments(const Scratch& scratch) {
  FailingFiles files;
  FileStoreOptions options = options_for(scratch);
  options.files = &files;
  const auto store = open_store(options);
  for (int i = 0; i < 9; ++i) {
    must(store->submit(entry_text("job-" + std::to_string(i))));
    must(store->cancel("job-" + std::to_string(i)));
    if (i % 3 != 2 || i == 8) continue;
    files.fail_next(Files::Call::rename);  // of the snapshot
    EXPECT_FALSE(store->compact());
  }
  ASSERT_TRUE(fs::exists(scratch.store() / "journal-000003"));
  ASSERT_FALSE(fs::exists(scratch.store() / "snapshot"));
}

TEST(Repair, CutsBehindTheLastGoodLineWhereverTheDamageIs) {
  int damaged_places = 0;
  for (int segment = 1; segment <= 3; ++segment)
    for (std::size_t line = 0;; ++line) {
      SCOPED_TRACE("segment " + std::to_string(segment) + ", line " + std::to_string(line));
      Scratch scratch(Scratch::Place::in_memory);
      fill_segments(scratch);
      const fs::path file = scratch.store() / ("journal-00000" + std::to_string(segment));
      std::string bytes = contents(file);
      std::size_t at = 0;
      for (std::size_t i = 0; i < line && at != std::string::npos; ++i) at = bytes.find('\n', at) + 1;
      if (at >= bytes.size()) break;
      const auto whole = must(check_store(system_files(), scratch.store())).fold.all().size();
      ASSERT_EQ(whole, 9U);
      bytes[at + 30] ^= 1;  // within the line: its checksum does not match any more
      put_file(file, bytes);

      const auto before = bytes_of(scratch.path());
      const CheckedStore checked = check(scratch.path());
      EXPECT_EQ(bytes_of(scratch.path()), before);
      if (checked.whole()) continue;  // the last line of all: it may be a write that was cut short
      ++damaged_places;
      EXPECT_EQ(*checked.damage, (Position{static_cast<std::uint64_t>(segment), at})) << told(checked);
      EXPECT_FALSE(open_file_store(options_for(scratch)));
      const Repair plan = must(plan_repair(system_files(), scratch.path()));
      EXPECT_EQ(bytes_of(scratch.path()), before) << "a plan changes nothing";
      const Repair done = must(repair_store(system_files(), scratch.path(), Time{}));
      EXPECT_EQ(plan.submitted, done.submitted);
      EXPECT_EQ(contents(done.copy / file.filename()), bytes);

      const auto store = open_store(options_for(scratch));
      EXPECT_EQ(must(store->list({})).size(), checked.fold.all().size());
      EXPECT_GE(must(store->list({})).size() + done.submitted.size() + done.unreadable, 8U)
          << "every job is here, or told as gone; the damaged line itself may name another";
      EXPECT_TRUE(must(store->submit(entry_text("after"))).is_new);
      EXPECT_TRUE(check(scratch.path()).whole());
    }
  EXPECT_GT(damaged_places, 15);
}

TEST(Repair, GoesOnWithoutAMissingSegment) {
  for (const std::string name : {"journal-000001", "journal-000002", "journal-000003"}) {
    SCOPED_TRACE(name);
    Scratch scratch(Scratch::Place::in_memory);
    fill_segments(scratch);
    fs::remove(scratch.store() / name);
    const CheckedStore checked = check(scratch.path());
    EXPECT_FALSE(checked.whole());
    EXPECT_THAT(told(checked), testing::HasSubstr(name + ": is missing"));
    must(repair_store(system_files(), scratch.path(), Time{}));
    const auto store = open_store(options_for(scratch));
    EXPECT_EQ(must(store->list({})).size(), checked.fold.all().size());
    EXPECT_TRUE(must(store->submit(entry_text("after"))).is_new);
  }
}

TEST(Repair, IsForStoresThatNobodyWorksOn) {
  Scratch scratch;
  fill_segments(scratch);
  const auto worker = open_store(options_for(scratch, "w1"));
  const fs::path first = scratch.store() / "journal-000001";
  std::string bytes = contents(first);
  bytes[200] ^= 1;
  put_file(first, bytes);
  const auto refused = repair_store(system_files(), scratch.path(), Time{});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("worker 'w1' lives"));
  EXPECT_EQ(contents(first), bytes);
}

TEST(Repair, NeverGuessesAroundADamagedSnapshot) {
  Scratch scratch;
  fill(scratch);
  std::string bytes = contents(scratch.store() / "snapshot");
  bytes[bytes.size() / 2] ^= 1;
  put_file(scratch.store() / "snapshot", bytes);
  const auto before = bytes_of(scratch.path());
  EXPECT_FALSE(check(scratch.path()).whole());
  const auto refused = repair_store(system_files(), scratch.path(), Time{});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("backup"));
  EXPECT_EQ(bytes_of(scratch.path()), before);
}

TEST(Rehearsal, SaysOfEveryEntryWhatTheStoreThenDoes) {
  Scratch scratch;
  fill(scratch);
  const auto rev = [&](const std::string& id) {
    return std::to_string(must(open_store(options_for(scratch))->find(id)).rev);
  };
  const std::vector<std::string> entries = {
      entry_text("new"),
      entry_text("second", "\"dependsOn\":[\"first\"]"),
      entry_text("first"),
      entry_text("new", "\"x\":2"),
      entry_text("done", "\"note\":\"\\u00e9\",\"idempotencyKey\":\"key-done\""),
      entry_text("done", "\"other\":1"),
      entry_text("gone", "\"other\":1"),
      R"({"id":"failed","rev":)" + rev("failed") + R"(,"status":"pending"})",
      R"({"id":"cancelled","rev":1,"status":"pending"})",
      R"({"id":"cancelled","rev":)" + rev("cancelled") + R"(,"removeRequested":true})",
      R"({"id":"waiting","rev":1,"cancelRequested":true})",
      entry_text("typo", "\"priority\":\"high\""),
      entry_text("lonely", "\"dependsOn\":[\"who\"]"),
      R"({"id":"bad id"})",
      R"({"jobs":)",
  };
  std::vector<Result<Entry>> read;
  for (const std::string& text : entries) read.push_back(read_entry(text));
  CheckedStore checked = check(scratch.path());
  const auto before = bytes_of(scratch.path());
  Rehearsal rehearsal(std::move(checked.fold), {0, checked.sequence, 0}, system_clock().now());
  const auto foretold = must(grant_wishes(rehearsal, read, 3));
  EXPECT_EQ(bytes_of(scratch.path()), before);

  const auto happened = must(open_store(options_for(scratch))->take_in({entries.begin(), entries.end()}));
  ASSERT_EQ(foretold.size(), happened.size());
  std::set<Ledger::Outcome::Kind> kinds;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(foretold[i].kind, happened[i].kind) << entries[i];
    EXPECT_EQ(foretold[i].problem.message, happened[i].problem.message) << entries[i];
    kinds.insert(happened[i].kind);
  }
  EXPECT_EQ(kinds.size(), 7U) << "every outcome that there is";
}

TEST(Rehearsal, NamesTheFileAndTheLine) {
  Scratch scratch;
  fill(scratch);
  const fs::path inbox = scratch.path() / "inbox";
  fs::create_directories(inbox);
  put_file(scratch.path() / "jobs.json", "{\"jobs\":[\n" + entry_text("new") + ",\n{\"id\":true},\n" +
                                             entry_text("done", "\"x\":1") + "]}");
  put_file(inbox / "a.json", entry_text("a"));
  put_file(inbox / "b.json", "{\"type\":");
  put_file(inbox / ".c.tmp", "not yet");
  CheckedStore checked = check(scratch.path());
  Rehearsal rehearsal(std::move(checked.fold), {0, checked.sequence, 0}, system_clock().now());
  auto verdicts = must(window::check_jobs_file(system_files(), scratch.path() / "jobs.json", rehearsal));
  for (auto& more :
       must(window::check_dropped(system_files(), must(window::drops_in(inbox)).jobs, rehearsal)))
    verdicts.push_back(std::move(more));
  std::map<std::string, std::string> said;
  for (const window::Verdict& verdict : verdicts)
    said[verdict.where] = verdict.reason.empty() ? "good " + verdict.id : verdict.reason;
  EXPECT_EQ(said["jobs.json: line 2"], "good new");
  EXPECT_THAT(said["jobs.json: jobs[1] (line 3)"],
              testing::HasSubstr("id: must be a text or a whole number"));
  EXPECT_THAT(said["jobs.json: line 4"], testing::HasSubstr("choose a new id"));
  EXPECT_EQ(said["inbox/a.json"], "good a");
  EXPECT_THAT(said["inbox/b.json"], testing::HasSubstr("not valid JSON"));
  EXPECT_EQ(said.size(), 5U);
}

}  // namespace
}  // namespace reelspool
