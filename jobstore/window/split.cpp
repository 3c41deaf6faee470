#include "jobstore/window/split.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "jobstore/entry.hpp"
#include "jobstore/json.hpp"
#include "jobstore/members.hpp"
#include "jobstore/owned_fields.hpp"

// Two passes. The first finds where entries begin and end by brackets alone; the second looks into each entry
// with a parser of its own, so that whatever is wrong inside one stays inside it.

namespace reelspool::window {
namespace {

namespace od = simdjson::ondemand;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none (RFC 3629, table 3-7
/// of Unicode).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool too_high = lead == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

/// A copy of the same length in which only the brackets, quotes and plain text matter: control characters
/// become spaces and bytes that are not UTF-8 question marks. simdjson refuses a whole file for one of those.
std::string made_harmless(std::string_view text) {
  std::string copy(text);
  for (std::size_t i = 0; i < copy.size();) {
    const std::size_t length = utf8_length(std::string_view(copy).substr(i));
    if (length == 0) copy[i] = '?';
    if (length == 1 && static_cast<unsigned char>(copy[i]) < 0x20) copy[i] = ' ';
    i += std::max<std::size_t>(length, 1);
  }
  return copy;
}

/// Line numbers for offsets that only grow: each byte is counted once.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  std::size_t line_at(std::size_t offset) {
    offset = std::min(offset, text_.size());
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    counted_ = offset;
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
};

/// Where one entry lies in the file, found by brackets alone.
struct Range {
  std::string where;  ///< "jobs[3]"
  std::string key;    ///< its key, in the keyed forms
  std::string_view text;
};

struct Outline {
  std::vector<Range> entries;
  std::uint64_t revision = 0;
  std::vector<std::pair<std::string_view, std::string_view>> others;
};

/// The first pass: where the values begin and end, and no more. Needs no memory but for what it finds, so that the
/// largest file costs its own size and not several times that.
class Outliner {
 public:
  explicit Outliner(std::string_view text) : text_(text) {}

  /// False: it is no job file, for the reason problem() gives.
  bool run() {
    skip_space();
    const bool is_whole = next_is('[') ? list("") : next_is('{') ? object() : complain(no_job_file);
    if (!is_whole) return false;
    skip_space();
    return at_ == text_.size() ? true : complain("there is something behind its end");
  }
  Outline& outline() { return outline_; }
  std::string_view problem() const { return problem_; }
  std::size_t at() const { return at_; }

 private:
  static constexpr std::string_view no_job_file =
      "a jobs.json is an object with a list of jobs, an object of jobs by id, or a list of jobs";

  /// JavaScript counts no further.
  static constexpr std::int64_t largest_revision = 1LL << 53;

  bool complain(std::string_view problem) {
    problem_ = at_ >= text_.size() && problem != no_job_file ? "it ends too early" : problem;
    return false;
  }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(char c, std::string_view problem) {
    skip_space();
    if (!next_is(c)) return complain(problem);
    ++at_;
    return true;
  }

  /// The value at the place, taken; empty when there is none.
  std::string_view value() {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    const std::size_t size = end_of_value(rest);
    if (size == std::string_view::npos) {
      if (!rest.empty() && std::string_view("{[\"").find(rest.front()) != std::string_view::npos)
        at_ = text_.size();
      return {};
    }
    at_ += size;
    return rest.substr(0, size);
  }

  bool list(const std::string& name) {
    ++at_;
    skip_space();
    if (next_is(']')) return ++at_, true;
    for (std::size_t index = 0;; ++index) {
      const std::string_view entry = value();
      if (entry.empty()) return complain("expected a job");
      outline_.entries.push_back({name + '[' + std::to_string(index) + ']', "", entry});
      skip_space();
      if (next_is(']')) return ++at_, true;
      if (!take(',', "expected a comma or the end of the list after a job")) return false;
    }
  }

  /// The members of the object at the place go to `use`, which may say that one is none.
  template <class Use>
  bool members(Use use) {
    ++at_;
    skip_space();
    if (next_is('}')) return ++at_, true;
    for (;;) {
      skip_space();
      if (!next_is('"')) return complain("expected a key in quotes");
      const std::string_view key = value();
      if (key.empty()) return complain("a key without its closing quote");
      if (!take(':', "expected a colon after a key")) return false;
      skip_space();
      if (!use(key)) return false;
      skip_space();
      if (next_is('}')) return ++at_, true;
      if (!take(',', "expected a comma or the end of the object")) return false;
    }
  }

  bool keyed(const std::string& prefix) {
    return members([&](std::string_view quoted) {
      const std::string key = string_in(quoted).value_or("");
      const std::string_view entry = value();
      if (entry.empty()) return complain("expected a job");
      outline_.entries.push_back({prefix + key, key, entry});
      return true;
    });
  }

  /// The whole file as an object. Whether the jobs stand under `jobs` or under their ids shows at its end.
  bool object() {
    bool has_jobs = false;
    std::vector<Range> by_id;
    const bool is_whole = members([&](std::string_view quoted) {
      const std::string key = string_in(quoted).value_or("");
      if (key == "jobs") {
        has_jobs = true;
        outline_.entries.clear();  // of two, the last counts, as in JavaScript
        if (next_is('[')) return list("jobs");
        if (next_is('{')) return keyed("jobs.");
        return value() == "null" ? true : complain(no_job_file);
      }
      const std::string_view text = value();
      if (text.empty()) return complain("expected a value");
      if (key == "version" || key == "revision" || key == "publishedAt") {
        const std::int64_t number = integer_in(text).value_or(0);
        if (key == "revision" && number > 0 && number < largest_revision)
          outline_.revision = static_cast<std::uint64_t>(number);
        return true;
      }
      outline_.others.emplace_back(quoted, text);
      by_id.push_back({key, key, text});
      return true;
    });
    if (!is_whole || has_jobs) return is_whole;
    outline_.others.clear();
    outline_.entries = std::move(by_id);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Outline outline_;
  std::string_view problem_;
};

Error not_json(std::string_view text, std::size_t at, std::string_view problem) {
  Error error = make_error(ErrorClass::invalid_request,
                           "line " + std::to_string(Lines(text).line_at(at)) + ": " + std::string(problem));
  error.code = "not_json";
  return error;
}

/// The second pass: the few fields that tell what an entry wants. As in JavaScript, the last of a repeated
/// key counts. The reason why it cannot be read; nothing when it can.
std::optional<std::string> read_fields(od::parser& parser, std::string_view text, std::size_t capacity,
                                       ForeignEntry& entry) {
  try {
    od::document document;
    if (parser.iterate(simdjson::padded_string_view(text.data(), text.size(), capacity)).get(document))
      return "";  // the strict parser finds better words
    std::array<std::string, id_names.size()> ids;
    for (auto item : document.get_object()) {
      const std::string key(item.unescaped_key().value());
      const auto name = std::find(id_names.begin(), id_names.end(), key);
      const bool is_rev = key == "rev", is_status = key == "status";
      const bool is_cancel = key == "cancelRequested", is_remove = key == "removeRequested";
      if (name == id_names.end() && !is_rev && !is_status && !is_cancel && !is_remove) continue;
      od::value value = item.value().value();
      const od::json_type type = value.type().value();
      if (type == od::json_type::null) continue;
      if (name != id_names.end()) {
        std::uint64_t number = 0;
        std::string& into = ids[static_cast<std::size_t>(name - id_names.begin())];
        if (type == od::json_type::string)
          into = std::string(value.get_string().value());
        else if (type == od::json_type::number && !value.get_uint64().get(number))
          into = std::to_string(number);
        else
          return std::string(key) + ": must be a text or a whole number";
      } else if (is_rev) {
        std::uint64_t rev = 0;
        if (value.get_uint64().get(rev)) return "rev: must be the number that jobs.json shows for this job";
        entry.rev = rev;
      } else if (is_status) {
        if (type != od::json_type::string) return "status: must be a word, such as \"pending\"";
        entry.status = status_from(value.get_string().value());
      } else if (type == od::json_type::boolean) {
        (is_cancel ? entry.cancel_requested : entry.remove_requested) = value.get_bool().value();
      }
      const auto first =
          std::find_if(ids.begin(), ids.end(), [](const std::string& id) { return !id.empty(); });
      entry.id = first == ids.end() ? "" : *first;
    }
    return std::nullopt;
  } catch (const simdjson::simdjson_error& failure) {
    return "";
  }
}

/// Why `text`, which begins at a line of the file, is no JSON object, in the words of the strict parser.
std::string strict_reason(std::string_view text, std::size_t first_line) {
  const Result<Json> json = parse_json(text);
  return json ? "cannot be read" : with_lines_of_file(json.error().message, first_line);
}

/// A field beside the jobs goes back as it came, so it must not spoil the file.
void read_other(const std::pair<std::string_view, std::string_view>& field, std::string_view file_text,
                ForeignFile& file) {
  const auto line = [&] {
    return Lines(file_text).line_at(static_cast<std::size_t>(field.first.data() - file_text.data()));
  };
  const Result<Json> key = parse_json(field.first), value = parse_json(field.second);
  if (key && value)
    file.others.push_back(field);
  else
    file.bad.push_back({field.second, "", std::string(field.first) + " (line " + std::to_string(line()) + ")",
                        strict_reason(key ? field.second : field.first, line())});
}

std::optional<std::string> problem_with_id(const std::string& id) {
  if (id.empty()) return "missing; give every job an id of its own";
  if (is_job_id(id)) return std::nullopt;
  return "\"" + id + "\" is none; use 1 to 64 of A-Z a-z 0-9 . _ - and no dot in front";
}

/// The second pass over one entry.
void read_entry(od::parser& parser, const ForeignText& text, const Range& range, std::size_t line,
                ForeignFile& file) {
  const std::string_view bytes = range.text;
  const auto where = [&] { return range.where + " (line " + std::to_string(line) + ")"; };
  if (!bytes.starts_with('{')) {
    file.bad.push_back({bytes, range.key, where(), "a job must be an object {...}"});
    return;
  }
  if (bytes.size() > max_entry_bytes) {
    file.bad.push_back({bytes, range.key, where(), "larger than 64 MiB; give large media by path or URL"});
    return;
  }
  ForeignEntry entry;
  entry.text = bytes;
  entry.line = line;
  std::optional<std::string> problem = read_fields(parser, bytes, text.capacity_from(bytes), entry);
  if (problem && problem->empty()) {
    problem = strict_reason(bytes, line);
    const ForeignText harmless(made_harmless(bytes));  // for the id alone: whose mistake it is
    static_cast<void>(read_fields(parser, harmless.view(), harmless.capacity_from(harmless.view()), entry));
  }
  entry.id_is_in_text = !entry.id.empty();
  if (entry.id.empty()) entry.id = range.key;
  if (!problem && !range.key.empty() && entry.id != range.key)
    problem = "id: is \"" + entry.id + "\", but it stands under the key \"" + range.key + "\"";
  if (!problem)
    if (const auto wrong_id = problem_with_id(entry.id)) problem = "id: " + *wrong_id;
  if (problem)
    file.bad.push_back({bytes, entry.id, where(), std::move(*problem)});
  else
    file.entries.push_back(std::move(entry));
}

}  // namespace

static_assert(ForeignText::room_bytes >= simdjson::SIMDJSON_PADDING);

ForeignText::ForeignText(std::string bytes) : bytes_(std::move(bytes)) {
  if (bytes_.starts_with("\xEF\xBB\xBF")) bytes_.erase(0, 3);
  size_ = bytes_.size();
  bytes_.resize(size_ + room_bytes, '\0');
}

std::string with_lines_of_file(std::string reason, std::size_t first_line) {
  constexpr std::string_view before_line = "at line ";
  const std::size_t at = reason.find(before_line);
  if (at == std::string::npos || !reason.starts_with("not valid JSON")) return reason;
  const std::size_t number = at + before_line.size();
  const std::size_t end = std::min(reason.find_first_not_of("0123456789", number), reason.size());
  const std::size_t line = std::strtoul(reason.c_str() + number, nullptr, 10) + first_line - 1;
  return reason.replace(number, end - number, std::to_string(line));
}

Result<ForeignFile> split(const ForeignText& text) {
  const std::string_view view = text.view();
  if (view.starts_with("\xFF\xFE") || view.starts_with("\xFE\xFF"))
    return not_json(view, 0, "it is written in UTF-16; a jobs.json is UTF-8");
  Outliner outliner(view);
  if (!outliner.run()) return not_json(view, outliner.at(), outliner.problem());
  ForeignFile file;
  file.revision = outliner.outline().revision;
  for (const auto& field : outliner.outline().others) read_other(field, view, file);
  od::parser parser;
  Lines lines(view);
  file.entries.reserve(outliner.outline().entries.size());
  for (const Range& range : outliner.outline().entries)
    read_entry(parser, text, range, lines.line_at(static_cast<std::size_t>(range.text.data() - view.data())),
               file);
  return file;
}

Result<ForeignEntry> read_one(const ForeignText& text, std::string_view name) {
  const Result<Json> json = parse_json(text.view());
  if (!json) return json.error();
  if (!json->is_object())
    return make_error(ErrorClass::invalid_request, "must hold one job, a JSON object {...}");
  ForeignEntry entry;
  entry.text = trimmed(text.view());
  while (is_space(entry.text.front())) entry.text.remove_prefix(1);
  entry.line = 1;
  od::parser parser;
  if (const auto problem = read_fields(parser, entry.text, text.capacity_from(entry.text), entry))
    return make_error(ErrorClass::invalid_request, problem->empty() ? "cannot be read" : *problem);
  entry.id_is_in_text = !entry.id.empty();
  if (entry.id.empty()) entry.id = name;
  if (const auto problem = problem_with_id(entry.id)) return bad_field("id", *problem);
  return entry;
}

std::string with_id(const ForeignEntry& entry) {
  if (entry.id_is_in_text) return std::string(entry.text);
  const std::string_view rest = entry.text.substr(1);
  const auto first = std::find_if_not(rest.begin(), rest.end(), is_space);
  const bool empty = first != rest.end() && *first == '}';
  return "{\"id\":\"" + entry.id + (empty ? "\"" : "\",") + std::string(rest);  // a job id needs no escapes
}

}  // namespace reelspool::window
