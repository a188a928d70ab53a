#include "media-relay/codec/wav.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "media-relay/codec/limits.h"
#include "media-relay/codec/resampler.h"
#include "media-relay/codec/spandsp.h"

namespace codec {
namespace {

// Tags of the fmt chunk: WAVE_FORMAT_PCM, _ALAW and _MULAW.
enum class Tag : std::uint16_t { Linear = 1, Alaw = 6, Ulaw = 7 };
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kChunkHeaderBytes = 8;
constexpr std::size_t kFormatBytes = 16;

std::uint32_t little(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
  return value;
}

bool says(std::span<const std::byte> bytes, std::size_t at, std::string_view word) {
  return std::ranges::equal(bytes.subspan(at, word.size()), std::as_bytes(std::span(word)));
}

struct Format {
  Tag tag = Tag::Linear;
  unsigned channels = 1;
  unsigned rate = 8000;
  std::size_t sample_bytes() const { return tag == Tag::Linear ? 2 : 1; }
};

std::expected<Format, std::string> read_format(std::span<const std::byte> chunk) {
  if (chunk.size() < kFormatBytes)
    return std::unexpected("fmt chunk: expected 16 bytes, got " + std::to_string(chunk.size()));
  Format out;
  const std::uint32_t tag = little(chunk, 0, 2);
  out.channels = little(chunk, 2, 2);
  out.rate = little(chunk, 4, 4);
  const std::uint32_t bits = little(chunk, 14, 2);
  if (tag != 1 && tag != 6 && tag != 7)
    return std::unexpected("format: expected 1 (linear), 6 (A-law) or 7 (mu-law), got " + std::to_string(tag));
  out.tag = static_cast<Tag>(tag);
  if (out.channels != 1 && out.channels != 2)
    return std::unexpected("channels: expected 1 or 2, got " + std::to_string(out.channels));
  if (out.rate != 8000 && out.rate != 16'000 && out.rate != 48'000)
    return std::unexpected("sample rate: expected 8000, 16000 or 48000, got " + std::to_string(out.rate));
  if (bits != out.sample_bytes() * 8)
    return std::unexpected("bits in a sample: expected " + std::to_string(out.sample_bytes() * 8) + ", got " +
                           std::to_string(bits));
  return out;
}

int sample_at(std::span<const std::byte> data, std::size_t index, Tag tag) {
  switch (tag) {
    case Tag::Alaw:
      return alaw_to_linear(static_cast<std::uint8_t>(data[index]));
    case Tag::Ulaw:
      return ulaw_to_linear(static_cast<std::uint8_t>(data[index]));
    case Tag::Linear:
      break;
  }
  return static_cast<std::int16_t>(little(data, index * 2, 2));
}

Audio read_samples(std::span<const std::byte> data, const Format& format) {
  Audio out;
  out.rate = format.rate;
  const std::size_t count = data.size() / (format.sample_bytes() * format.channels);
  out.samples.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    int sum = 0;
    for (unsigned c = 0; c < format.channels; ++c) sum += sample_at(data, i * format.channels + c, format.tag);
    out.samples.push_back(static_cast<Sample>(sum / static_cast<int>(format.channels)));
  }
  return out;
}

}  // namespace

std::expected<Audio, std::string> read_wav(std::span<const std::byte> file) {
  if (file.size() > kMaxWavBytes)
    return std::unexpected("expected at most " + std::to_string(kMaxWavBytes) + " bytes, got " +
                           std::to_string(file.size()));
  if (file.size() < kHeaderBytes || !says(file, 0, "RIFF") || !says(file, 8, "WAVE"))
    return std::unexpected("expected a RIFF WAVE file");
  std::optional<Format> format;
  for (std::size_t at = kHeaderBytes; at + kChunkHeaderBytes <= file.size();) {
    const std::size_t body = at + kChunkHeaderBytes;
    // A chunk that is cut short, or of a size that its writer never filled in, ends with the file.
    const std::size_t size = std::min<std::size_t>(little(file, at + 4, 4), file.size() - body);
    if (says(file, at, "fmt ")) {
      auto read = read_format(file.subspan(body, size));
      if (!read) return std::unexpected(read.error());
      format = *read;
    } else if (says(file, at, "data")) {
      if (!format) return std::unexpected("expected a fmt chunk before the data");
      Audio audio = read_samples(file.subspan(body, size), *format);
      if (audio.samples.empty()) return std::unexpected("expected samples, got none");
      return audio;
    }
    at = body + size + size % 2;
  }
  return std::unexpected("expected a data chunk");
}

Audio resampled(const Audio& audio, unsigned rate) {
  Audio out;
  out.rate = rate;
  Resampler resampler(audio.rate, rate);
  std::vector<Sample> room(kMaxSamples * 6 + 1);  // 8000 to 48000 at most
  for (std::span<const Sample> rest(audio.samples); !rest.empty();) {
    const auto piece = rest.first(std::min(rest.size(), kMaxSamples));
    rest = rest.subspan(piece.size());
    const auto made = resampler.run(piece, room);
    out.samples.insert(out.samples.end(), made.begin(), made.end());
  }
  return out;
}

}  // namespace codec
