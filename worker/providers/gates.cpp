#include "worker/providers/gates.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "worker/config/log.hpp"
#include "worker/http/back_pressure.hpp"
#include "worker/programs/descriptor.hpp"
#include "worker/programs/records.hpp"
#include "worker/providers/boot_clock.hpp"
#include "worker/providers/pause.hpp"

namespace reelspool {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

milliseconds wall_clock() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

/// What a file's name says.
struct Shut {
  std::string_view gate, boot;
  milliseconds until_boot, until_wall;
};

std::optional<milliseconds> read_time(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return milliseconds(count);
}

std::optional<Shut> read_name(std::string_view name) {
  std::vector<std::string_view> parts;
  for (std::size_t dot = 0; dot != name.npos && parts.size() < 5;
       name.remove_prefix(std::min(name.size(), dot + 1))) {
    dot = name.find('.');
    parts.push_back(name.substr(0, dot));
  }
  if (parts.size() != 4) return std::nullopt;
  const auto until_boot = read_time(parts[2]), until_wall = read_time(parts[3]);
  if (!until_boot || !until_wall) return std::nullopt;
  return Shut{parts[0], parts[1], *until_boot, *until_wall};
}

/// Empty, and there also after a power loss.
Result<> make_file(const fs::path& folder, const std::string& name) {
  const std::string activity = "writing " + (folder / name).string();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return system_error(activity, failed.value());
  const Descriptor file(::open((folder / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (file.number() < 0) return system_error(activity, errno);
  const Descriptor names(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (names.number() < 0 || ::fsync(names.number()) != 0) return system_error(activity, errno);
  return ok;
}

}  // namespace

Gates::Gates(Pool& pool, fs::path folder) : pool_(pool), folder_(std::move(folder)), boot_(boot_id()) {}

asio::awaitable<void> Gates::shut(std::string gate, milliseconds time) {
  const milliseconds until = boot_clock() + time;
  const std::string name = gate + "." + boot_ + "." + std::to_string(until.count()) + "." +
                           std::to_string((wall_clock() + time).count());
  auto make = [folder = folder_, name] { return make_file(folder, name); };
  const Result<> written = co_await pool_.run(std::move(make));
  if (written) co_return;
  Log::warn("other workers will not hear that a provider asked to be left alone for " +
            std::to_string(time.count() / 1000) + " s: " + written.error().message);
  milliseconds& mine = unwritten_[gate];
  mine = std::max(mine, until);
}

/// Nothing or less: it is open.
milliseconds Gates::shut_for(const std::string& gate) {
  const milliseconds boot_now = boot_clock(), wall_now = wall_clock();
  milliseconds longest{0};
  std::error_code problem;
  for (fs::directory_iterator entry(folder_, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::string name = entry->path().filename();
    const std::optional<Shut> shut = read_name(name);
    if (!shut) continue;
    const milliseconds left = shut->boot == boot_ ? shut->until_boot - boot_now : shut->until_wall - wall_now;
    if (left > longest_rest) continue;  // nobody asked for that: a clock is wrong, and may be put right
    std::error_code gone;
    if (left.count() <= 0)
      fs::remove(entry->path(), gone);
    else if (shut->gate == gate)
      longest = std::max(longest, left);
  }
  if (const auto mine = unwritten_.find(gate); mine != unwritten_.end())
    longest = std::max(longest, mine->second - boot_now);
  return longest;
}

asio::awaitable<Result<>> Gates::pass(std::string gate, milliseconds longest, Stop& stop) {
  for (;;) {
    const milliseconds left = shut_for(gate);
    if (left.count() <= 0) co_return ok;
    if (left > longest) {
      Error error = make_error(ErrorClass::rate_limited, "the provider is left alone for another " +
                                                             std::to_string(left.count() / 1000) + " s");
      error.retry_after = left;
      co_return error;
    }
    auto waited = co_await pause(left + milliseconds(1), stop);
    if (!waited) co_return waited;
  }
}

}  // namespace reelspool
