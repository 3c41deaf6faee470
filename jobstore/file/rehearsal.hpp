#pragma once

#include <utility>

#include "jobstore/file/writer.hpp"

namespace reelspool {

/// A transaction on a copy of the state that is written nowhere: what a wish would lead to, told by the functions
/// that grant it.
class Rehearsal final : public Writer {
 public:
  /// `chain`: where the journal stood when `fold` was read.
  Rehearsal(Fold fold, const Chain& chain, Time now) : fold_(std::move(fold)), chain_(chain), now_(now) {
    fold_.make_due({now, {}});
  }

  const Fold& fold() const override { return fold_; }
  Time now() const override { return now_; }
  using Writer::add;
  Result<> add(RecordKind kind, std::string_view payload, RoomUse) override {
    Chain before = chain_;
    const std::string line = encode_line(chain_, kind, 0, payload);
    Record record;
    decode_line(std::string_view(line).substr(0, line.size() - 1), before, record);
    return fold_.apply(record);
  }

 private:
  Fold fold_;
  Chain chain_;
  const Time now_;
};

}  // namespace reelspool
