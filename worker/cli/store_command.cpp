// reelspool store ...: what keeps the private store in order. The window on it, jobs.json, is brought up to date as after
// any other command.
#include <fstream>
#include <iostream>
#include <map>

#include "jobstore/file/repair.hpp"
#include "jobstore/file/transfer.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/store_verify.hpp"

namespace reelspool {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t lines_at_once = 200;  // in one append and one sync
constexpr std::size_t most_refusals_told = 20;

Result<int> compact(const Settings& settings) {
  auto store = open_data_store(settings, {});
  if (!store) return std::move(store.error());
  if (Result<> done = (*store)->compact(); !done) return std::move(done.error());
  std::error_code unknown;
  const auto bytes = fs::file_size(settings.path("DATA_DIR") / "store" / "snapshot", unknown);
  print_line("compacted: the snapshot has " + std::to_string(bytes) + " bytes");
  return exit_status::success;
}

/// A file that is whole or not there; "-": standard output.
Result<int> export_jobs(const Settings& settings, const std::string& file) {
  auto store = open_data_store(settings, {});
  if (!store) return std::move(store.error());
  const bool to_file = file != "-";
  const std::string staged = file + ".part";
  std::ofstream stream;
  if (to_file) stream.open(staged, std::ios::binary | std::ios::trunc);
  std::ostream& out = to_file ? stream : std::cout;
  const auto complain = [&] {
    return system_error("writing " + (to_file ? staged : "standard output"), errno);
  };
  if (!out) return complain();
  Result<> done = (*store)->export_to([&](std::string_view line) -> Result<> {
    if (out << line << '\n') return ok;
    return complain();
  });
  if (!out.flush() && done) done = complain();
  if (!done) return std::move(done.error());
  if (!to_file) return exit_status::success;
  stream.close();
  if (Result<> named = system_files().rename(staged, file); !named) return std::move(named.error());
  return exit_status::success;
}

/// What became of the lines so far.
struct Tally {
  std::map<Imported::Kind, std::size_t> counts;
  std::size_t line = 0;
  bool is_whole = false;  ///< the last line of an export was among them
};

Result<> import_some(FileJobStore& store, const std::vector<std::string>& lines, Tally& tally) {
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  Result<std::vector<Imported>> imported = store.import(views);
  if (!imported) return std::move(imported.error());
  for (std::size_t i = 0; i < imported->size(); ++i) {
    const Imported& one = (*imported)[i];
    ++tally.line;
    const ExportLine kind = kind_of_line(views[i]);
    tally.is_whole = kind == ExportLine::end;
    if (kind == ExportLine::head || kind == ExportLine::end) continue;
    ++tally.counts[one.kind];
    if (one.kind == Imported::Kind::refused && tally.counts[one.kind] <= most_refusals_told)
      std::fprintf(stderr, "line %zu: %s%s\n", tally.line,
                   one.id.empty() ? "" : ("job " + one.id + ": ").c_str(), one.problem.message.c_str());
  }
  return ok;
}

Result<int> import_jobs(const Settings& settings, const std::string& file) {
  std::ifstream stream;
  if (file != "-") stream.open(file, std::ios::binary);
  std::istream& input = file == "-" ? std::cin : stream;
  if (!input) return make_error(ErrorClass::invalid_request, file + ": cannot be opened for reading");
  auto store = open_data_store(settings, {});
  if (!store) return std::move(store.error());
  Tally tally;
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) {
    lines.push_back(std::move(line));
    if (lines.size() < lines_at_once) continue;
    if (Result<> done = import_some(**store, lines, tally); !done) return std::move(done.error());
    lines.clear();
  }
  if (Result<> done = import_some(**store, lines, tally); !done) return std::move(done.error());
  const std::size_t refused = tally.counts[Imported::Kind::refused];
  if (refused > most_refusals_told)
    std::fprintf(stderr,
                 "and %zu more lines that were refused; is %s an export (`reelspool store export`)?\n",
                 refused - most_refusals_told, file.c_str());
  print_line(std::to_string(tally.counts[Imported::Kind::added]) + " added, " +
             std::to_string(tally.counts[Imported::Kind::known]) + " known already, " +
             std::to_string(refused) + " refused");
  if (!tally.is_whole)
    std::fprintf(stderr,
                 "%s: the last line of an export is missing: it was cut; import the whole one over it\n",
                 file.c_str());
  const bool is_good = tally.is_whole && refused == 0;
  return is_good ? exit_status::success : exit_status::failed;
}

std::string listed(const std::set<std::string>& ids) {
  constexpr std::size_t most = 20;
  std::string text;
  std::size_t count = 0;
  for (const std::string& id : ids) {
    if (count == most) return text + " and " + std::to_string(ids.size() - most) + " more";
    text += (count++ > 0 ? ", " : "") + id;
  }
  return text;
}

Result<int> repair(const Settings& settings, bool yes) {
  const fs::path data = settings.path("DATA_DIR");
  Result<Repair> repair =
      yes ? repair_store(system_files(), data, system_clock().now()) : plan_repair(system_files(), data);
  if (!repair) return std::move(repair.error());
  if (repair->damage.empty()) {
    print_line("the store is whole; nothing to repair");
    return exit_status::success;
  }
  const bool is_done = !repair->copy.empty();
  print_line(repair->damage);
  print_line(std::string(is_done ? "cut: " : "to be cut: ") + std::to_string(repair->lines) +
             " lines, of which " + std::to_string(repair->unreadable) + " are damaged");
  if (!repair->submitted.empty()) print_line("jobs that are gone with it: " + listed(repair->submitted));
  if (!repair->changed.empty()) print_line("jobs that are as before it: " + listed(repair->changed));
  if (!is_done) {
    print_line(
        "Nothing was changed. `reelspool store repair --yes` does it, and keeps a copy of all that it cuts.");
    return exit_status::failed;
  }
  print_line("a copy of all that was cut: " + repair->copy.string());
  print_line(
      "What jobs.json still shows of the jobs that are gone is taken in anew when a worker starts: ended "
      "ones as "
      "history, the others run.");
  return exit_status::success;
}

}  // namespace

void add_store_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("store", "Check the store and keep it in order");
  command->require_subcommand(1);

  CLI::App* verify = command->add_subcommand(
      "verify", "Check the store, and what would become of jobs.json and the drop folder; changes nothing");
  shell.offer_json(verify);
  const auto wanted = std::make_shared<Verification>();
  verify->add_option("file", wanted->files,
                     "Files to judge instead: a jobs.json, or one job each for the drop folder");
  verify->add_option("--as", wanted->as, "What the files are; default: what they look like")
      ->check(CLI::IsMember({"jobs", "drop"}));
  shell.when_chosen(verify, [&shell, wanted](const Settings& settings) {
    return verify_store(settings, *wanted, shell.json());
  });

  CLI::App* mend = command->add_subcommand("repair", "Cut a damaged store behind its last good record");
  const auto yes = std::make_shared<bool>(false);
  mend->add_flag("--yes", *yes, "Do it; without, only what would be lost is told");
  shell.when_chosen(mend, [yes](const Settings& settings) { return repair(settings, *yes); });

  shell.when_chosen(command->add_subcommand("compact", "Write a snapshot now, and delete what it covers"),
                    compact);

  const auto file = std::make_shared<std::string>("-");
  CLI::App* out = command->add_subcommand("export", "Write all jobs with their steps, a JSON object a line");
  out->add_option("file", *file, "Where to; default: standard output");
  shell.when_chosen(out, [file](const Settings& settings) { return export_jobs(settings, *file); });

  CLI::App* in = command->add_subcommand("import", "Take in an export; jobs that are known are skipped");
  in->add_option("file", *file, "The export; - for standard input")->required();
  shell.when_chosen(in, [file](const Settings& settings) { return import_jobs(settings, *file); });
}

}  // namespace reelspool
