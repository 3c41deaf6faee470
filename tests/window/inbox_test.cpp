#include <gmock/gmock.h>

#include "tests/window/harness.hpp"

namespace reelspool::testing_window {
namespace {

using testing::HasSubstr;

class InboxTest : public WindowTest {
 protected:
  void SetUp() override {
    open();
    inbox_ = data_ / "inbox";
  }
  void drop(const std::string& name, std::string_view text) {
    write_in_place(inbox_ / ("." + name + ".tmp"), text);
    fs::rename(inbox_ / ("." + name + ".tmp"), inbox_ / name);
  }
  std::string reason(const std::string& name) {
    return contents(inbox_ / "rejected" / (name + ".reason.txt"));
  }
  fs::path inbox_;
};

TEST_F(InboxTest, AFileIsOneSubmitAndGoes) {
  drop("a.json", R"({"id":"a","type":"clip","note":1.10})");
  flush();
  EXPECT_EQ(status("a"), "pending");
  EXPECT_THAT(contents(jobs_file()), HasSubstr("\"note\":1.10"));
  EXPECT_FALSE(fs::exists(inbox_ / "a.json"));
}

TEST_F(InboxTest, IsSeenWithoutBeingAsked) {
  drop("a.json", R"({"type":"clip"})");
  EXPECT_TRUE(wait_for(data_, [&] { return status("a") == "pending"; }));
}

TEST_F(InboxTest, WhatLayThereBeforeTheStartIsTakenIn) {
  close();
  drop("a.json", R"({"type":"clip"})");
  open();
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(InboxTest, DotFilesAndOtherNamesAreNotTouched) {
  write_in_place(inbox_ / ".a.json", R"({"id":"a","type":"clip"})");
  write_in_place(inbox_ / "note.txt", "x");
  flush();
  EXPECT_EQ(shown()["jobs"].size(), 0U);
  EXPECT_TRUE(fs::exists(inbox_ / ".a.json"));
  EXPECT_TRUE(fs::exists(inbox_ / "note.txt"));
}

TEST_F(InboxTest, AFileWithAnotherNameIsToldOfOnceWhenNobodyIsWritingIt) {
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::seconds(11);
  fs::create_directory(inbox_ / "folder.json");
  write_in_place(inbox_ / "a.json.tmp", R"({"type":"clip"})");
  for (const char* old : {"b.txt", "c.JSON"}) {
    write_in_place(data_ / old, R"({"type":"clip"})");
    fs::last_write_time(data_ / old, long_ago);
    fs::rename(data_ / old, inbox_ / old);
    EXPECT_TRUE(wait_for(data_, [&] { return notices().find(old) != std::string::npos; }));
  }
  fs::last_write_time(inbox_ / "folder.json", long_ago);
  drop("d.json", R"({"type":"clip"})");
  flush();
  EXPECT_EQ(notices(),
            "inbox/b.txt is not taken in: only files named <id>.json are; rename it, or delete it\n"
            "inbox/c.JSON is not taken in: only files named <id>.json are; rename it, or delete it\n"
            "inbox/folder.json is not taken in: only files named <id>.json are; rename it, or delete it\n");
  fs::rename(inbox_ / "b.txt", inbox_ / "b.json");
  flush();
  EXPECT_EQ(status("b"), "pending");
}

TEST_F(InboxTest, AFolderThatWasDeletedIsMadeAnew) {
  flush();
  fs::remove_all(inbox_);
  EXPECT_TRUE(wait_for(data_, [&] { return fs::exists(inbox_ / "rejected"); }));
  drop("a.json", R"({"type":"clip"})");
  EXPECT_TRUE(wait_for(data_, [&] { return status("a") == "pending"; }));
  fs::remove_all(inbox_ / "rejected");
  drop("bad.json", "{");
  EXPECT_TRUE(wait_for(inbox_, [&] { return fs::exists(inbox_ / "rejected/bad.json"); }));
}

TEST_F(InboxTest, ABadFileIsKeptWithItsReasonAndShownAsFailed) {
  drop("bad.json", R"({"type":"clip",)");
  drop("good.json", R"({"type":"clip"})");
  flush();
  EXPECT_EQ(status("good"), "pending");
  EXPECT_EQ(contents(inbox_ / "rejected/bad.json"), R"({"type":"clip",)");
  EXPECT_THAT(reason("bad.json"), HasSubstr("inbox/bad.json: not valid JSON"));
  EXPECT_EQ(status("bad"), "failed");
  EXPECT_THAT(entry("bad")["error"].get<std::string>(), HasSubstr("not valid JSON"));
}

TEST_F(InboxTest, AFileOfSeveralJobsIsRefused) {
  drop("list.json", R"([{"id":"a"},{"id":"b"}])");
  flush();
  EXPECT_THAT(reason("list.json"), HasSubstr("must hold one job"));
}

TEST_F(InboxTest, ANameThatIsTakenInRejectedGetsANumber) {
  for (const char* content : {"one", "two", "three"}) {
    drop("bad.json", content);
    flush();
  }
  EXPECT_EQ(contents(inbox_ / "rejected/bad.json"), "one");
  EXPECT_EQ(contents(inbox_ / "rejected/bad.2.json"), "two");
  EXPECT_EQ(contents(inbox_ / "rejected/bad.3.json"), "three");
}

TEST_F(InboxTest, TheSameContentAgainIsSilentlyDone) {
  drop("a.json", R"({"type":"clip"})");
  flush();
  end("a", Ending::Kind::done);
  drop("a.json", R"({"type":"clip"})");
  flush();
  EXPECT_EQ(status("a"), "done");
  EXPECT_FALSE(fs::exists(inbox_ / "a.json"));
  EXPECT_FALSE(fs::exists(inbox_ / "rejected/a.json"));
}

TEST_F(InboxTest, AnotherJobUnderAUsedIdIsRefused) {
  drop("a.json", R"({"type":"clip","params":{"n":1}})");
  flush();
  drop("a.json", R"({"type":"clip","params":{"n":2}})");
  flush();
  EXPECT_TRUE(fs::exists(inbox_ / "rejected/a.json"));
  EXPECT_EQ(entry("a")["params"]["n"], 1);
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(InboxTest, AFileThatIsStillBeingWrittenIsLeftUntilItIsClosed) {
  {
    std::ofstream writer(inbox_ / "a.json", std::ios::binary);
    writer << R"({"type":)" << std::flush;
    flush();
    EXPECT_TRUE(fs::exists(inbox_ / "a.json"));
    writer << R"("clip"})";
  }
  EXPECT_TRUE(wait_for(data_, [&] { return status("a") == "pending"; }));
}

TEST_F(InboxTest, LinksAndPipesAreRefusedNotFollowed) {
  write_in_place(data_ / "secret", R"({"id":"secret"})");
  fs::create_symlink(data_ / "secret", inbox_ / "link.json");
  ASSERT_EQ(mkfifo((inbox_ / "pipe.json").c_str(), 0600), 0);
  flush();
  EXPECT_THAT(reason("link.json"), HasSubstr("link.json: is a symbolic link, which is not followed"));
  EXPECT_THAT(reason("pipe.json"), HasSubstr("no regular file"));
  EXPECT_EQ(status("secret"), "absent");
}

TEST_F(InboxTest, ManyFilesTakeOneTurnEach) {
  for (int i = 0; i < 1200; ++i)
    write_in_place(inbox_ / ("n" + std::to_string(i) + ".json"), R"({"type":"clip"})");
  flush();
  EXPECT_EQ(shown()["jobs"].size(), 1200U);
}

}  // namespace
}  // namespace reelspool::testing_window
