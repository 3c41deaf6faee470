#include "worker/providers/plugin_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "jobstore/json.hpp"
#include "jobstore/time.hpp"
#include "worker/programs/descriptor.hpp"
#include "worker/providers/manifest.hpp"

namespace reelspool {
namespace {

constexpr off_t largest_library_bytes = 256 << 20;
constexpr int grants_version = 2;

/// The whole file; nothing when there is none.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not hold us up
  if (file.number() < 0 && errno == ENOENT) return std::optional<std::string>();
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0)
    return system_error("reading " + path.string(), errno);
  if (!S_ISREG(status.st_mode))
    return make_error(ErrorClass::invalid_request, path.string() + " is no regular file");
  if (status.st_size > largest_library_bytes)
    return make_error(ErrorClass::invalid_request,
                      path.string() + " is larger than 256 MiB, too large for a plugin");
  std::string text;
  text.reserve(static_cast<std::size_t>(status.st_size));
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = read(file.number(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("reading " + path.string(), errno);
    if (got == 0) return std::optional(std::move(text));
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

/// Readers see no file, or the old one, or the whole new one.
Result<> write_file(const std::filesystem::path& path, std::string_view text) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed) return system_error("making " + path.parent_path().string(), failed.value());
  // The name is this process's own: two workers may keep the same library at the same time.
  const std::string staged = path.string() + "." + std::to_string(getpid()) + ".tmp";
  const std::string activity = "writing " + path.string();
  int error = 0;
  {
    const Descriptor file(open(staged.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.number() < 0) return system_error(activity, errno);
    while (!text.empty() && error == 0) {
      const ssize_t wrote = write(file.number(), text.data(), text.size());
      if (wrote >= 0)
        text.remove_prefix(static_cast<std::size_t>(wrote));
      else if (errno != EINTR)
        error = errno;
    }
    if (error == 0 && fsync(file.number()) != 0) error = errno;  // the bytes, before the name points at them
  }
  if (error == 0 && rename(staged.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    unlink(staged.c_str());
    return system_error(activity, error);
  }
  return ok;
}

}  // namespace

Result<PluginStore::Kept> PluginStore::keep(const std::filesystem::path& library) const {
  auto bytes = read_file(library);
  if (!bytes) return bytes.error();
  if (!*bytes) return make_error(ErrorClass::transient, library.string() + " is gone again");
  Kept kept;
  kept.hash = sha256_hex(**bytes);
  kept.library = plugins() / (kept.hash + ".so");
  std::error_code failed;
  if (!std::filesystem::exists(kept.library, failed)) {
    Result<> written = write_file(kept.library, **bytes);
    if (!written) return written.error();
  }
  auto manifest = read_file(plugins() / (kept.hash + ".json"));
  if (!manifest) return manifest.error();
  kept.manifest = std::move(*manifest);
  return kept;
}

Result<PluginStore::Kept> PluginStore::find(const std::string& hash) const {
  const bool is_hash = hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  Kept kept{.hash = hash, .library = plugins() / (hash + ".so"), .manifest = {}};
  auto bytes = is_hash ? read_file(kept.library) : std::optional<std::string>();
  if (!bytes) return bytes.error();
  if (!*bytes || sha256_hex(**bytes) != hash)
    return make_error(ErrorClass::invalid_request, "no copy of the plugin " + hash + " is kept");
  auto manifest = read_file(plugins() / (hash + ".json"));
  if (!manifest) return manifest.error();
  kept.manifest = std::move(*manifest);
  return kept;
}

Result<> PluginStore::keep_manifest(const std::string& hash, std::string_view text) const {
  return write_file(plugins() / (hash + ".json"), text);
}

Result<PluginStore::Grants> PluginStore::grants() const {
  const std::filesystem::path path = store_ / "grants.json";
  auto text = read_file(path);
  if (!text) return text.error();
  Grants grants;
  if (!*text) return grants;
  auto json = parse_json(**text);
  if (!json) return std::move(json.error()).while_doing(path.string());
  try {
    if (json->at("version") != grants_version)
      return make_error(ErrorClass::invalid_request,
                        path.string() + " has another version than " + std::to_string(grants_version) +
                            ", which this reelspool writes: move it away, and allow the plugins again");
    for (const auto& [name, grant] : json->at("grants").items()) {
      const Json& asks = grant.at("asks");
      if (!asks.is_object())
        return make_error(ErrorClass::invalid_request,
                          path.string() + ": \"asks\" of \"" + name + "\" must be an object");
      grants.emplace(name, asks);
    }
  } catch (const Json::exception& wrong) {
    return make_error(ErrorClass::invalid_request, path.string() + ": " + wrong.what());
  }
  return grants;
}

Result<> PluginStore::grant(const std::string& name, const Json& asks) const {
  auto known = grants();  // what cannot be understood is not written over
  if (!known) return known.error();
  const std::filesystem::path path = store_ / "grants.json";
  auto text = read_file(path);
  if (!text) return text.error();
  Json json = {{"version", grants_version}, {"grants", Json::object()}};
  if (*text) json = *parse_json(**text);
  json["grants"][name] = {
      {"asks", asks},
      {"grantedAt",
       format_time(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()))}};
  return write_file(path, json.dump(2) + "\n");
}

}  // namespace reelspool
