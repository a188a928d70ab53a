#include "sbc/call/quality.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "sbc/quality/emodel.h"
#include "sbc/sdp/codec.h"

namespace sbc::call {
namespace {

// What listening takes beyond the network: a frame to fill, and a buffer of twice the jitter to wait in.
constexpr double kFrameMs = 20;
constexpr double kBufferedJitters = 2;
// Half a second of speech in packets of 20 ms: of less, one lost packet would make a bad stretch.
constexpr std::uint64_t kRatedPackets = 25;

bool is_audio(const std::array<sdp::SessionPtr, 2>& told, std::uint32_t index) {
  return std::ranges::any_of(told, [index](const sdp::SessionPtr& session) {
    return session != nullptr && index < session->media.size() && session->media[index].kind == "audio";
  });
}

std::string codec_of(const sdp::SessionPtr& told, std::uint32_t index, std::uint8_t payload_type) {
  if (told == nullptr || index >= told->media.size()) return {};
  const auto map = sdp::rtpmap(*told, told->media[index], payload_type);
  return map ? std::string(map->encoding) : std::string();
}

StreamQuality stream(const control::HalfStats& stats, std::string codec) {
  StreamQuality out;
  out.codec = std::move(codec);
  out.packets = stats.packets_received;
  if (stats.packets_expected > 0 && stats.packets_lost > 0)
    out.loss = std::min(1.0, static_cast<double>(stats.packets_lost) / static_cast<double>(stats.packets_expected));
  out.jitter = base::microseconds(stats.jitter_us);
  if (stats.round_trip_us != 0) out.round_trip = base::microseconds(stats.round_trip_us);
  if (stats.reported) out.reported_loss = stats.reported->fraction / 256.0;
  return out;
}

void rate(StreamQuality& heard, const StreamQuality& listener) {
  const auto codec = quality::impairment_of(heard.codec);
  if (!codec || heard.packets == 0) return;
  const auto trips = heard.round_trip.value_or(base::Duration{}) + listener.round_trip.value_or(base::Duration{});
  const double ms =
      base::to_seconds(trips) * 1000 / 2 + kBufferedJitters * base::to_seconds(heard.jitter) * 1000 + kFrameMs;
  heard.mos = quality::opinion_of(*codec, {.loss = heard.loss, .one_way_ms = ms});
  heard.wideband = codec->scale == quality::Scale::Wide;
}

std::string decimal(double value, int digits) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
  return {text.data(), end};
}

}  // namespace

std::string text_of(const StreamQuality& quality) {
  if (quality.packets == 0) return {};
  const auto ms = [](base::Duration d) {
    return std::to_string(std::chrono::duration_cast<base::milliseconds>(d).count()) + "ms";
  };
  std::string text = quality.codec.empty() ? "?" : quality.codec;
  if (quality.mos) text += (quality.wideband ? " mos_wb=" : " mos=") + decimal(*quality.mos, 2);
  text += " loss=" + decimal(quality.loss * 100, 1) + "% jitter=" + ms(quality.jitter);
  if (quality.round_trip) text += " rtt=" + ms(*quality.round_trip);
  if (quality.reported_loss) text += " reported_loss=" + decimal(*quality.reported_loss * 100, 1) + "%";
  return text + " packets=" + std::to_string(quality.packets);
}

bool QualityWatch::falls_with(const StreamQuality& stretch, double bound) {
  if (!stretch.mos || stretch.packets < kRatedPackets) return false;
  worst = std::min(worst.value_or(*stretch.mos), *stretch.mos);
  const bool fell = !low && *stretch.mos < bound;
  low = *stretch.mos < bound;
  if (fell) ++falls;
  return fell;
}

std::string text_of(const QualityWatch& watch) {
  if (!watch.worst) return {};
  return decimal(*watch.worst, 2) + (watch.falls == 0 ? "" : " falls=" + std::to_string(watch.falls));
}

std::optional<CallQuality> quality_of(const std::array<sdp::SessionPtr, 2>& told,
                                      const std::vector<control::FlowStats>& stats) {
  const auto found = std::ranges::find_if(stats, [&](const auto& flow) { return is_audio(told, flow.index); });
  if (found == stats.end()) return std::nullopt;
  CallQuality quality{.from_a = stream(found->a, codec_of(told[0], found->index, found->a.payload_type)),
                      .from_b = stream(found->b, codec_of(told[1], found->index, found->b.payload_type))};
  rate(quality.from_a, quality.from_b);
  rate(quality.from_b, quality.from_a);
  return quality;
}

}  // namespace sbc::call
