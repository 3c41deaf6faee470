#include "worker/cli/plugin_new.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "jobstore/json.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/shell.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;
using Words = std::map<std::string, std::string>;  // what stands for @WORD@ in the templates

Result<std::string> read_template(const std::string& name) {
  const fs::path path = Installation::of_this_program().share() / "sdk/skeleton" / name;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return make_error(ErrorClass::unavailable,
                      path.string() + " is missing: install reelspool again, or build all of it");
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

/// A name that is a file's, a CMake target's and, in capitals, a setting's.
bool is_plugin_name(const std::string& name) {
  return !name.empty() && name.size() <= 40 && std::islower(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '_';
         });
}

std::string lines_of(const Json& lines) {
  std::string text;
  for (const Json& line : lines) text += (text.empty() ? "    " : "\n    ") + line.get<std::string>();
  return text;
}

/// The members of a kind in kinds.json are the words of the templates.
Words words_of(const NewPlugin& plugin, const Json& kind, const std::string& source) {
  const bool is_c = plugin.language == "c";
  std::string secret;
  for (const unsigned char c : plugin.name + "_key")
    secret += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  Words words = {{"NAME", plugin.name},
                 {"KIND", plugin.kind},
                 {"SECRET", secret},
                 {"SOURCE", source},
                 {"CMAKE_LANGUAGE", is_c ? "C" : "CXX"},
                 {"COMPILE", is_c ? "gcc" : "g++ -std=c++20"}};
  for (const auto& [name, value] : kind.items()) {
    std::string word = name;
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    words[word] = value.is_array()    ? lines_of(value)
                  : value.is_string() ? value.get<std::string>()
                                      : to_text(value);
  }
  return words;
}

/// The template with every @WORD@ that is known replaced.
std::string filled(std::string text, const Words& words) {
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text[at] == '@' ? text.find('@', at + 1) : std::string::npos;
    const auto word = end == std::string::npos ? words.end() : words.find(text.substr(at + 1, end - at - 1));
    if (word == words.end()) {
      made += text[at++];
      continue;
    }
    made += word->second;
    at = end + 1;
  }
  return made;
}

std::string listed(const Json& kinds, bool remote) {
  std::string list;
  for (const auto& [name, kind] : kinds.items())
    if (kind.contains(remote ? "output" : "script")) list += (list.empty() ? "" : ", ") + name;
  return list;
}

Result<> write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return system_error("writing " + path.string(), errno);
  return ok;
}

/// The folder, made, and empty.
Result<fs::path> make_folder(const NewPlugin& plugin) {
  const fs::path folder = plugin.folder.empty() ? plugin.name : plugin.folder;
  std::error_code failed;
  fs::create_directories(folder / "transcripts", failed);
  if (failed) return system_error("making " + folder.string(), failed.value());
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().filename() != "transcripts" || !fs::is_empty(at->path(), failed))
      return make_error(ErrorClass::invalid_request,
                        folder.string() + " is not empty: name another folder behind the plugin's name");
  return folder;
}

Result<Json> kind_of(const NewPlugin& plugin) {
  auto text = read_template("kinds.json");
  if (!text) return std::move(text.error());
  auto kinds = parse_json(*text);
  if (!kinds) return std::move(kinds.error()).while_doing("the skeletons' kinds.json");
  const auto kind = kinds->find(plugin.kind);
  const bool is_there = kind != kinds->end() && kind->contains(plugin.remote ? "output" : "script");
  if (is_there) return *kind;
  return make_error(ErrorClass::invalid_request, "there is no skeleton for the kind \"" + plugin.kind +
                                                     "\"; with a script there are: " + listed(*kinds, false) +
                                                     "; with --remote: " + listed(*kinds, true));
}

}  // namespace

Result<int> write_new_plugin(const NewPlugin& plugin) {
  if (!is_plugin_name(plugin.name))
    return make_error(ErrorClass::invalid_request, "\"" + plugin.name +
                                                       "\" is no name for a plugin: it is made of small "
                                                       "letters, digits, - and _, and begins with a letter");
  if (plugin.remote && plugin.language == "c")
    return make_error(ErrorClass::invalid_request, "--remote has a skeleton in C++ only");
  const auto kind = kind_of(plugin);
  if (!kind) return Error(kind.error());
  const std::string shape = plugin.remote ? "remote" : "script";
  const std::string extension = plugin.language == "c" ? ".c" : ".cpp";
  const Words words = words_of(plugin, *kind, plugin.name + extension);
  const auto folder = make_folder(plugin);
  if (!folder) return Error(folder.error());
  const std::pair<std::string, fs::path> files[] = {
      {shape + extension, plugin.name + extension},
      {"CMakeLists.txt", "CMakeLists.txt"},
      {"README.md", "README.md"},
      {shape + ".json", "transcripts/" + plugin.kind + ".json"}};
  for (const auto& [from, to] : files) {
    const auto text = read_template(from + ".in");
    if (!text) return Error(text.error());
    if (auto written = write(*folder / to, filled(*text, words)); !written) return std::move(written.error());
    print_line("wrote " + (*folder / to).string());
  }
  print_line("Next: cd " + folder->string() +
             " && cmake -B build && cmake --build build && ctest --test-dir build");
  return exit_status::success;
}

}  // namespace reelspool
