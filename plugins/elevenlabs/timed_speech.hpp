#pragma once

#include "plugins/elevenlabs/elevenlabs.hpp"
#include "plugins/elevenlabs/words.hpp"

namespace reelspool::elevenlabs {

/// Speech with timestamps: the sound in base64, which the worker unpacks into speech.mp3, beside the time of every character. The
/// script `probe` tells the length. Notes: {"model", "words": [[text, start, end], ...] in milliseconds, ...}.
class TimedSpeech : public sdk::OneRequest {
 public:
  sdk::Json manifest() const override { return nullptr; }
  Judged told(const sdk::Input& input) override;

 protected:
  /// `alignment` follows the text that was sent, `normalized_alignment` the text as spoken.
  virtual std::vector<Word> words_in(const sdk::HttpAnswer& answer) const {
    return words_of(answer.at("/alignment"));
  }
  /// The characters that are charged.
  virtual double characters(const sdk::Input& input) const {
    return static_cast<double>(sdk::text_at(input.request, "/text").size());
  }

 private:
  Judged measured(const sdk::Input& input) const;
};

}  // namespace reelspool::elevenlabs
