#include "tests/support/media.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace reelspool::test {

Scratch::Scratch() {
  std::string pattern = std::filesystem::temp_directory_path() / "it's [a] %d, reel:spool XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
  path_ = pattern;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> Scratch::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::string Ended::last_line() const {
  std::string_view text = complaint;
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

namespace {

/// Files rather than pipes: nothing has to be read while the program runs, so no thread is needed for it.
int unnamed_file() {
  std::string pattern = std::filesystem::temp_directory_path() / "reelspool-test-XXXXXX";
  const int file = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (file < 0) throw std::runtime_error("mkostemp");
  ::unlink(pattern.c_str());
  return file;
}

std::string contents(int file) {
  std::string text(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t n = ::pread(file, text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (n <= 0) throw std::runtime_error("pread");
    got += static_cast<std::size_t>(n);
  }
  ::close(file);
  return text;
}

}  // namespace

Ended run(const std::vector<std::string>& argv, const std::filesystem::path& directory) {
  std::vector<char*> arguments;
  for (const auto& word : argv) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int output = unnamed_file(), complaint = unnamed_file(), progress = unnamed_file();
  const pid_t child = ::fork();
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    // Out of the way of 0-3 first, so that no dup2 overwrites a source.
    const int sources[] = {::fcntl(nothing, F_DUPFD, 10), ::fcntl(output, F_DUPFD, 10),
                           ::fcntl(complaint, F_DUPFD, 10), ::fcntl(progress, F_DUPFD, 10)};
    for (int number = 0; number < 4; ++number) {
      ::dup2(sources[number], number);
      ::close(sources[number]);
    }
    if (::chdir(directory.c_str()) == 0) ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("fork or waitpid");
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .output = contents(output),
          .complaint = contents(complaint),
          .progress = contents(progress)};
}

Ended script(const std::string& name, std::vector<std::string> options,
             const std::filesystem::path& directory) {
  options.insert(options.begin(), std::string(REELSPOOL_SCRIPTS) + "/" + name);
  return run(options, directory);
}

void make(std::string_view arguments, const std::filesystem::path& file) {
  std::vector<std::string> argv{"ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y"};
  std::string word;
  bool quoted = false;
  for (const char c : std::string(arguments) + ' ') {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c != ' ' || quoted) {
      word += c;
    } else if (!word.empty()) {
      argv.push_back(word);
      word.clear();
    }
  }
  // Without it a `%d` in a picture's name, or its folder's, stands for a number.
  if (file.extension() == ".png" || file.extension() == ".jpg") argv.insert(argv.end(), {"-update", "1"});
  argv.push_back("file:" + file.string());
  if (const Ended made = run(argv); made.status != 0) throw std::runtime_error("ffmpeg: " + made.complaint);
}

void turn(const std::filesystem::path& clip, const std::filesystem::path& turned, int degrees) {
  const Ended ended =
      run({"ffmpeg", "-nostdin", "-v", "error", "-y", "-i", "file:" + clip.string(), "-c", "copy", "-strict",
           "-2", "-metadata:s:v", "rotate=" + std::to_string(degrees), "file:" + turned.string()});
  if (ended.status != 0) throw std::runtime_error(ended.complaint);
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream stream(file, std::ios::binary);
  stream << bytes;
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

int Pictures::count() const {
  return static_cast<int>(bytes.size() /
                          (static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3));
}

Pixel Pictures::at(int frame, int x, int y) const {
  const std::size_t place =
      ((static_cast<std::size_t>(frame) * static_cast<std::size_t>(height) + static_cast<std::size_t>(y)) *
           static_cast<std::size_t>(width) +
       static_cast<std::size_t>(x)) *
      3;
  return {bytes.at(place), bytes.at(place + 1), bytes.at(place + 2)};
}

double Pictures::luma(int frame, int x, int y) const {
  const Pixel p = at(frame, x, y);
  return 0.2126 * p.red + 0.7152 * p.green + 0.0722 * p.blue;
}

Pictures decode(const std::filesystem::path& file, int width, int height, const std::string& filter) {
  Ended ended =
      run({"ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", "file:" + file.string(), "-map", "0:v:0",
           "-fps_mode", "passthrough", "-vf",
           filter + ",scale=in_color_matrix=bt709:in_range=tv,format=rgb24", "-f", "rawvideo", "pipe:1"});
  if (ended.status != 0) throw std::runtime_error("decoding " + file.string() + ": " + ended.complaint);
  return {width, height, {ended.output.begin(), ended.output.end()}};
}

std::vector<float> decode_sound(const std::filesystem::path& file, const std::string& filter) {
  const Ended ended =
      run({"ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", "file:" + file.string(), "-map", "0:a:0",
           "-af", "aformat=sample_rates=48000:channel_layouts=stereo," + filter, "-c:a", "pcm_f32le", "-f",
           "f32le", "pipe:1"});
  if (ended.status != 0) throw std::runtime_error("decoding " + file.string() + ": " + ended.complaint);
  std::vector<float> sound(ended.output.size() / sizeof(float));
  std::memcpy(sound.data(), ended.output.data(), sound.size() * sizeof(float));
  return sound;
}

double level_db(const std::vector<float>& sound, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to; ++i) sum += double{sound.at(2 * i)} * double{sound.at(2 * i)};
  return sum == 0 ? -200 : 10 * std::log10(sum / static_cast<double>(to - from));
}

double number_in(std::string_view json, std::string_view key) {
  const auto place = json.find("\"" + std::string(key) + "\":");
  if (place == std::string_view::npos)
    throw std::runtime_error("no " + std::string(key) + " in " + std::string(json));
  const std::string rest(json.substr(place + key.size() + 3));
  char* end = nullptr;
  const double number = std::strtod(rest.c_str(), &end);
  if (end == rest.c_str())
    throw std::runtime_error(std::string(key) + " is no number in " + std::string(json));
  return number;
}

}  // namespace reelspool::test
