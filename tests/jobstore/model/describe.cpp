// Everything that a caller of the store can see, as text to compare.
#include <sstream>

#include "tests/jobstore/model/model.hpp"

namespace reelspool::model {
namespace {

std::string text_of(const std::optional<Time>& time) {
  return time ? format_time(*time) : "-";
}

}  // namespace

std::string object_text(const Fields& fields) {
  std::string text = "{";
  for (const auto& [key, value] : fields) text += (text.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
  return text + "}";
}

std::string describe(const Job& job) {
  std::ostringstream text;
  text << job.id << " type=" << job.type << " status=" << to_string(job.status) << " rev=" << job.rev
       << " token=" << job.token << " attempt=" << job.attempt << "/" << job.max_attempts
       << " interruptions=" << job.interruptions << " worker=" << job.worker
       << " cancel=" << job.cancel_requested << " priority=" << job.priority
       << " created=" << format_time(job.created_at) << " updated=" << format_time(job.updated_at)
       << " started=" << text_of(job.started_at) << " finished=" << text_of(job.finished_at)
       << " runAt=" << text_of(job.run_at) << " progress=" << job.progress << " stage=" << job.stage
       << " scene=" << job.scene << "/" << job.scenes << " message=" << job.message
       << " eta=" << job.eta_seconds.value_or(-1) << " fields=" << job.fields << " params=" << job.params
       << " body=" << job.body << '\n';
  return text.str();
}

std::string describe(const StepRecord& step) {
  std::ostringstream text;
  text << step.key << " hash=" << step.hash << " phase=" << to_string(step.phase)
       << " attempt=" << step.attempt << " token=" << step.token << " at=" << format_time(step.at)
       << " body=" << step.body << '\n';
  return text.str();
}

std::string describe(const Stats& stats) {
  std::ostringstream text;
  text << "waiting=" << stats.waiting << " active=" << stats.active << " delayed=" << stats.delayed
       << " done=" << stats.done << " failed=" << stats.failed << " cancelled=" << stats.cancelled
       << " paused=" << stats.paused << '\n';
  return text.str();
}

}  // namespace reelspool::model
