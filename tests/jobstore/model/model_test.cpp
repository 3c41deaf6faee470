// The store against a plain model of it, over random histories (rehearsal.hpp).
//
//   REELSPOOL_LONG=1                            20 000 histories instead of 150, of 60 operations
//   REELSPOOL_MODEL=FIRST_SEED[,HISTORIES[,OPS]]   those; one alone replays what a failure printed
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/jobstore/model/rehearsal.hpp"

namespace reelspool::model {
namespace {

struct Extent {
  std::uint64_t first = 1;
  int histories = 150;
  int operations = 60;
};

Extent extent() {
  Extent chosen;
  if (const char* is_long = std::getenv("REELSPOOL_LONG"); is_long && std::string(is_long) == "1")
    chosen.histories = 20'000;
  if (const char* text = std::getenv("REELSPOOL_MODEL")) {
    chosen.histories = 1;
    unsigned long long first = 1;
    std::sscanf(text, "%llu,%d,%d", &first, &chosen.histories, &chosen.operations);
    chosen.first = first;
  }
  return chosen;
}

TEST(Model, TheStoreDoesWhatTheModelDoesInEveryHistory) {
  const Extent extent = model::extent();
  Tally tally;
  for (int i = 0; i < extent.histories; ++i) {
    if (i > 0 && i % 1000 == 0) std::fprintf(stderr, "%d histories\n", i);
    const History history = make_history(extent.first + static_cast<std::uint64_t>(i), extent.operations);
    const auto wrong = rehearse(history, &tally);
    if (!wrong) continue;
    const History small = shrunk(history);
    ADD_FAILURE() << "again with REELSPOOL_MODEL=" << history.seed << ",1," << extent.operations << "\n"
                  << *wrong << "\n\nshrunk from " << history.ops.size() << " to " << small.ops.size()
                  << " operations:\n"
                  << to_text(small) << rehearse(small).value_or("which went well when it was played again");
    return;
  }
  std::printf("%d histories of %d operations, seeds from %llu\n", extent.histories, extent.operations,
              static_cast<unsigned long long>(extent.first));
  for (const auto& [what, times] : tally) std::printf("%8d %s\n", times, what.c_str());
}

}  // namespace
}  // namespace reelspool::model
