// store_driver - a small real process over one store, for whoever wants to disturb it from outside (strace_sweep).
//
//   store_driver run DATA TOLD       everything once (everything.hpp); after each change a line of promises is appended
//                                    to TOLD by one write(2)
//   store_driver take-over DATA TOLD a healthy process takes over; exit 1 and the reason if a promise was broken
//
// Exit status of `run`: 0 whatever was refused; it may also be killed.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/crash/everything.hpp"

namespace reelspool::crash {
namespace {

int run(const std::string& data, const std::string& told) {
  const Fd file(::open(told.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file) return 2;
  Legacy legacy;
  OvertakenFiles files;
  do_everything(data, files, legacy, [&] {
    std::string line = legacy.promises.text() + "|";
    for (const Claim& claim : legacy.claims) line += claim.job + " " + std::to_string(claim.token) + " ";
    line += "\n";
    if (::write(file.number(), line.data(), line.size()) < 0) ::_exit(3);
  });
  std::cout << legacy.acknowledged << " acknowledged, " << legacy.refused << " refused\n";
  return 0;
}

/// The last line that is whole.
Legacy last_told(const std::string& told) {
  Legacy legacy;
  std::ifstream in(told);
  std::string line, last;
  while (std::getline(in, line))
    if (!in.eof()) last = line;
  const std::size_t bar = last.find('|');
  if (bar == std::string::npos) return legacy;
  legacy.promises = Promises::from_text(last.substr(0, bar));
  std::istringstream words(last.substr(bar + 1));
  for (Claim claim; words >> claim.job >> claim.token;) legacy.claims.push_back(claim);
  return legacy;
}

int take_over_and_say(const std::string& data, const std::string& told) {
  const std::string wrong = take_over(data, last_told(told));
  std::cout << wrong;
  return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace reelspool::crash

int main(int count, char** words) {
  const std::string what = count == 4 ? words[1] : "";
  if (what == "run") return reelspool::crash::run(words[2], words[3]);
  if (what == "take-over") return reelspool::crash::take_over_and_say(words[2], words[3]);
  std::cerr << "usage: store_driver run|take-over DATA TOLD\n";
  return 2;
}
