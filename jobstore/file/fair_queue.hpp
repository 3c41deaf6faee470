#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "jobstore/file/row_index.hpp"

namespace reelspool {

/// The jobs that are ready to be claimed, in the order in which they are: by priority; within a priority the users
/// in turns; of one user the oldest first.
///
/// Turns      First comes the user whose last claim within the priority is the longest ago, or who had none; among
///            equals the oldest job. So whoever got something stands behind all who wait, nobody saves up turns, and a
///            user with one job waits for one job of each other at the most. That last claim is the newest among the
///            jobs that are stored: a snapshot needs to say nothing about turns.
/// Lanes      See LiveAttempts. A user's turn is the same in all lanes, so what waits in a closed one delays
///            nothing of the same user in an open one.
/// Cost       O(log n) each; best() once for each lane in which something waits.
class FairQueue {
 public:
  using Lane = std::uint32_t;
  struct Place {
    int priority = 0;
    std::string_view user;  ///< empty: those who named none share one turn
    Lane lane = 0;
    std::uint64_t place = 0;
  };

  void add(const Place& at, Row& row);
  void drop(const Place& at);  ///< not there: nothing
  bool has(const Place& at) const;

  /// A stored job was last claimed with this token; or is so no more, as it goes or is claimed anew. 0: never was.
  void note_claim(int priority, std::string_view user, std::uint64_t token, Row& row);
  void forget_claim(int priority, std::string_view user, std::uint64_t token);

  /// The next one of those lanes that are open; nothing when there is none.
  Row* best(const std::function<bool(Lane)>& is_open) const;
  /// Whether anything waits in this lane.
  bool waits(Lane lane) const;
  bool is_empty() const { return heads_.empty(); }

 private:
  using UserNumber = std::uint64_t;
  struct User {
    UserNumber number = 0;
    std::size_t uses = 0;  // in the two indexes
  };
  struct Ready {
    int priority = 0;
    UserNumber user = 0;
    Lane lane = 0;
    std::uint64_t place = 0;
    auto operator<=>(const Ready&) const = default;
    bool is_in_line(int its_priority, UserNumber its_user, Lane its_lane) const {
      return priority == its_priority && user == its_user && lane == its_lane;
    }
  };
  struct Claimed {
    UserNumber user = 0;
    int priority = 0;
    std::uint64_t token = 0;
    auto operator<=>(const Claimed&) const = default;
  };
  struct Head {  // the oldest that one user has ready, of one priority in one lane
    Lane lane = 0;
    int priority_down = 0;  // the highest priority sorts first
    std::uint64_t last_claim = 0;
    std::uint64_t place = 0;
    auto operator<=>(const Head&) const = default;
  };

  const User* find(std::string_view user) const;
  User& use(std::string_view user);
  void leave(std::string_view user);
  std::uint64_t last_claim(int priority, UserNumber user) const;
  /// The oldest of a line; nothing: it is empty.
  const RowIndex<Ready>::value_type* first(int priority, UserNumber user, Lane lane) const;
  /// Of all lanes of a user within a priority, when his last claim is another one now.
  void move_heads(int priority, UserNumber user, std::uint64_t from, std::uint64_t to);

  std::map<std::string, User, std::less<>> users_;
  UserNumber last_user_ = 0;
  RowIndex<Ready> ready_;
  RowIndex<Claimed> claims_;
  std::map<Head, Row*> heads_;
};

}  // namespace reelspool
