#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// What tests of media need: a folder, programs run to their end, and what a file really decodes to. Nothing
/// here asks a container how long it is: frames and samples are counted after ffmpeg's decoders.
namespace reelspool::test {

/// A folder of its own for one test, gone with it. Its name has what breaks careless quoting.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  /// The names in it, sorted, hidden ones too.
  std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

struct Ended {
  int status = 0;                 ///< exit status; 128 + n after signal n
  std::string output;             ///< stdout
  std::string complaint;          ///< stderr
  std::string progress;           ///< descriptor 3
  std::string last_line() const;  ///< of stderr
};

/// Runs argv[0] (looked up in PATH) to its end in `directory`, with stdin from /dev/null.
Ended run(const std::vector<std::string>& argv, const std::filesystem::path& directory = "/");

/// Runs one of ffmpeg-scripts.
Ended script(const std::string& name, std::vector<std::string> options,
             const std::filesystem::path& directory = "/");

/// Makes a file with ffmpeg: `arguments` are split at spaces (single quotes keep them), `file` is added.
/// Throws when it fails.
void make(std::string_view arguments, const std::filesystem::path& file);

/// Copies a clip, marked as to be shown turned by so many degrees, as phones do it. (ffmpeg 5.1 marks only what it copies.)
void turn(const std::filesystem::path& clip, const std::filesystem::path& turned, int degrees);

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view bytes);

struct Pixel {
  int red = 0, green = 0, blue = 0;
};

/// Frames of a video, as an HD screen would show them (BT.709).
struct Pictures {
  int width = 0, height = 0;
  std::vector<std::uint8_t> bytes;  ///< red, green, blue; rows; frames
  int count() const;
  Pixel at(int frame, int x, int y) const;
  double luma(int frame, int x, int y) const;
};

/// Decodes a video of a known size. `filter`: filters to apply first, for instance a crop; it may change the
/// size to `width` and `height`.
Pictures decode(const std::filesystem::path& file, int width, int height, const std::string& filter = "null");

/// Decodes the sound: 48 kHz, left and right in turn, 1.0 = full scale. `filter`: filters to apply.
std::vector<float> decode_sound(const std::filesystem::path& file, const std::string& filter = "anull");

/// Root of the mean square of samples [from, to) of the left channel, in dB; -200 for silence.
double level_db(const std::vector<float>& sound, std::size_t from, std::size_t to);

/// The number that follows "key": in a JSON text, the first of that name; throws when there is none.
double number_in(std::string_view json, std::string_view key);

}  // namespace reelspool::test
