#include "worker/steps/paid_calls.hpp"

#include <algorithm>

namespace reelspool {
namespace {

std::string_view outcome_of(const Error& error) {
  switch (error.cls) {
    case ErrorClass::timeout:
      return "timed_out";
    case ErrorClass::cancelled:
      return "cancelled";
    case ErrorClass::interrupted:  // by a stop of the worker: the next one goes on with it
      return "running";
    default:
      return "failed";
  }
}

}  // namespace

PaidCalls::PaidCalls(const Json& entries) {
  const auto is_call = [](const Json& entry) { return entry.is_object(); };
  if (entries.is_array() && std::all_of(entries.begin(), entries.end(), is_call)) entries_ = entries;
}

PaidCalls::Number PaidCalls::begin(const std::string& provider) {
  entries_.push_back({{"provider", provider}, {"outcome", "running"}});
  return entries_.size() - 1;
}

void PaidCalls::accepted(Number call, const std::string& operation) {
  if (call < entries_.size()) entries_[call]["operation"] = operation;
}

void PaidCalls::done(Number call) {
  end(call, "done");
}

void PaidCalls::failed(Number call, const Error& error) {
  end(call, outcome_of(error));
  if (call >= entries_.size() || entries_[call]["outcome"] != "failed") return;
  entries_[call]["code"] = error.code.empty() ? std::string(to_string(error.cls)) : error.code;
  if (!error.support_codes.empty()) entries_[call]["supportCodes"] = error.support_codes;
}

void PaidCalls::unsent(Number call) {
  end(call, "unsent");
}

std::size_t PaidCalls::count() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [](const Json& call) {
    return call.value("outcome", "") != "unsent";
  }));
}

void PaidCalls::end(Number call, std::string_view outcome) {
  if (call >= entries_.size()) return;
  entries_[call].erase("code");  // of a try before this one, of the same call
  entries_[call]["outcome"] = outcome;
}

}  // namespace reelspool
