#include "tests/bench/subject.hpp"

#include <algorithm>
#include <vector>

#include "tests/bench/measure.hpp"

namespace reelspool::bench {
namespace {

constexpr std::size_t taken_in_at_once = 5000;

std::unique_ptr<FileJobStore> open(FileStoreOptions options) {
  return std::move(*must(open_file_store(options), "opening " + options.data.string()));
}

}  // namespace

std::string entry(std::string_view id) {
  return with_id(
      R"({"id":"","type":"storyboard","params":{"title":"Autumn sale","language":"en","scenes":[)"
      R"({"text":"Leaves fall, and so do prices.","image":"a red leaf on wet stone"},)"
      R"({"text":"Come in while they last.","image":"a shop window at dusk"}]},"userId":"user-42","note":"a field of theirs"})",
      id);
}

std::string with_id(std::string_view body, std::string_view id) {
  const std::size_t begin = body.find("\"id\":\"") + 6;
  return std::string(body.substr(0, begin)) + std::string(id) +
         std::string(body.substr(body.find('"', begin)));
}

void fill(const std::filesystem::path& data, std::size_t jobs, Filling filling, const std::string& front) {
  in_process([&]() -> std::string {
    auto store = open_client(data);
    std::size_t made = 0;
    while (made < jobs) {
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < taken_in_at_once && made < jobs; ++i, ++made) {
        std::string text = entry(front + std::to_string(made));
        if (filling == Filling::waiting || made % 2 == 1) {
          text.pop_back();
          text += R"(,"runAt":"2199-01-01T00:00:00.000Z"})";
        }
        texts.push_back(std::move(text));
      }
      const std::vector<std::string_view> views(texts.begin(), texts.end());
      const Result<std::vector<Ledger::Outcome>> outcomes = store->take_in(views);
      must(outcomes, "filling a store");
      for (const Ledger::Outcome& outcome : *outcomes)
        if (outcome.kind != Ledger::Outcome::Kind::submitted) give_up(outcome.problem.message);
    }
    static_cast<void>(store.release());  // as after kill -9
    return "";
  });
}

std::unique_ptr<FileJobStore> open_client(const std::filesystem::path& data) {
  FileStoreOptions options;
  options.data = data;
  return open(options);
}

std::unique_ptr<FileJobStore> open_worker(const std::filesystem::path& data, const std::string& name) {
  FileStoreOptions options;
  options.data = data;
  options.role = FileStoreOptions::Role::worker;
  options.worker = name;
  return open(options);
}

Claim claim_one(JobStore& store) {
  Result<std::optional<Claimed>> claimed = store.claim();
  must(claimed, "claiming");
  if (!*claimed) give_up("no job is left to claim");
  return (*claimed)->claim;
}

}  // namespace reelspool::bench
