// The reader of the journal, given any bytes as the files of store/. For each input it must
//   - open the store exactly when a second reader, written after FORMAT.md, says so, with exactly that reader's fold: so no
//     record with a wrong CRC, out of its order or behind damage is ever believed;
//   - cut only what the book allows to cut, and touch nothing when it refuses;
//   - read the same again, go on writing, and fold into a snapshot that reads the same.
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "jobstore/file/payloads.hpp"
#include "jobstore/file/store_core.hpp"
#include "tests/fuzz/format.hpp"
#include "tests/fuzz/invariant.hpp"
#include "tests/fuzz/sections.hpp"

namespace reelspool::fuzz {
namespace {

using Bytes = std::map<std::string, std::string>;

const FixedClock the_clock;

bool is_file_of_the_store(std::string_view name) {
  if (name == "snapshot" || name == "snapshot.new" || name == "snapshot.rescued") return true;
  return name.size() == 14 && name.starts_with("journal-00000") && name.back() >= '0' && name.back() <= '9';
}

/// Everything that a fold holds, in an order of its own.
std::string all_of(const Fold& fold) {
  SnapshotText text({1, 1});
  fold.write(text, Time::min());
  text.finish();
  const std::string lines = text.take();
  std::vector<std::string> records;
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1)
    records.emplace_back(words_of(std::string_view(lines).substr(at, lines.find('\n', at) - at))->rest);
  std::sort(records.begin(), records.end());
  std::string all;
  for (const std::string& record : records) all += record + '\n';
  return all;
}

/// Through a snapshot and back. Removed jobs that went before `forget_before` are left out.
Fold after_a_snapshot(const Fold& fold, Time forget_before) {
  SnapshotText text({3, 1000});
  fold.write(text, forget_before);
  text.finish();
  const std::string lines = text.take();
  Fold again;
  Chain chain{3, 0, 0};
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    Record record;
    const std::string_view line = std::string_view(lines).substr(at, lines.find('\n', at) - at);
    insist(decode_line(line, chain, record), "a snapshot that was just written can be read", line);
    if (record.kind == RecordKind::end) break;
    const Result<> applied = again.apply(record);
    insist(bool(applied), "a snapshot that was just written makes sense", line);
  }
  return again;
}

class Store {
 public:
  explicit Store(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directory(folder);
  }

  void fill(const Bytes& files) const {
    for (const auto& file : std::filesystem::directory_iterator(folder_)) ::unlink(file.path().c_str());
    for (const auto& [name, bytes] : files) write_file(folder_ / name, bytes);
  }
  Bytes files() const {
    Bytes files;
    for (const auto& file : std::filesystem::directory_iterator(folder_))
      if (is_file_of_the_store(file.path().filename().string()))
        files[file.path().filename().string()] = contents(file.path());
    return files;
  }
  Result<std::unique_ptr<StoreCore>> open() const {
    return StoreCore::open(
        {.store = folder_, .snapshot_at_bytes = 64U << 20, .clock = the_clock, .files = system_files()},
        [](const StoreCore::Moved&) {});
  }

 private:
  std::filesystem::path folder_;
};

std::string all_of(StoreCore& core) {
  std::string all;
  const Result<> read = core.read(StoreCore::Durability::later, [&](const Fold& fold) -> Result<> {
    all = all_of(fold);
    return ok;
  });
  insist(bool(read), "an open store can be read", read ? "" : read.error().message);
  return all;
}

void use(const Store& store, StoreCore& core) {
  const Result<> written = core.write(StoreCore::Durability::synced, [](StoreCore::Writer& writer) {
    return writer.add(RecordKind::queue, queue_payload(!writer.fold().is_paused()));
  });
  insist(bool(written), "an open store can be written", written ? "" : written.error().message);
  const std::string now = all_of(core);
  Result<std::unique_ptr<StoreCore>> again = store.open();
  insist(bool(again), "a store that was written opens again", again ? "" : again.error().message);
  insist(all_of(**again) == now, "what was written is read", now);
}

void try_one(const Store& store, const Bytes& files) {
  store.fill(files);
  // A rescue writes a snapshot, and that forgets whom a snapshot forgets.
  const auto through_snapshot = [](const Fold& fold) {
    return after_a_snapshot(fold, the_clock.now() - removed_jobs_are_remembered);
  };
  const Expected expected = read_by_the_book(files, through_snapshot);
  Result<std::unique_ptr<StoreCore>> core = store.open();
  insist(bool(core) == expected.opens, "a store opens when the book says so",
         core ? expected.reason : core.error().message);
  Bytes now = store.files();
  if (!core) {
    insist(expected.rescues || now == files, "a store that is refused is not touched", core.error().message);
    return;
  }
  const std::string all = all_of(expected.fold);
  insist(all_of(**core) == all, "the fold holds what the book reads, and no more",
         all_of(**core) + "----\n" + all);
  if (!expected.rescues)
    insist(now == expected.files, "only what the book allows is cut", input_of({{"", ""}}));
  const std::string kept = all_of(expected.fold_again);
  core = store.open();
  insist(bool(core) && all_of(**core) == kept, "read again, it is the same", kept);
  insist(store.files() == now, "nothing is cut twice");
  insist(all_of(after_a_snapshot(expected.fold, Time::min())) == all, "a snapshot is what it was made of",
         all);
  use(store, **core);
}

}  // namespace
}  // namespace reelspool::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reelspool::fuzz;
  static const MemoryFolder folder;
  static const Store store(folder.path() / "store");
  Bytes files;
  for (Section& section : sections_of({reinterpret_cast<const char*>(data), size}, is_file_of_the_store))
    files[section.name] = std::move(section.bytes);
  try_one(store, files);
  return 0;
}
