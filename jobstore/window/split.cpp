#include "jobstore/window/split.hpp"

#include <simdjson.h>

#include <algorithm>

#include "jobstore/json.hpp"

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
  std::size_t begin = 0, size = 0;
  bool is_object = true;
};

struct Outline {
  std::vector<Range> entries;
  std::uint64_t revision = 0;
  struct Field {
    std::size_t key_begin, key_size, value_begin, value_size;
  };
  std::vector<Field> others;
};

/// The first pass. Throws simdjson_error.
class Outliner {
 public:
  Outliner(const char* begin, od::document& document) : begin_(begin), document_(document) {}

  Outline run() {
    switch (document_.type().value()) {
      case od::json_type::array:
        list(document_.get_array().value(), "");
        break;
      case od::json_type::object: {
        od::value jobs;
        const auto found = document_.find_field_unordered("jobs").get(jobs);
        if (found != simdjson::SUCCESS && found != simdjson::NO_SUCH_FIELD)
          throw simdjson::simdjson_error(found);  // and the document cannot be used any more
        document_.rewind();
        if (found == simdjson::SUCCESS)
          whole(document_.get_object().value());
        else
          keyed(document_.get_object().value(), "", true);
        break;
      }
      default:
        throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
    }
    if (const char* rest = nullptr; document_.current_location().get(rest) == simdjson::SUCCESS)
      throw simdjson::simdjson_error(simdjson::TRAILING_CONTENT);
    return std::move(outline_);
  }

 private:
  std::size_t offset(std::string_view part) const { return static_cast<std::size_t>(part.data() - begin_); }

  static std::string_view raw(od::value value) {
    switch (value.type().value()) {
      case od::json_type::object:
        return trimmed(value.get_object().value().raw_json().value());
      case od::json_type::array:
        return trimmed(value.get_array().value().raw_json().value());
      default:
        return trimmed(value.raw_json_token());
    }
  }

  void add(od::value value, std::string where, std::string key) {
    const bool is_object = value.type().value() == od::json_type::object;
    const std::string_view text = raw(value);
    outline_.entries.push_back({std::move(where), std::move(key), offset(text), text.size(), is_object});
  }

  void list(od::array array, const std::string& name) {
    std::size_t index = 0;
    for (od::value value : array) add(value, name + '[' + std::to_string(index++) + ']', "");
  }

  void keyed(od::object object, const std::string& prefix, bool is_whole_file) {
    for (auto item : object) {
      const std::string key(item.unescaped_key().value());
      od::value value = item.value().value();
      if (is_whole_file && is_ours(key))
        note_ours(key, value);
      else
        add(value, prefix + key, key);
    }
  }

  void whole(od::object object) {
    for (auto item : object) {
      // Its quotes lie around it; what is between is as written, escapes and all.
      const char* const inside = item.key().value().raw();
      const std::string key(item.unescaped_key().value());
      od::value value = item.value().value();
      if (key == "jobs") {
        const od::json_type type = value.type().value();
        if (type == od::json_type::array)
          list(value.get_array().value(), "jobs");
        else if (type == od::json_type::object)
          keyed(value.get_object().value(), "jobs.", false);
        else if (trimmed(value.raw_json_token()) != "null")
          throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
      } else if (is_ours(key)) {
        note_ours(key, value);
      } else {
        const std::size_t key_begin = static_cast<std::size_t>(inside - begin_) - 1;
        const std::string_view text = raw(value);
        const std::size_t key_size = closing_quote(key_begin) - key_begin + 1;
        outline_.others.push_back({key_begin, key_size, offset(text), text.size()});
      }
    }
  }

  std::size_t closing_quote(std::size_t opening) const {
    std::size_t i = opening + 1;
    while (begin_[i] != '"') i += begin_[i] == '\\' ? 2 : 1;
    return i;
  }

  static bool is_ours(std::string_view key) {
    return key == "version" || key == "revision" || key == "publishedAt";
  }

  void note_ours(std::string_view key, od::value value) {
    if (key == "revision" && value.get_uint64().get(outline_.revision) == simdjson::SUCCESS) return;
    static_cast<void>(raw(value));
  }

  const char* begin_;
  od::document& document_;
  Outline outline_;
};

Result<Outline> outline(od::parser& parser, const ForeignText& text) {
  std::string_view problem;
  std::size_t at = 0;
  const std::string_view view = text.view();
  try {
    od::document document;
    const auto error =
        parser.iterate(simdjson::padded_string_view(view.data(), view.size(), text.capacity())).get(document);
    if (error) {
      problem = simdjson::error_message(error);
      at = view.size();
    } else {
      try {
        return Outliner(view.data(), document).run();
      } catch (const simdjson::simdjson_error& failure) {
        problem = simdjson::error_message(failure.error());
        if (failure.error() == simdjson::INCORRECT_TYPE)
          problem =
              "a jobs.json is an object with a list of jobs, an object of jobs by id, or a list of jobs";
        const bool ended_early = failure.error() == simdjson::INCOMPLETE_ARRAY_OR_OBJECT;
        if (const char* place = nullptr; ended_early)
          at = view.size();
        else if (document.current_location().get(place) == simdjson::SUCCESS)
          at = static_cast<std::size_t>(place - view.data());
      }
    }
  } catch (const std::bad_alloc&) {
    problem = "too large for the memory that is free";
  }
  Error error = make_error(ErrorClass::invalid_request,
                           "line " + std::to_string(Lines(view).line_at(at)) + ": " + std::string(problem));
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
    std::string id, alias;
    for (auto item : document.get_object()) {
      const std::string key(item.unescaped_key().value());
      const bool is_id = key == "id", is_alias = key == "jobId" || key == "job_id";
      const bool is_rev = key == "rev", is_status = key == "status";
      const bool is_cancel = key == "cancelRequested", is_remove = key == "removeRequested";
      if (!is_id && !is_alias && !is_rev && !is_status && !is_cancel && !is_remove) continue;
      od::value value = item.value().value();
      const od::json_type type = value.type().value();
      if (type == od::json_type::null) continue;
      if (is_id || is_alias) {
        std::uint64_t number = 0;
        std::string& into = is_id ? id : alias;
        if (type == od::json_type::string)
          into = std::string(value.get_string().value());
        else if (type == od::json_type::number && !value.get_uint64().get(number))
          into = std::to_string(number);
        else
          return std::string(key) + ": must be a text or a whole number";
        entry.id = id.empty() ? alias : id;
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
    }
    return std::nullopt;
  } catch (const simdjson::simdjson_error& failure) {
    return "";
  }
}

/// Why `text` is no JSON object, in the words of the strict parser.
std::string strict_reason(std::string_view text) {
  const Result<Json> json = parse_json(text);
  return json ? "cannot be read" : json.error().message;
}

std::optional<std::string> problem_with_id(const std::string& id) {
  if (id.empty()) return "missing; give every job an id of its own";
  if (is_job_id(id)) return std::nullopt;
  return "\"" + id + "\" is none; use 1 to 64 of A-Z a-z 0-9 . _ - and no dot in front";
}

/// The second pass over one entry.
void read_entry(od::parser& parser, const ForeignText& text, const Range& range, std::size_t line,
                ForeignFile& file) {
  const std::string_view bytes = text.view().substr(range.begin, range.size);
  const auto where = [&] { return range.where + " (line " + std::to_string(line) + ")"; };
  if (!range.is_object) {
    file.bad.push_back({bytes, range.key, where(), "a job must be an object {...}"});
    return;
  }
  ForeignEntry entry;
  entry.text = bytes;
  entry.line = line;
  std::optional<std::string> problem = read_fields(parser, bytes, text.capacity() - range.begin, entry);
  if (problem && problem->empty()) {
    problem = strict_reason(bytes);
    const ForeignText harmless(made_harmless(bytes));  // for the id alone: whose mistake it is
    static_cast<void>(read_fields(parser, harmless.view(), harmless.capacity(), entry));
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

ForeignText::ForeignText(std::string bytes) : bytes_(std::move(bytes)) {
  if (bytes_.starts_with("\xEF\xBB\xBF")) bytes_.erase(0, 3);
  size_ = bytes_.size();
  bytes_.resize(size_ + simdjson::SIMDJSON_PADDING, '\0');
}

Result<ForeignFile> split(const ForeignText& text) {
  od::parser parser;
  Result<Outline> found = outline(parser, text);
  if (!found) {
    // The offsets in a copy of the same length are those of the original.
    const ForeignText harmless(made_harmless(text.view()));
    if (harmless.view() == text.view()) return std::move(found.error());
    Result<Outline> again = outline(parser, harmless);
    if (!again) return std::move(found.error());
    found = std::move(again);
  }
  ForeignFile file;
  file.revision = found->revision;
  for (const Outline::Field& field : found->others)
    file.others.emplace_back(text.view().substr(field.key_begin, field.key_size),
                             text.view().substr(field.value_begin, field.value_size));
  od::parser entry_parser;
  Lines lines(text.view());
  file.entries.reserve(found->entries.size());
  for (const Range& range : found->entries)
    read_entry(entry_parser, text, range, lines.line_at(range.begin), file);
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
  const std::size_t before = static_cast<std::size_t>(entry.text.data() - text.view().data());
  if (const auto problem = read_fields(parser, entry.text, text.capacity() - before, entry))
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
