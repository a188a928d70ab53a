#include "sbc/call/quality.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "sbc/quality/emodel.h"
#include "sbc/sdp/codec.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::call {
namespace {

// What listening takes beyond the network: a frame to fill, and a buffer of twice the jitter to wait in.
constexpr double kFrameMs = 20;
constexpr double kBufferedJitters = 2;
// Half a second of speech in packets of 20 ms: of less, one lost packet would make a bad stretch.
constexpr std::uint64_t kRatedPackets = 25;

// Of the m-line, as whoever was told of it knows it; "": it carries no RTP, or there is none.
std::string_view kind_of(const std::array<sdp::SessionPtr, 2>& told, std::uint32_t index) {
  for (const sdp::SessionPtr& session : told)
    if (session != nullptr && index < session->media.size() && !sdp::is_fax(session->media[index]))
      return session->media[index].kind;
  return {};
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
  if (stats.reported && stats.reported->mos != 0) out.reported_mos = stats.reported->mos / 10.0;
  if (stats.residence_max_us != 0)
    out.residence = {base::microseconds(stats.residence_mean_us), base::microseconds(stats.residence_max_us)};
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

const LineQuality* first_audio(const std::vector<LineQuality>& lines) {
  const auto found = std::ranges::find(lines, "audio", &LineQuality::kind);
  return found == lines.end() ? nullptr : &*found;
}

// A line may have had one flow after another; the one that carried most stands for it.
const control::FlowStats& main_flow(const std::vector<control::FlowStats>& stats, std::uint32_t index) {
  const control::FlowStats* best = nullptr;
  const auto packets = [](const control::FlowStats& f) { return f.a.packets_received + f.b.packets_received; };
  for (const control::FlowStats& flow : stats)
    if (flow.index == index && (best == nullptr || packets(flow) > packets(*best))) best = &flow;
  return *best;
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
  if (quality.reported_mos) text += " reported_mos=" + decimal(*quality.reported_mos, 1);
  text += " packets=" + std::to_string(quality.packets);
  const auto us = [](base::Duration d) {
    return std::to_string(std::chrono::duration_cast<base::microseconds>(d).count()) + "us";
  };
  if (quality.residence) text += " inside=" + us(quality.residence->mean) + "/" + us(quality.residence->longest);
  return text;
}

std::string text_of_others(const CallQuality& quality, bool caller) {
  const LineQuality* first = first_audio(quality.lines);
  std::string text;
  for (const LineQuality& line : quality.lines) {
    const std::string one = text_of(caller ? line.from_a : line.from_b);
    if (&line == first || one.empty()) continue;
    text += (text.empty() ? "" : "; ") + std::to_string(line.index + 1) + " " + line.kind + " " + one;
  }
  return text;
}

const StreamQuality& CallQuality::from_a() const {
  static const StreamQuality nothing;
  const LineQuality* line = first_audio(lines);
  return line == nullptr ? nothing : line->from_a;
}

const StreamQuality& CallQuality::from_b() const {
  static const StreamQuality nothing;
  const LineQuality* line = first_audio(lines);
  return line == nullptr ? nothing : line->from_b;
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
  CallQuality quality;
  for (const control::FlowStats& flow : stats) {
    const std::string_view kind = kind_of(told, flow.index);
    if (kind.empty() || &main_flow(stats, flow.index) != &flow) continue;
    LineQuality& line = quality.lines.emplace_back();
    line.index = flow.index;
    line.kind = kind;
    line.from_a = stream(flow.a, codec_of(told[0], flow.index, flow.a.payload_type));
    line.from_b = stream(flow.b, codec_of(told[1], flow.index, flow.b.payload_type));
    rate(line.from_a, line.from_b);
    rate(line.from_b, line.from_a);
  }
  if (quality.lines.empty()) return std::nullopt;
  std::ranges::sort(quality.lines, {}, &LineQuality::index);
  return quality;
}

bool is_first_audio(const std::array<sdp::SessionPtr, 2>& told, std::uint32_t index) {
  if (kind_of(told, index) != "audio") return false;
  for (std::uint32_t before = 0; before < index; ++before)
    if (kind_of(told, before) == "audio") return false;
  return true;
}

}  // namespace sbc::call
