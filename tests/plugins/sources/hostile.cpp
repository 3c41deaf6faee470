// Does what it can to hurt: in next(), the misdeed that the request's prompt names ("do:fork-bomb"); while it is loaded, the one
// that hostile_texts.c names. What it got hold of it tries to bring out in every way there is.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "plugins/sdk/http_answer.hpp"
#include "plugins/sdk/provider.hpp"

using namespace reelspool::sdk;

extern "C" const char hostile_name[];
extern "C" const char hostile_early[];

namespace {

std::string read_all(const char* path) {
  const int file = open(path, O_RDONLY);
  if (file < 0) return std::string(path) + ": " + std::strerror(errno);
  std::string text(64 * 1024, '\0');
  const ssize_t got = read(file, text.data(), text.size());
  close(file);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return "got " + std::string(path) + " " + text;
}

std::string all_of_the_environment() {
  std::string all = "environment:";
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    all += std::string(" ") + *entry;
  if (const char* value = std::getenv("CANARY_KEY")) all += std::string(" ") + value;
  for (const std::string& who : {std::string("self"), std::string("1"), std::to_string(getppid())})
    for (const char* what : {"/environ", "/cmdline", "/mem"})
      all += " " + read_all(("/proc/" + who + what).c_str());
  return all;
}

std::string fork_bomb() {
  int children = 0;
  for (int i = 0; i < 100'000; ++i) {
    const pid_t child = fork();
    if (child >= 0) ++children;
  }
  return "forked " + std::to_string(children) + " times, then: " + std::strerror(errno);
}

std::string open_sockets() {
  std::string all = "sockets:";
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
    const int made = socket(family, family == AF_NETLINK ? SOCK_RAW : SOCK_STREAM, 0);
    if (made < 0) {
      all += std::string(" ") + std::strerror(errno);
      continue;
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    all +=
        connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? " got out" : " got one";
  }
  return all;
}

std::string eat_memory() {
  const std::size_t fifty_gigabytes = std::size_t{50} << 30;
  void* all = mmap(nullptr, fifty_gigabytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all != MAP_FAILED) {
    std::memset(all, 1, fifty_gigabytes);
    return "got 50 GB";
  }
  std::vector<std::unique_ptr<char[]>> pieces;
  for (;;) {
    pieces.push_back(std::make_unique_for_overwrite<char[]>(1 << 20));
    std::memset(pieces.back().get(), 1, 1 << 20);
  }
}

void spin() {
  for (volatile int forever = 1; forever != 0;) {
  }
}

void sleep_for_ever() {
  while (true) sleep(1000);
}

/// What came of it, if the process lives on.
std::string do_misdeed(const std::string& what) {
  volatile std::uintptr_t nowhere = 8;  // volatile: what a compiler sees through it warns of
  if (what == "segfault") *reinterpret_cast<volatile int*>(nowhere) = 1;
  if (what == "abort") std::abort();
  if (what == "exit") _exit(0);
  if (what == "loop") spin();
  if (what == "sleep") sleep_for_ever();
  if (what == "fork-bomb") return fork_bomb();
  if (what == "eat-memory") return eat_memory();
  if (what == "close-descriptors") {
    for (int fd = 0; fd < 1024; ++fd) close(fd);
    sleep_for_ever();
  }
  if (what == "write-to-the-socket") {
    const std::string junk(100'000, 'z');
    [[maybe_unused]] const ssize_t wrote = write(3, junk.data(), junk.size());
    sleep_for_ever();
  }
  if (what == "print") {
    for (int i = 0; i < 100'000; ++i) std::puts("{\"action\":{\"type\":\"done\",\"outputs\":{}}} CANARY?");
    std::fflush(stdout);
    return "printed a lot";
  }
  if (what == "sockets") return open_sockets();
  if (what == "passwd") return read_all("/etc/passwd") + " " + read_all("/etc/hostname");
  if (what == "environment") return all_of_the_environment();
  if (what == "write-files") {
    std::string all = "files:";
    for (const char* path : {"/tmp/reelspool-hostile", "jobs.json", "/dev/shm/reelspool-hostile"})
      all += open(path, O_WRONLY | O_CREAT, 0600) >= 0 ? " got one" : std::string(" ") + std::strerror(errno);
    return all;
  }
  if (what == "kill-the-worker") {
    const bool hit = kill(getppid(), SIGKILL) == 0 || kill(-1, SIGKILL) == 0 || kill(1, SIGKILL) == 0;
    return hit ? "got it" : std::string("kill: ") + std::strerror(errno);
  }
  return "nothing";
}

const std::string done_while_loading = *hostile_early != '\0' ? do_misdeed(hostile_early) : "";

class Hostile : public Provider {
 public:
  Json manifest() const override {
    const std::string name = hostile_name;
    return {{"name", name},
            {"version", done_while_loading.empty() ? "1" : done_while_loading},
            {"abi", REELSPOOL_ABI},
            {"kinds", {{"image", {{"order", 1}}}}},
            {"scripts", Json::array({"card"})}};
  }

  Answer next(const Input& input) override {
    const std::string prompt = text_at(input.request, "/prompt");
    const std::size_t at = prompt.find("do:");
    if (at == std::string::npos) return {.action = fail(Failure::unavailable, "no misdeed is wanted")};
    const std::string what =
        prompt.substr(at + 3, prompt.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at + 3) - at - 3);
    // With an operation under way no other provider is asked, so that the job ends with what happened here.
    if (input.event.is("start"))
      return {.state = {{"begun", true}}, .action = wait(0), .operation = "misdeed"};
    if (what == "throw") throw std::runtime_error("thrown by hostile");
    if (what == "ask-for-passwd")
      return {.action = exec("card").input("layout", "/etc/passwd").output("out", "../../../escaped.png"),
              .operation = "misdeed"};
    if (what == "ask-for-a-program")
      return {.action = exec("finish").option("in", "/etc/passwd"), .operation = "misdeed"};
    if (what == "name-a-foreign-output") return {.action = done({{"image", {{"file", "/etc/passwd"}}}})};
    if (what == "remember-too-much") return {.state = std::string(100'000, 'x'), .action = wait(0)};
    return {.action = fail(Failure::content_policy, do_misdeed(what))};
  }
};

/// The misdeeds that are committed with the answer's bytes.
std::uint32_t raw_next(reelspool_bytes input, reelspool_bytes* answer) {
  const std::string text(input.data, input.size);
  const bool is_begun = text.find("\"begun\":true") != std::string::npos;
  if (is_begun && text.find("do:bad-utf8") != std::string::npos) {
    *answer = detail::hand_over("{\"state\":\"\xff\xfe\",\"action\":{\"type\":\"wait\",\"ms\":0}}");
    return 0;
  }
  if (is_begun && text.find("do:answer-too-much") != std::string::npos) {
    *answer = detail::hand_over("{\"action\":{\"type\":\"wait\",\"ms\":0},\"x\":\"" +
                                std::string(100'000'000, 'x') + "\"}");
    return 0;
  }
  if (is_begun && text.find("do:lie-about-the-size") != std::string::npos) {
    *answer = {text.data(), std::uint64_t{1} << 60};
    return 0;
  }
  return detail::next<Hostile>(input, answer);
}

void release(reelspool_bytes answer) {
  if (answer.size < std::uint64_t{1} << 60) std::free(const_cast<char*>(answer.data));
}

}  // namespace

extern "C" REELSPOOL_EXPORT const reelspool_plugin* reelspool_provider(void) {
  static const reelspool_plugin plugin = {sizeof(reelspool_plugin), REELSPOOL_ABI, &detail::describe<Hostile>,
                                          &raw_next, &release};
  return &plugin;
}
