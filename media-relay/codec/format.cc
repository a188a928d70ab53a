#include "media-relay/codec/format.h"

#include <array>
#include <charconv>

#include "media-relay/base/text.h"
#include "media-relay/codec/limits.h"

namespace codec {
namespace {

struct Row {
  std::string_view name;
  unsigned clock;
  unsigned sample_rate;
};
constexpr std::array<Row, kCodings> kRows{{
    {"PCMU", 8000, 8000},
    {"PCMA", 8000, 8000},
    {"G722", 8000, 16'000},
    {"opus", 48'000, 48'000},
}};

const Row& row_of(Coding coding) {
  return kRows[static_cast<std::size_t>(coding)];
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void take(OpusParameters& out, std::string_view name, std::string_view text) {
  const auto value = number_of(text);
  if (!value) return;
  if (base::equals_ignoring_case(name, "maxplaybackrate")) {
    if (*value >= 8000 && *value <= 48'000) out.max_playback_rate = *value;
  } else if (base::equals_ignoring_case(name, "maxaveragebitrate")) {
    if (*value >= kMinOpusBitrate && *value <= kMaxOpusBitrate) out.max_average_bitrate = *value;
  } else if (base::equals_ignoring_case(name, "useinbandfec")) {
    out.in_band_fec = *value == 1;
  } else if (base::equals_ignoring_case(name, "cbr")) {
    out.constant_bitrate = *value == 1;
  }
}

}  // namespace

std::optional<Coding> coding_of(std::string_view name) {
  for (std::size_t i = 0; i < kCodings; ++i)
    if (base::equals_ignoring_case(name, kRows[i].name)) return static_cast<Coding>(i);
  return std::nullopt;
}

std::string_view name_of(Coding coding) {
  return row_of(coding).name;
}
unsigned clock_of(Coding coding) {
  return row_of(coding).clock;
}
unsigned sample_rate_of(Coding coding) {
  return row_of(coding).sample_rate;
}

bool has_frame_of(Coding coding, unsigned ms) {
  if (coding == Coding::Opus) return ms == 10 || ms == 20 || ms == 40 || ms == 60;
  return ms >= 10 && ms <= 60 && ms % 10 == 0;
}

OpusParameters read_opus_parameters(std::string_view fmtp) {
  OpusParameters out;
  while (!fmtp.empty()) {
    const std::size_t end = std::min(fmtp.find(';'), fmtp.size());
    const std::string_view item = base::trim(fmtp.substr(0, end));
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
    if (const std::size_t equals = item.find('='); equals != std::string_view::npos)
      take(out, base::trim(item.substr(0, equals)), base::trim(item.substr(equals + 1)));
  }
  return out;
}

}  // namespace codec
