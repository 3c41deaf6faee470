#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "jobstore/file/files.hpp"
#include "jobstore/result.hpp"

namespace reelspool::window {

/// Makes <data>/inbox/ and inbox/rejected/ where they are missing. Errors: storage, transient; where a folder of another user is
/// in the way, it says what to do.
Result<> make_drop_folder(Files& files, const std::filesystem::path& data);

/// The folder inbox/rejected/: what could not be taken in, each with `<name>.reason.txt` beside it. Nothing
/// in it is ever read again; it is for people.
class Rejects {
 public:
  Rejects(std::filesystem::path folder, Files& files) : folder_(std::move(folder)), files_(files) {}

  /// Keeps a copy of `content` as `<stem>-<hash of the content>.json`, synced, since its origin is about to
  /// go. False: the same content lies there already, so this was told before.
  Result<bool> keep(std::string_view stem, std::string_view content, std::string_view reason);

  /// Moves a file here under its own name, or a numbered one when that is taken.
  Result<> move_in(const std::filesystem::path& file, std::string_view reason);

 private:
  std::filesystem::path folder_;
  Files& files_;
};

/// `stem` if it can be a file's name everywhere, else a made one: what comes from a foreign file is never a
/// path.
std::string safe_stem(std::string_view stem);

}  // namespace reelspool::window
