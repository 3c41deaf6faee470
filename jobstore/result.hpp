#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "jobstore/error.hpp"

namespace reelspool {

/// Success without a value: `Result<>`, returned as `return ok;`
struct Ok {};
inline constexpr Ok ok{};

/// A value, or the Error that explains its absence: the one shape in which anything here fails.
/// Reading the value of a failed result is a bug, not an error (assert).
template <class T = Ok>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T held) : state_(std::in_place_index<0>, std::move(held)) {}    // NOLINT: implicit by design
  Result(Error why) : state_(std::in_place_index<1>, std::move(why)) {}  // NOLINT: implicit by design

  explicit operator bool() const { return state_.index() == 0; }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T& value() {
    assert(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  Error& error() {
    assert(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }
  const Error& error() const {
    assert(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace reelspool
