#include "worker/steps/verdict.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <random>

namespace reelspool {
namespace {

using enum ErrorClass;

// Why a row is as it is:
//   timeout         the time is spent; waiting again at once would spend it twice, and the operation may yet finish
//   auth, quota, unavailable, insufficient_tokens
//                   only a person mends these, so another attempt would fail alike
//   plugin_crashed  the provider layer has already tried twice
//   media           ffmpeg fails on the same file in the same way; a later attempt has made the file anew
//   storage         the disk stays full for the next seconds too; by the next attempt somebody may have made room
//   interrupted     is run anew without being counted (RetryRules::interruptions); after that it is final
// clang-format off
constexpr std::array<Verdict, 15> table = {{
    //                    again  provider  job   keeps  lasts
    {transient,           true,  true,  true,  true,  false},
    {rate_limited,        true,  true,  true,  true,  false},
    {timeout,             false, true,  true,  true,  false},
    {content_policy,      false, false, false, false, true},
    {invalid_request,     false, false, false, false, true},
    {auth,                false, true,  false, false, false},
    {insufficient_tokens, false, false, false, false, false},
    {provider_failed,     false, true,  true,  false, false},
    {plugin_crashed,      false, true,  true,  true,  false},
    {media,               false, true,  true,  false, false},
    {storage,             false, false, true,  true,  false},
    {cancelled,           false, false, false, false, false},
    {unavailable,         false, true,  false, false, false},
    {quota,               false, true,  false, false, false},
    {interrupted,         false, false, false, true,  false},
}};
// clang-format on

}  // namespace

std::span<const Verdict> verdicts() {
  return table;
}

Verdict verdict(ErrorClass cls) {
  const auto* row =
      std::find_if(table.begin(), table.end(), [&](const Verdict& each) { return each.cls == cls; });
  assert(row != table.end() && "every class has a row");
  return *row;
}

Verdict verdict(const Error& error) {
  Verdict known = verdict(error.cls);
  if ((error.code == "unknown_submit" && error.cls != transient) || error.code == paid_calls_spent)
    known.step_again = known.next_provider = known.job_again = known.lasts = false;
  return known;
}

RetryRule RetryRules::of_kind(std::string_view kind) {
  using namespace std::chrono_literals;
  if (kind == "image") return {2, 10s, 60s};
  if (kind == "video" || kind == "lip_sync") return {2, 15s, 60s};
  if (kind == "render") return {2, 30s, 60s};
  return {2, 5s, 60s};
}

std::chrono::milliseconds retry_wait(std::chrono::milliseconds first, std::chrono::milliseconds most, int nth,
                                     double chance, std::chrono::milliseconds retry_after) {
  auto wait = std::min(first, most);
  for (int i = 1; i < nth && wait < most; ++i) wait = std::min(wait * 2, most);
  const double jittered = static_cast<double>(wait.count()) * (0.8 + 0.4 * std::clamp(chance, 0.0, 1.0));
  return std::max(std::chrono::milliseconds(static_cast<std::int64_t>(jittered)), retry_after);
}

double roll() {
  thread_local std::minstd_rand chance(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(chance);
}

}  // namespace reelspool
