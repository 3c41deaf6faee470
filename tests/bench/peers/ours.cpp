// This store, by the calls that a worker makes.
#include <unistd.h>

#include <atomic>

#include "jobstore/open.hpp"
#include "tests/bench/peers/peer.hpp"
#include "tests/bench/subject.hpp"

namespace reelspool::bench {
namespace {

class Call final : public Session {
 public:
  explicit Call(std::shared_ptr<JobStore> store) : store_(std::move(store)) {}
  ~Call() override {
    if (claim_.token != 0)
      must(store_->finish(claim_, {.kind = Ending::Kind::given_back, .fields = "{}", .run_at = {}}),
           "giving back");
  }

  /// The same body, with an id of its own as front ends make one.
  void submit(const std::string& body) override {
    static std::atomic<int> count = 0;
    const std::string id = "new-" + std::to_string(getpid()) + "-" + std::to_string(++count);
    must(store_->submit(with_id(body, id)), "submitting");
  }
  bool claim_and_finish() override {
    const auto claimed = *must(store_->claim(), "claiming");
    if (!claimed) return false;
    must(store_->finish(claimed->claim, {}), "finishing");
    return true;
  }
  void progress(int frame) override {
    if (claim_.token == 0) claim_ = claim_one(*store_);
    Progress shown{.percent = 40, .stage = "generating_video", .scene = 2, .scenes = 5};
    shown.message = "frame " + std::to_string(frame);
    must(store_->progress(claim_, shown), "progress");
  }

 private:
  const std::shared_ptr<JobStore> store_;
  Claim claim_;
};

class Ours final : public SessionPeer {
 public:
  Ours(std::filesystem::path data, bool with_window) : data_(std::move(data)), with_window_(with_window) {}
  std::string name() const override { return with_window_ ? "reelspool, published" : "reelspool"; }
  bool survives_power_loss() const override { return true; }
  void fill(std::size_t jobs, const std::string&) override { bench::fill(data_, jobs); }

  double measure(const Load& load, const std::string& body) override {
    only_submit_ = load.are_processes && load.operation == Operation::submit;
    if (load.are_processes)
      store_.reset();  // each process opens it for itself, and no thread of this one is about
    else if (!store_)
      store_ = open();
    return SessionPeer::measure(load, body);
  }
  std::unique_ptr<Session> connect() override { return std::make_unique<Call>(store_ ? store_ : open()); }

 private:
  std::shared_ptr<JobStore> open() const {
    const std::string worker = "w" + std::to_string(getpid());
    if (!with_window_ && only_submit_) return open_client(data_);  // as `reelspool submit` and a front end do
    if (!with_window_) return open_worker(data_, worker);
    JobStoreOptions options;
    options.store.data = data_;
    options.store.role = FileStoreOptions::Role::worker;
    options.store.worker = worker;
    return *must(open_file_job_store(options), "opening " + data_.string());
  }
  const std::filesystem::path data_;
  const bool with_window_;
  bool only_submit_ = false;  // processes that make no videos
  std::shared_ptr<JobStore> store_;
};

}  // namespace

Offer offer_ours(const std::filesystem::path& folder, bool with_window) {
  return {std::make_unique<Ours>(folder, with_window), ""};
}

}  // namespace reelspool::bench
