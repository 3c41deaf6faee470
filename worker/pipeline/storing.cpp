#include "worker/pipeline/storing.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>
#include <utility>

#include "jobstore/entry.hpp"
#include "worker/pipeline/files.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

constexpr std::size_t longest_key_bytes = 1000;  // S3 allows 1024; a provider may put something before it

/// What people wrote becomes part of a key that every storage takes, and never another folder.
std::string plain(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || (std::isalnum(byte) == 0 && c != '.' && c != '_' && c != '-')) c = '_';
  }
  if (text.empty() || text.find_first_not_of('.') == std::string::npos) return "_" + text;
  return text;
}

std::string user_of(const Job& job) {
  const auto entry = read_entry(job.body);
  return entry ? entry->user : std::string();
}

/// A part that every program on the way takes for another folder: what asks for it with curl or a browser drops it.
bool leads_elsewhere(const std::string& key) {
  const std::string parts = "/" + key + "/";
  return parts.find("/./") != std::string::npos || parts.find("/../") != std::string::npos;
}

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

Error bad_template(std::string_view setting, const std::string& value, std::string reason) {
  return make_error(ErrorClass::unavailable,
                    std::string(setting) + " is \"" + value + "\", which " + std::move(reason));
}

/// What uploading a file needs; refers to the attempt's parts, which outlive the step.
struct Delivery {
  Providers& providers;
  Pool& pool;
  std::filesystem::path from;
  std::string name;
  Json request;
};

awaitable<Result<Yield>> deliver(Delivery delivery, StepContext& step) {
  auto bring = [from = delivery.from, name = delivery.name,
                folder = step.folder]() -> Result<std::uintmax_t> {
    if (auto brought = bring_file(from, folder, name); !brought) return brought.error();
    std::error_code error;
    const auto bytes = std::filesystem::file_size(folder / name, error);
    if (error) return system_error("looking at " + from.string(), error.value());
    return bytes;
  };
  auto bytes = co_await delivery.pool.run(std::move(bring));
  if (!bytes) co_return std::move(bytes.error());
  delivery.request["bytes"] = *bytes;
  auto outputs = co_await delivery.providers.perform("storage", delivery.request, step);
  if (!outputs) {
    Error& error = outputs.error();
    if (!step.stop->asked())
      error.message += "; what was made is kept, and retrying the job only uploads it again";
    co_return std::move(error);
  }
  Yield yield;
  yield.value = {{"url", std::move((*outputs)["url"])}, {"key", delivery.request["key"]}};
  if (outputs->contains("expires")) yield.value["expires"] = (*outputs)["expires"];
  co_return yield;
}

}  // namespace

Result<std::string> object_key(const Attempt& attempt, std::string_view setting) {
  const std::string value = attempt.settings.text(setting);
  std::string key;
  bool tells_jobs_apart = false;
  for (std::size_t at = 0; at < value.size();) {
    if (value[at] != '{') {
      key += value[at++];
      continue;
    }
    const std::size_t end = value.find('}', at);
    const std::string name = value.substr(at, end == std::string::npos ? end : end - at + 1);
    if (name == "{jobId}") {
      key += plain(attempt.job.id);
      tells_jobs_apart = true;
    } else if (name == "{userId}") {
      key += plain(user_of(attempt.job));
    } else if (name == "{type}") {
      key += plain(attempt.job.type);
    } else {
      return bad_template(setting, value, "has " + name + "; there are {jobId}, {userId} and {type}");
    }
    at += name.size();
  }
  if (!tells_jobs_apart)
    return bad_template(setting, value, "has no {jobId}: every job would overwrite the last one's file");
  if (key.starts_with('/') || key.ends_with('/') || key.find("//") != std::string::npos)
    return bad_template(setting, value, "has an empty part between its slashes");
  if (leads_elsewhere(key))
    return bad_template(setting, value, "has a part \".\" or \"..\": it would lead elsewhere");
  if (has_control_characters(key))
    return bad_template(setting, value, "has a character that is not printed, such as the end of a line");
  if (key.size() > longest_key_bytes)
    return bad_template(setting, value, "makes a key of more than 1000 bytes");
  return key;
}

Result<bool> is_uploaded(const Attempt& attempt) {
  const std::string named = attempt.settings.text("STORAGE_PROVIDER");
  if (named == "none") return false;
  auto can = attempt.providers.can("storage", Json::object());
  if (!can && !named.empty()) return std::move(can.error());
  if (!can) return false;
  auto video = object_key(attempt, "STORAGE_VIDEO_KEY");
  if (!video) return std::move(video.error());
  auto thumbnail = object_key(attempt, "STORAGE_THUMBNAIL_KEY");
  if (!thumbnail) return std::move(thumbnail.error());
  if (*video == *thumbnail)
    return make_error(ErrorClass::unavailable,
                      "STORAGE_VIDEO_KEY and STORAGE_THUMBNAIL_KEY lead to the same place, so one file would "
                      "overwrite the other: correct one of them");
  return true;
}

Work upload(Attempt& attempt, const std::string& file, std::string_view setting, const std::string& type) {
  Delivery delivery{attempt.providers, attempt.pool, attempt.steps.job_folder() / file,
                    "upload" + suffix_of(file, "mp4 jpg", "bin"), Json::object()};
  delivery.request["file"]["file"] = delivery.name;
  delivery.request["key"] = object_key(attempt, setting).value();  // is_uploaded() has seen it
  delivery.request["type"] = type;
  Work work;
  work.kind = "storage";
  work.request = delivery.request;
  work.inputs.push_back(delivery.from);
  work.carry_out = [delivery = std::move(delivery)](StepContext& step) { return deliver(delivery, step); };
  return work;
}

}  // namespace reelspool
