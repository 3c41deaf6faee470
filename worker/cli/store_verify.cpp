#include "worker/cli/store_verify.hpp"

#include <filesystem>
#include <iterator>

#include "jobstore/file/check_store.hpp"
#include "jobstore/file/rehearsal.hpp"
#include "jobstore/window/check_files.hpp"
#include "jobstore/window/inbox.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/shell.hpp"

namespace reelspool {
namespace fs = std::filesystem;

namespace {

using Kind = Ledger::Outcome::Kind;

/// One line of the report, for people and for programs.
struct Line {
  std::string
      result;  ///< ok, note, damaged; submitted, known, cancelled, retried, removed, unchanged, refused
  std::string where;
  std::string job;
  std::string what;
};

std::string_view word(CheckedStore::Finding::Level level) {
  using Level = CheckedStore::Finding::Level;
  switch (level) {
    case Level::good:
      return "ok";
    case Level::note:
      return "note";
    case Level::damaged:
      return "damaged";
  }
  return "";
}

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::submitted:
      return "submitted";
    case Kind::known:
      return "known";
    case Kind::cancelled:
      return "cancelled";
    case Kind::retried:
      return "retried";
    case Kind::removed:
      return "removed";
    case Kind::unchanged:
      return "unchanged";
    case Kind::rejected:
      return "refused";
  }
  return "";
}

void print_for_people(const std::vector<Line>& lines) {
  std::size_t wish_nothing = 0;
  for (const Line& line : lines) {
    if (line.result == "unchanged") {
      ++wish_nothing;  // most of a jobs.json
      continue;
    }
    std::string text = line.result;
    text.resize(std::max<std::size_t>(text.size() + 1, 11), ' ');
    text += line.where;
    if (!line.job.empty()) text += ": job " + line.job;
    if (!line.what.empty()) text += ": " + line.what;
    print_line(text);
  }
  if (wish_nothing > 0)
    print_line("unchanged  " + std::to_string(wish_nothing) + " entries that wish nothing");
}

void print_as_json(const std::vector<Line>& lines) {
  Json all = Json::array();
  for (const Line& line : lines)
    all.push_back({{"result", line.result}, {"where", line.where}, {"job", line.job}, {"what", line.what}});
  print_line(all.dump(2));
}

Result<bool> is_jobs_file(const fs::path& file, const std::string& as) {
  if (!as.empty()) return as == "jobs";
  Result<std::string> text = system_files().read_all(file);
  if (!text) return std::move(text.error());
  return window::is_jobs_file(file, *text);
}

/// The verdicts on the files that were named, or on all that front ends wrote, in the order in which a worker would look.
Result<std::vector<window::Verdict>> judge(const fs::path& data, const Verification& wanted, Writer& writer) {
  Files& files = system_files();
  std::vector<fs::path> jobs_files, drops;
  for (const std::string& file : wanted.files) {
    Result<bool> is_jobs = is_jobs_file(file, wanted.as);
    if (!is_jobs) return std::move(is_jobs.error());
    (*is_jobs ? jobs_files : drops).emplace_back(file);
  }
  std::error_code problem;
  if (wanted.files.empty()) {
    if (fs::exists(fs::symlink_status(data / "jobs.json", problem))) jobs_files = {data / "jobs.json"};
    if (fs::exists(data / "inbox", problem)) {
      Result<window::Dropped> found = window::drops_in(data / "inbox");
      if (!found) return std::move(found.error());
      drops = std::move(found->jobs);
    }
  }
  std::vector<window::Verdict> verdicts;
  const auto add = [&](Result<std::vector<window::Verdict>> more) -> Result<> {
    if (!more) return std::move(more.error());
    std::move(more->begin(), more->end(), std::back_inserter(verdicts));
    return ok;
  };
  for (const fs::path& file : jobs_files)
    if (Result<> added = add(window::check_jobs_file(files, file, writer)); !added)
      return std::move(added.error());
  if (Result<> added = add(window::check_dropped(files, drops, writer)); !added)
    return std::move(added.error());
  return verdicts;
}

}  // namespace

Result<int> verify_store(const Settings& settings, const Verification& wanted, bool json) {
  const fs::path data = settings.path("DATA_DIR");
  Result<CheckedStore> checked = check_store(system_files(), data / "store");
  if (!checked) return std::move(checked.error());
  const bool is_whole = checked->whole();
  std::vector<Line> lines;
  for (const CheckedStore::Finding& finding : checked->findings)
    if (wanted.files.empty() || finding.level == CheckedStore::Finding::Level::damaged)
      lines.push_back({std::string(word(finding.level)), finding.file, "", finding.what});

  bool all_welcome = true;
  if (is_whole) {  // what a damaged store would say of a wish, nobody knows
    Rehearsal rehearsal(std::move(checked->fold), {0, checked->sequence, 0}, system_clock().now());
    Result<std::vector<window::Verdict>> verdicts = judge(data, wanted, rehearsal);
    if (!verdicts) return std::move(verdicts.error());
    for (const window::Verdict& verdict : *verdicts) {
      lines.push_back({std::string(word(verdict.kind)), verdict.where, verdict.id, verdict.reason});
      all_welcome = all_welcome && verdict.kind != Kind::rejected;
    }
  }
  json ? print_as_json(lines) : print_for_people(lines);
  if (!is_whole) return exit_status::failed;
  return all_welcome ? exit_status::success : exit_status::would_be_refused;
}

}  // namespace reelspool
