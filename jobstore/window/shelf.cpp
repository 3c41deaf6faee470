#include "jobstore/window/shelf.hpp"

#include <algorithm>
#include <memory>

#include "jobstore/members.hpp"

namespace reelspool::window {
namespace {

constexpr std::size_t changes_at_once = 1000;     // bounds the copies of jobs in flight
constexpr std::size_t piece_bytes = 1024 * 1024;  // one write(2)

}  // namespace

Result<bool> Shelf::follow(Ledger& ledger, const std::function<void(const Job&)>& changed,
                           const std::function<void(const std::string& id)>& gone) {
  bool any = false;
  for (bool more = true; more;) {
    Result<Ledger::Changes> changes = ledger.changes_since(cursor_, changes_at_once);
    if (!changes) return std::move(changes.error());
    for (const Ledger::Change& change : changes->changes) {
      any = true;
      if (!change.job) {
        take_down(change.place);
        gone(change.id);
        continue;
      }
      put_up(change.place, *change.job);
      changed(*change.job);
    }
    cursor_ = changes->cursor;
    more = changes->more;
  }
  return any;
}

void Shelf::put_up(std::uint64_t place, const Job& job) {
  const auto at = by_place_.find(place);
  Shown* shown = at == by_place_.end() ? nullptr : at->second;
  if (!shown) {
    auto fresh = std::make_unique<Shown>();
    shown = fresh.get();
    shown->id = job.id;
    jobs_.add(std::move(fresh));
    by_place_.put(place, shown);
  }
  size_bytes_ -= shown->entry.view().size();
  shown->entry = published_entry(job);
  shown->status = job.status;
  size_bytes_ += shown->entry.view().size();
}

void Shelf::take_down(std::uint64_t place) {
  const auto at = by_place_.find(place);
  if (at == by_place_.end()) return;
  const Shown& shown = *at->second;
  size_bytes_ -= shown.entry.view().size();
  by_place_.erase(place);
  jobs_.erase(shown.id);
}

const Shelf::Shown* Shelf::find(std::string_view id) const {
  return jobs_.find(id);
}

void Shelf::remember(const ForeignFile& file) {
  revision_ = std::max(revision_, file.revision);
  for (const auto& field : file.others) {
    const auto known = std::find_if(others_.begin(), others_.end(), [&](const auto& other) {
      return string_in(other.first) == string_in(field.first);
    });
    if (known == others_.end())
      others_.emplace_back(field);
    else
      known->second = field.second;
  }
}

Result<> Shelf::write_out(const std::string& published_at,
                          const std::function<Result<>(std::string_view)>& write) {
  ++revision_;
  std::string piece = "{\"version\":1,\"revision\":" + std::to_string(revision_) + ",\"publishedAt\":\"" +
                      published_at + "\",";
  for (const auto& [key, value] : others_) piece += key + ":" + value + ",";
  piece += "\"jobs\":[";
  bool first = true;
  for (const auto& [place, job] : by_place_) {
    piece += first ? "\n" : ",\n";
    first = false;
    piece += job->entry.view();
    if (piece.size() < piece_bytes) continue;
    if (Result<> written = write(piece); !written) return written;
    piece.clear();
  }
  piece += "\n]}\n";
  return write(piece);
}

}  // namespace reelspool::window
