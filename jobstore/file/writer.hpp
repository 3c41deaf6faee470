#pragma once

#include <string_view>

#include "jobstore/file/fold.hpp"
#include "jobstore/file/journal_room.hpp"
#include "jobstore/file/record.hpp"
#include "jobstore/result.hpp"
#include "jobstore/time.hpp"

namespace reelspool {

/// The state as it is in this transaction, and the one way to change it. What a wish leads to is written against
/// this, so that it can be done (StoreCore::write) or only rehearsed (rehearsal.hpp).
class Writer {
 public:
  virtual ~Writer() = default;

  virtual const Fold& fold() const = 0;
  virtual Time now() const = 0;
  /// Appends one record, and it is so. Each record stands alone: a transaction that is cut short leaves whole ones.
  virtual Result<> add(RecordKind kind, std::string_view payload, RoomUse use) = 0;
  Result<> add(RecordKind kind, std::string_view payload) { return add(kind, payload, RoomUse::ordinary); }
};

}  // namespace reelspool
