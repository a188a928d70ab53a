#pragma once
// Cuts a byte stream into frames: 4 bytes of length, big endian, then that many bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "media-relay/control/limits.h"

namespace control {

inline constexpr std::size_t kFrameHeaderBytes = 4;

class FrameReader {
 public:
  enum class Status : std::uint8_t {
    Frame,    // `payload` is the next frame
    More,     // the next frame is not complete
    TooLong,  // a length above the limit: the stream cannot be followed any further
    Empty,    // a length of 0, which no message has: likewise
  };
  struct Result {
    Status status = Status::More;
    std::string_view payload;  // valid until the next call of feed or next
  };

  explicit FrameReader(std::size_t most = kMaxFrameBytes) : most_(most) {}

  // Memory is bounded as long as the caller takes all frames out after each feed.
  void feed(std::string_view bytes);
  Result next();
  std::size_t buffered() const { return buffer_.size() - at_; }

 private:
  std::size_t most_;
  std::string buffer_;
  std::size_t at_ = 0;
};

// Writes the length of the frame whose header starts at `start` of `out`, once its payload has been appended.
void begin_frame(std::string& out);
void end_frame(std::string& out, std::size_t start);

}  // namespace control
