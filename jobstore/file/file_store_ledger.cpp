// The store as the window sees it (ledger.hpp).
#include <algorithm>

#include "jobstore/entry.hpp"
#include "jobstore/file/file_store.hpp"
#include "jobstore/file/wishes.hpp"

namespace reelspool {
namespace {

using Durability = StoreCore::Durability;

}  // namespace

Result<Ledger::Changes> FileStore::changes_since(std::uint64_t cursor, std::size_t limit) {
  Changes changes;
  Result<> done = core_->read(Durability::synced, [&](const Fold& fold) -> Result<> {
    auto change = fold.changes().upper_bound(cursor);
    // Who has seen nothing yet has seen nothing that is removed.
    auto removal = cursor == 0 ? fold.removals().end() : fold.removals().upper_bound(cursor);
    changes.cursor = cursor;
    while (changes.changes.size() < limit) {
      const bool has_change = change != fold.changes().end();
      const bool has_removal = removal != fold.removals().end();
      if (!has_change && !has_removal) break;
      if (has_change && (!has_removal || change->first < removal->first)) {
        const Row& row = *change->second;
        changes.changes.push_back({row.place, std::string(row.job.id), Fold::copy(row)});
        changes.cursor = change->first;
        ++change;
      } else {
        changes.changes.push_back({removal->second.place, removal->second.id, std::nullopt});
        changes.cursor = removal->first;
        ++removal;
      }
    }
    changes.more = change != fold.changes().end() || removal != fold.removals().end();
    if (!changes.more) changes.cursor = std::max(cursor, fold.now());
    return ok;
  });
  if (!done) return std::move(done.error());
  return changes;
}

Result<std::vector<Ledger::Outcome>> FileStore::take_in(const std::vector<std::string_view>& texts) {
  // Read before the lock is taken: others need not wait for a large file to be understood.
  std::vector<Result<Entry>> entries;
  entries.reserve(texts.size());
  for (const std::string_view text : texts) entries.push_back(read_entry(text));
  std::vector<Outcome> outcomes;
  Result<> done = core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    Result<std::vector<Outcome>> granted = grant_wishes(writer, entries, options_.max_attempts);
    if (!granted) return std::move(granted.error());
    outcomes = std::move(*granted);
    return ok;
  });
  if (!done) return std::move(done.error());
  const bool has_removed = std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
    return outcome.kind == Outcome::Kind::removed;
  });
  if (has_removed) clear_removed();
  return outcomes;
}

Result<> FileStore::while_holding(const Claim& claim, const std::function<Result<>()>& act) {
  return core_->write(Durability::later, [&](StoreCore::Writer& writer) -> Result<> {
    if (!held_row(writer.fold(), claim)) return stale_claim(claim);
    return act();
  });
}

Result<bool> FileStore::others_run() {
  bool others = false;
  Result<> done = core_->read(Durability::later, [&](const Fold& fold) -> Result<> {
    for (const std::string& name : fold.busy_workers()) others = others || name != liveness_.name();
    return ok;
  });
  if (!done) return std::move(done.error());
  return others;
}

}  // namespace reelspool
