#include "worker/providers/plugin_host.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "plugins/host/wire.hpp"
#include "worker/providers/host_process.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
using wire::What;

constexpr int crashes_allowed = 1;        // a second one by the same question is the question's fault
constexpr int outside_kills_allowed = 4;  // an OOM killer that strikes at each try must not be fed for ever
constexpr auto await_tuple = asio::as_tuple(asio::use_awaitable);

struct Question {
  Question(const asio::any_io_executor& executor, std::uint64_t number, What kind, std::string text)
      : id(number),
        what(kind),
        body(std::move(text)),
        bell(executor, asio::steady_timer::time_point::max()) {}

  std::uint64_t id;
  What what;
  std::string body;
  int crashes = 0;
  int outside_kills = 0;
  std::optional<Result<std::string>> answer;
  asio::steady_timer bell;  // cancelled when the answer is there
};

bool from_outside(HostProcess::Death death) {
  return !death.exited && (death.status == SIGINT || death.status == SIGTERM || death.status == SIGHUP ||
                           death.status == SIGKILL);
}

/// "was ended by signal 11 (Segmentation fault)"
std::string how(HostProcess::Death death) {
  if (death.exited) return "exited with status " + std::to_string(death.status);
  return "was ended by signal " + std::to_string(death.status) + " (" + strsignal(death.status) + ")";
}

}  // namespace

struct PluginHost::Inside : std::enable_shared_from_this<Inside> {
  Inside(asio::any_io_executor loop, Options given)
      : executor(std::move(loop)), options(std::move(given)), timer(executor) {}

  asio::any_io_executor executor;
  Options options;
  std::deque<std::shared_ptr<Question>> open;  // in the order in which the host answers them
  std::shared_ptr<HostProcess> process;
  /// Frames not yet written to `process`; the first one is being written. Each process has a list of its own,
  /// kept alive by the write that reads from it.
  std::shared_ptr<std::deque<std::string>> outbox;
  asio::steady_timer timer;  // deadline of open.front(), or the end of an idle process
  std::string verdict;       // why we killed the process; empty: we did not, or for being idle
  bool idled = false;
  bool closed = false;
  std::uint64_t last_id = 0;

  asio::awaitable<Result<std::string>> ask(What what, std::string body) {
    auto self = shared_from_this();
    auto question = std::make_shared<Question>(executor, ++last_id, what, std::move(body));
    open.push_back(question);
    if (!process)
      start();
    else
      send(*question);
    if (process && open.size() == 1) arm();
    while (!question->answer) co_await question->bell.async_wait(await_tuple);
    co_return std::move(*question->answer);
  }

  void settle_front(Result<std::string> answer) {
    auto question = open.front();
    open.pop_front();
    question->answer = std::move(answer);
    question->bell.cancel();
  }

  void start() {
    auto started = HostProcess::start(executor, options.program, options.library, options.without_landlock);
    if (!started) {
      while (!open.empty())
        settle_front(Error(started.error()).while_doing("plugin \"" + options.name + "\""));
      return;
    }
    process = std::move(*started);
    verdict.clear();
    idled = false;
    outbox = std::make_shared<std::deque<std::string>>();
    for (auto& question : open) send(*question);
    arm();
    asio::co_spawn(executor, listen(shared_from_this(), process), asio::detached);
  }

  void send(const Question& question) {
    outbox->push_back(wire::encode(question.what, question.id, question.body));
    if (outbox->size() == 1) write_first();
  }

  void write_first() {
    asio::async_write(process->socket, asio::buffer(outbox->front()),
                      [self = shared_from_this(), to = process, written = outbox](
                          boost::system::error_code failed, std::size_t) {
                        if (failed || self->process != to) return;  // its end is seen by listen()
                        written->pop_front();
                        if (!written->empty()) self->write_first();
                      });
  }

  /// One timer for the two things that can be waited for: an answer, or somebody to ask. Set when the front
  /// changes.
  void arm() {
    timer.expires_after(open.empty() ? options.idle : options.deadline);
    timer.async_wait([self = shared_from_this(), to = process](boost::system::error_code failed) {
      if (failed || self->process != to || self->timer.expiry() > asio::steady_timer::clock_type::now())
        return;
      if (self->open.empty())
        self->idled = true;
      else
        self->verdict = "gave no answer within " + std::to_string(self->options.deadline.count()) + " ms";
      to->kill();
    });
  }

  /// Reads one process's frames to its end, then decides what becomes of the open questions.
  static asio::awaitable<void> listen(std::shared_ptr<Inside> self, std::shared_ptr<HostProcess> from) {
    wire::Reader reader;
    std::string buffer(16 * 1024, '\0');
    while (self->verdict.empty()) {
      auto [failed, got] = co_await from->socket.async_read_some(asio::buffer(buffer), await_tuple);
      if (self->closed) co_return;
      if (failed) break;
      reader.feed(std::string_view(buffer).substr(0, got));
      while (auto frame = reader.take()) self->take(std::move(*frame));
      if (reader.rubbish()) self->verdict = "wrote rubbish to its socket";
      if (!self->verdict.empty()) from->kill();
    }
    // A plugin may have closed the socket and live on: the host notices and exits, else the timer kills it.
    co_await from->exit.async_wait(asio::posix::stream_descriptor::wait_read, await_tuple);
    if (self->closed) co_return;
    self->died(*from);
  }

  void take(wire::Frame frame) {
    if (!verdict.empty() || frame.what == What::ready) return;
    if (frame.what == What::refused) {
      while (!open.empty())
        settle_front(make_error(ErrorClass::unavailable,
                                "plugin \"" + options.name + "\" cannot be used: " + frame.body));
      return;
    }
    if (open.empty() || frame.id != open.front()->id ||
        (frame.what != What::answer && frame.what != What::fault)) {
      verdict = "answered what was not asked";
      return;
    }
    if (frame.what == What::answer)
      settle_front(std::move(frame.body));
    else
      settle_front(
          make_error(ErrorClass::plugin_crashed, "plugin \"" + options.name + "\" failed: " + frame.body));
    arm();
  }

  void died(HostProcess& late) {
    timer.cancel();
    const HostProcess::Death death = late.reap();
    const std::string printed = late.printed();
    process.reset();
    if (open.empty()) return;
    if (!idled) blame(death, printed);
    if (!open.empty()) start();
  }

  void blame(HostProcess::Death death, const std::string& printed) {
    Question& asked = *open.front();
    if (verdict.empty() && from_outside(death)) {
      if (++asked.outside_kills > outside_kills_allowed)
        settle_front(
            make_error(ErrorClass::interrupted, "plugin \"" + options.name + "\" " + how(death) +
                                                    " from outside again and again while it was asked"));
      return;
    }
    if (++asked.crashes <= crashes_allowed) return;
    Error error = make_error(ErrorClass::plugin_crashed, "plugin \"" + options.name +
                                                             "\" crashed twice on the same request: it " +
                                                             (verdict.empty() ? how(death) : verdict));
    error.details = printed;
    settle_front(std::move(error));
  }

  void close() {
    closed = true;
    timer.cancel();
    if (process) {
      process->kill();
      process->reap();
      process->socket.close();
      process->exit.close();
      process.reset();
    }
    while (!open.empty())
      settle_front(make_error(ErrorClass::interrupted,
                              "plugin \"" + options.name + "\" was ended before it answered"));
  }
};

PluginHost::PluginHost(asio::any_io_executor executor, Options options)
    : inside_(std::make_shared<Inside>(std::move(executor), std::move(options))) {}

PluginHost::~PluginHost() {
  inside_->close();
}

asio::awaitable<Result<std::string>> PluginHost::describe() {
  return inside_->ask(What::describe, {});
}

asio::awaitable<Result<std::string>> PluginHost::next(std::string input) {
  return inside_->ask(What::next, std::move(input));
}

pid_t PluginHost::process() const {
  return inside_->process ? inside_->process->pid() : 0;
}

}  // namespace reelspool
