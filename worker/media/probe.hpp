#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "worker/media/scripts.hpp"

namespace reelspool {

/// What a media file holds, as the script `probe` counted it: frames and samples are of the file's packets,
/// not of what its header claims. What the file does not say is 0, empty or false.
struct MediaInfo {
  double seconds = 0;  ///< of the container
  struct Video {
    std::string codec;    ///< "h264"
    std::string profile;  ///< "High"
    int width = 0, height = 0;
    double fps = 0;
    double seconds = 0;  ///< as the stream says
    std::int64_t frames = 0;
    std::string pix_fmt;      ///< "yuv420p"
    std::string color_space;  ///< "bt709"
  };
  struct Audio {
    std::string codec;  ///< "aac"
    int rate = 0;       ///< Hz
    int channels = 0;
    std::int64_t samples = 0;  ///< per channel
    double seconds = 0;
  };
  std::optional<Video> video;  ///< the first picture stream
  std::optional<Audio> audio;  ///< the first sound stream
  bool faststart = false;      ///< an MP4 whose index comes before its data
};

/// Runs `probe` on a file. `file` is absolute, or relative to `folder`, the step's.
/// Errors: media  the file cannot be read as media, or the script's answer is none; and those of Scripts::run
boost::asio::awaitable<Result<MediaInfo>> probe(Scripts& scripts, std::filesystem::path file,
                                                std::filesystem::path folder, Stop& stop);

/// From what the script prints. Errors: media
Result<MediaInfo> read_media_info(std::string_view json);

}  // namespace reelspool
