#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// Everything wrong with a job's params, found in one reading, so that nobody mends a job one field at a
/// time.
class Problems {
 public:
  void add(Error error) { errors_.push_back(std::move(error)); }
  void add(std::string field, std::string_view reason) { add(bad_field(std::move(field), reason)); }
  void add_all(Problems others) {
    for (Error& error : others.errors_) errors_.push_back(std::move(error));
  }
  bool empty() const { return errors_.empty(); }
  /// One error: the first, with the others counted in its message and listed in its details (20 at most). Not
  /// when empty().
  Error summary() const;

 private:
  std::vector<Error> errors_;
};

/// Reads an object of a job's params field by field. A field is known by its names in snake_case, the first
/// being the usual one; each is read in camelCase as well. Null is absent. What is wrong goes to Problems
/// with the path of the field as it was written ("params.storyboard.scenes[2].spokenText") and reads as
/// absent.
///
/// Several objects may be read as one, where front ends differ about where a field belongs: the first that
/// has it counts.
class Fields {
 public:
  using Names = std::initializer_list<std::string_view>;

  Fields(const Json& object, std::string path, Problems& problems);
  /// This object, then the others of `next`.
  Fields then(const Fields& next) const;

  struct Found {
    const Json* value = nullptr;
    std::string path;
    explicit operator bool() const { return value != nullptr; }
  };
  Found find(Names names) const;

  /// A string of at most `most` characters.
  std::optional<std::string> text(Names names, std::size_t most) const;
  std::optional<bool> boolean(Names names) const;
  std::optional<double> number(Names names, double least, double most) const;
  std::optional<std::int64_t> integer(Names names, std::int64_t least, std::int64_t most) const;
  /// 8, 8.5, "8" or "8s".
  std::optional<double> seconds(Names names, double least, double most) const;
  /// An object; an empty one where it is absent or no object.
  Fields object(Names names) const;
  /// An array; null when absent.
  Found array(Names names) const;

  Problems& problems() const { return *problems_; }
  /// The path that a field of the first object has, for saying that it is missing.
  std::string path_of(std::string_view name) const { return places_.front().path + "." + std::string(name); }

 private:
  struct Place {
    const Json* object;
    std::string path;
  };
  std::vector<Place> places_;  // never empty; the objects outlive the reading
  Problems* problems_;
};

/// "a string", "a number" ... of a value, for saying that it should be something else.
std::string_view type_name(const Json& value);

/// At most `most` bytes of what somebody wrote, for quoting it in a message.
std::string excerpt(std::string_view text, std::size_t most = 60);

}  // namespace reelspool
