#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace reelspool {

/// A hash table that owns objects and finds each by the id that stands in it: `id_of(const Object&)`, beside the object's
/// type. The hash stands beside the object, so that a table that grows need not read all ids again. Objects stay where they
/// are, and their ids as they are.
template <class Object>
class OwnedById {
 public:
  /// Nothing when there is none.
  Object* find(std::string_view id) const {
    const auto found = slots_.find(id);
    return found == slots_.end() ? nullptr : found->object.get();
  }
  /// False: its id is in use, and the object is gone. One look-up, not a find() before: each is a cache miss.
  bool add(std::unique_ptr<Object> object) {
    const std::size_t hash = ById()(id_of(*object));
    return slots_.insert({std::move(object), hash}).second;
  }
  /// Does nothing when there is none. `id` may be the object's own.
  void erase(std::string_view id) {
    if (const auto found = slots_.find(id); found != slots_.end()) slots_.erase(found);
  }

 private:
  struct Slot {
    std::unique_ptr<Object> object;
    std::size_t hash;
  };
  struct ById {
    using is_transparent = void;
    static std::string_view id_in(std::string_view id) { return id; }
    static std::string_view id_in(const Slot& slot) { return id_of(*slot.object); }
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
    std::size_t operator()(const Slot& slot) const { return slot.hash; }
    bool operator()(const auto& one, const auto& other) const { return id_in(one) == id_in(other); }
  };
  boost::unordered_flat_set<Slot, ById, ById> slots_;
};

}  // namespace reelspool
