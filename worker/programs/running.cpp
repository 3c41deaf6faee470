#include "worker/programs/running.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>
#include <limits>
#include <sstream>

namespace reelspool {
namespace {

constexpr std::size_t most_output_bytes = 1 << 20;
constexpr std::size_t most_complaint_bytes = 64 << 10;
constexpr std::size_t most_line_bytes = 4 << 10;
constexpr std::size_t most_report_bytes = 8 << 10;

using boost::asio::posix::stream_descriptor;

/// What the shim said, without its newline: "exit 0", "signal 9", "failed 2 /usr/bin/x".
struct Report {
  std::string word;
  int number = 0;
  std::string rest;
};
Report parse_report(const std::string& text) {
  Report report;
  std::istringstream line(text.substr(0, text.find('\n')));
  line >> report.word >> report.number;
  line.ignore(1);
  std::getline(line, report.rest);
  return report;
}

bool is_foreign_end(int status) {
  return status == 255 || status == 128 + SIGINT || status == 128 + SIGTERM || status == 128 + SIGKILL;
}

Error start_failure(const std::string& program, const Report& report) {
  const std::string why = report.rest + ": " + std::strerror(report.number);  // NOLINT(concurrency-mt-unsafe)
  const bool scarce = report.number == EAGAIN || report.number == ENOMEM || report.number == EMFILE ||
                      report.number == ENFILE;
  return make_error(scarce ? ErrorClass::transient : ErrorClass::invalid_request,
                    "cannot start " + program + ": " + why);
}

}  // namespace

std::vector<StopRung> standard_ladder() {
  using std::chrono_literals::operator""s;
  return {{SIGTERM, 5s}, {SIGKILL, 5s}};
}

Programs::Running::Running(boost::asio::any_io_executor executor, const Options& options, Command command,
                           Launched launched, ProgramRecord record)
    : records_(options.records),
      ladder_(options.ladder),
      command_(std::move(command)),
      launched_(std::move(launched)),
      record_(std::move(record)),
      output_(executor),
      complaint_(executor),
      progress_(executor),
      control_(executor),
      death_(executor),
      time_limit_(executor),
      stall_limit_(executor),
      patience_(executor) {
  output_.take = [this](std::string_view bytes) {
    exit_.output += bytes.substr(0, most_output_bytes - exit_.output.size());
  };
  complaint_.take = [this](std::string_view bytes) {
    exit_.complaint += bytes;
    if (exit_.complaint.size() > most_complaint_bytes)
      exit_.complaint.erase(0, exit_.complaint.size() - most_complaint_bytes);
  };
  progress_.take = [this](std::string_view bytes) { take_progress(bytes); };
  control_.take = [this](std::string_view bytes) { take_report(bytes); };
}

Programs::Running::~Running() {
  abandon();
}

void Programs::Running::watch() {
  const auto self = shared_from_this();
  output_.descriptor.assign(launched_.output.release());
  complaint_.descriptor.assign(launched_.complaint.release());
  progress_.descriptor.assign(launched_.progress.release());
  control_.descriptor.assign(launched_.control.release());
  death_.assign(launched_.exit.release());
  for (Stream* stream : {&output_, &complaint_, &progress_, &control_}) watch(*stream);
  await_exit();
  if (command_.time_limit.count() > 0) {
    time_limit_.expires_after(command_.time_limit);
    time_limit_.async_wait([self](const boost::system::error_code& cancelled) {
      if (!cancelled) self->end(Exit::Cause::timed_out);
    });
  }
  start_stall_limit();
  order('g');
}

void Programs::Running::watch(Stream& stream) {
  stream.descriptor.async_wait(stream_descriptor::wait_read,
                               [self = shared_from_this(), &stream](const boost::system::error_code& closed) {
                                 // A few reads at a time: a program that floods us must not keep the loop to
                                 // itself.
                                 if (!closed && drain(stream, 4)) self->watch(stream);
                               });
}

/// Reads what is there. False at end-of-file, when there will be nothing more.
bool Programs::Running::drain(Stream& stream, int most_reads) {
  std::array<char, 64 << 10> buffer;
  for (int reads = 0; reads < most_reads && stream.descriptor.is_open(); ++reads) {
    const ssize_t got = ::read(stream.descriptor.native_handle(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return false;
    stream.take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
  return true;
}

void Programs::Running::take_progress(std::string_view bytes) {
  for (const char c : bytes) {
    if (c != '\n') {
      if (line_.size() < most_line_bytes) line_ += c;
      continue;
    }
    if (!command_.on_progress || command_.on_progress(line_)) start_stall_limit();
    line_.clear();
  }
}

void Programs::Running::take_report(std::string_view bytes) {
  if (report_.size() < most_report_bytes) report_ += bytes;
}

void Programs::Running::start_stall_limit() {
  if (command_.stall_limit.count() <= 0 || ending_ || over_) return;
  stall_limit_.expires_after(command_.stall_limit);  // also ends the wait that was under way
  stall_limit_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    // A timer that had already fired when it was set anew is not cancelled; its time tells.
    if (!cancelled && self->stall_limit_.expiry() <= std::chrono::steady_clock::now())
      self->end(Exit::Cause::stalled);
  });
}

void Programs::Running::order(char what) {
  // To a shim that is dead this fails; its pidfd tells us anyway.
  if (control_.descriptor.is_open())
    (void)::send(control_.descriptor.native_handle(), &what, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Programs::Running::end(Exit::Cause cause, std::chrono::milliseconds longest_patience) {
  if (ending_ || over_) return;
  ending_ = true;
  for (StopRung& rung : ladder_) rung.patience = std::min(rung.patience, longest_patience);
  exit_.cause = cause;
  time_limit_.cancel();
  stall_limit_.cancel();
  next_rung();
}

void Programs::Running::next_rung() {
  if (rung_ >= ladder_.size()) {
    ::kill(launched_.pid, SIGKILL);  // our child, not yet waited for: its number is its own
    return;
  }
  const StopRung rung = ladder_[rung_++];
  order(rung.signal == SIGKILL ? 'k' : 't');
  patience_.expires_after(rung.patience);
  patience_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (!cancelled && !self->over_) self->next_rung();
  });
}

void Programs::Running::await_exit() {
  death_.async_wait(stream_descriptor::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& closed) {
                      if (!closed) self->end_orphans();
                    });
}

/// The shim is dead. If it said so itself, nothing is left; if somebody killed it, what it looked after is
/// killed here, before it is waited for, and looked for again until there is nothing more.
void Programs::Running::end_orphans() {
  drain(control_, std::numeric_limits<int>::max());
  const std::string word = parse_report(report_).word;
  if (word != "exit" && word != "signal") {
    auto dying = kill_kin(record_);
    if (!dying.empty()) {
      boost::system::error_code error;
      death_.close(error);
      death_.assign(dying.front().release(), error);
      if (!error) return await_exit();
      end_kin(record_);
    }
  }
  finish();
}

void Programs::Running::finish() {
  if (over_) return;
  // Nobody is left to write, so this comes to an end; 64 reads are 4 MiB, more than anything here keeps.
  for (Stream* stream : {&output_, &complaint_, &progress_}) drain(*stream, 64);
  conclude();
}

void Programs::Running::abandon() {
  if (over_) return;
  // Not through the shim, which might be stopped: it is killed, and while its number is held its session is cleared.
  ::kill(launched_.pid, SIGKILL);
  end_kin(record_);
  exit_.cause = Exit::Cause::outside;
  conclude();
}

void Programs::Running::conclude() {
  over_ = true;
  ::waitpid(launched_.pid, nullptr, 0);
  forget_record(records_, record_);
  boost::system::error_code ignored;
  for (Stream* stream : {&output_, &complaint_, &progress_, &control_}) stream->descriptor.close(ignored);
  death_.close(ignored);
  for (auto* timer : {&time_limit_, &stall_limit_, &patience_}) timer->cancel();
  if (auto call = std::move(when_over_)) call();
}

Result<Exit> Programs::Running::outcome() {
  const Report report = parse_report(report_);
  if (report.word == "failed") return start_failure(command_.argv.front(), report);
  if (report.word == "exit")
    exit_.status = report.number;
  else
    exit_.status = 128 + (report.word == "signal" ? report.number : SIGKILL);
  if (!ending_ && is_foreign_end(exit_.status)) exit_.cause = Exit::Cause::outside;
  return std::move(exit_);
}

}  // namespace reelspool
