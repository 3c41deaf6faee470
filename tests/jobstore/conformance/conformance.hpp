#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "jobstore/job_store.hpp"
#include "jobstore/json.hpp"
#include "tests/jobstore/arrange.hpp"
#include "tests/jobstore/conformance/store_maker.hpp"

namespace reelspool::conformance {

/// What JobStore promises, as tests that know nothing of how it is kept: each kind of store passes all of them
/// (DESIGN 3). They see it through the interface and a StoreMaker alone.
///
/// `store_` is a worker named "w1".
class JobStoreConformance : public testing::TestWithParam<MakeStores> {
 protected:
  JobStoreConformance() : maker_(GetParam()()), store_(open("w1")) {}

  std::shared_ptr<JobStore> open(const std::string& worker = {}) { return must(maker_->open(worker)); }
  /// The same store, as another process would find it now.
  void reopen() {
    store_.reset();
    store_ = open("w1");
  }
  /// Dies with what it had claimed, and is there again.
  void die_and_reopen() {
    maker_->kill(std::move(store_));
    store_ = open("w1");
  }

  void submit(const std::string& id, const std::string& more = {}) {
    EXPECT_TRUE(must(store_->submit(entry_text(id, more))).is_new) << id;
  }
  Claimed claim() {
    auto claimed = must(store_->claim());
    EXPECT_TRUE(claimed) << "nothing to claim";
    return claimed.value_or(Claimed{});
  }
  Claimed claim_job(const std::string& id) {
    auto claimed = must(store_->claim_job(id));
    EXPECT_TRUE(claimed) << id << " is not claimable";
    return claimed.value_or(Claimed{});
  }
  std::string claimed_id() {
    const auto claimed = must(store_->claim());
    return claimed ? claimed->job.id : "none";
  }
  bool is_claimable(const std::string& id) { return must(store_->claim_job(id)).has_value(); }
  Job find(const std::string& id) { return must(store_->find(id)); }
  Json fields(const std::string& id) { return must(parse_json(find(id).fields)); }
  Job finish(const Claim& claim, Ending::Kind kind, const std::string& fields = "{}") {
    return must(store_->finish(claim, {.kind = kind, .fields = fields, .run_at = {}}));
  }
  /// Brings a job, freshly submitted, to an end.
  void end(const std::string& id, Ending::Kind kind) { finish(claim_job(id).claim, kind); }
  std::vector<std::string> ids(const Listing& listing) {
    std::vector<std::string> found;
    for (const Job& job : must(store_->list(listing))) found.push_back(job.id);
    return found;
  }
  std::string time_text(std::chrono::milliseconds from_now) {
    return '"' + format_time(maker_->now() + from_now) + '"';
  }

  std::unique_ptr<StoreMaker> maker_;
  std::shared_ptr<JobStore> store_;
};

/// What a caller acts on, as one text: "invalid_request/id_taken/idempotencyKey"; "good" when it went well.
template <class T>
std::string why_not(const Result<T>& result) {
  if (result) return "good";
  const Error& error = result.error();
  return std::string(to_string(error.cls)) + "/" + error.code + "/" + error.field;
}

}  // namespace reelspool::conformance
