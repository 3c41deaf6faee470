// What an attempt does: it claims a job, shows progress, remembers steps, publishes files and ends. And what
// happens to it when its worker dies.
#include <fcntl.h>

#include <algorithm>
#include <set>

#include "jobstore/file/file_store.hpp"
#include "jobstore/file/payloads.hpp"
#include "jobstore/members.hpp"

namespace reelspool {
namespace {

using Durability = StoreCore::Durability;

/// 100 is shown with `done` alone (REQUIREMENTS J12).
constexpr double most_while_running = 99;

Event event_of(const Ending& ending, const Row& row) {
  switch (ending.kind) {
    case Ending::Kind::done:
      return Event::completed;
    case Ending::Kind::failed:
      return Event::failed;
    case Ending::Kind::cancelled:
      return Event::cancelled;
    // A cancel that came in the meantime is granted here: the job would begin anew only to be cancelled.
    case Ending::Kind::retry:
      return row.job.cancel_requested ? Event::cancelled : Event::retry_later;
    case Ending::Kind::given_back:
      return row.job.cancel_requested ? Event::cancelled : Event::given_back;
  }
  return Event::failed;
}

Result<> sync_file(Files& files, const std::filesystem::path& path) {
  Result<Fd> file = files.open(path, O_RDONLY);
  if (!file) return std::move(file.error());
  return files.sync(*file);
}

/// A job whose failure could not be recorded would seem to run for ever.
Error no_room_for_its_end(const std::filesystem::path& data, const Error& refused) {
  Error error = make_error(ErrorClass::storage,
                           "disk full: no room to record how a job ends; make room on the disk of " +
                               data.string() + " (" + refused.message + ")");
  error.code = refused.code;
  return error;
}

Result<> check_object(std::string_view name, std::string_view text) {
  if (members_of(text)) return ok;
  return bad_field(std::string(name), "must be the text of a JSON object");
}

}  // namespace

Error stale_claim(const Claim& claim) {
  Error error = make_error(ErrorClass::cancelled, "job '" + claim.job + "': this attempt (token " +
                                                      std::to_string(claim.token) +
                                                      ") does not own it any more, and must stop");
  error.code = "stale_claim";
  return error;
}

const Row* held_row(const Fold& fold, const Claim& claim) {
  const Row* row = fold.find(claim.job);
  return row && row->job.status == Status::running && row->job.token == claim.token ? row : nullptr;
}

Result<std::optional<Claimed>> FileStore::claim_chosen(const Choose& choose) {
  if (liveness_.name().empty())
    return make_error(ErrorClass::invalid_request, "this store was opened by a client, which claims nothing");
  std::optional<Claimed> claimed;
  Result<> done = core_->write(Durability::later, [&](StoreCore::Writer& writer) -> Result<> {
    if (writer.fold().is_paused()) return ok;
    const Row* row = choose(writer.fold());
    if (!row) return ok;
    if (Result<> room = check_room(); !room) return room;
    Result<> added = writer.add(
        RecordKind::set,
        move_payload(*row, {.event = Event::claimed, .now = writer.now(), .worker = liveness_.name()}),
        RoomUse::begins_attempt);
    if (!added && is_disk_full(added.error())) return no_room_for_its_end(options_.data, added.error());
    if (!added) return added;
    claimed = Claimed{Fold::copy(*row), {std::string(row->job.id), row->job.token}};
    return ok;
  });
  if (!done) return std::move(done.error());
  return claimed;
}

/// A job that begins on a full disk can only fail; so it is left for a better moment.
Result<> FileStore::check_room() const {
  if (options_.least_free_bytes == 0) return ok;
  std::error_code problem;
  const std::filesystem::space_info room = std::filesystem::space(options_.data, problem);
  if (problem) return system_error("looking at the disk of " + options_.data.string(), problem.value());
  if (room.available >= options_.least_free_bytes) return ok;
  Error error = make_error(ErrorClass::storage, "the disk of " + options_.data.string() + " has " +
                                                    std::to_string(room.available >> 20) +
                                                    " MB free; no job is begun before there are " +
                                                    std::to_string(options_.least_free_bytes >> 20));
  error.code = "ENOSPC";
  return error;
}

Result<std::optional<Claimed>> FileStore::claim() {
  return claim_chosen([](const Fold& fold) { return fold.best(); });
}

Result<std::optional<Claimed>> FileStore::claim_job(std::string_view id) {
  return claim_chosen([&](const Fold& fold) -> const Row* {
    const Row* row = fold.find(id);
    return row && fold.is_claimable(*row) ? row : nullptr;
  });
}

Result<> FileStore::progress(const Claim& claim, const Progress& progress) {
  return core_->write(Durability::later, [&](StoreCore::Writer& writer) -> Result<> {
    const Row* row = held_row(writer.fold(), claim);
    if (!row) return stale_claim(claim);
    const KeptJob& job = row->job;
    Progress shown = progress;
    shown.percent = std::max(job.progress, std::clamp(progress.percent, 0.0, most_while_running));
    const bool is_shown = shown.percent == job.progress && shown.stage == job.stage &&
                          shown.scene == job.scene && shown.scenes == job.scenes &&
                          shown.message == job.message;
    if (is_shown) return ok;
    return writer.add(RecordKind::progress, progress_payload(job.id, shown, writer.now()));
  });
}

Result<> FileStore::update(const Claim& claim, std::string_view fields) {
  if (Result<> checked = check_object("fields", fields); !checked) return checked;
  return core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    const Row* row = held_row(writer.fold(), claim);
    if (!row) return stale_claim(claim);
    return writer.add(RecordKind::set, fields_payload(row->job.id, fields, writer.now()));
  });
}

Result<> FileStore::append_step(const Claim& claim, const StepRecord& record) {
  if (Result<> checked = check_object("body", record.body); !checked) return checked;
  return core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    const Row* row = held_row(writer.fold(), claim);
    if (!row) return stale_claim(claim);
    StepRecord kept = record;
    kept.token = claim.token;
    kept.at = writer.now();
    return writer.add(RecordKind::step, step_payload(row->job.id, kept));
  });
}

Result<std::vector<StepRecord>> FileStore::steps(std::string_view id) {
  std::vector<StepRecord> steps;
  Result<> done = core_->read(Durability::synced, [&](const Fold& fold) -> Result<> {
    if (const Row* row = fold.find(id)) steps = row->steps;
    return ok;
  });
  if (!done) return std::move(done.error());
  return steps;
}

Result<> FileStore::publish_files(
    const Claim& claim, const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& files) {
  std::set<std::filesystem::path> folders;
  for (const auto& [from, to] : files) {
    Result<> synced = sync_file(files_, from);  // the bytes, before they get a name
    if (!synced) {
      // The files of an attempt that has lost its job may be gone with it: that is what it must hear.
      Result<> held = while_holding(claim, []() -> Result<> { return ok; });
      return held ? synced : held;
    }
    folders.insert(to.parent_path());
  }
  Result<> renamed = while_holding(claim, [&]() -> Result<> {
    for (const auto& [from, to] : files)
      if (Result<> done = files_.rename(from, to); !done) return done;
    return ok;
  });
  if (!renamed) return renamed;
  for (const std::filesystem::path& folder : folders)
    if (Result<> named = files_.sync_dir(folder); !named)
      return named;  // the names, before anybody relies on them
  return ok;
}

Result<Job> FileStore::finish(const Claim& claim, const Ending& ending) {
  if (Result<> checked = check_object("fields", ending.fields); !checked) return std::move(checked.error());
  Job job;
  Result<> done = core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    const Row* row = held_row(writer.fold(), claim);
    if (!row) return stale_claim(claim);
    Move move{.event = event_of(ending, *row), .now = writer.now(), .fields = ending.fields};
    if (move.event == Event::retry_later) move.run_at = ending.run_at;
    if (Result<> added = writer.add(RecordKind::set, move_payload(*row, move), RoomUse::ends_attempt); !added)
      return added;
    job = Fold::copy(*row);
    return ok;
  });
  if (!done) return std::move(done.error());
  return job;
}

Result<std::vector<std::string>> FileStore::recover() {
  return take_back(false);
}

Result<> FileStore::give_back(Writer& writer, std::string_view worker, std::vector<std::string>& ids) {
  for (const Row* row : writer.fold().run_by(worker)) {
    Move move{.event = Event::worker_died, .now = writer.now()};
    std::string fields;
    if (row->job.cancel_requested) {
      move.event = Event::cancelled;
    } else if (row->job.interruptions + 1 >= options_.max_interruptions) {
      move.event = Event::worker_died_often;
      fields = error_fields(ErrorClass::interrupted, "worker_died_often",
                            "given up: the worker died " + std::to_string(row->job.interruptions + 1) +
                                " times while running this job, with no step finished in between");
      move.fields = fields;
    } else {
      ids.emplace_back(row->job.id);
    }
    if (Result<> added = writer.add(RecordKind::set, move_payload(*row, move), RoomUse::ends_attempt); !added)
      return added;
  }
  return ok;
}

Result<std::vector<std::string>> FileStore::take_back(bool own) {
  std::vector<std::string> ids;
  Result<> done = core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    // Also those who left only a file: a killed worker that was idle.
    std::vector<std::string> busy = writer.fold().busy_workers();
    std::set<std::string> names(busy.begin(), busy.end());
    std::error_code problem;
    for (std::filesystem::directory_iterator file(liveness_.folder(), problem), end; !problem && file != end;
         file.increment(problem))
      names.insert(file->path().filename().string());
    for (const std::string& name : names) {
      const bool is_own = name == liveness_.name();
      Result<bool> is_dead = is_own ? Result<bool>(own) : liveness_.is_dead(name);
      if (!is_dead) return std::move(is_dead.error());
      if (!*is_dead) continue;
      if (Result<> given = give_back(writer, name, ids); !given) return given;
      if (is_own) continue;
      if (Result<> buried = liveness_.bury(name); !buried) return buried;
    }
    return ok;
  });
  if (!done) return std::move(done.error());
  return ids;
}

Result<std::vector<std::string>> FileStore::recover_from(std::string_view worker) {
  std::vector<std::string> ids;
  Result<> done = core_->write(Durability::synced,
                               [&](StoreCore::Writer& writer) { return give_back(writer, worker, ids); });
  if (!done) return std::move(done.error());
  return ids;
}

StoreWatch::Names FileStore::still_held(const StoreWatch::Names& closed) {
  StoreWatch::Names held;
  static_cast<void>(core_->read(Durability::later, [&](const Fold& fold) -> Result<> {
    for (const std::string& name : closed)
      if (name != liveness_.name() && !fold.run_by(name).empty() &&
          std::find(held.begin(), held.end(), name) == held.end())
        held.push_back(name);
    return ok;
  }));
  return held;
}

}  // namespace reelspool
