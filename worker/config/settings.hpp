#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// One row of the settings table: all that is known of a setting, for parsing, `config`, --help and the
/// README.
struct Setting {
  enum class Type { text, path, integer, number, boolean, milliseconds, choice, secret };
  std::string_view name;  ///< "MAX_ATTEMPTS"; the flag is --max-attempts
  Type type;
  std::string_view
      standard;  ///< the default, as it would be written; "" for none or for one computed from the machine
  std::string_view
      unit;  ///< "jobs", "ms", "LUFS"; "" where there is none; for a choice: the words, "json|human"
  std::string_view meaning;    ///< one line: effect, and advice where it helps
  double least = 0, most = 0;  ///< bounds of a number; both 0: none
  std::string_view alias = "";
};

/// Every setting there is; nothing else is read from the environment.
std::span<const Setting> settings_table();

/// The effective settings. A value. Names must be in the table (assert).
class Settings {
 public:
  /// Where values come from, strongest first: flags, the environment, `.env.local`, `.env`, defaults.
  struct Sources {
    std::map<std::string, std::string> flags;  ///< by setting name
    std::map<std::string, std::string> environment;
    std::filesystem::path directory;  ///< where .env.local and .env are looked for
  };
  /// Errors: invalid_request; the message lists every bad or unknown value at once, by name and source, a
  /// line each. In the .env files other programs' names are left alone, but one that is nearly ours
  /// ("MAX_ATEMPTS") is refused.
  static Result<Settings> load(const Sources& sources);

  std::string text(std::string_view name) const;  ///< text, choice, secret
  std::filesystem::path path(std::string_view name)
      const;  ///< absolute; relative ones are relative to the working directory; empty when not set
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::chrono::milliseconds duration(std::string_view name) const;

  struct Effective {
    const Setting* setting;
    std::string value;   ///< "********" for a secret that is set
    std::string source;  ///< "flag", "environment", ".env.local", ".env", "default"
  };
  std::vector<Effective> effective() const;

  /// Settings not of the table: what plugins declare, by the names in their manifests (LOCAL_..., FAL_...).
  std::string raw(std::string_view name) const;

 private:
  struct Value {
    std::string text;
    std::string source;
  };
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> raw_;
};

/// Where this installation's parts are, found from the running program: <prefix>/bin/reelspool.
struct Installation {
  std::filesystem::path prefix;
  std::filesystem::path libexec() const {
    return prefix / "libexec/reelspool";
  }  ///< reelspool-exec, reelspool-plugin-host, reelspool-words
  std::filesystem::path plugins() const { return prefix / "lib/reelspool/plugins"; }
  std::filesystem::path scripts() const { return prefix / "share/reelspool/ffmpeg-scripts"; }
  std::filesystem::path share() const { return prefix / "share/reelspool"; }
  static Installation of_this_program();
};

}  // namespace reelspool
