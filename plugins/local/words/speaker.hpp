// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobstore/result.hpp"
#include "plugins/local/words/alignment.hpp"
#include "plugins/local/words/text.hpp"
#include "plugins/local/words/voice.hpp"

namespace reelspool::words {

struct Speech {
  int rate_hz = 0;
  std::vector<std::int16_t> samples;  ///< mono
  std::vector<Mark> marks;            ///< positions of the text (not of the Speakable)
};

/// The synthesiser: libespeak-ng, which keeps its state in globals, so one Speaker a process and one thread.
class Speaker {
 public:
  /// Errors: unavailable  libespeak-ng finds no data (package espeak-ng-data)
  static Result<Speaker> open();
  ~Speaker();
  Speaker(Speaker&& other) noexcept;
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;
  Speaker& operator=(Speaker&&) = delete;

  std::vector<InstalledVoice> voices() const;  ///< without mbrola's, which need data of their own
  std::vector<std::string> variants() const;

  /// `rate_wpm`: words per minute, 80-450.
  /// Errors: invalid_request  nothing in the text can be spoken
  ///         provider_failed  the voice cannot be loaded
  Result<Speech> speak(const Speakable& text, const Voice& voice, int rate_wpm);

 private:
  explicit Speaker(int rate_hz) : rate_hz_(rate_hz) {}
  int rate_hz_;
};

}  // namespace reelspool::words
