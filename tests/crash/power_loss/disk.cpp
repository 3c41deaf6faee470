#include "tests/crash/power_loss/disk.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <unordered_map>

namespace reelspool::crash {
namespace {

constexpr std::uint64_t sector_bytes = 512;
/// More units than that at one moment cannot be walked: the history has to be shorter.
constexpr std::size_t most_units = 18;

struct Contents {
  std::vector<const std::string*> by_number;
  std::unordered_map<std::string, std::size_t> numbers;
};
Contents& contents() {
  static Contents all;
  return all;
}
std::size_t number_of(std::string bytes) {
  Contents& all = contents();
  const auto [known, is_new] = all.numbers.try_emplace(std::move(bytes), all.by_number.size());
  if (is_new) all.by_number.push_back(&known->first);
  return known->second;
}

void put(std::string& bytes, std::uint64_t offset, std::string_view piece) {
  if (bytes.size() < offset + piece.size()) bytes.resize(offset + piece.size(), '\0');
  bytes.replace(offset, piece.size(), piece);
}

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "the disk of the power-loss model: " << why << "\n";
  std::abort();
}

}  // namespace

Disk::Disk(const std::filesystem::path& root) : root_(root.string()) {
  folders_[""].is_named = true;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_directory())
      folders_[below_root(entry.path().string())].is_named = true;
    else
      adopt(entry.path());
  }
}

void Disk::adopt(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) give_up("cannot look at " + path.string());
  std::ifstream in(path, std::ios::binary);
  File& file = files_[found.st_ino];
  file.safe.assign(std::istreambuf_iterator<char>(in), {});
  file.size = file.safe.size();
  file.sizes = {file.size};
  const std::string name = below_root(path.string());
  folders_[folder_of(name)].safe[name] = found.st_ino;
  names_[name] = found.st_ino;
}

std::string Disk::below_root(std::string_view path) const {
  if (path.substr(0, root_.size()) != root_) give_up(std::string(path) + " is not below " + root_);
  path.remove_prefix(root_.size());
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::string Disk::folder_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

Disk::Inode Disk::inode_of(const std::string& name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) give_up("nothing is named " + name);
  return found->second;
}

void Disk::name(const std::string& folder, Naming naming) {
  for (const std::string& gone : naming.removed) names_.erase(gone);
  for (const auto& [name, inode] : naming.set) names_[name] = inode;
  folders_.at(folder).namings.push_back(std::move(naming));
}

void Disk::made_folder(std::string_view path) {
  const std::string made = below_root(path);
  folders_[made];
  Naming naming;
  naming.folder = made;
  name(folder_of(made), std::move(naming));
}

void Disk::created(std::string_view path, Inode inode) {
  const std::string name = below_root(path);
  files_[inode].sizes = {0};
  this->name(folder_of(name), {.set = {{name, inode}}});
}

void Disk::wrote(Inode inode, std::uint64_t offset, std::string_view bytes) {
  File& file = files_.at(inode);
  file.size = std::max(file.size, offset + bytes.size());
  file.sizes.insert(file.size);
  while (!bytes.empty()) {
    const std::size_t room = sector_bytes - offset % sector_bytes;
    const std::string_view piece = bytes.substr(0, room);
    Unit unit;
    unit.offset = offset;
    unit.bytes = piece;
    file.units.push_back(std::move(unit));
    offset += piece.size();
    bytes.remove_prefix(piece.size());
  }
}

void Disk::cut(Inode inode, std::uint64_t size) {
  File& file = files_.at(inode);
  if (file.size == size) return;
  file.size = size;
  file.sizes.insert(size);
  Unit unit;
  unit.is_cut = true;
  unit.offset = size;
  file.units.push_back(std::move(unit));
}

void Disk::synced(Inode inode, bool succeeded) {
  File& file = files_.at(inode);
  for (Unit& unit : file.units) {
    if (!succeeded && !unit.is_certain) unit.is_doomed = true;
    if (succeeded && !unit.is_doomed) unit.is_certain = true;
  }
  if (!succeeded) return;
  file.sizes = {file.size};
  // What is certain up to the first doubt is part of the file for good.
  auto unit = file.units.begin();
  for (; unit != file.units.end() && unit->is_certain; ++unit) {
    if (unit->is_cut)
      file.safe.resize(unit->offset, '\0');
    else
      put(file.safe, unit->offset, unit->bytes);
  }
  file.units.erase(file.units.begin(), unit);
  if (file.units.empty()) file.safe.resize(file.size, '\0');
}

void Disk::synced_folder(std::string_view path) {
  Folder& folder = folders_.at(below_root(path));
  for (const Naming& naming : folder.namings) {
    for (const std::string& gone : naming.removed) folder.safe.erase(gone);
    for (const auto& [name, inode] : naming.set) folder.safe[name] = inode;
    if (!naming.folder.empty()) folders_.at(naming.folder).is_named = true;
  }
  folder.namings.clear();
}

void Disk::renamed(std::string_view from, std::string_view to) {
  const std::string old_name = below_root(from), new_name = below_root(to);
  if (folder_of(old_name) != folder_of(new_name)) give_up("a rename between folders is not modelled");
  name(folder_of(new_name), {.set = {{new_name, inode_of(old_name)}}, .removed = {old_name}});
}

void Disk::exchanged(std::string_view one, std::string_view other) {
  const std::string first = below_root(one), second = below_root(other);
  if (folder_of(first) != folder_of(second)) give_up("an exchange between folders is not modelled");
  name(folder_of(first), {.set = {{first, inode_of(second)}, {second, inode_of(first)}}});
}

void Disk::unlinked(std::string_view path) {
  const std::string gone = below_root(path);
  name(folder_of(gone), {.removed = {gone}});
}

/// The numbers of all contents that the file may be found with.
std::vector<std::size_t> Disk::contents_of(const File& file) const {
  std::vector<std::size_t> doubtful;
  for (std::size_t i = 0; i < file.units.size(); ++i)
    if (!file.units[i].is_certain) doubtful.push_back(i);
  if (doubtful.size() > most_units)
    give_up(std::to_string(doubtful.size()) + " unsynced units in one file are too many to walk");
  std::set<std::size_t> numbers;
  std::vector<bool> is_kept(file.units.size(), true);
  for (std::uint64_t kept = 0; kept < (std::uint64_t{1} << doubtful.size()); ++kept) {
    for (std::size_t bit = 0; bit < doubtful.size(); ++bit) is_kept[doubtful[bit]] = (kept >> bit) & 1U;
    std::string bytes = file.safe;
    for (std::size_t i = 0; i < file.units.size(); ++i) {
      if (!is_kept[i]) continue;
      const Unit& unit = file.units[i];
      if (!unit.is_cut)
        put(bytes, unit.offset, unit.bytes);
      else if (unit.offset < bytes.size())
        bytes.resize(unit.offset);
    }
    for (const std::uint64_t size : file.sizes) {
      std::string sized = bytes;
      sized.resize(size, '\0');
      numbers.insert(number_of(std::move(sized)));
    }
  }
  return {numbers.begin(), numbers.end()};
}

/// The files that have a name when of the unsafe namings just these happened.
Disk::Names Disk::names_with(const std::vector<const Naming*>& kept) const {
  Names names;
  std::set<std::string> named;
  for (const auto& [path, folder] : folders_) {
    names.insert(folder.safe.begin(), folder.safe.end());
    if (folder.is_named) named.insert(path);
  }
  for (const Naming* naming : kept) {
    for (const std::string& gone : naming->removed) names.erase(gone);
    for (const auto& [name, inode] : naming->set) names[name] = inode;
    if (!naming->folder.empty()) named.insert(naming->folder);
  }
  const auto is_reachable = [&](std::string folder) {
    while (!folder.empty()) {
      if (named.count(folder) == 0) return false;
      folder = folder_of(folder);
    }
    return true;
  };
  std::erase_if(names, [&](const auto& name) { return !is_reachable(folder_of(name.first)); });
  return names;
}

void Disk::each_state(const std::function<void(const State&)>& see) const {
  std::vector<const Naming*> at_risk;
  for (const auto& [path, folder] : folders_)
    for (const Naming& naming : folder.namings) at_risk.push_back(&naming);
  if (at_risk.size() > most_units)
    give_up(std::to_string(at_risk.size()) + " unsynced changes of names are too many to walk");
  std::map<Inode, std::vector<std::size_t>> contents;
  for (const auto& [inode, file] : files_) contents[inode] = contents_of(file);

  for (std::uint64_t subset = 0; subset < (std::uint64_t{1} << at_risk.size()); ++subset) {
    std::vector<const Naming*> kept;
    for (std::size_t bit = 0; bit < at_risk.size(); ++bit)
      if ((subset >> bit) & 1U) kept.push_back(at_risk[bit]);
    // All combinations of the contents of the files that have a name: counted like a number with many digits.
    std::vector<std::pair<std::string, const std::vector<std::size_t>*>> choices;
    for (const auto& [name, inode] : names_with(kept)) choices.emplace_back(name, &contents.at(inode));
    std::vector<std::size_t> chosen(choices.size(), 0);
    for (bool is_done = false; !is_done;) {
      State state;
      for (std::size_t i = 0; i < choices.size(); ++i)
        state.emplace_hint(state.end(), choices[i].first, (*choices[i].second)[chosen[i]]);
      see(state);
      std::size_t digit = 0;
      while (digit < chosen.size() && ++chosen[digit] == choices[digit].second->size()) chosen[digit++] = 0;
      is_done = digit == chosen.size();
    }
  }
}

std::size_t Disk::units_at_risk() const {
  std::size_t count = 0;
  for (const auto& [path, folder] : folders_) count += folder.namings.size();
  for (const auto& [inode, file] : files_)
    count += static_cast<std::size_t>(std::count_if(file.units.begin(), file.units.end(),
                                                    [](const Unit& unit) { return !unit.is_certain; }));
  return count;
}

const std::string& Disk::content(std::size_t number) {
  return *contents().by_number.at(number);
}

void Disk::materialise(const State& state, const std::filesystem::path& folder) {
  for (const auto& [name, number] : state) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary | std::ios::trunc) << content(number);
  }
}

}  // namespace reelspool::crash
