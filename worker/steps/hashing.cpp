#include "worker/steps/hashing.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "worker/programs/descriptor.hpp"

namespace reelspool {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    good_ = context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }
  void add(const void* data, std::size_t size_bytes) {
    good_ = good_ && EVP_DigestUpdate(context_.get(), data, size_bytes) == 1;
  }
  /// With its length before it, so that ("ab", "c") and ("a", "bc") differ.
  void add_text(std::string_view text) {
    const std::uint64_t size = text.size();
    add(&size, sizeof size);
    add(text.data(), text.size());
  }
  Result<std::string> hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!good_ || EVP_DigestFinal_ex(context_.get(), digest, &size) != 1)
      return make_error(ErrorClass::transient,
                        "SHA-256 is not available (out of memory, or OpenSSL without it)");
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += digits[digest[i] >> 4];
      text += digits[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  bool good_ = false;
};

/// The disk's own trouble is `storage` or worth another try; any other reason lies in what the job named.
Error unreadable(const std::filesystem::path& path, int reason) {
  Error error = system_error("reading " + path.filename().string(), reason);
  if (reason == ENOENT || reason == EACCES || reason == ENOTDIR || reason == EISDIR || reason == ELOOP)
    error.cls = ErrorClass::invalid_request;
  error.details = path.string();
  return error;
}

}  // namespace

Result<std::string> ContentHashes::of_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat stat {};
  if (!file || ::fstat(file.number(), &stat) != 0) return unreadable(path, errno);
  if (!S_ISREG(stat.st_mode))
    return make_error(ErrorClass::invalid_request, path.filename().string() + " is not a regular file");

  const auto nanoseconds = [](const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
  const Identity identity(stat.st_dev, stat.st_ino, stat.st_size, nanoseconds(stat.st_mtim),
                          nanoseconds(stat.st_ctim));
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(identity); found != known_.end()) return found->second;
  }

  Sha256 sha;
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    const ssize_t got = ::read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    if (got == 0) break;
    sha.add(buffer.data(), static_cast<std::size_t>(got));
  }
  auto hex = sha.hex();
  if (hex) {
    const std::lock_guard lock(mutex_);
    known_.emplace(identity, *hex);
  }
  return hex;
}

Result<std::string> hash_of(const std::string& kind, const Json& request,
                            const std::vector<std::filesystem::path>& inputs, ContentHashes& contents) {
  const nlohmann::json sorted = request;  // by name: members in another order are the same request
  Sha256 sha;
  sha.add_text("reelspool step 1");  // the recipe's version: change it, and every step is made anew once
  sha.add_text(kind);
  sha.add_text(sorted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  for (const auto& input : inputs) {
    auto content = contents.of_file(input);
    if (!content) return content;
    sha.add_text(*content);
  }
  return sha.hex();
}

}  // namespace reelspool
