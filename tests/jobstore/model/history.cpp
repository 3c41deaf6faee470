#include "tests/jobstore/model/history.hpp"

#include <sstream>

#include "tests/jobstore/model/author.hpp"

namespace reelspool::model {
namespace {

using namespace std::chrono_literals;
using Kind = Op::Kind;

/// All that were written for a history, so that some come again.
class Authors {
 public:
  explicit Authors(Dice& dice) : dice_(dice) {}
  Draft next() {
    if (!all_.empty() && dice_.one_in(3))
      return all_[static_cast<std::size_t>(dice_.below(static_cast<int>(all_.size())))].write_again();
    all_.emplace_back(dice_);
    return all_.back().write();
  }

 private:
  Dice& dice_;
  std::vector<Author> all_;
};

const std::vector<std::pair<Kind, int>> weights = {
    {Kind::submit, 14},     {Kind::take_in, 14}, {Kind::claim, 16},       {Kind::claim_job, 4},
    {Kind::progress, 9},    {Kind::update, 5},   {Kind::step, 8},         {Kind::finish, 15},
    {Kind::cancel, 4},      {Kind::retry, 5},    {Kind::remove, 5},       {Kind::pause, 2},
    {Kind::look, 6},        {Kind::recover, 1},  {Kind::advance, 6},      {Kind::reopen, 4},
    {Kind::die, 2},         {Kind::sweep, 4},    {Kind::retry_failed, 2}, {Kind::remove_failed, 1},
    {Kind::recover_from, 2}};

Kind a_kind(Dice& dice) {
  int total = 0;
  for (const auto& [kind, weight] : weights) total += weight;
  int left = dice.below(total);
  for (const auto& [kind, weight] : weights)
    if ((left -= weight) < 0) return kind;
  return Kind::look;
}

Fields some_fields(Dice& dice) {
  static const Texts keys = {"videoUrl", "error", "operations", "cost"};
  static const Texts values = {"null", "1.10", "[1, 2.50]", "{\"x\" : \"\\u00e9\"}", "\"u\""};
  Fields fields;
  for (int i = dice.below(3); i > 0; --i) {
    const std::string& key = dice.of(keys);
    if (fields.empty() || fields[0].first != key) fields.emplace_back(key, dice.of(values));
  }
  return fields;
}

void choose_attempt(Dice& dice, Op& op) {
  static const Texts stages = {"preparing", "rendering", "finishing"};
  static const std::vector<StepRecord::Phase> phases = {StepRecord::Phase::started, StepRecord::Phase::state,
                                                        StepRecord::Phase::done, StepRecord::Phase::failed};
  static const std::vector<Ending::Kind> endings = {
      Ending::Kind::done,      Ending::Kind::done,  Ending::Kind::failed,    Ending::Kind::failed,
      Ending::Kind::cancelled, Ending::Kind::retry, Ending::Kind::given_back};
  op.number = dice.one_in(2) ? 0 : dice.below(4);
  op.fields = some_fields(dice);
  op.shown = {.percent = dice.from(-1, 210) / 2.0,
              .stage = dice.of(stages),
              .scene = dice.below(3),
              .scenes = dice.below(3)};
  if (dice.one_in(2)) op.shown.eta_seconds = dice.below(3);
  if (dice.one_in(3)) op.shown.message = "line\n\"two\" é";
  op.step = {.key = dice.one_in(2) ? "s1" : "scene-2/clip",
             .hash = dice.one_in(2) ? "h1" : "h2",
             .phase = dice.of(phases)};
  if (dice.one_in(2)) op.step.body = "{\n\"s\" : 1.10}";
  op.ending = dice.of(endings);
  if (op.ending == Ending::Kind::retry && !dice.one_in(3)) op.by = dice.one_in(2) ? 5s : 10s;
}

Op make_op(Dice& dice, Authors& authors, Kind kind) {
  static const std::vector<std::chrono::milliseconds> jumps = {
      1ms, 1s, 5s, 10s, 1h, std::chrono::days(1), std::chrono::days(46), std::chrono::days(91)};
  Op op;
  op.kind = kind;
  op.slot = dice.below(static_cast<int>(slots.size()));
  op.id = dice.of(ids);
  const bool is_submit = kind == Kind::submit;
  if (is_submit) op.drafts.push_back(authors.next());
  if (kind == Kind::take_in) {
    for (int i = dice.below(4); i > 0; --i) op.drafts.push_back(authors.next());
    if (!op.drafts.empty() && dice.one_in(2)) op.id.clear();
    op.rev_offset = dice.one_in(2) ? 0 : dice.from(-3, 1);
    op.cancel = dice.one_in(3);
    op.remove = dice.one_in(3);
    op.to_pending = dice.one_in(2);
  }
  if (kind == Kind::claim || kind == Kind::claim_job)
    if (!dice.one_in(10)) op.slot = dice.below(3);
  choose_attempt(dice, op);
  if (kind == Kind::sweep) op.slot = dice.from(3, 4);
  if (kind == Kind::recover_from) op.number = dice.below(3);
  if (kind == Kind::pause) op.number = dice.one_in(3) ? 1 : 0;
  if (kind == Kind::advance) op.by = dice.of(jumps);
  if (kind == Kind::look && dice.one_in(2)) op.status = static_cast<Status>(dice.below(5));
  const bool may_die =
      kind != Kind::look && kind != Kind::recover && kind != Kind::advance && kind != Kind::die;
  if (may_die && dice.one_in(kind == Kind::reopen ? 3 : 14))
    op.nth = 1 + dice.below(dice.one_in(3) ? 40 : 12);
  return op;
}

Op massacre(Dice& dice, Authors& authors) {
  static const std::vector<Kind> kinds = {Kind::submit, Kind::take_in, Kind::claim, Kind::progress,
                                          Kind::step,   Kind::finish,  Kind::cancel};
  Op op;
  op.kind = Kind::massacre;
  op.slot = dice.below(3);
  op.nth = 1 + dice.below(60);
  for (int i = dice.from(2, 6); i > 0; --i) {
    Op inner = make_op(dice, authors, dice.of(kinds));
    inner.slot = op.slot;
    inner.nth = 0;
    op.inner.push_back(std::move(inner));
  }
  return op;
}

constexpr std::array<std::string_view, 22> kind_words = {
    "submit",  "take_in",      "claim",   "claim_job",    "progress",      "update",  "step",  "finish",
    "cancel",  "retry",        "remove",  "retry_failed", "remove_failed", "sweep",   "pause", "look",
    "recover", "recover_from", "advance", "reopen",       "die",           "massacre"};

}  // namespace

std::string_view kind_word(Op::Kind kind) {
  return kind_words[static_cast<std::size_t>(kind)];
}

std::string to_text(const Op& op) {
  std::ostringstream text;
  const std::string_view who = slots[static_cast<std::size_t>(op.slot)];
  text << (who.empty() ? "client" : who) << ' ' << kind_word(op.kind);
  const bool is_attempt = op.kind == Kind::progress || op.kind == Kind::update || op.kind == Kind::step ||
                          op.kind == Kind::finish;
  if (is_attempt) text << " by claim -" << op.number;
  if (op.kind == Kind::progress)
    text << ' ' << op.shown.percent << ' ' << op.shown.stage << ' ' << op.shown.scene << '/'
         << op.shown.scenes;
  if (op.kind == Kind::step)
    text << ' ' << op.step.key << ' ' << to_string(op.step.phase) << ' ' << op.step.hash;
  if (op.kind == Kind::finish)
    text << " as " << static_cast<int>(op.ending) << " (done failed cancelled retry given_back)";
  if (op.kind == Kind::finish || op.kind == Kind::update) text << ' ' << object_text(op.fields);
  if (op.by && (op.kind == Kind::advance || op.kind == Kind::finish))
    text << " by " << op.by->count() << " ms";
  if (op.kind == Kind::pause || op.kind == Kind::recover_from) text << ' ' << op.number;
  if (!is_attempt && op.kind != Kind::submit && op.kind != Kind::claim && op.kind != Kind::advance &&
      !op.id.empty())
    text << ' ' << op.id;
  if (op.kind == Kind::take_in && !op.id.empty())
    text << " at rev" << std::showpos << op.rev_offset << std::noshowpos << (op.cancel ? " cancel" : "")
         << (op.remove ? " remove" : "") << (op.to_pending ? " pending" : "");
  for (const Draft& draft : op.drafts) text << "\n      " << draft.text;
  if (op.nth > 0) text << "  ** dies at call " << op.nth;
  for (const Op& inner : op.inner) text << "\n    " << to_text(inner);
  return text.str();
}

std::string to_text(const History& history) {
  std::string text = "seed " + std::to_string(history.seed) + ", a snapshot every " +
                     std::to_string(history.snapshot_at_bytes) + " bytes\n";
  for (std::size_t i = 0; i < history.ops.size(); ++i)
    text += "  " + std::to_string(i + 1) + ". " + to_text(history.ops[i]) + '\n';
  return text;
}

History make_history(std::uint64_t seed, int operations) {
  static const std::vector<std::uint64_t> sizes = {1, 300, 2000, std::uint64_t{64} << 20};
  Dice dice(seed);
  Authors authors(dice);
  History history{seed, dice.of(sizes), {}};
  for (int i = 0; i < operations; ++i)
    history.ops.push_back(dice.one_in(150) ? massacre(dice, authors) : make_op(dice, authors, a_kind(dice)));
  return history;
}

}  // namespace reelspool::model
