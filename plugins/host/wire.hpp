#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// How the worker and a plugin's host talk over their socket pair: frames of a 16-byte head and a body of
/// JSON.
///
///   bytes 0-3    size of the body
///   byte  4      what it is (What); 5-7 zero
///   bytes 8-15   the id of the question; 0 for ready and refused
///   then         the body, exactly as the plugin gets or gave it
///
/// Native byte order: both ends are one machine, and one installation. Questions are answered in the order in
/// which they came, one at a time, so when a host dies, the oldest open question is the one it died of.
namespace reelspool::wire {

enum class What : std::uint8_t {
  describe = 1,  ///< worker to host: the manifest, please; no body
  next = 2,      ///< worker to host: body is the input (plugins/sdk/MESSAGES.md)
  ready = 3,     ///< host to worker, first frame: the plugin is loaded and boxed
  refused = 4,   ///< host to worker, first frame: it is not, and the host ends; body says why
  answer = 5,    ///< host to worker: body is the plugin's answer
  fault = 6,     ///< host to worker: the plugin could not answer; body says why
};

struct Frame {
  What what = What::answer;
  std::uint64_t id = 0;
  std::string body;
};

inline constexpr std::size_t head_bytes = 16;
/// Larger frames are rubbish. An input may hold a script's output (1 MiB) beside the request; an answer is at
/// most 1 MiB.
inline constexpr std::size_t body_limit_bytes = 8 * 1024 * 1024;

inline std::string encode(What what, std::uint64_t id, std::string_view body) {
  std::string bytes(head_bytes, '\0');
  const auto size = static_cast<std::uint32_t>(body.size());
  std::memcpy(bytes.data(), &size, sizeof size);
  bytes[4] = static_cast<char>(what);
  std::memcpy(bytes.data() + 8, &id, sizeof id);
  bytes += body;
  return bytes;
}

/// Cuts a stream of bytes into frames.
class Reader {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }

  /// The next whole frame; nothing when more bytes are needed, or when the stream is rubbish.
  std::optional<Frame> take() {
    if (rubbish_ || pending_.size() < head_bytes) return {};
    std::uint32_t size = 0;
    std::memcpy(&size, pending_.data(), sizeof size);
    const auto what = static_cast<std::uint8_t>(pending_[4]);
    if (size > body_limit_bytes || what < 1 || what > 6 ||
        pending_.compare(5, 3, std::string_view("\0\0\0", 3)) != 0) {
      rubbish_ = true;
      return {};
    }
    if (pending_.size() < head_bytes + size) return {};
    Frame frame;
    frame.what = static_cast<What>(what);
    std::memcpy(&frame.id, pending_.data() + 8, sizeof frame.id);
    frame.body = pending_.substr(head_bytes, size);
    pending_.erase(0, head_bytes + size);
    return frame;
  }

  /// What came is no frame; nothing after it can be trusted.
  bool rubbish() const { return rubbish_; }

 private:
  std::string pending_;
  bool rubbish_ = false;
};

}  // namespace reelspool::wire
