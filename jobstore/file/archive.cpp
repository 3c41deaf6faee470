#include "jobstore/file/archive.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "jobstore/members.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

constexpr std::size_t longest_value = 1000;
/// Room for a line that somebody else wrote behind ours.
constexpr std::uint64_t stranger_bytes = std::uint64_t{1} << 14;
constexpr std::string_view line_front = "{\"removal\":";

constexpr std::array<std::string_view, 7> kept_fields = {
    "videoUrl", "thumbnailUrl", "videoSeconds", "elapsedSeconds", "cost", "tokens", "error"};

std::string_view value_under(std::string_view key, const std::vector<Member>& members) {
  for (const Member& member : members)
    if (member.key == key) return member.value;
  return {};
}

std::string cut(std::string_view text) {
  std::size_t end = std::min(text.size(), longest_value);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;  // not within a character
  return std::string(text.substr(0, end));
}

std::string whole_line(std::uint64_t removal, std::string_view line) {
  return std::string(line_front) + std::to_string(removal) + ',' + std::string(line.substr(1)) + '\n';
}

/// "{"removal":7,"id":"ad-7"": what tells one removal from all others.
std::string_view name_of(std::string_view line) {
  const std::size_t comma = line.find(',');
  return line.substr(0, comma == std::string_view::npos ? 0 : line.find(',', comma + 1));
}

std::string month_of(std::string_view line) {
  const std::string removed_at =
      string_in(value_under("removedAt", members_of(line).value_or(std::vector<Member>{}))).value_or("");
  return removed_at.substr(0, 7);
}

}  // namespace

std::string archive_line(const Row& row, Time removed_at, bool with_outputs) {
  const KeptJob& job = row.job;
  ObjectText text;
  text.add("id", job.id).add("removedAt", removed_at).add("type", cut(job.type.view()));
  text.add("status", to_string(job.status)).add("createdAt", job.created_at);
  if (job.started_at) text.add("startedAt", *job.started_at);
  if (job.finished_at) text.add("finishedAt", *job.finished_at);
  if (!row.user.empty()) text.add("userId", cut(row.user.view()));
  text.add("attempt", job.attempt);
  // Ours first; history that was taken in has it in its body.
  const auto fields = members_of(job.fields).value_or(std::vector<Member>{});
  const auto body = members_of(job.body).value_or(std::vector<Member>{});
  for (const std::string_view name : kept_fields) {
    std::string_view value = value_under(name, fields);
    if (value.empty()) value = value_under(name, body);
    if (value.empty() || value == "null") continue;
    const auto words = string_in(value);
    if (words && words->size() > longest_value)
      text.add(name, cut(*words) + "...");
    else if (value.size() <= longest_value * 2)
      text.add_json(name, value);
  }
  if (with_outputs) text.add("outputsRemoved", true);
  std::string line = text.text();
  std::replace(line.begin(), line.end(), '\n', ' ');  // between tokens, as somebody wrote them
  return line;
}

Result<Fd> Archive::turn() const {
  Result<Fd> file = files_.open(lock_, O_RDWR | O_CREAT);
  if (!file) return file;
  if (Result<> locked = files_.lock(*file, Files::Sharing::exclusive); !locked)
    return std::move(locked.error());
  return file;
}

Result<> Archive::append(const std::map<std::uint64_t, std::string>& lines) const {
  std::map<std::string, std::map<std::uint64_t, std::string>> by_month;
  for (const auto& [removal, line] : lines) by_month[month_of(line)][removal] = whole_line(removal, line);
  for (const auto& [month, its] : by_month)
    if (Result<> done = append_month(data_ / ("archive-" + month + ".jsonl"), its); !done)
      return std::move(done.error()).while_doing("archiving removed jobs");
  return ok;
}

Result<> Archive::append_month(const std::filesystem::path& path,
                               const std::map<std::uint64_t, std::string>& lines) const {
  // The data directory is the front end's too: a link that lies there must not say where a worker writes.
  Result<Fd> file = files_.open(path, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!file) return std::move(file.error());
  Result<Files::Stat> stat = files_.stat(*file);
  if (!stat) return std::move(stat.error());
  // What a turn that was cut short left is the beginning of this one's lines.
  std::uint64_t most = stranger_bytes;
  for (const auto& [removal, line] : lines) most += line.size();
  std::string tail(std::min(stat->size_bytes, most), '\0');
  std::uint64_t end = stat->size_bytes;
  Result<std::size_t> got = files_.read_at(*file, end - tail.size(), tail.data(), tail.size());
  if (!got) return std::move(got.error());
  tail.resize(*got);

  // A hole that a power loss left in lines that were not safe yet: they are written anew.
  if (const std::size_t hole = tail.find('\0'); hole != std::string::npos) {
    const std::size_t before = tail.rfind('\n', hole);
    const std::size_t good = before == std::string::npos ? 0 : before + 1;
    end -= tail.size() - good;
    tail.resize(good);
  }
  std::set<std::string, std::less<>> present;
  std::string_view rest = tail;
  for (std::size_t line_end; (line_end = rest.find('\n')) != std::string_view::npos;
       rest.remove_prefix(line_end + 1))
    if (rest.starts_with(line_front)) present.emplace(name_of(rest.substr(0, line_end)));
  std::string fresh;
  // A line without an end: ours, that a crash cut off, is written anew; anybody else's is left alone.
  if (rest.starts_with(line_front) || line_front.starts_with(rest))
    end -= rest.size();
  else
    fresh = "\n";
  for (const auto& [removal, line] : lines)
    if (present.find(name_of(line)) == present.end()) fresh += line;
  Result<> done = files_.write_at(*file, end, fresh);
  if (done && end + fresh.size() < stat->size_bytes) done = files_.truncate(*file, end + fresh.size());
  if (done) done = files_.sync(*file);
  if (done) done = files_.sync_dir(data_);  // also one that a dead process made: its name may not be safe yet
  if (!done) static_cast<void>(files_.truncate(*file, std::min(end, stat->size_bytes)));
  return done;
}

}  // namespace reelspool
