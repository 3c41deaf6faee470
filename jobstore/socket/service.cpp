#include "jobstore/socket/service.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "jobstore/object_text.hpp"

namespace reelspool::socket {
namespace {

/// A page is cut off here, so that a long list of large jobs is not held in memory as a whole.
constexpr std::size_t most_jobs_a_page = 200;
constexpr std::size_t page_bytes = std::size_t{1} << 20;

ObjectText good() {
  return ObjectText().add("ok", true);
}

Answer with_job(const Result<Job>& job) {
  if (!job) return refusal(job.error());
  return {good().text(), text_of(*job)};
}

Answer without_value(const Result<>& done) {
  return done ? Answer{good().text(), {}} : refusal(done.error());
}

Answer submit(JobStore& store, const Head&, std::string_view entry) {
  const Result<Submitted> submitted = store.submit(entry);
  if (!submitted) return refusal(submitted.error());
  return {good().add("isNew", submitted->is_new).text(), text_of(submitted->job)};
}

Answer find(JobStore& store, const Head& question, std::string_view) {
  return with_job(store.find(question.word("id")));
}

Answer steps(JobStore& store, const Head& question, std::string_view) {
  const Result<std::vector<StepRecord>> records = store.steps(question.word("id"));
  if (!records) return refusal(records.error());
  Answer answer{good().text(), {}};
  for (const StepRecord& record : *records) answer.bytes += text_of(record) + '\n';
  return answer;
}

Answer list(JobStore& store, const Head& question, std::string_view) {
  Listing listing;
  const std::string status = question.word("status");
  listing.status = status_from(status);
  if (!status.empty() && !listing.status)
    return refusal(bad_field("status", "'" + status + "' is none of the five states"));
  const std::uint64_t limit = question.number("limit");
  listing.limit = std::min<std::uint64_t>(limit, most_jobs_a_page);
  listing.after = question.word("after");
  const Result<std::vector<Job>> jobs = store.list(listing);
  if (!jobs) return refusal(jobs.error());
  Answer answer;
  std::size_t taken = 0;
  while (taken < jobs->size() && (taken == 0 || answer.bytes.size() < page_bytes))
    answer.bytes += text_of((*jobs)[taken++]) + '\n';
  const bool is_cut = taken < jobs->size() || (jobs->size() == listing.limit && limit > listing.limit);
  answer.head = good().add("more", is_cut).text();
  return answer;
}

Answer stats(JobStore& store, const Head&, std::string_view) {
  const Result<Stats> counted = store.stats();
  if (!counted) return refusal(counted.error());
  return {good().add_json("stats", text_of(*counted)).text(), {}};
}

Answer cancel(JobStore& store, const Head& question, std::string_view) {
  return with_job(store.cancel(question.word("id")));
}

Answer retry(JobStore& store, const Head& question, std::string_view) {
  return with_job(store.retry(question.word("id")));
}

Answer remove(JobStore& store, const Head& question, std::string_view) {
  return without_value(store.remove(question.word("id"), question.flag("withOutputs")));
}

Answer with_ids(const Result<std::vector<std::string>>& ids) {
  if (!ids) return refusal(ids.error());
  Answer answer{good().text(), {}};
  for (const std::string& id : *ids) answer.bytes += id + '\n';
  return answer;
}

Answer retry_failed(JobStore& store, const Head&, std::string_view) {
  return with_ids(store.retry_failed());
}

Answer remove_failed(JobStore& store, const Head& question, std::string_view) {
  return with_ids(store.remove_failed(question.flag("withOutputs")));
}

Answer last_failures(JobStore& store, const Head& question, std::string_view) {
  const std::uint64_t limit = question.number("limit");
  const Result<std::vector<Job>> jobs = store.last_failures(std::min<std::uint64_t>(limit, most_jobs_a_page));
  if (!jobs) return refusal(jobs.error());
  Answer answer{good().text(), {}};
  for (const Job& job : *jobs) answer.bytes += text_of(job) + '\n';
  return answer;
}

Answer pause(JobStore& store, const Head& question, std::string_view) {
  return without_value(store.set_paused(question.flag("paused")));
}

struct Call {
  std::string_view name;
  Answer (*carry_out)(JobStore& store, const Head& question, std::string_view bytes);
};
constexpr std::array<Call, 12> calls = {{{"submit", submit},
                                         {"find", find},
                                         {"steps", steps},
                                         {"list", list},
                                         {"stats", stats},
                                         {"cancel", cancel},
                                         {"retry", retry},
                                         {"remove", remove},
                                         {"retryFailed", retry_failed},
                                         {"removeFailed", remove_failed},
                                         {"lastFailures", last_failures},
                                         {"pause", pause}}};

}  // namespace

Answer refusal(const Error& error) {
  return {ObjectText().add("ok", false).add_json("error", text_of(error)).text(), {}};
}

Answer answer(JobStore& store, const Head& question, std::string_view bytes) {
  const std::string name = question.word("call");
  for (const Call& call : calls)
    if (call.name == name) return call.carry_out(store, question, bytes);
  Error error = make_error(ErrorClass::unavailable, "this worker does not know the call '" + name +
                                                        "': its program is another version");
  error.code = "unknown_call";
  return refusal(error);
}

}  // namespace reelspool::socket
