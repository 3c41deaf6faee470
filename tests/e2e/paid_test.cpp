// The worker itself, killed with SIGKILL while a request that is paid for is on its way: the provider on loopback counts what
// it would bill.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>

#include "tests/e2e/paid_job.hpp"

namespace reelspool::testing {
namespace {

class APaidJob : public PaidWork {
 protected:
  APaidJob() : PaidWork("paid", job_of(1)) {}
};

TEST_F(APaidJob, IsBilledOnceWhenNobodyDies) {
  serve([](const Received& got) {
    EXPECT_EQ(got.header("authorization"), std::string("Key ") + secret);
    return made();
  });
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << read(log());
  EXPECT_EQ(server->billed(), 1);
  end_worker(SIGTERM);
  expect_no_secret();
}

TEST_F(APaidJob, ThatDiesBeforeItConnectsIsBilledOnceAndDone) {
  serve([](const Received&) { return made(); }, {.listening = false});
  start_worker();
  ASSERT_TRUE(comes_true([this] { return is_recorded("\"sending\":\"intended\"") || has_ended(); }))
      << read(log());
  end_worker(SIGKILL);
  EXPECT_EQ(server->billed(), 0);
  server->listen();
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << job().dump(1) << read(log());
  EXPECT_EQ(server->billed(), 1);
}

TEST_F(APaidJob, ThatDiesBeforeTheAnswerIsBilledOnceAndSaysSo) {
  serve([](const Received&) { return Reply{.held = true}; });
  start_worker();
  server->await_requests(1);
  EXPECT_TRUE(is_recorded("\"sending\":\"sent\"")) << "noted before it left";
  end_worker(SIGKILL);
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "failed");
  EXPECT_EQ(job()["errorInfo"]["code"], "unknown_submit") << job().dump(1);
  EXPECT_EQ(server->billed(), 1);
  end_worker(SIGTERM);
  expect_no_secret();
}

TEST_F(APaidJob, ThatDiesWithTheAnswerOnItsWayIsBilledOnceAndSaysSo) {
  serve([](const Received&) {
    Reply reply = made();
    reply.held = true;
    return reply;
  });
  start_worker();
  server->await_requests(1);
  kill(worker, SIGSTOP);
  server->release();
  end_worker(SIGKILL);
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["errorInfo"]["code"], "unknown_submit") << job().dump(1);
  EXPECT_EQ(server->billed(), 1);
}

TEST_F(APaidJob, WithAnIdempotencyKeyIsBilledOnceAndDoneWhateverDies) {
  environment["PAID_KEYED"] = "yes";
  serve([](const Received&) {
    Reply reply = made();
    reply.held = true;
    return reply;
  });
  for (std::size_t kills = 1; kills <= 3; ++kills) {
    start_worker();
    server->await_requests(kills);
    end_worker(SIGKILL);
  }
  server->release();
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << job().dump(1);
  EXPECT_GE(server->requests().size(), 4u);
  EXPECT_EQ(server->billed(), 1);
}

TEST_F(APaidJob, IsPaidAgainWhereTheOperatorWantsIt) {
  environment["ON_UNKNOWN_SUBMIT"] = "retry";
  std::atomic<int> calls = 0;
  serve([&](const Received&) { return ++calls == 1 ? Reply{.silent = true} : made(); });
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << job().dump(1);
  EXPECT_EQ(server->billed(), 2);
}

}  // namespace
}  // namespace reelspool::testing
