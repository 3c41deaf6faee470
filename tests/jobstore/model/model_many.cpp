// What is asked of many jobs at once, and what leaves by itself.
#include "tests/jobstore/model/model.hpp"

namespace reelspool::model {
namespace {

std::string good(const std::vector<std::string>& ids) {
  std::string text = "good";
  for (const std::string& id : ids) text += ' ' + id;
  return text;
}

}  // namespace

std::vector<const ModelJob*> Model::ended_as(Status status) const {
  std::vector<const ModelJob*> ended;
  for (const ModelJob& one : jobs)
    if (one.job.status == status) ended.push_back(&one);
  std::sort(ended.begin(), ended.end(),
            [](const ModelJob* one, const ModelJob* other) { return one->ended < other->ended; });
  return ended;
}

std::string Model::last_failures(std::size_t limit) const {
  std::string text = "good\n";
  const auto failed = ended_as(Status::failed);
  for (auto next = failed.rbegin(); next != failed.rend() && limit > 0; ++next, --limit)
    text += describe(whole(**next));
  return text;
}

std::string Model::retry_failed(std::size_t most) {
  std::vector<std::string> ids;
  for (const ModelJob* one : ended_as(Status::failed)) ids.push_back(one->job.id);
  ids.resize(std::min(ids.size(), most));
  for (const std::string& id : ids) retry_job(*job(id));
  settle();
  return good(ids);
}

std::string Model::remove_failed(std::size_t most) {
  std::vector<std::string> ids;
  for (const ModelJob* one : ended_as(Status::failed)) ids.push_back(one->job.id);
  ids.resize(std::min(ids.size(), most));
  for (const std::string& id : ids) remove_job(id);
  settle();
  return good(ids);
}

std::string Model::recover_from(const std::string& worker, std::size_t most) {
  const std::vector<std::string> ids = give_back(worker, most);
  settle();
  return good(ids);
}

std::string Model::sweep(const Stay& stay, bool is_quiet, std::size_t most) {
  const auto is_awaited = [&](const std::string& id) {
    return std::any_of(jobs.begin(), jobs.end(), [&](const ModelJob& one) {
      const auto& names = one.draft.depends_on;
      return !has_ended(one.job.status) && std::find(names.begin(), names.end(), id) != names.end();
    });
  };
  std::vector<std::string> ids;
  for (const Status status : {Status::done, Status::failed, Status::cancelled}) {
    const bool is_done = status == Status::done;
    const auto ended = ended_as(status);
    for (std::size_t i = 0; i < ended.size(); ++i) {
      const Job& one = ended[i]->job;
      const std::size_t newer = ended.size() - 1 - i;
      const bool is_old =
          !is_quiet && one.finished_at.value_or(one.updated_at) + (is_done ? stay.done : stay.failed) <= now;
      const bool is_over = newer >= (is_done ? stay.most_done : stay.most_failed);
      if ((is_old || is_over) && !is_awaited(one.id)) ids.push_back(one.id);
    }
  }
  ids.resize(std::min(ids.size(), most));
  for (const std::string& id : ids) remove_job(id);
  settle();
  return "good " + std::to_string(ids.size());
}

}  // namespace reelspool::model
