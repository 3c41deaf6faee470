// One workload on every queue: this store, and with --peers what people would use instead. Each round begins with fresh
// stores of the given size and measures everything, the disk's own limit too; ratios are made within a round and their median
// counts, since the machine may do other things meanwhile.
#include <cstdio>
#include <map>

#include "tests/bench/peers/peer.hpp"
#include "tests/bench/sections.hpp"
#include "tests/bench/subject.hpp"

namespace reelspool::bench {
namespace {

constexpr int crowd = 8;
// The queues take turns this often within a round: a disk that gets slower for a second does so for all of them.
constexpr std::size_t slices = 3;

struct Column {
  const char* title;
  Operation operation;
  int clients;
  bool are_processes;
};
// Submits come first: they leave enough for the claims of a small store.
constexpr Column columns[] = {
    {"1 submitter", Operation::submit, 1, false},
    {"8 submitters", Operation::submit, crowd, false},
    {"8 submitting processes", Operation::submit, crowd, true},
    {"progress", Operation::progress, 1, false},
    {"1 claim", Operation::claim_and_finish, 1, false},
    {"8 claims", Operation::claim_and_finish, crowd, false},
    {"8 claiming processes", Operation::claim_and_finish, crowd, true},
};
constexpr std::size_t column_count = std::size(columns);

/// The rounds of one queue.
struct Rates {
  bool survives_power_loss = false;
  std::vector<double> columns[column_count];
};
struct Found {
  std::vector<std::string> names;  // ours first
  std::map<std::string, Rates> rates;
  std::vector<double> disk;
};

/// Each round begins with another queue: whoever comes first has the disk as the last one of the column before left it.
void measure_round(const Setup& setup, std::size_t size, std::size_t nth, Found& found,
                   std::map<std::string, bool>& said) {
  const Folder folder(setup.root);
  std::filesystem::permissions(folder.path(),
                               std::filesystem::perms(0755));  // a server may run as somebody else
  const auto room = [&](const char* name) {
    std::filesystem::create_directory(folder.path() / name);
    return folder.path() / name;
  };
  std::vector<std::unique_ptr<Peer>> queues;
  const auto take = [&](Offer offer) {
    if (offer.peer)
      queues.push_back(std::move(offer.peer));
    else if (!std::exchange(said[offer.missing], true))
      std::printf("skipped: %s\n", offer.missing.c_str());
  };
  take(offer_ours(room("ours"), false));
  take(offer_ours(room("published"), true));
  if (setup.with_peers) {
    take(offer_sqlite(room("sqlite"), true));
    take(offer_sqlite(folder.path() / "sqlite", false));
    take(offer_postgres(room("postgres")));
    take(offer_beanstalkd(room("beanstalkd")));
    take(offer_bullmq(room("redis-always"), setup.modules, true));
    take(offer_bullmq(room("redis-everysec"), setup.modules, false));
    take(offer_naive(room("naive")));
  }
  const std::string body = entry("x");
  found.names.clear();
  for (const auto& queue : queues) {
    found.names.push_back(queue->name());
    found.rates[queue->name()].survives_power_loss = queue->survives_power_loss();
    queue->fill(size, body);
  }
  sync();  // what was filled in is written now, and by nobody that is measured
  for (std::size_t i = 0; i < column_count; ++i) {
    const Load load{columns[i].operation, columns[i].clients, columns[i].are_processes,
                    setup.seconds / slices};
    std::map<std::string, double> sums;
    double disk = 0;
    for (std::size_t slice = 0; slice < slices; ++slice) {
      if (i == 0) disk += disk_limit(folder.path(), setup.seconds / slices);
      for (std::size_t k = 0; k < queues.size(); ++k) {
        const auto& queue = queues[(k + 2 * nth) % queues.size()];
        sums[queue->name()] += queue->measure(load, body);
      }
    }
    if (i == 0) found.disk.push_back(disk / slices);
    for (const auto& [name, sum] : sums) found.rates[name].columns[i].push_back(sum / slices);
  }
}

double median_ratio(const std::vector<double>& values, const std::vector<double>& others) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < values.size(); ++i) ratios.push_back(others[i] > 0 ? values[i] / others[i] : 0);
  return median(ratios);
}

/// Where the one that comes closest stands: of those that promise as much, or for progress, of those that promise no
/// less than kill -9 and are safe for several writers.
void compare(const Found& found, const std::string& at, Goals& goals) {
  const Rates& ours = found.rates.at(found.names.front());
  for (std::size_t i = 0; i < column_count; ++i) {
    const bool is_progress = columns[i].operation == Operation::progress;
    std::string closest;
    double least = 0;
    for (const std::string& name : found.names) {
      const Rates& other = found.rates.at(name);
      const bool counts = is_progress ? name.starts_with("SQLite") : other.survives_power_loss;
      if (!counts || name.starts_with("reelspool") || median(other.columns[i]) < 0) continue;
      const double ratio = median_ratio(ours.columns[i], other.columns[i]);
      if (!closest.empty() && ratio >= least) continue;
      closest = name;
      least = ratio;
    }
    if (!closest.empty()) goals.at_least(std::string(columns[i].title) + at + ", times " + closest, least, 1);
  }
}

}  // namespace

void measure_throughput(const Setup& setup, Goals& goals) {
  std::map<std::string, bool> said;
  for (const std::size_t size : setup.sizes) {
    Found found;
    for (int i = 0; i < setup.rounds; ++i)
      measure_round(setup, size, static_cast<std::size_t>(i), found, said);

    std::vector<std::string> head = {"a second"};
    for (const Column& column : columns) head.emplace_back(column.title);
    Table table(head);
    for (const std::string& name : found.names) {
      const Rates& rates = found.rates.at(name);
      std::vector<std::string> row = {name + (rates.survives_power_loss ? "" : " *")};
      for (const auto& values : rates.columns)
        row.push_back(median(values) < 0 ? "-" : number(median(values)));
      table.add(row);
    }
    table.add({"the disk: a 300-byte append with fdatasync", number(median(found.disk))});
    table.print("Throughput, " + number(size) +
                " jobs stored; a claim with its finish; * and all progress survive kill -9 only");

    const std::string at = ", " + number(size) + " jobs";
    const Rates& ours = found.rates.at(found.names.front());
    goals.at_least("1 submitter" + at + ", times the disk's limit", median_ratio(ours.columns[0], found.disk),
                   0.8);
    goals.at_least("8 submitters" + at + ", times the disk's limit",
                   median_ratio(ours.columns[1], found.disk), 1);
    compare(found, at, goals);
  }
}

}  // namespace reelspool::bench
