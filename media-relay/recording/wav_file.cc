#include "media-relay/recording/wav_file.h"

#include <algorithm>
#include <string_view>

namespace recording {
namespace {

constexpr std::uint32_t kHeader = 44;
constexpr std::size_t kRiffSize = 4;  // where the sizes are
constexpr std::size_t kDataSize = 40;
constexpr unsigned kSampleBytes = 2;

void put_text(std::vector<std::byte>& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
}

void put_little(std::vector<std::byte>& out, std::uint32_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i, value >>= 8) out.push_back(static_cast<std::byte>(value & 0xff));
}

}  // namespace

void Mixdown::put(std::size_t channel, std::int64_t at, std::span<const codec::Sample> samples) {
  if (at < begin_) {
    const auto late = static_cast<std::size_t>(std::min<std::int64_t>(begin_ - at, std::ssize(samples)));
    samples = samples.subspan(late);
    at = begin_;
  }
  const auto from = static_cast<std::size_t>(at - begin_);
  if (from + samples.size() > frames_.size()) frames_.resize(from + samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) frames_[from + i][channel] = samples[i];
}

std::vector<std::byte> Mixdown::take(std::int64_t until) {
  std::vector<std::byte> out;
  if (until <= begin_) return out;
  const auto count = static_cast<std::size_t>(until - begin_);
  if (frames_.size() < count) frames_.resize(count);
  out.reserve(count * kChannels * kSampleBytes);
  for (std::size_t i = 0; i < count; ++i)
    for (const codec::Sample s : frames_[i]) put_little(out, static_cast<std::uint16_t>(s), kSampleBytes);
  frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(count));
  begin_ = until;
  return out;
}

void begin_wav(PartFile& file, unsigned rate) {
  std::vector<std::byte> out;
  put_text(out, "RIFF");
  put_little(out, kHeader - 8, 4);
  put_text(out, "WAVEfmt ");
  put_little(out, 16, 4);
  put_little(out, 1, 2);  // linear
  put_little(out, kChannels, 2);
  put_little(out, rate, 4);
  put_little(out, rate * kChannels * kSampleBytes, 4);
  put_little(out, kChannels * kSampleBytes, 2);
  put_little(out, kSampleBytes * 8, 2);
  put_text(out, "data");
  put_little(out, 0, 4);
  file.append(out);
}

std::expected<void, std::string> settle_wav(PartFile& file) {
  if (file.size() < kHeader) return std::unexpected("expected a WAV file");
  const auto size = static_cast<std::uint32_t>(file.size());
  std::vector<std::byte> riff;
  put_little(riff, size - 8, 4);
  if (auto ok = file.patch(kRiffSize, riff); !ok) return ok;
  std::vector<std::byte> data;
  put_little(data, size - kHeader, 4);
  return file.patch(kDataSize, data);
}

}  // namespace recording
