#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "tests/bench/peers/peer.hpp"

namespace reelspool::bench {
namespace {

pid_t start(const std::vector<std::string>& argv, const std::string& user) {
  const passwd* const account = user.empty() || geteuid() != 0 ? nullptr : getpwnam(user.c_str());
  const pid_t pid = fork();
  if (pid != 0) return pid;
  if (account && (setgroups(0, nullptr) != 0 || setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0))
    std::_Exit(126);
  prctl(PR_SET_PDEATHSIG, SIGINT);  // the server of a benchmark that was killed does not outlive it
  std::signal(SIGINT, SIG_DFL);     // a shell has those that it runs in the background ignore it
  const int nowhere = open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) dup2(nowhere, fd);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  std::_Exit(127);
}

}  // namespace

Server::Server(const std::vector<std::string>& argv, const std::string& user)
    : name_(argv.front()), pid_(start(argv, user)) {}

Server::~Server() {
  kill(pid_, SIGINT);
  waitpid(pid_, nullptr, 0);
}

void Server::wait_until(const std::function<bool()>& is_there) const {
  const double patience = now_s() + 20;
  while (!is_there()) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) give_up(name_ + " ended at once");
    if (now_s() > patience) give_up(name_ + " does not answer");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

bool run(const std::vector<std::string>& argv, const std::string& user) {
  int status = -1;
  waitpid(start(argv, user), &status, 0);
  return status == 0;
}

bool is_installed(const std::string& program) {
  return run({"sh", "-c", "command -v " + program});
}

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    give_up("no port is free on loopback");
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace reelspool::bench
