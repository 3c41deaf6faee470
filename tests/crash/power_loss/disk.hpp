#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool::crash {

/// A disk that can lose its power: it knows what is safe on it, what is not yet, and so every state in which it
/// may be found when the power comes back.
///
/// The model is harsher than any one file system. What POSIX does not promise is not assumed:
///
///   data       of each file any subset of what was written since its last sync, in units of one write within one
///              512-byte sector; cuts (truncate) are units too. What is missing within the file reads as zeros, or as
///              what was there before.
///   size       any that the file had since its last sync, whatever became of the data.
///   names      any subset of the creations, renames, exchanges and removals since the last sync of the folder; a
///              rename is one unit. A synced file does not bring its name with it, nor a synced folder its own.
///   a failed sync   nothing is known of what was not synced before it: no later sync covers it either.
///
/// Files are known by inode number, as the recorder sees them. Threads: one.
class Disk {
 public:
  using Inode = std::uint64_t;
  /// Path of each file below the root -> number of its content, see content(). Of folders only those count in which
  /// something is.
  using State = std::map<std::string, std::size_t>;

  /// All that is in the folder `root` now is safe.
  explicit Disk(const std::filesystem::path& root);

  // What was done, after the kernel said that it was. Paths are absolute.
  void made_folder(std::string_view path);
  void created(std::string_view path, Inode file);  ///< a new, empty file got a name
  void wrote(Inode file, std::uint64_t offset, std::string_view bytes);
  void cut(Inode file, std::uint64_t size);
  void synced(Inode file, bool succeeded);
  void synced_folder(std::string_view path);
  void renamed(std::string_view from, std::string_view to);
  void exchanged(std::string_view one, std::string_view other);
  void unlinked(std::string_view path);

  /// Every state that the disk may be found in now; some more than once.
  void each_state(const std::function<void(const State&)>& see) const;
  /// How many units are not safe now: 2 to that power, times the sizes, bounds the states.
  std::size_t units_at_risk() const;

  /// Contents are numbered: equal numbers, equal bytes. Shared by all disks of this process.
  static const std::string& content(std::size_t number);
  /// Makes the files of a state below `folder`.
  static void materialise(const State& state, const std::filesystem::path& folder);

 private:
  struct Unit {  // of a file's data
    bool is_cut = false;
    bool is_certain = false;  ///< synced, but behind something uncertain
    bool is_doomed = false;   ///< a sync failed: uncertain for ever
    std::uint64_t offset = 0;
    std::string bytes;
  };
  struct File {
    std::string safe;               ///< as of the last sync
    std::vector<Unit> units;        ///< since then
    std::set<std::uint64_t> sizes;  ///< that it had since then
    std::uint64_t size = 0;
  };
  struct Naming {  // one change of names: all of it or nothing
    std::vector<std::pair<std::string, Inode>> set = {};
    std::vector<std::string> removed = {};
    std::string folder = {};  ///< that got its name
  };
  struct Folder {
    bool is_named = false;  ///< safely
    std::map<std::string, Inode> safe = {};
    std::vector<Naming> namings = {};
  };
  using Names = std::map<std::string, Inode>;

  std::string below_root(std::string_view path) const;
  static std::string folder_of(const std::string& name);
  Inode inode_of(const std::string& name) const;
  void name(const std::string& folder, Naming naming);
  void adopt(const std::filesystem::path& path);
  std::vector<std::size_t> contents_of(const File& file) const;
  Names names_with(const std::vector<const Naming*>& kept) const;

  std::string root_;
  std::map<Inode, File> files_;
  std::map<std::string, Folder> folders_;  // by path below the root; "" is the root itself
  std::map<std::string, Inode> names_;     // as they are now
};

}  // namespace reelspool::crash
