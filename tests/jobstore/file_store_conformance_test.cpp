// The file store before the suite of conformance/.
#include <map>

#include "tests/jobstore/conformance/conformance.hpp"
#include "tests/jobstore/mortal_files.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool::conformance {
namespace {

class FileStoreMaker final : public StoreMaker {
 public:
  /// `snapshot_at_bytes`: a small one makes every few records a rotation.
  explicit FileStoreMaker(std::uint64_t snapshot_at_bytes) : snapshot_at_bytes_(snapshot_at_bytes) {}

  Result<std::shared_ptr<JobStore>> open(const std::string& worker) override {
    files_.push_back(std::make_unique<MortalFiles>());
    FileStoreOptions options = options_for(scratch_, worker);
    options.clock = &clock_;
    options.files = files_.back().get();
    options.max_attempts = max_attempts;
    options.max_interruptions = max_interruptions;
    options.snapshot_at_bytes = snapshot_at_bytes_;
    options.retention = retention_;
    options.rules = claim_rules_;
    Result<std::unique_ptr<FileJobStore>> store = open_file_store(options);
    if (!store) return std::move(store.error());
    files_of_[store->get()] = files_.back().get();
    return std::shared_ptr<JobStore>(std::move(*store));
  }

  Result<std::size_t> sweep(JobStore& handle) override { return static_cast<FileJobStore&>(handle).sweep(); }
  void kill(std::shared_ptr<JobStore> handle) override {
    ASSERT_EQ(handle.use_count(), 1);
    files_of_.at(handle.get())->die();
  }

  Time now() const override { return clock_.now(); }
  void advance(std::chrono::milliseconds by) override { clock_.advance(by); }
  std::filesystem::path data() const override { return scratch_.path(); }

 private:
  const std::uint64_t snapshot_at_bytes_;
  Scratch scratch_{Scratch::Place::in_memory};
  StandingClock clock_;
  std::vector<std::unique_ptr<MortalFiles>> files_;
  std::map<const JobStore*, MortalFiles*> files_of_;  // by open handle
};

std::unique_ptr<StoreMaker> of_one_segment() {
  return std::make_unique<FileStoreMaker>(std::uint64_t{64} << 20);
}
std::unique_ptr<StoreMaker> of_many_segments() {
  return std::make_unique<FileStoreMaker>(200);
}

INSTANTIATE_TEST_SUITE_P(FileStore, JobStoreConformance, testing::Values(&of_one_segment, &of_many_segments),
                         [](const auto& kind) { return kind.index == 0 ? "OneSegment" : "ManySegments"; });

}  // namespace
}  // namespace reelspool::conformance
