#include "worker/providers/provider_limits.hpp"

#include <utility>
#include <variant>

#include "worker/providers/pause.hpp"
#include "worker/steps/permits.hpp"

namespace reelspool {

namespace asio = boost::asio;

Result<std::vector<Limit>> read_provider_limits(std::string_view text) {
  std::vector<Limit> limits;
  for (const std::string& word : words_of(text)) {
    auto limit = read_limit(word);
    if (!limit)
      return bad_field("PROVIDER_LIMITS", "'" + word +
                                              "' is no limit; write \"fal=10\" for ten operations at once, "
                                              "\"openai=60/60s\" for sixty paid requests a minute, or both");
    limits.push_back(std::move(*limit));
  }
  return limits;
}

/// Who waits for a limit of an account: one at a time looks whether a slot is free.
struct ProviderLimits::Line {
  Line(const asio::any_io_executor& executor, std::filesystem::path file, const Limit& limit)
      : turns(executor, {{"", 1}}),
        slots(std::move(file), static_cast<std::size_t>(limit.count),
              limit.per.value_or(std::chrono::milliseconds(0))) {}
  Permits turns;
  Slots slots;
};

ProviderLimits::ProviderLimits(asio::any_io_executor executor, std::filesystem::path folder,
                               std::vector<Limit> limits)
    : executor_(std::move(executor)), folder_(std::move(folder)), limits_(std::move(limits)) {}

ProviderLimits::~ProviderLimits() = default;

ProviderLimits::Line& ProviderLimits::line_of(const Limit& limit, const std::string& account) {
  const std::string kind = limit.per ? std::to_string(limit.per->count()) + "ms" : "at-once";
  const std::filesystem::path file = folder_ / (account + "." + kind);
  auto& line = lines_[file];
  if (!line) line = std::make_unique<Line>(executor_, file, limit);
  return *line;
}

asio::awaitable<Result<ProviderLimits::Leave>> ProviderLimits::operation(std::string provider,
                                                                         std::string account, Stop& stop) {
  return enter(What::operation, std::move(provider), std::move(account), stop);
}

asio::awaitable<Result<ProviderLimits::Leave>> ProviderLimits::paid_request(std::string provider,
                                                                            std::string account, Stop& stop) {
  return enter(What::paid_request, std::move(provider), std::move(account), stop);
}

asio::awaitable<Result<ProviderLimits::Leave>> ProviderLimits::enter(What what, std::string provider,
                                                                     std::string account, Stop& stop) {
  Leave leave;
  for (const Limit& limit : limits_) {
    if (limit.name != provider || limit.per.has_value() != (what == What::paid_request)) continue;
    Line& line = line_of(limit, account);
    auto turn = co_await line.turns.acquire("", stop);
    if (!turn) co_return turn.error();
    while (true) {
      auto taken = line.slots.take();
      if (!taken) co_return std::move(taken.error()).while_doing("keeping to PROVIDER_LIMITS");
      if (auto* slot = std::get_if<Slots::Slot>(&*taken)) {
        leave.push_back(std::move(*slot));
        break;
      }
      auto waited = co_await pause(std::get<Slots::Wait>(*taken), stop);
      if (!waited) co_return waited.error();
    }
  }
  co_return leave;
}

}  // namespace reelspool
