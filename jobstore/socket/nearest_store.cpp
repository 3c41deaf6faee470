#include "jobstore/socket/nearest_store.hpp"

#include "jobstore/entry.hpp"
#include "jobstore/window/drop.hpp"

namespace reelspool {
namespace {

/// How many workers in a row may die while they are being asked.
constexpr int most_workers = 3;

/// The way to the worker failed, not the worker: another way may be taken.
bool is_of_the_way(const Error& error) {
  return error.code == "lost" || error.code == "busy" || error.code == "unknown_call";
}

}  // namespace

RemoteStore* NearestStore::worker() {
  if (worker_ || opened_) return worker_.get();
  if (Result<std::unique_ptr<RemoteStore>> connected = RemoteStore::connect(data_))
    worker_ = *std::move(connected);
  return worker_.get();
}

Result<JobStore*> NearestStore::opened() {
  if (opened_) return opened_.get();
  Result<std::shared_ptr<JobStore>> store = open_();
  if (!store) return std::move(store.error());
  opened_ = *std::move(store);
  return opened_.get();
}

template <class T>
std::optional<Result<T>> NearestStore::ask_workers(const Call<T>& call, bool& was_asked) {
  for (int i = 0; i < most_workers; ++i) {
    RemoteStore* const living = worker();
    if (!living) return std::nullopt;
    Result<T> answer = call(*living);
    if (answer || !is_of_the_way(answer.error())) return answer;
    worker_.reset();
    if (answer.error().code != "lost") return std::nullopt;  // the next connection leads to the same worker
    was_asked = true;
  }
  return std::nullopt;
}

template <class T>
Result<T> NearestStore::ask(const Call<T>& call, const Granted<T>& granted) {
  bool was_asked = false;
  const auto careful = [&](JobStore& store) -> Result<T> {
    if (was_asked && granted)
      if (std::optional<T> answer = granted(store)) return *std::move(answer);
    return call(store);
  };
  if (std::optional<Result<T>> answer = ask_workers<T>(careful, was_asked)) return *std::move(answer);
  Result<JobStore*> store = opened();
  if (!store) return std::move(store.error());
  return careful(**store);
}

Result<Submitted> NearestStore::submit(std::string_view entry) {
  const Result<Entry> read = read_entry(entry);
  if (!read) return read.error();
  if (read->id.empty())
    return bad_field("id", "is missing");  // it is what makes the same job twice the first one
  bool was_asked = false;
  const Call<Submitted> call = [&](JobStore& store) { return store.submit(entry); };
  if (std::optional<Result<Submitted>> answer = ask_workers<Submitted>(call, was_asked)) {
    if (*answer && was_asked) (*answer)->is_new = true;
    return *std::move(answer);
  }
  return opened_ ? call(*opened_) : drop_job(data_, entry, system_files(), system_clock());
}

Result<std::vector<StepRecord>> NearestStore::steps(std::string_view id) {
  return ask<std::vector<StepRecord>>([&](JobStore& store) { return store.steps(id); });
}

Result<Job> NearestStore::cancel(std::string_view id) {
  return ask<Job>([&](JobStore& store) { return store.cancel(id); },
                  [&](JobStore& store) -> std::optional<Job> {
                    Result<Job> job = store.find(id);
                    if (!job || (job->status != Status::cancelled && !job->cancel_requested))
                      return std::nullopt;
                    return *std::move(job);
                  });
}

Result<Job> NearestStore::retry(std::string_view id) {
  return ask<Job>([&](JobStore& store) { return store.retry(id); },
                  [&](JobStore& store) -> std::optional<Job> {
                    Result<Job> job = store.find(id);
                    if (!job || has_ended(job->status)) return std::nullopt;
                    return *std::move(job);
                  });
}

Result<> NearestStore::remove(std::string_view id, bool with_outputs) {
  return ask<Ok>([&](JobStore& store) { return store.remove(id, with_outputs); },
                 [&](JobStore& store) -> std::optional<Ok> {
                   const Result<Job> job = store.find(id);
                   return !job && job.error().code == "not_found" ? std::optional(ok) : std::nullopt;
                 });
}

Result<std::vector<std::string>> NearestStore::retry_failed() {
  return ask<std::vector<std::string>>([](JobStore& store) { return store.retry_failed(); });
}

Result<std::vector<std::string>> NearestStore::remove_failed(bool with_outputs) {
  return ask<std::vector<std::string>>(
      [with_outputs](JobStore& store) { return store.remove_failed(with_outputs); });
}

Result<std::vector<Job>> NearestStore::last_failures(std::size_t limit) {
  return ask<std::vector<Job>>([limit](JobStore& store) { return store.last_failures(limit); });
}

Result<Job> NearestStore::find(std::string_view id) {
  return ask<Job>([&](JobStore& store) { return store.find(id); });
}

Result<std::vector<Job>> NearestStore::list(const Listing& listing) {
  return ask<std::vector<Job>>([&](JobStore& store) { return store.list(listing); });
}

Result<Stats> NearestStore::stats() {
  return ask<Stats>([&](JobStore& store) { return store.stats(); });
}

Result<> NearestStore::set_paused(bool paused) {
  return ask<Ok>([&](JobStore& store) { return store.set_paused(paused); });
}

}  // namespace reelspool
