#include "jobstore/socket/command_store.hpp"

#include <cassert>

namespace reelspool {
namespace {

Error not_for_commands(std::string_view call) {
  Error error = make_error(ErrorClass::invalid_request,
                           std::string(call) + " is for workers, which open the store themselves");
  error.code = "not_for_commands";
  return error;
}

}  // namespace

Result<std::optional<Claimed>> CommandStore::claim() {
  return not_for_commands("claim");
}
Result<std::optional<Claimed>> CommandStore::claim_job(std::string_view) {
  return not_for_commands("claim_job");
}
Result<> CommandStore::progress(const Claim&, const Progress&) {
  return not_for_commands("progress");
}
Result<> CommandStore::update(const Claim&, std::string_view) {
  return not_for_commands("update");
}
Result<> CommandStore::append_step(const Claim&, const StepRecord&) {
  return not_for_commands("append_step");
}
Result<> CommandStore::publish_files(
    const Claim&, const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>&) {
  return not_for_commands("publish_files");
}
Result<Job> CommandStore::finish(const Claim&, const Ending&) {
  return not_for_commands("finish");
}
Result<std::vector<std::string>> CommandStore::recover() {
  return not_for_commands("recover");
}
Result<std::vector<std::string>> CommandStore::recover_from(std::string_view) {
  return not_for_commands("recover_from");
}
void CommandStore::on_change(std::function<void()> listener) {
  assert(!listener);  // nobody tells a command; it asks
  static_cast<void>(listener);
}

}  // namespace reelspool
