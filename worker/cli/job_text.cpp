#include "worker/cli/job_text.hpp"

#include <cmath>

#include "worker/config/legible.hpp"

namespace reelspool {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text + "  ";
}

std::string percent(const Job& job) {
  return std::to_string(static_cast<int>(std::floor(job.progress))) + " %";
}

/// The worker's own fields that say how a job ended, in the order in which a person asks.
constexpr const char* closing_fields[] = {"videoUrl", "thumbnailUrl", "videoSeconds", "elapsedSeconds",
                                          "error"};

}  // namespace

Json as_json(const Job& job) {
  auto entry = parse_json(published_entry(job));
  return entry ? *std::move(entry) : Json{{"id", job.id}};
}

std::string row_heading() {
  return padded("ID", 24) + padded("TYPE", 12) + padded("STATUS", 9) + padded("DONE", 5) +
         padded("STAGE", 20) + "UPDATED";
}

std::string as_row(const Job& job) {
  return padded(job.id, 24) + padded(legible_line(job.type), 12) +
         padded(std::string(to_string(job.status)), 9) + padded(percent(job), 5) + padded(job.stage, 20) +
         format_time(job.updated_at);
}

std::string as_page(const Job& job, const std::vector<std::string>& step_lines) {
  std::string page =
      job.id + ": " + job.type + ", " + std::string(to_string(job.status)) + ", " + percent(job);
  if (!job.stage.empty()) page += ", " + job.stage;
  if (job.status == Status::running && job.scene > 0)
    page += ", scene " + std::to_string(job.scene) + " of " + std::to_string(job.scenes);
  page += "\n  attempt " + std::to_string(job.attempt) + " of " + std::to_string(job.max_attempts) +
          ", created " + format_time(job.created_at) + ", updated " + format_time(job.updated_at);
  if (!job.worker.empty()) page += "\n  worked on by " + job.worker;
  if (!job.message.empty()) page += "\n  " + job.message;
  const Json entry = as_json(job);
  for (const char* name : closing_fields) {
    const auto field = entry.find(name);
    if (field == entry.end() || field->is_null()) continue;
    page += std::string("\n  ") + name + "  " +
            (field->is_string() ? field->get<std::string>() : to_text(*field));
  }
  for (const std::string& line : step_lines) page += "\n  " + line;
  return legible(page);
}

}  // namespace reelspool
