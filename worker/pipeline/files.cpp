#include "worker/pipeline/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace reelspool {

Result<> write_file(const std::filesystem::path& path, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return system_error("creating " + path.string(), errno);
  int trouble = 0;
  while (!bytes.empty() && trouble == 0) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      trouble = errno == EINTR ? 0 : errno;
    } else {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  if (::close(fd) != 0 && trouble == 0) trouble = errno;
  if (trouble != 0) return system_error("writing " + path.string(), trouble);
  return ok;
}

Result<> replace_file(const std::filesystem::path& path, std::string_view writer, std::string_view bytes) {
  const std::filesystem::path staged =
      path.parent_path() / ("." + path.filename().string() + "." + std::string(writer));
  if (auto written = write_file(staged, bytes); !written) return written;
  std::error_code error;
  std::filesystem::rename(staged, path, error);
  if (error) return system_error("replacing " + path.string(), error.value());
  return ok;
}

Result<> bring_file(const std::filesystem::path& from, const std::filesystem::path& folder,
                    const std::string& name) {
  const std::filesystem::path to = folder / name;
  std::error_code error;
  std::filesystem::remove(to, error);
  std::filesystem::create_hard_link(from, to, error);
  if (error) std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return system_error("copying " + from.string() + " to " + to.string(), error.value());
  return ok;
}

std::string suffix_of(std::string_view name, std::string_view known, std::string_view otherwise) {
  const auto dot = name.rfind('.');
  std::string suffix(dot == std::string_view::npos ? "" : name.substr(dot + 1));
  for (char& c : suffix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool is_known =
      !suffix.empty() && (" " + std::string(known) + " ").find(" " + suffix + " ") != std::string::npos;
  return "." + (is_known ? suffix : std::string(otherwise));
}

std::string file_url(const std::filesystem::path& path) {
  std::string url = "file://";
  for (const char c : path.string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (byte < 0x80 && std::isalnum(byte)) || c == '/' || c == '-' || c == '_' || c == '.' || c == '~';
    std::array<char, 4> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "%%%02X", byte);
    url += plain ? std::string(1, c) : std::string(escaped.data());
  }
  return url;
}

}  // namespace reelspool
