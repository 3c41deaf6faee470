#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/jobstore/model/model.hpp"

namespace reelspool::model {

/// The same numbers for the same seed, on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  int from(int least, int most) { return least + below(most - least + 1); }
  bool one_in(int times) { return below(times) == 0; }
  template <class T>
  const T& of(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
  }

 private:
  std::mt19937_64 random_;
};

using Texts = std::vector<std::string>;
/// Few, so that they meet.
inline const Texts ids = {"a", "b", "c", "d", "e.f", "G-7"};

/// A member of an entry, as it is written; and as it counts, the same for two that mean the same.
struct Written {
  std::string key, value, counts;
  std::string user = {};  ///< params: whom they name
};

inline const std::vector<Written> all_params = {
    {"", R"({"n":1.10})", R"({"n":1.1})"},
    {"", "{ \"n\":11e-1\n}", R"({"n":1.1})"},
    {"", R"({"n":2,"t":"\u00e9"})", R"({"n":2,"t":"é"})"},
    {"", R"({"t":"é","n":2})", R"({"n":2,"t":"é"})"},
    {"", R"({"userId":7})", R"({"userId":7})", "7"},
    {"", R"({"user_id":"u1"})", R"({"user_id":"u1"})", "u1"},
};
/// Ours, and those read as ours (J17).
inline const std::vector<std::pair<std::string, Status>> status_words = {
    {"pending", Status::pending},   {"queued", Status::pending},  {"waiting", Status::pending},
    {"delayed", Status::pending},   {"running", Status::running}, {"processing", Status::running},
    {"active", Status::running},    {"done", Status::done},       {"completed", Status::done},
    {"succeeded", Status::done},    {"failed", Status::failed},   {"cancelled", Status::cancelled},
    {"canceled", Status::cancelled}};
inline const Texts unknown_values = {"[1.10, 9007199254740993,\n 1e2]", R"({ "deep" : {"x":1.0,"y":[]} })",
                                     R"("\u00e9\/")", "-0.0"};

/// Writes one entry, and what it means.
class Author {
 public:
  explicit Author(Dice& dice) : dice_(dice) {}

  /// The same once more: in other words, or under another id, or as it was.
  Draft write_again() {
    if (members_.empty()) return draft_;
    if (dice_.one_in(3)) rename();
    if (dice_.one_in(2)) draft_.text = assembled();
    return draft_;
  }

  Draft write() {
    if (dice_.one_in(60)) return unreadable();
    draft_.id = dice_.one_in(25) ? "" : dice_.of(ids);
    if (!draft_.id.empty())
      put({dice_.one_in(4) ? dice_.one_in(2) ? "jobId" : "job_id" : "id", '"' + draft_.id + '"', ""}, false);
    put_status();
    draft_.type = dice_.one_in(5) ? "storyboard" : "clip";
    put({"type", '"' + draft_.type + '"', '"' + draft_.type + '"'});
    if (dice_.one_in(3)) put_user();
    if (!dice_.one_in(8)) put_params();
    put_numbers();
    put_times();
    if (dice_.one_in(4)) put_prerequisites();
    if (dice_.one_in(4)) put_key();
    if (dice_.one_in(3)) put_unknown();
    if (dice_.one_in(25)) put_wrong();
    draft_.text = assembled();
    return draft_;
  }

 private:
  Draft unreadable() {
    static const std::vector<std::pair<std::string, std::string>> texts = {
        {"", "json"},
        {"{\"id\":\"a\"", "json"},
        {"[]", "json"},
        {R"({"id":"../x","type":"clip"})", "id"},
        {R"({"id":"a","type":"clip","type":"clip"})", "type"}};
    std::tie(draft_.text, draft_.unreadable) = dice_.of(texts);
    return draft_;
  }

  void put(Written member, bool counts = true) {
    if (counts) draft_.meaning[member.key] = member.counts;
    members_.push_back(std::move(member));
  }

  void rename() {
    const std::string id = dice_.of(ids);
    for (const std::string& other : draft_.depends_on)
      if (other == id) return;
    for (Written& member : members_)
      if (!draft_.id.empty() && member.value == '"' + draft_.id + '"' && !draft_.meaning.contains(member.key))
        member.value = '"' + id + '"';
    if (!draft_.id.empty()) draft_.id = id;
    draft_.text = assembled();
  }

  void put_status() {
    if (dice_.one_in(40)) {
      draft_.cancel = true;
      put({"cancelRequested", "true", ""}, false);
      return;
    }
    if (!dice_.one_in(6)) return;
    const auto& [word, status] = dice_.of(status_words);
    draft_.status = status;
    put({"status", '"' + word + '"', ""}, false);
    // What other programs say of a job is not believed, and does not count.
    if (dice_.one_in(2)) put({"progress", "55.5", ""}, false);
    if (dice_.one_in(2)) put({"videoUrl", "\"u\"", ""}, false);
  }

  void put_user() {
    static const Texts users = {"u1", "u2", "7"};
    draft_.user = dice_.of(users);
    const std::string text = draft_.user == "7" ? "7" : '"' + draft_.user + '"';
    put({dice_.one_in(4) ? "user_id" : "userId", text, text});
  }

  void put_params() {
    Written params = dice_.of(all_params);
    params.key = dice_.one_in(4) ? dice_.one_in(2) ? "data" : "payload" : "params";
    draft_.params = params.value;
    if (draft_.user.empty()) draft_.user = params.user;
    draft_.kept.push_back(params.value);
    put(params);
  }

  void put_numbers() {
    if (dice_.one_in(4)) {
      draft_.priority = dice_.from(-1, 2);
      const std::string text = std::to_string(draft_.priority);
      put({"priority", text, text});
    } else if (dice_.one_in(30)) {
      put({"priority", "null", "null"});
    }
    if (!dice_.one_in(8)) return;
    draft_.max_attempts = dice_.from(1, 5);
    const std::string text = std::to_string(*draft_.max_attempts);
    put({dice_.one_in(2) ? "maxAttempts" : "max_attempts", text, text});
  }

  Time a_time() {
    using namespace std::chrono_literals;
    static const std::vector<std::chrono::milliseconds> ahead = {-5s, 1s, 10s, 1h, 48h};
    return Time(std::chrono::milliseconds(1'800'000'000'000)) + dice_.of(ahead);
  }
  std::string written(Time time) {
    if (dice_.one_in(2)) return std::to_string(time.time_since_epoch().count());
    return '"' + format_time(time) + '"';
  }
  void put_times() {
    if (dice_.one_in(5)) {
      draft_.run_at = a_time();
      const std::string text = written(*draft_.run_at);
      put({dice_.one_in(2) ? "runAt" : "run_at", text, text});
    }
    if (!dice_.one_in(8)) return;
    draft_.created_at = a_time();
    const std::string text = written(*draft_.created_at);
    put({dice_.one_in(2) ? "createdAt" : "created_at", text, text});
  }

  void put_prerequisites() {
    std::string list;
    for (int i = dice_.from(1, 2); i > 0; --i) {
      const std::string& id = dice_.of(ids);
      if (id == draft_.id) continue;
      list += (list.empty() ? "\"" : ",\"") + id + '"';
      if (std::find(draft_.depends_on.begin(), draft_.depends_on.end(), id) == draft_.depends_on.end())
        draft_.depends_on.push_back(id);
    }
    const bool is_bare =
        draft_.depends_on.size() == 1 && list.find(',') == std::string::npos && dice_.one_in(2);
    const std::string text = is_bare ? list : "[" + list + "]";
    put({dice_.one_in(4) ? "depends_on" : "dependsOn", text, text});
  }

  void put_key() {
    static const Texts keys = {"k0", "k1", "k\\u0032"};
    const std::string& key = dice_.of(keys);
    draft_.key = key == keys[2] ? "k2" : key;
    put({dice_.one_in(4) ? "idempotency_key" : "idempotencyKey", '"' + key + '"', draft_.key});
  }

  void put_unknown() {
    const std::string& value = dice_.of(unknown_values);
    draft_.kept.push_back(value);
    put({"mine", value, value});
  }

  void put_wrong() {
    static const std::vector<std::pair<std::string, std::string>> wrong = {{"priority", "\"high\""},
                                                                           {"maxAttempts", "0"},
                                                                           {"runAt", "\"soon\""},
                                                                           {"status", "\"paused\""},
                                                                           {"rev", "-1"}};
    const auto& [key, value] = dice_.of(wrong);
    for (const Written& member : members_)
      if (member.key == key || member.key == "run_at" || member.key == "max_attempts") return;
    draft_.bad_field = key;
    put({key, value, value}, key != "status" && key != "rev");
  }

  std::string assembled() {
    static const std::vector<std::array<std::string, 3>> styles = {
        {"", "", ""}, {" ", " ", ""}, {"\n\t", "  ", "\r\n"}};
    const auto& [before, after_colon, at_end] = dice_.of(styles);
    for (std::size_t i = members_.size(); i > 1 && dice_.one_in(2); --i)
      std::swap(members_[i - 1], members_[static_cast<std::size_t>(dice_.below(static_cast<int>(i)))]);
    std::string text = "{";
    for (const Written& member : members_)
      text += (text.size() > 1 ? "," : "") + before + '"' + member.key + "\":" + after_colon + member.value;
    return text + at_end + "}";
  }

  Dice& dice_;
  Draft draft_;
  std::vector<Written> members_;
};

}  // namespace reelspool::model
