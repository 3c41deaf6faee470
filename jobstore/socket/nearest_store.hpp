#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobstore/socket/command_store.hpp"
#include "jobstore/socket/remote_store.hpp"

namespace reelspool {

/// The job store as a command sees it, by the shortest way that there is:
///
///   a living worker, over store/socket   every call costs the same, however many jobs there are
///   the drop folder                      for submit, when no worker answers
///   the store itself, opened             for all else; that reads all of it
///
/// When the worker dies in the middle of a call, the next way is taken, and first is looked whether the wish was granted
/// already: so a cancel that was carried out does not end in "is already cancelled".
///
/// Threads    One at a time.
class NearestStore final : public CommandStore {
 public:
  using Open = std::function<Result<std::shared_ptr<JobStore>>()>;
  /// `open` opens the store of the data directory, as a client. Nothing is done before the first call.
  NearestStore(std::filesystem::path data, Open open) : data_(std::move(data)), open_(std::move(open)) {}

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
  template <class T>
  using Call = std::function<Result<T>(JobStore&)>;
  /// What the answer is if the wish has been granted; nothing: it has not.
  template <class T>
  using Granted = std::function<std::optional<T>(JobStore&)>;
  /// Nothing when no worker answers. `was_asked` becomes true when one was asked and died.
  template <class T>
  std::optional<Result<T>> ask_workers(const Call<T>& call, bool& was_asked);
  template <class T>
  Result<T> ask(const Call<T>& call, const Granted<T>& granted = {});
  RemoteStore* worker();
  Result<JobStore*> opened();

  const std::filesystem::path data_;
  const Open open_;
  std::unique_ptr<RemoteStore> worker_;
  std::shared_ptr<JobStore> opened_;
};

}  // namespace reelspool
