#include "jobstore/window/check_files.hpp"

#include <sys/stat.h>

#include <deque>

#include "jobstore/file/wishes.hpp"
#include "jobstore/json.hpp"
#include "jobstore/window/displaced.hpp"
#include "jobstore/window/inbox.hpp"
#include "jobstore/window/publisher.hpp"
#include "jobstore/window/split.hpp"

namespace reelspool::window {
namespace {

using Kind = Ledger::Outcome::Kind;

/// For entries that do not say; nothing that is told here depends on it.
constexpr int any_max_attempts = 3;

/// As the manuals call it; a file that lies elsewhere, as the caller does.
std::string shown(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (path.parent_path().filename() == "inbox") return "inbox/" + name;
  return name == "jobs.json" ? name : path.string();
}

Verdict refused(std::string where, std::string id, std::string reason) {
  return {std::move(where), std::move(id), Kind::rejected, std::move(reason)};
}

Result<std::vector<Ledger::Outcome>> rehearse(const std::vector<std::string_view>& texts, Writer& writer) {
  std::vector<Result<Entry>> entries;
  entries.reserve(texts.size());
  for (const std::string_view text : texts) entries.push_back(read_entry(text));
  return grant_wishes(writer, entries, any_max_attempts);
}

/// The text of a file that is a regular one and not too large; else why not.
Result<std::string> text_of(Files& files, const std::filesystem::path& path) {
  Result<Fd> file = files.open(path, open_flags);
  if (!file && file.error().code == "ELOOP")
    return make_error(ErrorClass::invalid_request,
                      "is a symbolic link, which cannot be replaced by publishing");
  if (!file) return std::move(file.error());
  Result<Files::Stat> stat = files.stat(*file);
  if (!stat) return std::move(stat.error());
  if (!S_ISREG(stat->mode)) return make_error(ErrorClass::invalid_request, "is no regular file");
  const std::uint64_t most = Publisher::Limits().largest_file_bytes;
  if (stat->size_bytes > most)
    return make_error(ErrorClass::invalid_request, "is larger than " + std::to_string(most >> 20) + " MiB");
  std::string text(stat->size_bytes, '\0');
  Result<std::size_t> size = files.read_at(*file, 0, text.data(), text.size());
  if (!size) return std::move(size.error());
  text.resize(*size);
  return text;
}

}  // namespace

Result<std::vector<Verdict>> check_jobs_file(Files& files, const std::filesystem::path& path,
                                             Writer& writer) {
  const std::string name = shown(path);
  Result<std::string> bytes = text_of(files, path);
  if (!bytes && bytes.error().cls != ErrorClass::invalid_request) return std::move(bytes.error());
  if (!bytes) return std::vector<Verdict>{refused(name, "", bytes.error().message)};
  const ForeignText text(*std::move(bytes));
  Result<ForeignFile> file = split(text);
  if (!file)
    return std::vector<Verdict>{
        refused(name, "", file.error().message + " - no job file as a whole: it would be set aside")};

  std::vector<Verdict> verdicts;
  for (const BadEntry& bad : file->bad)
    verdicts.push_back(refused(name + ": " + bad.where, bad.id, bad.reason));
  std::vector<std::string_view> wishes;
  std::deque<std::string> completed;  // a deque: views into it stay valid
  for (const ForeignEntry& entry : file->entries)
    wishes.push_back(entry.id_is_in_text ? entry.text : completed.emplace_back(with_id(entry)));
  Result<std::vector<Ledger::Outcome>> outcomes = rehearse(wishes, writer);
  if (!outcomes) return std::move(outcomes.error());
  for (std::size_t i = 0; i < outcomes->size(); ++i)
    verdicts.push_back({name + ": line " + std::to_string(file->entries[i].line), file->entries[i].id,
                        (*outcomes)[i].kind,
                        with_lines_of_file((*outcomes)[i].problem.message, file->entries[i].line)});
  return verdicts;
}

Result<std::vector<Verdict>> check_dropped(Files& files, const std::vector<std::filesystem::path>& dropped,
                                           Writer& writer) {
  std::vector<Verdict> verdicts;
  std::vector<Drop> drops;
  std::vector<std::string_view> entries;
  for (const std::filesystem::path& path : dropped) {
    Result<std::optional<Drop>> drop = read_drop(files, path);
    if (!drop && drop.error().cls != ErrorClass::invalid_request) return std::move(drop.error());
    if (!drop)
      verdicts.push_back(refused(shown(path), path.stem().string(), drop.error().message));
    else if (*drop)
      drops.push_back(**std::move(drop));
  }
  for (const Drop& drop : drops) entries.push_back(drop.entry);
  Result<std::vector<Ledger::Outcome>> outcomes = rehearse(entries, writer);
  if (!outcomes) return std::move(outcomes.error());
  for (std::size_t i = 0; i < drops.size(); ++i)
    verdicts.push_back(
        {shown(drops[i].path), drops[i].id, (*outcomes)[i].kind, (*outcomes)[i].problem.message});
  return verdicts;
}

bool is_jobs_file(const std::filesystem::path& path, std::string_view text) {
  if (path.filename().string().starts_with("jobs.json")) return true;
  const Result<Json> json = parse_json(text);
  if (!json) return false;
  return json->is_array() || (json->is_object() && json->contains("jobs"));
}

}  // namespace reelspool::window
