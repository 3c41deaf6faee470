// Commands that ask a living worker over store/socket: the same answers as the store's own, from whoever lives, whatever
// other clients do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <future>
#include <thread>

#include "jobstore/json.hpp"
#include "jobstore/open.hpp"
#include "jobstore/socket/clients.hpp"
#include "jobstore/socket/nearest_store.hpp"
#include "jobstore/socket/remote_store.hpp"
#include "jobstore/socket/store_server.hpp"
#include "jobstore/socket/wire.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

using socket::Clients;
using socket::Connection;

/// Until the name is there: a server listens a moment after it was opened.
void wait_for(const std::filesystem::path& folder, const std::function<bool()>& condition) {
  const Fd inotify(::inotify_init1(IN_CLOEXEC));
  ::inotify_add_watch(inotify.number(), folder.c_str(), IN_ALL_EVENTS);
  while (!condition()) {
    pollfd source{inotify.number(), POLLIN, 0};
    ASSERT_EQ(::poll(&source, 1, 30'000), 1) << "nothing happens in " << folder;
    std::array<char, 4096> events;
    ASSERT_GT(::read(inotify.number(), events.data(), events.size()), 0);
  }
}

bool is_served(const std::filesystem::path& data) {
  return bool(RemoteStore::connect(data));
}

/// A worker's store with its server, in this process.
class SocketTest : public testing::Test {
 protected:
  SocketTest() { serve(); }

  void serve() {
    store_ = open_store(options_for(scratch_, "w1"));
    server_ = must(StoreServer::open(*store_, scratch_.store(),
                                     [](const std::string& message) { ADD_FAILURE() << message; }));
    wait_for(scratch_.store(), [&] { return is_served(scratch_.path()); });
  }
  std::unique_ptr<RemoteStore> connect() const { return must(RemoteStore::connect(scratch_.path())); }
  Connection raw() const {
    Connection connection = must(Connection::to(scratch_.store(), "socket"));
    must(connection.receive_head(socket::in(std::chrono::seconds(10))));
    return connection;
  }
  static std::string answer_to(Connection& connection, const std::string& question,
                               const std::string& bytes = "") {
    static_cast<void>(connection.send(question, bytes, socket::in(std::chrono::seconds(10))));
    const Result<std::string> answer = connection.receive_head(socket::in(std::chrono::seconds(30)));
    return answer ? *answer : answer.error().code;
  }
  NearestStore nearest() {
    return NearestStore(scratch_.path(), [this]() -> Result<std::shared_ptr<JobStore>> {
      ++times_opened_;
      Result<std::unique_ptr<FileJobStore>> store = open_file_store(options_for(scratch_));
      if (!store) return std::move(store.error());
      return std::shared_ptr<JobStore>(*std::move(store));
    });
  }

  Scratch scratch_;
  std::unique_ptr<FileJobStore> store_;
  std::unique_ptr<StoreServer> server_;
  int times_opened_ = 0;
};

void expect_same(const Job& one, const Job& other) {
  EXPECT_EQ(socket::text_of(one), socket::text_of(other));
  EXPECT_EQ(one.params, other.params);
  EXPECT_EQ(published_entry(one), published_entry(other));
}

TEST_F(SocketTest, EveryCallAnswersAsTheStoreItself) {
  const auto remote = connect();
  const std::string text =
      "{\"id\":\"a\",\n \"type\":\"clip\",\"note\":\"\\u00e9 \\\"q\\\" é\",\"params\":{\"n\":1.10}}";
  const Submitted submitted = must(remote->submit(text));
  EXPECT_TRUE(submitted.is_new);
  EXPECT_EQ(submitted.job.body, text) << "byte for byte, line breaks too";
  EXPECT_FALSE(must(remote->submit(text)).is_new);
  const Claimed claimed = *must(store_->claim());
  must(store_->append_step(claimed.claim,
                           {.key = "scene-1/clip", .hash = "9f", .body = R"({"file":"x\ny"})"}));
  must(store_->progress(claimed.claim,
                        {.percent = 33.3, .stage = "s", .scene = 1, .scenes = 2, .message = "m"}));
  must(store_->update(claimed.claim, R"({"videoUrl":"v","cost":0.10})"));

  expect_same(must(remote->find("a")), must(store_->find("a")));
  const auto steps = must(remote->steps("a")), own_steps = must(store_->steps("a"));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(socket::text_of(steps[0]), socket::text_of(own_steps[0]));
  EXPECT_EQ(socket::text_of(must(remote->stats())), socket::text_of(must(store_->stats())));
  EXPECT_TRUE(must(remote->cancel("a")).cancel_requested);
  must(store_->finish(claimed.claim, {.kind = Ending::Kind::cancelled, .run_at = {}}));
  EXPECT_EQ(must(remote->retry("a")).status, Status::pending);
  EXPECT_EQ(must(remote->cancel("a")).status, Status::cancelled);
  must(remote->set_paused(true));
  EXPECT_TRUE(must(store_->stats()).paused);
  must(remote->remove("a", false));
  EXPECT_EQ(remote->find("a").error().code, "not_found");
}

TEST_F(SocketTest, AnErrorOfTheStoreArrivesWhole) {
  const auto remote = connect();
  for (const std::string text : {"{", R"({"id":"a","priority":"high"})", R"({"id":".."})"}) {
    const Error there = remote->submit(text).error(), here = store_->submit(text).error();
    EXPECT_EQ(socket::text_of(there), socket::text_of(here));
    EXPECT_FALSE(there.message.empty());
  }
  EXPECT_EQ(remote->cancel("nobody").error().code, "not_found");
  EXPECT_EQ(remote->list({.after = "nobody"}).error().field, "after");
  EXPECT_EQ(remote->claim().error().code, "not_for_commands");
}

TEST_F(SocketTest, AListLongerThanAPageComesWholeAndInOrder) {
  std::vector<std::string> texts;
  for (int i = 0; i < 450; ++i) texts.push_back(entry_text("job-" + std::to_string(i)));
  must(store_->take_in({texts.begin(), texts.end()}));
  const auto ids = [](const std::vector<Job>& jobs) {
    std::vector<std::string> found;
    for (const Job& job : jobs) found.push_back(job.id);
    return found;
  };
  const auto remote = connect();
  for (const std::size_t limit : {1U, 199U, 200U, 201U, 400U, 1000U})
    EXPECT_EQ(ids(must(remote->list({.limit = limit}))), ids(must(store_->list({.limit = limit})))) << limit;
  EXPECT_EQ(ids(must(remote->list({.status = Status::done}))), std::vector<std::string>());
  EXPECT_EQ(ids(must(remote->list({.limit = 2, .after = "job-1"}))), std::vector<std::string>({"job-0"}));
}

TEST_F(SocketTest, APageOfLargeJobsIsCutByItsBytes) {
  const std::string large(300U << 10, 'x');
  for (const std::string id : {"a", "b", "c", "d", "e"})
    must(store_->submit(entry_text(id, "\"note\":\"" + large + "\"")));
  EXPECT_EQ(must(connect()->list({})).size(), 5U);
}

TEST_F(SocketTest, IsForItsUserAlone) {
  struct stat status {};
  ASSERT_EQ(::stat((scratch_.store() / "socket").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  server_.reset();
  ::chmod(scratch_.store().c_str(), 0775);
  server_ = must(StoreServer::open(*store_, scratch_.store(), {}));
  wait_for(scratch_.store(), [&] { return is_served(scratch_.path()); });
  ASSERT_EQ(::stat((scratch_.store() / "socket").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0660U);
}

TEST_F(SocketTest, AnotherUserOfTheGroupIsToldWhyNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  ::chmod(scratch_.path().c_str(), 0777);
  ::chmod(scratch_.store().c_str(), 0777);
  ::chmod((scratch_.store() / "socket").c_str(), 0666);  // the file's mode alone would let them in
  std::promise<std::string> said;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(3);
    const auto refused = RemoteStore::connect(scratch_.path());
    ::_exit(!refused && refused.error().code == "nobody" &&
                    refused.error().message.find("only its own user and root") != std::string::npos
                ? 0
                : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(is_served(scratch_.path()));
}

TEST_F(SocketTest, RubbishIsRefusedByNameAndHarmsNobody) {
  for (const std::string rubbish :
       {"", "nonsense", "[1]", "{\"call\":\"find\"", "\xff\xfe", "{\"call\":7}"}) {
    Connection connection = raw();
    EXPECT_THAT(answer_to(connection, rubbish), testing::HasSubstr("\"ok\":false")) << rubbish;
  }
  Connection unknown = raw();
  EXPECT_THAT(answer_to(unknown, R"({"call":"format_disk"})"), testing::HasSubstr("unknown_call"));
  EXPECT_THAT(answer_to(unknown, R"({"call":"stats"})"), testing::HasSubstr("\"ok\":true")) << "and goes on";
  Connection endless = raw();
  EXPECT_THAT(answer_to(endless, std::string(1U << 20, 'x')), testing::HasSubstr("bad_message"));
  Connection huge = raw();
  EXPECT_THAT(answer_to(huge, R"({"call":"submit","bytes":99999999999})"), testing::HasSubstr("bad_message"));
  Connection deep = raw();
  EXPECT_THAT(answer_to(deep, std::string(5000, '[')), testing::HasSubstr("bad_message"));
  { Connection gone = raw(); }
  EXPECT_GOOD(connect()->stats());
}

TEST_F(SocketTest, ClientsThatSayNothingAreSentAwayForOthers) {
  std::vector<Connection> silent;
  for (std::size_t i = 0; i < 3 * Clients::most; ++i)
    silent.push_back(must(Connection::to(scratch_.store(), "socket")));
  for (int i = 0; i < 20; ++i)
    EXPECT_GOOD(connect()->stats());  // which gives up after 2 s, and they stay for 10
}

TEST_F(SocketTest, AClientThatTakesNoAnswerHoldsUpNobody) {
  std::vector<std::string> texts;
  const std::string note(20'000, 'x');
  for (int i = 0; i < 40; ++i)
    texts.push_back(entry_text("job-" + std::to_string(i), "\"note\":\"" + note + "\""));
  must(store_->take_in({texts.begin(), texts.end()}));
  std::vector<Connection> greedy;
  for (std::size_t i = 0; i < 8; ++i) {
    greedy.push_back(raw());
    static_cast<void>(
        greedy.back().send(R"({"call":"list","limit":200})", {}, socket::in(std::chrono::seconds(1))));
  }
  EXPECT_TRUE(must(connect()->submit(entry_text("mine"))).is_new);
  server_.reset();  // and the worker can end
}

TEST_F(SocketTest, OnlyAFewLargeQuestionsAreReadAtATime) {
  std::vector<Connection> dripping;
  std::vector<pollfd> answers;
  for (int i = 0; i < 5; ++i) {
    dripping.push_back(raw());
    must(dripping.back().send(R"({"call":"submit","bytes":60000000})", "{",
                              socket::in(std::chrono::seconds(10))));
    answers.push_back({dripping.back().socket().number(), POLLIN, 0});
  }
  ASSERT_GT(::poll(answers.data(), answers.size(), 30'000), 0);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].revents == 0) continue;
    EXPECT_THAT(must(dripping[i].receive_head(socket::in(std::chrono::seconds(10)))),
                testing::HasSubstr("\"busy\""));
  }
  EXPECT_TRUE(must(connect()->submit(entry_text("small"))).is_new);
}

TEST_F(SocketTest, ManyCommandsAtOnceEachGetTheirOwnAnswer) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string id = "job-" + std::to_string(t) + "-" + std::to_string(i);
        NearestStore store(scratch_.path(), []() -> Result<std::shared_ptr<JobStore>> {
          return make_error(ErrorClass::transient, "opened");
        });
        const Result<Submitted> submitted = store.submit(entry_text(id));
        if (submitted && submitted->job.id == id) ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
  std::size_t dropped = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(scratch_.path() / "inbox", none)) {
    static_cast<void>(entry);
    ++dropped;
  }
  EXPECT_EQ(must(store_->stats()).waiting + dropped, 160U);
}

TEST_F(SocketTest, ASocketThatAKilledWorkerLeftIsReplaced) {
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(scratch_.store() / "socket")) << "a clean end removes it";
  Fd stale(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", (scratch_.store() / "socket").c_str());
  ASSERT_EQ(::bind(stale.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  stale = Fd();
  const auto refused = RemoteStore::connect(scratch_.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "nobody");
  server_ = must(StoreServer::open(*store_, scratch_.store(), {}));
  wait_for(scratch_.store(), [&] { return is_served(scratch_.path()); });
}

TEST_F(SocketTest, AnotherProtocolIsNamedAndTheStoreOpenedInstead) {
  server_.reset();
  Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  must(socket::with_address(
      scratch_.store(), "socket",
      [&](const sockaddr* address, unsigned length) { return ::bind(listener.number(), address, length); },
      "bind"));
  ASSERT_EQ(::listen(listener.number(), 8), 0);
  std::thread newer([&] {
    for (int i = 0; i < 2; ++i) {
      Connection connection(Fd(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)));
      must(connection.send(R"({"reelspool":"store","protocol":2})", {}, socket::in(std::chrono::seconds(5))));
    }
  });
  EXPECT_THAT(RemoteStore::connect(scratch_.path()).error().message, testing::HasSubstr("version 2"));
  must(store_->submit(entry_text("a")));
  EXPECT_GOOD(nearest().find("a"));
  EXPECT_EQ(times_opened_, 1);
  newer.join();
}

TEST_F(SocketTest, ASocketMayLieDeeperThanItsAddressHasRoomFor) {
  const std::filesystem::path deep = scratch_.path() / std::string(100, 'd') / std::string(100, 'e');
  FileStoreOptions options = options_for(scratch_, "w2");
  options.data = deep;
  const auto store = open_store(options);
  const auto server = must(StoreServer::open(*store, deep / "store", {}));
  wait_for(deep / "store", [&] { return is_served(deep); });
  EXPECT_TRUE(must(must(RemoteStore::connect(deep))->submit(entry_text("a"))).is_new);
}

TEST_F(SocketTest, TheNextInLineAnswersWhenTheFirstEnds) {
  const auto second_store = open_store(options_for(scratch_, "w2"));
  const auto second = must(StoreServer::open(*second_store, scratch_.store(), {}));
  NearestStore store = nearest();
  must(store.submit(entry_text("a")));
  server_.reset();
  store_.reset();
  wait_for(scratch_.store(), [&] { return is_served(scratch_.path()); });
  EXPECT_GOOD(store.find("a"));
  EXPECT_EQ(times_opened_, 0);
}

TEST_F(SocketTest, WithNobodyAliveASubmitIsDroppedAndTheRestOpensTheStore) {
  server_.reset();
  store_.reset();
  NearestStore store = nearest();
  EXPECT_TRUE(must(store.submit(entry_text("a"))).is_new);
  EXPECT_EQ(contents(scratch_.path() / "inbox" / "a.json"), entry_text("a"));
  EXPECT_FALSE(must(store.submit(entry_text("a"))).is_new);
  EXPECT_EQ(store.submit(entry_text("a", "\"x\":1")).error().code, "id_taken");
  EXPECT_EQ(store.submit(entry_text("b", "\"priority\":\"high\"")).error().field, "priority");
  EXPECT_EQ(times_opened_, 0);
  EXPECT_EQ(store.find("nobody").error().code, "not_found");
  EXPECT_EQ(times_opened_, 1);
}

TEST_F(SocketTest, ACommandThatOpensTheStoreTakesInWhatWasDropped) {
  server_.reset();
  store_.reset();
  must(nearest().submit(entry_text("a")));
  const auto opened = must(open_file_job_store({.store = options_for(scratch_), .window = {}}));
  EXPECT_EQ(must(opened->find("a")).status, Status::pending);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "inbox" / "a.json"));
  EXPECT_THAT(contents(scratch_.path() / "jobs.json"), testing::HasSubstr("\"a\""));
}

/// The worker dies when it has carried the wish out, before it can say so.
class DyingWorker {
 public:
  DyingWorker(const Scratch& scratch, FileJobStore& store, const std::string& reply_to_first = "")
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    std::filesystem::remove(scratch.store() / "socket");
    must(socket::with_address(
        scratch.store(), "socket",
        [&](const sockaddr* address, unsigned length) { return ::bind(listener_.number(), address, length); },
        "bind"));
    ::listen(listener_.number(), 8);
    thread_ = std::thread([this, &scratch, &store, reply_to_first] {
      Connection connection(
          Fd(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)));
      const auto soon = socket::in(std::chrono::seconds(10));
      must(connection.send(R"({"reelspool":"store","protocol":1})", {}, soon));
      const auto question = *socket::Head::from(must(connection.receive_head(soon)));
      const std::string bytes = must(connection.receive_bytes(question.number("bytes"), soon));
      const std::string call = question.word("call");
      if (call == "submit") must(store.submit(bytes));
      if (call == "cancel") must(store.cancel(question.word("id")));
      if (call == "retry") must(store.retry(question.word("id")));
      if (call == "remove") must(store.remove(question.word("id"), false));
      std::filesystem::remove(scratch.store() / "socket");
      if (!reply_to_first.empty()) must(connection.send(reply_to_first, {}, soon));
    });
  }
  ~DyingWorker() { thread_.join(); }

 private:
  Fd listener_;
  std::thread thread_;
};

TEST_F(SocketTest, AWishThatADyingWorkerGrantedIsNotReportedAsRefused) {
  server_.reset();
  must(store_->submit(entry_text("a")));
  {
    const DyingWorker dying(scratch_, *store_);
    EXPECT_EQ(must(nearest().cancel("a")).status, Status::cancelled);
  }
  {
    const DyingWorker dying(scratch_, *store_);
    EXPECT_EQ(must(nearest().retry("a")).status, Status::pending);
  }
  must(store_->cancel("a"));
  {
    const DyingWorker dying(scratch_, *store_);
    EXPECT_GOOD(nearest().remove("a", false));
  }
  {
    const DyingWorker dying(scratch_, *store_);
    EXPECT_TRUE(must(nearest().submit(entry_text("b"))).is_new);
  }
  EXPECT_EQ(must(store_->stats()).waiting, 1U);
}

TEST_F(SocketTest, AnAnswerThatIsCutIsAskedForElsewhere) {
  server_.reset();
  must(store_->submit(entry_text("a")));
  const DyingWorker dying(scratch_, *store_, R"({"ok":true,"bytes":5000})");
  EXPECT_EQ(must(nearest().find("a")).id, "a");
  EXPECT_EQ(times_opened_, 1);
}

}  // namespace
}  // namespace reelspool
