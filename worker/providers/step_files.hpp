#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "jobstore/result.hpp"
#include "worker/http/http.hpp"

namespace reelspool {

/// The one folder that a plugin can name files in. A name is a plain file name: letters, digits, '.', '_' and
/// '-', starting with a letter or digit, at most 100 long; so no folder, no "..", no hidden file, and nothing
/// a script could take for an option. Files are opened below the folder and through no link (openat2 with
/// RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS), so neither a name nor a link that something put there leads out.
///
/// Errors   plugin_crashed for a bad name or a file that is not as it should be: the plugin asked for nonsense.
///          storage or transient when the file system fails.
/// Threads  Any; blocking.
class StepFiles {
 public:
  explicit StepFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// That the name is one, and that what is there, if anything, is a regular file: so that a script may write
  /// it.
  Result<> check_writable(std::string_view name) const;

  /// That there is a regular file of that name. With `filled`: and that it is not empty.
  Result<> check_readable(std::string_view name, bool filled) const;

  /// Writes a small file anew; other names of a file that was there keep its old content.
  Result<> write(std::string_view name, std::string_view text) const;

  /// A file that is there, to be read.
  Result<OpenFile> open(std::string_view name) const;
  /// The whole of it. Errors: invalid_request where it is larger.
  Result<std::string> read(std::string_view name, std::uint64_t most_bytes) const;

  /// A file that grows under a name of its own, which no plugin can say, until it is whole.
  Result<std::shared_ptr<const Descriptor>> begin(std::string_view name) const;
  /// Gives it its name; what had it before keeps its content under its other names.
  Result<> finish(std::string_view name) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace reelspool
