#include "tests/jobstore/model/rehearsal.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <sstream>

#include "jobstore/json.hpp"
#include "tests/jobstore/model/answers.hpp"
#include "tests/jobstore/model/doing.hpp"
#include "tests/jobstore/mortal_files.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool::model {
namespace {

using Kind = Op::Kind;

/// A dead process gets no answer: it is this one.
bool is_disk_trouble(const std::string& real) {
  return real.starts_with("storage/");
}

/// One open store of one process.
struct Handle {
  MortalFiles files;
  std::unique_ptr<FileJobStore> store;
  std::uint64_t cursor = 0;
  std::map<std::uint64_t, std::string> window;  ///< place -> entry, as its window would publish them
  std::optional<Time> quiet_until;              ///< nothing: has not swept yet
};

class Rehearsal {
 public:
  Rehearsal(const History& history, Tally& tally) : history_(history), tally_(tally) {
    model_.now = clock_.now();
    model_.type_limit = claim_limit;
  }

  std::optional<std::string> play() {
    std::size_t number = 0;
    for (const Op& op : history_.ops) {
      ++number;
      step(op);
      if (!wrong_ && number % 16 == 0) compare_handle(handle(op.slot));
      if (wrong_) return "at operation " + std::to_string(number) + ", " + to_text(op) + "\n" + *wrong_;
    }
    finish();
    if (wrong_) return "at the end\n" + *wrong_;
    return std::nullopt;
  }

 private:
  // ---- the real store

  FileStoreOptions options(int slot, Files& files) const {
    FileStoreOptions options = options_for(scratch_, std::string(slots[static_cast<std::size_t>(slot)]));
    options.clock = &clock_;
    options.files = &files;
    options.max_attempts = Model::max_attempts;
    options.max_interruptions = Model::max_interruptions;
    options.snapshot_at_bytes = history_.snapshot_at_bytes;
    options.rules.limits = {{.types = {claim_limit.type},
                             .at_once = static_cast<int>(claim_limit.at_once),
                             .starts = static_cast<int>(claim_limit.starts),
                             .per = claim_limit.per}};
    if (options.role == FileStoreOptions::Role::client)
      options.retention = {stay.done, stay.failed, stay.most_done, stay.most_failed, {}};
    return options;
  }

  Handle& handle(int slot) {
    auto& handle = handles_[static_cast<std::size_t>(slot)];
    if (handle) return *handle;
    handle = std::make_unique<Handle>();
    handle->store = must(open_file_store(options(slot, handle->files)));
    return *handle;
  }

  Claim claim_of(const Op& op) const {
    if (claims_.empty()) return {op.id, 1};
    return claims_[claims_.size() - 1 - static_cast<std::size_t>(op.number) % claims_.size()];
  }

  Doing doing(const Op& op) const {
    const auto& handle = handles_[static_cast<std::size_t>(op.slot)];
    return {.op = op,
            .entries = entries_of(model_, op),
            .claim = claim_of(op),
            .until = op.by ? std::optional(model_.now + *op.by) : std::nullopt,
            .is_quiet = handle && handle->quiet_until && model_.now < *handle->quiet_until};
  }

  // ---- both

  void count(const Op& op, const std::string& real) {
    const std::string kind(kind_word(op.kind));
    if (op.kind != Kind::take_in) {
      ++tally_[kind + (real.starts_with("good nothing") ? " nothing"
                       : real.starts_with("good")       ? " good"
                                                        : " refused")];
      return;
    }
    std::istringstream outcomes(real);
    for (std::string line; std::getline(outcomes, line);)
      ++tally_[kind + ' ' + line.substr(0, line.find(' '))];
  }

  void differ(const std::string& what, const std::string& real, const std::string& model) {
    if (!wrong_) wrong_ = what + "\n  store: " + real + "\n  model: " + model;
  }

  void step(const Op& op) {
    switch (op.kind) {
      case Kind::advance:
        clock_.advance(*op.by);
        model_.now = clock_.now();
        return;
      case Kind::reopen:
        reopen(op);
        return;
      case Kind::die:
        static_cast<void>(handle(op.slot));
        bury(op.slot, {model_});
        return;
      case Kind::massacre:
        massacre(op);
        return;
      default:
        break;
    }
    Handle& used = handle(op.slot);
    if (op.kind == Kind::sweep && !used.quiet_until) used.quiet_until = quiet_from_now_on();
    used.files.die_at(op.nth);
    const std::string real = act(*used.store, doing(op));
    used.files.die_at(0);
    const bool is_told = !used.files.is_dead() || !is_disk_trouble(real);
    if (is_told) follow(op, real);
    if (used.files.is_dead()) bury(op.slot, is_told ? std::vector<Model>{model_} : worlds_after(op));
  }

  /// A handle that sweeps for the first time long after the last end takes its clock for wrong.
  Time quiet_from_now_on() const {
    const ModelJob* last = nullptr;
    for (const ModelJob& one : model_.jobs)
      if (has_ended(one.job.status) && (!last || one.ended > last->ended)) last = &one;
    const bool is_long_ago =
        last && model_.now - last->job.finished_at.value_or(last->job.updated_at) > std::chrono::hours(24);
    return is_long_ago ? model_.now + std::chrono::hours(1) : model_.now;
  }

  /// An operation that was acknowledged, or refused for good.
  void follow(const Op& op, const std::string& real) {
    const std::string said = expected(model_, doing(op), real);
    count(op, real);
    if (real != said) differ("the answer", real, said);
    if ((op.kind == Kind::claim || op.kind == Kind::claim_job) && token_in(real) != 0)
      claims_.push_back({real.substr(5, real.find(' ', 5) - 5), token_in(real)});
  }

  /// Of how many changes an operation may consist.
  std::size_t parts_of(const Op& op) const {
    switch (op.kind) {
      case Kind::take_in:
        return entries_of(model_, op).size();
      case Kind::retry_failed:
      case Kind::remove_failed:
      case Kind::recover_from:
      case Kind::sweep:
        return std::max<std::size_t>(1, model_.jobs.size());
      default:
        return 1;
    }
  }

  /// What may be when a process died in the middle of it: nothing happened, or all of it; of many changes, some.
  std::vector<Model> worlds_after(const Op& op) {
    std::vector<Model> worlds = {model_};
    const std::size_t parts = parts_of(op);
    for (std::size_t most = 1; most <= parts; ++most) {
      Model world = model_;
      expected(world, doing(op), seen_of(op), most);
      worlds.push_back(std::move(world));
    }
    return worlds;
  }
  /// What another process sees of a job that was perhaps claimed, or submitted without an id.
  std::string seen_of(const Op& op) {
    const std::string id = op.kind == Kind::claim ? model_.next_claimable() : op.id;
    auto other = must(open_file_store(options_for_client()));
    if (op.kind == Kind::submit) {
      for (const Job& job : must(other->list({})))
        if (!model_.job(job.id)) return "good new " + describe(job);
      return {};
    }
    const auto found = other->find(id);
    return found ? describe(*found) : "";
  }
  FileStoreOptions options_for_client() const {
    FileStoreOptions client = options_for(scratch_);
    client.clock = &clock_;
    client.max_interruptions = Model::max_interruptions;
    return client;
  }

  /// The process of a handle is dead. Somebody takes over what it had, and one of the worlds must be the real one.
  void bury(int slot, std::vector<Model> worlds) {
    auto& dead = handles_[static_cast<std::size_t>(slot)];
    if (dead) dead->files.die();
    dead.reset();
    settle_death(slot, std::move(worlds));
  }
  void settle_death(int slot, std::vector<Model> worlds) {
    auto other = must(open_file_store(options_for_client()));
    if (const auto back = other->recover(); !back)
      return differ("taking over from the dead", why_not(back.error()), "good");
    const std::string real = state_of(*other);
    for (Model& world : worlds) {
      const bool is_first = &world == &worlds.front();
      if (!worker_of(slot).empty()) world.death_of(worker_of(slot));
      world.settle();
      if (model_state(world) != real) continue;
      if (worlds.size() > 1) ++tally_[is_first ? "cut off: not done" : "cut off: done"];
      model_ = std::move(world);
      return;
    }
    std::string all;
    for (const Model& world : worlds) all += model_state(world) + "\n    or ";
    differ("the state after a death", real, all);
  }

  void reopen(const Op& op) {
    auto& place = handles_[static_cast<std::size_t>(op.slot)];
    static_cast<void>(handle(op.slot));
    place.reset();
    settle_death(op.slot, {model_});  // what it ran is free: it is as good as dead
    if (wrong_) return;
    auto fresh = std::make_unique<Handle>();
    fresh->files.die_at(op.nth);
    auto opened = open_file_store(options(op.slot, fresh->files));
    fresh->files.die_at(0);
    if (opened) fresh->store = std::move(*opened);
    const bool is_dead = fresh->files.is_dead();
    if (!opened && !is_dead) differ("opening", why_not(opened.error()), "good");
    place = std::move(fresh);
    if (is_dead) bury(op.slot, {model_});
  }

  /// All die; one more process comes, does some things, tells us, and is killed.
  void massacre(const Op& op) {
    for (int slot = 0; slot < static_cast<int>(slots.size()); ++slot)
      if (handles_[static_cast<std::size_t>(slot)] && !wrong_) bury(slot, {model_});
    if (wrong_) return;
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::abort();
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      be_killed(op, ends[1]);
    }
    ::close(ends[1]);
    FILE* from = ::fdopen(ends[0], "r");
    std::size_t told = 0;
    for (std::size_t size = 0; std::fread(&size, sizeof size, 1, from) == 1; ++told) {
      std::string real(size, '\0');
      if (std::fread(real.data(), 1, size, from) != size) std::abort();
      follow(op.inner[told], real);
    }
    std::fclose(from);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
      return differ("the child", "ended with " + std::to_string(status), "killed");
    if (wrong_) return;
    settle_death(op.slot, told < op.inner.size() ? worlds_after(op.inner[told]) : std::vector<Model>{model_});
  }
  [[noreturn]] void be_killed(const Op& op, int to) {
    MortalFiles files;
    files.kill_process_at(op.nth);
    auto store = must(open_file_store(options(op.slot, files)));
    for (const Op& inner : op.inner) {
      const std::string real = act(*store, doing(inner));
      follow(inner, real);  // our own copy of the model, for the next one
      const std::size_t size = real.size();
      const std::string frame = std::string(reinterpret_cast<const char*>(&size), sizeof size) + real;
      if (::write(to, frame.data(), frame.size()) < 0) break;
    }
    ::kill(::getpid(), SIGKILL);
    std::abort();
  }

  // ---- the whole state

  static std::string model_state(const Model& model) {
    std::string text = model.list(std::nullopt, SIZE_MAX, "");
    for (auto one = model.jobs.rbegin(); one != model.jobs.rend(); ++one)
      text += one->job.id + " steps " + model.steps(one->job.id);
    return text + describe(model.stats());
  }

  void compare_handle(Handle& one) {
    if (const std::string real = state_of(*one.store), model = model_state(model_); real != model)
      return differ("the whole state", real, model);
    // What a window sees: changes since it last looked, and entries that keep what they were.
    for (bool more = true; more;) {
      const auto changes = one.store->changes_since(one.cursor, 3);
      if (!changes) return differ("changes_since", why_not(changes.error()), "good");
      for (const Ledger::Change& change : changes->changes)
        if (change.job)
          one.window[change.place] = published_entry(*change.job);
        else
          one.window.erase(change.place);
      one.cursor = changes->cursor;
      more = changes->more;
    }
    std::string shown, wanted;
    for (const auto& [place, entry] : one.window) shown += entry + '\n';
    for (const ModelJob& job : model_.jobs) {
      const std::string entry = published_entry(Model::whole(job));
      wanted += entry + '\n';
      for (const std::string& part : job.draft.kept)
        if (entry.find(part) == std::string::npos)
          differ("an entry that is published", entry, "with " + part);
    }
    if (shown != wanted) differ("the window", shown, wanted);
  }

  void finish() {
    for (const auto& one : handles_)
      if (one && !wrong_) compare_handle(*one);
    for (int slot = 0; slot < static_cast<int>(slots.size()); ++slot) {
      if (!handles_[static_cast<std::size_t>(slot)]) continue;
      handles_[static_cast<std::size_t>(slot)].reset();
      if (!wrong_) settle_death(slot, {model_});
    }
    if (!wrong_) compare_handle(handle(0));
    if (!wrong_) compare_archive();
    // All that is left, in its order.
    step({.kind = Kind::pause, .number = 0});
    for (int idle = 0; idle < 2 && !wrong_;) {
      idle = model_.next_claimable().empty() ? idle + 1 : 0;
      if (idle > 0) {
        step({.kind = Kind::advance, .by = claim_limit.per});
        continue;
      }
      step({.kind = Kind::claim});
      step({.kind = Kind::finish, .ending = Ending::Kind::done});
    }
  }

  /// Each removal has one line, whoever died on the way.
  void compare_archive() {
    if (const auto swept = must(open_file_store(options_for_client()))->sweep(); !swept)
      return differ("the last sweep", why_not(swept.error()), "good");
    std::map<std::string, int> lines;
    for (const auto& file : std::filesystem::directory_iterator(scratch_.path())) {
      if (!file.path().filename().string().starts_with("archive-")) continue;
      std::ifstream text(file.path());
      for (std::string line; std::getline(text, line);)
        ++lines[must(parse_json(line))["id"].get<std::string>()];
    }
    const auto list = [](const std::map<std::string, int>& counts) {
      std::string text;
      for (const auto& [id, count] : counts) text += id + " x" + std::to_string(count) + ' ';
      return text;
    };
    if (lines != model_.removals) differ("the archive", list(lines), list(model_.removals));
  }

  const History& history_;
  Tally& tally_;
  Scratch scratch_{Scratch::Place::in_memory};
  StandingClock clock_;
  Model model_;
  std::vector<Claim> claims_;
  std::array<std::unique_ptr<Handle>, slots.size()> handles_;
  std::optional<std::string> wrong_;
};

}  // namespace

std::optional<std::string> rehearse(const History& history, Tally* tally) {
  Tally unused;
  return Rehearsal(history, tally ? *tally : unused).play();
}

}  // namespace reelspool::model
