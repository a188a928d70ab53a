#pragma once
// A call as two channels of audio, 16 bits linear: side A left, side B right, both on one line of time that begins with
// the first packet of either.

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/codec/format.h"
#include "media-relay/recording/part_file.h"

namespace recording {

inline constexpr std::size_t kChannels = 2;

// Where samples meet until nothing can come late any more.
class Mixdown {
 public:
  explicit Mixdown(unsigned rate) : rate_(rate) {}

  // From `at` on; what is behind what was taken already is too late.
  void put(std::size_t channel, std::int64_t at, std::span<const codec::Sample> samples);
  // Everything before `until`, as it is written to the file; silence where nothing came.
  std::vector<std::byte> take(std::int64_t until);
  std::int64_t end() const { return begin_ + static_cast<std::int64_t>(frames_.size()); }
  std::int64_t begin() const { return begin_; }
  unsigned rate() const { return rate_; }

 private:
  unsigned rate_;
  std::int64_t begin_ = 0;  // of frames_; all before has been taken
  std::vector<std::array<codec::Sample, kChannels>> frames_;
};

// What stands in front of the first sample, with sizes of none.
void begin_wav(PartFile& file, unsigned rate);
// Makes the sizes in the header those of the file. Of what was written before.
std::expected<void, std::string> settle_wav(PartFile& file);

}  // namespace recording
