// What keeps the files in order: compact, export, import (file_job_store.hpp).
#include "jobstore/file/file_store.hpp"
#include "jobstore/file/transfer.hpp"

namespace reelspool {

Result<> FileStore::compact() {
  return core_->compact();
}

Result<> FileStore::export_to(const std::function<Result<>(std::string_view)>& write) {
  // The store's lock is free by the time that the body runs: only this process waits for a slow reader.
  return core_->read(StoreCore::Durability::synced, [&](const Fold& fold) -> Result<> {
    Result<> done = write(export_head(clock_.now()));
    for (const auto& [id, gone] : fold.all_gone())
      if (done) done = write(export_line(id, gone));
    for (const auto& [place, row] : fold.all())
      if (done) done = write(export_line(*row));
    if (done) done = write(export_end(fold.all().size(), fold.all_gone().size()));
    return done;
  });
}

Result<std::vector<Imported>> FileStore::import(const std::vector<std::string_view>& lines) {
  std::vector<Imported> outcomes;
  Result<> done = core_->write(StoreCore::Durability::synced, [&](Writer& writer) -> Result<> {
    for (const std::string_view line : lines) {
      Result<Imported> imported = import_line(writer, line);
      if (!imported) return std::move(imported.error());
      outcomes.push_back(*std::move(imported));
    }
    return ok;
  });
  if (!done) return std::move(done.error());
  return outcomes;
}

}  // namespace reelspool
