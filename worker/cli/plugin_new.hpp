#pragma once

#include <string>

#include "jobstore/result.hpp"

namespace reelspool {

/// `reelspool plugin new`: a plugin to begin with, which builds against an installed SDK and works as it is.
struct NewPlugin {
  std::string name;              ///< becomes the library's name
  std::string kind = "image";    ///< what it makes
  std::string language = "c++";  ///< c or c++
  bool remote = false;           ///< of the submit-poll-fetch shape; in C++ only
  std::string folder;            ///< default: ./NAME; it must not hold anything yet
};

/// Writes source, CMakeLists.txt, README.md and a transcript from the templates in share/reelspool/sdk/skeleton, and prints
/// what to do next. Returns the exit status.
/// Errors: invalid_request  a bad name, a kind without such a skeleton (the message lists those there are), or a folder that
///                          is not empty
///         unavailable      the templates are not installed
///         storage, transient
Result<int> write_new_plugin(const NewPlugin& plugin);

}  // namespace reelspool
