#include "worker/cli/closing.hpp"

#include <cstdio>

#include "worker/cli/exit_status.hpp"
#include "worker/cli/job_text.hpp"
#include "worker/cli/shell.hpp"
#include "worker/config/legible.hpp"

namespace reelspool {

int close_with(const Job& job, bool json) {
  const Json entry = as_json(job);
  const auto text = [&](const char* name) {
    const auto field = entry.find(name);
    return field != entry.end() && field->is_string() ? legible(field->get<std::string>()) : std::string();
  };
  if (json) print_line(to_text(entry));
  switch (job.status) {
    case Status::done:
      if (!json) print_line(job.id + ": done: " + text("videoUrl"));
      return exit_status::success;
    case Status::cancelled:
      if (!json) print_line(job.id + ": cancelled");
      return exit_status::cancelled;
    case Status::failed:
      if (!json) std::fprintf(stderr, "%s: failed: %s\n", job.id.c_str(), text("error").c_str());
      return exit_status::failed;
    case Status::pending:
    case Status::running:
      if (!json)
        print_line(job.id + ": " + std::string(to_string(job.status)) + "; a worker will go on with it");
      return exit_status::failed;
  }
  return exit_status::failed;
}

}  // namespace reelspool
