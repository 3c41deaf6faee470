#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/window/harness.hpp"

// What may lie where jobs.json should be, and what may stand in it. Each is as the person who has to mend it finds it: one
// message that names the file, the reason and what to do, and nothing else is held up.

namespace reelspool::testing_window {
namespace {

using testing::HasSubstr;

class OddFiles : public WindowTest {
 protected:
  OddFiles() { options_.publisher.broken_patience = std::chrono::milliseconds(1); }
  ~OddFiles() override { close(); }

  /// jobs.json is what it should not be. The drop folder, status files and the store go on all the same, and once it is
  /// mended everything is shown.
  void expect_only_jobs_json_waits(const std::function<void()>& mend) {
    drop("dropped", R"({"type":"clip"})");
    EXPECT_TRUE(wait_for(data_ / "jobs", [&] { return fs::exists(data_ / "jobs/dropped/status.json"); }));
    mend();
    EXPECT_TRUE(
        wait_for(data_, [&] { return fs::is_regular_file(jobs_file()) && status("dropped") == "pending"; }));
  }
  void drop(const std::string& id, std::string_view text) {
    write_in_place(data_ / "inbox" / ("." + id), text);
    fs::rename(data_ / "inbox" / ("." + id), data_ / "inbox" / (id + ".json"));
  }
  bool is_told(const std::string& part) {
    return wait_for(data_, [&] { return notices().find(part) != std::string::npos; });
  }
  std::size_t broken_files() const { return files_in(data_, "jobs.json.broken-"); }
};

TEST_F(OddFiles, ADirectoryInItsPlaceHoldsUpNothingElse) {
  fs::create_directory(jobs_file());
  open_without_flush();
  EXPECT_TRUE(is_told(jobs_file().string() + " is a directory, no regular file: move it away"));
  expect_only_jobs_json_waits([&] { fs::remove(jobs_file()); });
}

TEST_F(OddFiles, APipeInItsPlaceIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(jobs_file().c_str(), 0600), 0);
  open_without_flush();
  EXPECT_TRUE(is_told(" is a pipe, no regular file"));
  expect_only_jobs_json_waits([&] { fs::remove(jobs_file()); });
}

TEST_F(OddFiles, ASocketInItsPlaceIsReported) {
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  jobs_file().string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  open_without_flush();
  EXPECT_TRUE(is_told(" is a socket, no regular file"));
  expect_only_jobs_json_waits([&] { fs::remove(jobs_file()); });
}

TEST_F(OddFiles, LinksToAFileToNothingAndToThemselvesAreReportedAndStay) {
  write_in_place(data_ / "elsewhere.json", R"([{"id":"linked","type":"clip"}])");
  for (const char* target : {"elsewhere.json", "nothing", "jobs.json"}) {
    fs::create_symlink(target, jobs_file());
    open_without_flush();
    EXPECT_TRUE(
        is_told("jobs.json is a symbolic link, and publishing would replace the link, not the file: set "
                "DATA_DIR to"));
    EXPECT_TRUE(fs::is_symlink(jobs_file())) << target;
    EXPECT_FALSE(store_->find("linked")) << "a link is not followed";
    close();
    fs::remove(jobs_file());
  }
}

TEST_F(OddFiles, ADataDirectoryThatIsALinkIsAsGoodAsAny) {
  const fs::path link = data_.string() + "-link";
  fs::create_directory_symlink(data_, link);
  std::swap(data_, const_cast<fs::path&>(link));
  open();
  put(R"([{"id":"a","type":"clip"}])");
  EXPECT_EQ(status("a"), "pending");
  close();
  fs::remove(data_);
  data_ = link;
}

TEST_F(OddFiles, AFileThatThisUserMayNotReadIsReportedAndKept) {
  if (geteuid() == 0)
    GTEST_SKIP() << "root may read everything; tests/window/mounts_test.sh does it as nobody";
  write_in_place(jobs_file(), R"([{"id":"a","type":"clip"}])");
  fs::permissions(jobs_file(), fs::perms(0));
  open_without_flush();
  EXPECT_TRUE(is_told(
      "Permission denied: this user needs to read it and to write the directory; let both sides share"));
  expect_only_jobs_json_waits([&] { fs::permissions(jobs_file(), fs::perms(0644)); });
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(OddFiles, AnEmptyOneOneOfNulsAndADeletedOneAreMadeAnew) {
  open();
  put(R"([{"id":"a","type":"clip"}])");
  for (const std::string& nothing : {std::string(), std::string(4096, '\0'), std::string(" \n\t\r\n")}) {
    write_beside(jobs_file(), nothing);
    EXPECT_TRUE(wait_for(data_, [&] { return contents(jobs_file()).starts_with("{\"version\""); }));
    EXPECT_EQ(status("a"), "pending");
  }
  fs::remove(jobs_file());
  EXPECT_TRUE(wait_for(data_, [&] { return fs::exists(jobs_file()); }));
  flush();
  EXPECT_EQ(status("a"), "pending");
  EXPECT_EQ(broken_files(), 0U) << "there was nothing to keep";
}

TEST_F(OddFiles, AFileThatIsNoJsonIsKeptWithTheLineThatIsWrong) {
  open();
  struct Case {
    std::string text;
    const char* told;
  };
  const std::vector<Case> cases = {
      {"<html>\n", "jobs.json: line 1: a jobs.json is an object with a list of jobs"},
      {"{\"jobs\":[\n{\"id\":\"b\",\n", "jobs.json: line 3: it ends too early"},
      {"[{\"id\":\"b\"}\n{\"id\":\"c\"}]",
       "jobs.json: line 2: expected a comma or the end of the list after a job"},
      {"[{\"id\":\"b\"},\n]", "jobs.json: line 2: expected a job"},
      {"{\"jobs\":[]}\n{}", "jobs.json: line 2: there is something behind its end"},
      {"{jobs:[]}", "jobs.json: line 1: expected a key in quotes"},
      {std::string("\xFF\xFE[\0]\0", 6), "jobs.json: line 1: it is written in UTF-16; a jobs.json is UTF-8"},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    write_beside(jobs_file(), cases[i].text);
    ASSERT_TRUE(is_told(cases[i].told)) << cases[i].text << notices();
    ASSERT_TRUE(wait_for(data_, [&] { return broken_files() == i + 1; }));
  }
  EXPECT_THAT(notices(), HasSubstr(" - not a job file; kept as jobs.json.broken-"));
}

/// Peak of this process's memory since the last reset (proc(5), clear_refs), in bytes.
std::size_t peak_bytes() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  return 0;
}
bool reset_peak() {
  std::ofstream out("/proc/self/clear_refs");
  out << "5";
  return bool(out.flush());
}

TEST_F(OddFiles, OneOf200MegabytesCostsItsSizeInMemoryAndHoldsUpNothing) {
  constexpr std::size_t size = std::size_t{200} << 20;
  open();
  put(R"([{"id":"a","type":"clip"}])");
  // Brackets that never close: the reader must go all the way to know.
  std::string text(size, '[');
  write_beside(jobs_file(), text);
  text = std::string();
  const bool can_measure = reset_peak();
  const std::size_t before = peak_bytes();
  drop("dropped", R"({"type":"clip"})");
  EXPECT_TRUE(wait_for(data_ / "jobs", [&] { return fs::exists(data_ / "jobs/dropped/status.json"); }));
  ASSERT_TRUE(wait_for(data_, [&] { return broken_files() == 1; }));
  EXPECT_THAT(notices(),
              HasSubstr("jobs.json: line 1: it ends too early - not a job file; kept as jobs.json.broken-"));
#ifndef REELSPOOL_SANITIZED
  if (can_measure) {
    EXPECT_LT(peak_bytes() - before, size * 5 / 4);
  }
#endif
  static_cast<void>(before);
  static_cast<void>(can_measure);
  flush();
  EXPECT_EQ(status("a"), "pending");
  EXPECT_EQ(status("dropped"), "pending");
}

TEST_F(OddFiles, OneBadEntryOfManyMegabytesIsSetAsideAndTheOthersGoOn) {
  // 200 MB, with REELSPOOL_LONG=1: each entry holds pictures as data URLs.
  const std::size_t entry_bytes = (std::getenv("REELSPOOL_LONG") != nullptr ? 50U : 5U) << 20;
  open();
  std::string text = "[";
  for (const char* id : {"a", "b", "bad", "c"}) {
    text += std::string(text.size() > 1 ? ",\n" : "") + R"({"id":")" + id +
            R"(","type":"clip","params":{"image":")";
    text.append(entry_bytes, 'A');
    text += id == std::string_view("bad") ? R"("]})" : R"("}})";
  }
  text += "]";
  const bool can_measure = reset_peak();
  const std::size_t before = peak_bytes();
  put(text);
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(status(id), "pending") << id;
  EXPECT_EQ(status("bad"), "failed");
  EXPECT_THAT(notices(), HasSubstr("jobs.json: line 3: not valid JSON: parse error at line 3, column"));
#ifndef REELSPOOL_SANITIZED
  if (can_measure) {
    EXPECT_LT(peak_bytes() - before, 8 * text.size());
  }
#endif
  static_cast<void>(before);
  static_cast<void>(can_measure);
}

TEST_F(OddFiles, WhatWePublishOurselvesIsNeverTooLarge) {
  // A store of a million jobs publishes more than the limit. After a restart that file is not foreign rubbish.
  options_.publisher.largest_file_bytes = 100;
  open();
  for (const char* id : {"a", "b", "c"})
    drop(id, R"({"type":"clip","note":"some text that makes it longer"})");
  flush();
  close();
  open();
  put(contents(jobs_file()));
  EXPECT_EQ(broken_files(), 0U) << notices();
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(OddFiles, TenThousandEntriesOfWhichHalfAreBad) {
  constexpr int entries = 10'000;
  open();
  std::string file = "[";
  for (int i = 0; i < entries; ++i) {
    const std::string id = "\"job-" + std::to_string(i) + '"';
    file += (i == 0 ? "" : ",\n") +
            (i % 2 == 0 ? "{\"id\":" + id + ",\"type\":\"clip\"}" : "{\"id\":" + id + ",\"type\":7}");
  }
  put(file + "]");
  const Result<Stats> stats = store_->stats();
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->waiting, entries / 2U);
  EXPECT_EQ(stats->failed, entries / 2U) << "whoever polls for one learns what is wrong";
  EXPECT_EQ(files_in(data_ / "inbox/rejected", ""), 2U) << "kept together, with one file of reasons";
  EXPECT_THAT(
      notices(),
      HasSubstr("type: must be a text - and 4999 more like it; set aside together in inbox/rejected"));
}

// ---- what may stand in an entry

class OddEntries : public OddFiles {
 protected:
  void SetUp() override { open(); }
  /// The entry is refused alone, for this reason; its neighbour goes on.
  void expect_refused(const std::string& entry, const std::string& reason) {
    SCOPED_TRACE(entry.substr(0, 200));
    const std::string good = "good-" + std::to_string(++number_);
    put("[" + entry + ",\n{\"id\":\"" + good + "\",\"type\":\"clip\"}]");
    EXPECT_EQ(status(good), "pending");
    EXPECT_THAT(notices(), HasSubstr(reason));
  }
  void expect_kept(std::string_view entry, std::string_view id) {
    put("[" + std::string(entry) + "]");
    EXPECT_EQ(status(id), "pending") << entry << "\n" << notices();
  }
  int number_ = 0;
};

TEST_F(OddEntries, WhatIsWrongInOneIsToldWithItsPlaceAndStaysThere) {
  expect_refused("{\"id\":\"a\",\n\"n\":,}",
                 "jobs.json: [0] (line 1): not valid JSON: parse error at line 2, column");
  EXPECT_THAT(entry("a")["error"].get<std::string>(), HasSubstr("line 2"));
  expect_refused(
      R"({"id":"b","type":"clip","x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}",
      "nested deeper than 64 levels");
  expect_refused(R"({"id":"c","type":"clip","type":"clip"})", "type: appears twice");
  expect_refused(std::string("{\"id\":\"d\",\"type\":\"cl\0ip\"}", 25), "not valid JSON");
  expect_refused("{\"id\":\"e\",\"type\":\"caf\xE9\"}", "not valid JSON");
  expect_refused(R"({"id":"f","type":"\ud83d"})", "surrogate");
  expect_refused(R"({"id":"g","type":"clip","n":1e400})", "a number beyond 1.8e308");
  for (const char* id : {"b", "c", "d", "e", "f", "g"}) EXPECT_EQ(status(id), "failed") << id;
}

TEST_F(OddEntries, AnIdIsNeverAPath) {
  for (const std::string& id : {std::string("../x"), std::string("."), std::string(".."), std::string("a/b"),
                                std::string(65, 'a'), std::string("a\\u0000b"), std::string("-\\n")})
    expect_refused("{\"id\":\"" + id + "\",\"type\":\"clip\"}",
                   "use 1 to 64 of A-Z a-z 0-9 . _ - and no dot in front");
  for (const auto& file : fs::directory_iterator(data_ / "inbox/rejected"))
    EXPECT_THAT(file.path().filename().string(), testing::StartsWith("entry-"));
  EXPECT_FALSE(fs::exists(data_ / "x"));
  expect_kept("{\"id\":\"" + std::string(64, 'a') + "\",\"type\":\"clip\"}", std::string(64, 'a'));
}

TEST_F(OddEntries, NumbersOfAnySizeGoBackByteForByte) {
  const std::string numbers =
      R"("a":123456789012345678901,"b":1.10,"c":-0.0,"d":1E2,"e":0.1e-999,"f":[1.000000000000000000001])";
  expect_kept(R"({"id":"n","type":"clip",)" + numbers + "}", "n");
  EXPECT_THAT(contents(jobs_file()), HasSubstr(numbers));
}

TEST_F(OddEntries, ANumberIsAnIdToo) {
  put(R"([{"id":1764000000000,"type":"clip"}])");
  ASSERT_TRUE(store_->find("1764000000000")) << notices();
  EXPECT_THAT(contents(jobs_file()), HasSubstr(R"({"id":1764000000000,)"))
      << "its front end finds it as it wrote it";
  const std::string before = notices();
  put(contents(jobs_file()));
  EXPECT_EQ(notices(), before);
}

TEST_F(OddEntries, KeysMayBeWrittenWithEscapes) {
  put(R"([{"\u0069d":"a","ty\u0070e":"clip","sta\u0074us":"pending"}])");
  EXPECT_TRUE(store_->find("a")) << notices();
  EXPECT_THAT(contents(jobs_file()),
              HasSubstr(R"({"\u0069d":"a","ty\u0070e":"clip","sta\u0074us":"pending")"));
}

TEST_F(OddEntries, AByteOrderMarkInFrontIsPassedOver) {
  put("\xEF\xBB\xBF[{\"id\":\"a\",\"type\":\"clip\"}]");
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(OddEntries, OneThatDiffersOnlyInWhiteSpaceOrOrderIsKnown) {
  put(R"([{"id":"a","type":"clip","params":{"x":1,"y":[1,2]}}])");
  const std::string before = notices();
  put("[ { \"params\" : {\"y\":[ 1 , 2 ],\n\"x\":1.0}, \"type\":\"clip\" ,\t\"id\":\"a\" } ]");
  EXPECT_EQ(notices(), before);
  EXPECT_EQ(files_in(data_ / "inbox/rejected", ""), 0U);
}

TEST_F(OddEntries, AFieldBesideTheJobsThatIsNoJsonDoesNotSpoilTheFile) {
  // It went back as it came, and made jobs.json unreadable for everybody.
  put(R"({"app":tru,"note":"kept","jobs":[{"id":"a","type":"clip"}]})");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_EQ(shown()["note"], "kept");
  EXPECT_FALSE(shown().contains("app"));
  EXPECT_THAT(notices(), HasSubstr("jobs.json: \"app\" (line 1): not valid JSON"));
}

}  // namespace
}  // namespace reelspool::testing_window
