#include "tests/crash/promises.hpp"

#include <fstream>
#include <sstream>

#include "jobstore/json.hpp"

namespace reelspool::crash {

Result<Looks> looks_of(FileJobStore& store) {
  Looks looks;
  Result<std::vector<Job>> jobs = store.list({.status = {}, .limit = 1000, .after = {}});
  if (!jobs) return std::move(jobs.error());
  for (const Job& job : *jobs) {
    if (job.status == Status::done && job.progress != 100)
      return bad_field(job.id, "is done, but not at 100 %");
    if (job.body.find("\"id\":\"" + job.id + "\"") == std::string::npos)
      return bad_field(job.id, "has the body of another job: " + job.body);
    Result<std::vector<StepRecord>> steps = store.steps(job.id);
    if (!steps) return std::move(steps.error());
    looks[job.id] = {std::string(to_string(job.status)), steps->size()};
  }
  return looks;
}

Result<std::map<std::string, int>> archived(const std::filesystem::path& data) {
  std::map<std::string, int> lines;
  for (const auto& file : std::filesystem::directory_iterator(data)) {
    if (!file.path().filename().string().starts_with("archive-")) continue;
    std::ifstream text(file.path());
    for (std::string line; std::getline(text, line);) {
      const Result<Json> parsed = parse_json(line);
      if (!parsed) return bad_field(file.path().filename().string(), "has a torn line: " + line);
      ++lines[(*parsed)["id"]];
    }
  }
  return lines;
}

Promises Promises::that(const Looks& looks) {
  Promises promises;
  for (const auto& [job, look] : looks) promises.subjects_[job].allowed = {look};
  return promises;
}

void Promises::begin(const std::string& job, const Effect& effect) {
  Subject& subject = subjects_[job];
  subject.acknowledged.clear();
  for (const Look& look : subject.allowed)
    if (const auto after = effect(look)) subject.acknowledged.insert(*after);
  subject.allowed.insert(subject.acknowledged.begin(), subject.acknowledged.end());
}

void Promises::acknowledge(const std::string& job) {
  Subject& subject = subjects_.at(job);
  subject.allowed = subject.acknowledged;
}

std::set<Look> Promises::allowed(const std::string& job) const {
  const auto subject = subjects_.find(job);
  return subject == subjects_.end() ? std::set<Look>{} : subject->second.allowed;
}

std::set<std::string> Promises::jobs() const {
  std::set<std::string> names;
  for (const auto& [job, subject] : subjects_) names.insert(job);
  return names;
}

std::string Promises::judge(const Looks& found) const {
  std::string complaints;
  const auto describe = [](const Look& look) { return look.status + "/" + std::to_string(look.steps); };
  for (const auto& [job, subject] : subjects_) {
    const auto shown = found.find(job);
    const Look look = shown == found.end() ? Look{} : shown->second;
    if (subject.allowed.count(look) > 0) continue;
    complaints += "job " + job + " is " + describe(look) + ", but only these were possible:";
    for (const Look& allowed : subject.allowed) complaints += " " + describe(allowed);
    complaints += "\n";
  }
  for (const auto& [job, look] : found)
    if (subjects_.count(job) == 0) complaints += "job " + job + " was never submitted\n";
  return complaints;
}

std::string Promises::text() const {
  std::string line;
  for (const auto& [job, subject] : subjects_) {
    line += job;
    for (const Look& look : subject.allowed) line += " " + look.status + " " + std::to_string(look.steps);
    line += ";";
  }
  return line;
}

Promises Promises::from_text(const std::string& line) {
  Promises promises;
  std::istringstream all(line);
  for (std::string part; std::getline(all, part, ';');) {
    std::istringstream words(part);
    std::string job;
    words >> job;
    Subject& subject = promises.subjects_[job];
    subject.allowed.clear();
    for (Look look; words >> look.status >> look.steps;) subject.allowed.insert(look);
  }
  return promises;
}

namespace effects {
namespace {

std::optional<Look> from_to(const Look& look, std::string_view from, std::string_view to) {
  if (look.status != from) return std::nullopt;
  return Look{std::string(to), look.steps};
}

}  // namespace

std::optional<Look> submitted(const Look& look) {
  return from_to(look, "absent", "pending");
}
std::optional<Look> claimed(const Look& look) {
  return from_to(look, "pending", "running");
}
std::optional<Look> step_done(const Look& look) {
  if (look.status != "running") return std::nullopt;
  return Look{look.status, look.steps + 1};
}
std::optional<Look> finished(const Look& look) {
  return from_to(look, "running", "done");
}
std::optional<Look> failed(const Look& look) {
  return from_to(look, "running", "failed");
}
std::optional<Look> cancelled(const Look& look) {
  return from_to(look, "pending", "cancelled");
}
std::optional<Look> retried(const Look& look) {
  if (look.status != "cancelled" && look.status != "failed") return std::nullopt;
  return Look{"pending", look.steps};
}
std::optional<Look> removed(const Look& look) {
  if (look.status != "done" && look.status != "failed" && look.status != "cancelled") return std::nullopt;
  return Look{};
}
std::optional<Look> worker_died(const Look& look) {
  return from_to(look, "running", "pending");
}

}  // namespace effects
}  // namespace reelspool::crash
