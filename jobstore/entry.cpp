#include "jobstore/entry.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>

#include "jobstore/json.hpp"
#include "jobstore/meaning.hpp"
#include "jobstore/members.hpp"
#include "jobstore/owned_fields.hpp"

namespace reelspool {
namespace {

constexpr std::size_t max_prerequisites = 1000;
constexpr std::size_t max_key_bytes = 256;
constexpr std::array<std::string_view, 3> params_names = {"params", "data", "payload"};

/// One field under any of its names; keeps the first problem.
class Fields {
 public:
  explicit Fields(const std::vector<Member>& members) : members_(members) {}

  /// The first of `names` that is there and not null.
  const Member* find(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names)
      for (const Member& member : members_)
        if (member.key == name && member.value != "null") return &member;
    return nullptr;
  }

  std::string text(std::initializer_list<std::string_view> names) {
    const Member* member = find(names);
    if (!member) return {};
    auto value = string_in(member->value);
    if (!value) complain(member->key, "must be a text");
    return value.value_or("");
  }

  std::optional<int> integer(std::initializer_list<std::string_view> names, int least, int most) {
    const Member* member = find(names);
    if (!member) return std::nullopt;
    const auto value = integer_in(member->value);
    if (value && *value >= least && *value <= most) return static_cast<int>(*value);
    complain(member->key,
             "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }

  std::optional<Time> time(std::initializer_list<std::string_view> names) {
    const Member* member = find(names);
    if (!member) return std::nullopt;
    // The bound keeps the years printable: 9999-12-31.
    if (const auto number = integer_in(member->value); number && *number >= 0 && *number < 253402300800000)
      return Time(std::chrono::milliseconds(*number));
    const auto written = string_in(member->value);
    const auto time = written ? parse_time(*written) : std::nullopt;
    if (!time) complain(member->key, "must be a time such as \"2026-11-22T16:03:05Z\"");
    return time;
  }

  bool flag(std::string_view name) {
    const Member* member = find({name});
    if (member && member->value != "true" && member->value != "false")
      complain(name, "must be true or false");
    return member && member->value == "true";
  }

  void complain(std::string_view field, std::string_view reason) {
    if (!problem) problem = bad_field(std::string(field), reason);
  }

  std::optional<Error> problem;

 private:
  const std::vector<Member>& members_;
};

/// Numbers are taken as ids too: many a front end uses the time of day.
Result<std::string> id_in(const Fields& fields) {
  const Member* member = fields.find({id_names[0], id_names[1], id_names[2]});
  if (!member) return std::string();
  const auto number = integer_in(member->value);
  const auto text = number && *number >= 0 ? std::string(member->value) : string_in(member->value);
  if (!text) return bad_field(member->key, "must be a text or a whole number");
  if (is_job_id(*text)) return *text;
  return bad_field(
      member->key,
      "must be 1 to 64 characters of A-Z a-z 0-9 . _ - and not start with a dot: it names a folder");
}

std::vector<std::string> prerequisites_in(Fields& fields, std::string_view own_id) {
  std::vector<std::string> ids;
  const Member* member = fields.find({"dependsOn", "depends_on"});
  if (!member) return ids;
  const Result<Json> parsed = parse_json(member->value);
  const Json value = parsed ? *parsed : Json();
  const auto take = [&](const Json& id, const std::string& field) {
    if (!id.is_string() || !is_job_id(id.get_ref<const std::string&>()))
      fields.complain(field, "must be the id of another job");
    else if (id == own_id)
      fields.complain(field, "a job cannot wait for itself");
    else if (std::find(ids.begin(), ids.end(), id.get_ref<const std::string&>()) == ids.end())
      ids.push_back(id);
  };
  if (value.is_string()) {
    take(value, member->key);
  } else if (!value.is_array() || value.size() > max_prerequisites) {
    fields.complain(member->key,
                    "must be a list of at most " + std::to_string(max_prerequisites) + " job ids");
  } else {
    for (std::size_t i = 0; i < value.size(); ++i)
      take(value[i], member->key + "[" + std::to_string(i) + "]");
  }
  return ids;
}

std::optional<Status> status_in(Fields& fields) {
  const Member* member = fields.find({"status"});
  if (!member) return std::nullopt;
  const auto status = status_from(string_in(member->value).value_or(""));
  if (!status)
    fields.complain("status", "must be pending, running, done, failed or cancelled, or be left out");
  return status;
}

/// Who shares with whom (FairQueue): no error if it is no text, as it is somebody else's field.
std::string user_in(const Fields& fields, const Member* params) {
  const auto text_of = [](std::string_view value) {
    const bool is_number = value.front() == '-' || (value.front() >= '0' && value.front() <= '9');
    std::string text = is_number ? std::string(value) : string_in(value).value_or("");
    std::size_t end = std::min(text.size(), max_key_bytes);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      --end;  // not within a character
    return text.substr(0, end);
  };
  if (const Member* member = fields.find({"userId", "user_id"})) return text_of(member->value);
  if (!params || params->value.front() != '{') return {};
  const auto given = members_of(params->value).value_or(std::vector<Member>{});
  const Member* member = Fields(given).find({"userId", "user_id"});
  return member ? text_of(member->value) : std::string();
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

Result<Entry> read_entry(std::string_view text) {
  Entry entry;
  entry.text = trimmed(text);
  if (entry.text.size() > max_entry_bytes)
    return make_error(ErrorClass::invalid_request,
                      "the entry is larger than 64 MiB; give large media by path or URL");
  if (const auto meaning = quick_meaning(entry.text)) {
    entry.body_hash = *meaning;
  } else {
    Result<Json> json = parse_json(entry.text);
    if (!json) return std::move(json.error());
    if (!json->is_object()) return make_error(ErrorClass::invalid_request, "an entry must be a JSON object");
    entry.body_hash = meaning_of(*json);
  }
  const auto members = members_of(entry.text);
  if (!members) return make_error(ErrorClass::invalid_request, "an entry must be a JSON object");
  std::set<std::string_view> seen;
  for (const Member& member : *members)
    if (!seen.insert(member.key).second) return bad_field(member.key, "appears twice");

  Fields fields(*members);
  Result<std::string> id = id_in(fields);
  if (!id) return std::move(id.error());
  entry.id = std::move(*id);
  entry.status = status_in(fields);
  entry.type = fields.text({"type"});
  const bool is_history = entry.status && has_ended(*entry.status);
  if (entry.type.empty() && !is_history) fields.complain("type", "is missing; for example \"storyboard\"");
  const Member* params = fields.find({params_names[0], params_names[1], params_names[2]});
  if (params && params->value.front() != '{') fields.complain(params->key, "must be an object");
  entry.priority = fields.integer({"priority"}, -1'000'000, 1'000'000).value_or(0);
  entry.max_attempts = fields.integer({"maxAttempts", "max_attempts"}, 1, 100);
  entry.created_at = fields.time({"createdAt", "created_at"});
  entry.run_at = fields.time({"runAt", "run_at"});
  entry.depends_on = prerequisites_in(fields, entry.id);
  entry.idempotency_key = fields.text({"idempotencyKey", "idempotency_key"});
  if (entry.idempotency_key.size() > max_key_bytes)
    fields.complain("idempotencyKey", "must not be longer than " + std::to_string(max_key_bytes) + " bytes");
  entry.user = user_in(fields, params);
  if (const Member* rev = fields.find({"rev"})) {
    const auto number = integer_in(rev->value);
    if (number && *number >= 0)
      entry.rev = static_cast<std::uint64_t>(*number);
    else
      fields.complain("rev", "must be the number as it was published, or be left out");
  }
  entry.cancel_requested = fields.flag("cancelRequested");
  entry.remove_requested = fields.flag("removeRequested");
  entry.problem = std::move(fields.problem);
  return entry;
}

std::string params_of(std::string_view entry_text) {
  const auto members = members_of(entry_text);
  if (!members) return "{}";
  for (const std::string_view name : params_names)
    for (const Member& member : *members)
      if (member.key == name && member.value.front() == '{') return std::string(member.value);
  return "{}";
}

}  // namespace reelspool
