// beanstalkd -b DIR -f0: a binlog that is synced with every command that changes something.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tests/bench/peers/peer.hpp"

namespace reelspool::bench {
namespace {

class BeanstalkConnection final : public Session {
 public:
  explicit BeanstalkConnection(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    is_good_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~BeanstalkConnection() override { close(fd_); }
  bool is_good() const { return is_good_; }

  void submit(const std::string& body) override {
    if (!ask(put(body)).starts_with("INSERTED")) give_up("beanstalkd refused a job");
  }
  /// Many commands in one message: the answers come later, all together.
  void submit_all(const std::string& body, std::size_t jobs) {
    constexpr std::size_t at_once = 100;
    for (std::size_t done = 0; done < jobs; done += at_once) {
      const std::size_t count = std::min(at_once, jobs - done);
      std::string commands;
      for (std::size_t i = 0; i < count; ++i) commands += put(body);
      say(commands);
      for (std::size_t i = 0; i < count; ++i)
        if (!line().starts_with("INSERTED")) give_up("beanstalkd refused a job");
    }
  }
  bool claim_and_finish() override {
    const std::string answer = ask("reserve-with-timeout 0\r\n");
    if (answer == "TIMED_OUT") return false;
    unsigned long long id = 0;
    std::size_t size = 0;
    if (std::sscanf(answer.c_str(), "RESERVED %llu %zu", &id, &size) != 2) give_up("beanstalkd gave no job");
    while (buffer_.size() < size + 2) receive();
    buffer_.erase(0, size + 2);
    if (!ask("delete " + std::to_string(id) + "\r\n").starts_with("DELETED"))
      give_up("beanstalkd kept a job");
    return true;
  }
  void progress(int) override {}

 private:
  static std::string put(const std::string& body) {
    return "put 0 0 3600 " + std::to_string(body.size()) + "\r\n" + body + "\r\n";
  }
  std::string ask(const std::string& command) {
    say(command);
    return line();
  }
  void say(const std::string& command) {
    if (send(fd_, command.data(), command.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(command.size()))
      give_up("beanstalkd does not listen");
  }
  std::string line() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) receive();
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return text;
  }
  void receive() {
    char bytes[4096];
    const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) give_up("beanstalkd does not answer");
    buffer_.append(bytes, static_cast<std::size_t>(got));
  }
  int fd_;
  bool is_good_ = false;
  std::string buffer_;
};

class Beanstalkd final : public SessionPeer {
 public:
  explicit Beanstalkd(std::filesystem::path folder) : folder_(std::move(folder)), port_(free_port()) {}
  std::string name() const override { return "beanstalkd -b -f0"; }
  bool survives_power_loss() const override { return true; }
  bool has_progress() const override { return false; }
  std::unique_ptr<Session> connect() override { return std::make_unique<BeanstalkConnection>(port_); }

  /// Without a sync for each job; then the server starts anew and reads its binlog.
  void fill(std::size_t jobs, const std::string& body) override {
    start("-F");
    BeanstalkConnection(port_).submit_all(body, jobs);
    start("-f0");
  }

 private:
  void start(const char* syncing) {
    server_.reset();
    server_ = std::make_unique<Server>(std::vector<std::string>{
        "beanstalkd", "-l", "127.0.0.1", "-p", std::to_string(port_), "-b", folder_, syncing});
    server_->wait_until([&] { return BeanstalkConnection(port_).is_good(); });
  }
  const std::filesystem::path folder_;
  const int port_;
  std::unique_ptr<Server> server_;
};

}  // namespace

Offer offer_beanstalkd(const std::filesystem::path& folder) {
  if (!is_installed("beanstalkd")) return {nullptr, "beanstalkd: the package is not installed"};
  return {std::make_unique<Beanstalkd>(folder), ""};
}

}  // namespace reelspool::bench
