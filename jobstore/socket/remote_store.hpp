#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "jobstore/socket/command_store.hpp"
#include "jobstore/socket/connection.hpp"
#include "jobstore/socket/wire.hpp"

namespace reelspool {

/// A command's job store that asks a living worker over store/socket.
///
/// Errors     Those of the worker's store; and those of the way to it, `code`:
///            lost        it closed or died before the answer was whole: the call was carried out, or not
///            no_answer   it did not answer within a minute: it may still carry the call out
///            busy, unknown_call   it did not carry the call out
/// Threads    One at a time.
class RemoteStore final : public CommandStore {
 public:
  /// Errors: unavailable, code "nobody"  nobody answers on the socket of this data directory within 2 s, or not to this
  ///         user, or in a protocol that this program does not speak; the message says which
  static Result<std::unique_ptr<RemoteStore>> connect(const std::filesystem::path& data);

  Result<Submitted> submit(std::string_view entry) override;
  Result<std::vector<StepRecord>> steps(std::string_view id) override;
  Result<Job> cancel(std::string_view id) override;
  Result<Job> retry(std::string_view id) override;
  Result<> remove(std::string_view id, bool with_outputs) override;
  Result<std::vector<std::string>> retry_failed() override;
  Result<std::vector<std::string>> remove_failed(bool with_outputs) override;
  Result<Job> find(std::string_view id) override;
  Result<std::vector<Job>> list(const Listing& listing) override;
  Result<Stats> stats() override;
  Result<std::vector<Job>> last_failures(std::size_t limit) override;
  Result<> set_paused(bool paused) override;

 private:
  explicit RemoteStore(socket::Connection connection) : connection_(std::move(connection)) {}

  struct Reply {
    socket::Head head;
    std::string bytes;
  };
  Result<Reply> ask(const std::string& head, std::string_view bytes = {});
  Result<std::vector<std::string>> ask_for_ids(const std::string& head);
  Result<Job> ask_for_job(std::string_view call, std::string_view id);

  socket::Connection connection_;
};

}  // namespace reelspool
