#include "worker/cli/job_file.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include "jobstore/job.hpp"
#include "jobstore/json.hpp"

namespace reelspool {
namespace {

/// A storyboard with pictures inside as data URLs fits; a video given by mistake does not.
constexpr std::size_t largest_bytes = std::size_t{64} << 20;

Result<std::string> read_text(const std::string& file) {
  std::ifstream stream;
  if (file != "-") {
    std::error_code error;
    if (std::filesystem::is_directory(file, error))
      return make_error(ErrorClass::invalid_request, file + ": is a folder; give a file with one job");
    stream.open(file, std::ios::binary);
    if (!stream) return make_error(ErrorClass::invalid_request, file + ": cannot be opened for reading");
  }
  std::istream& input = file == "-" ? std::cin : stream;
  std::string text;
  for (std::istreambuf_iterator<char> next(input), end; next != end; ++next) {
    text += *next;
    if (text.size() > largest_bytes)
      return make_error(ErrorClass::invalid_request, file + ": larger than 64 MiB; is it a job?");
  }
  return text;
}

std::string id_from(const std::string& file) {
  std::string stem = file == "-" ? "job" : std::filesystem::path(file).stem().string();
  std::erase_if(stem, [](char c) { return !is_job_id(std::string("x") + c); });
  stem = stem.substr(0, 48);
  if (stem.empty() || stem.front() == '.') stem = "job";
  constexpr std::string_view letters =
      "23456789abcdefghjkmnpqrstuvwxyz";  // none that is mistaken for another
  std::random_device random;
  stem += '-';
  for (int i = 0; i < 6; ++i) stem += letters[random() % letters.size()];
  return stem;
}

}  // namespace

Result<std::string> read_job_file(const std::string& file) {
  auto text = read_text(file);
  if (!text) return text;
  const auto job = parse_json(*text);
  if (!job) return Error(job.error()).while_doing(file);
  if (!job->is_object())
    return make_error(ErrorClass::invalid_request,
                      file + ": expected one job, a JSON object with type and params");
  if (job->contains("id") || job->contains("jobId") || job->contains("job_id")) return text;
  // The rest of the text stays as it came: only the id is put in, right after the opening brace.
  const auto brace = text->find('{');
  return text->insert(brace + 1, "\"id\": \"" + id_from(file) + "\"" + (job->empty() ? "" : ", "));
}

}  // namespace reelspool
