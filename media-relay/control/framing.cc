#include "media-relay/control/framing.h"

namespace control {

void FrameReader::feed(std::string_view bytes) {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

FrameReader::Result FrameReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < kFrameHeaderBytes) return {};
  std::size_t length = 0;
  for (std::size_t i = 0; i < kFrameHeaderBytes; ++i) length = (length << 8) | static_cast<std::uint8_t>(rest[i]);
  // The length is judged before its bytes arrive, so that a hostile one never grows the buffer.
  if (length == 0) return {Status::Empty, {}};
  if (length > most_) return {Status::TooLong, {}};
  if (rest.size() - kFrameHeaderBytes < length) return {};
  at_ += kFrameHeaderBytes + length;
  return {Status::Frame, rest.substr(kFrameHeaderBytes, length)};
}

void begin_frame(std::string& out) {
  out.append(kFrameHeaderBytes, '\0');
}

void end_frame(std::string& out, std::size_t start) {
  const std::size_t length = out.size() - start - kFrameHeaderBytes;
  for (std::size_t i = 0; i < kFrameHeaderBytes; ++i)
    out[start + i] = static_cast<char>((length >> (8 * (kFrameHeaderBytes - 1 - i))) & 0xff);
}

}  // namespace control
