#include "sbc/call/media_streams.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/events.h"
#include "sbc/sdp/sources.h"

namespace sbc::call {
namespace {

// RFC 3551 3: what means nothing without a=rtpmap.
constexpr std::uint8_t kFirstDynamic = 96;
constexpr std::uint8_t kLastDynamic = 127;

const StreamParty& party(const StreamParties& parties, Side side) {
  return parties[static_cast<std::size_t>(side)];
}

// What the party has said; null: nothing yet of that line.
const sdp::Session* said_by(const StreamParty& party, std::size_t index) {
  if (party.state == nullptr || party.state->remote() == nullptr) return nullptr;
  const sdp::Session& session = *party.state->remote();
  return index < session.media.size() ? &session : nullptr;
}

// Formats that repair another stream of the line in one of their own (RFC 4588, RFC 8627, RFC 6015): then there are two
// at a time, and without a=ssrc nobody knows which.
bool has_repairs(const sdp::Session& session, const sdp::Media& line) {
  bool found = false;
  sdp::for_each_format(line, [&](std::string_view format) {
    const auto type = base::parse_unsigned<std::uint8_t>(format);
    const auto map = type ? sdp::rtpmap(session, line, *type) : std::nullopt;
    if (!map) return;
    const std::string name = base::to_lower(map->encoding);
    found = found || name == "rtx" || name.starts_with("flexfec") || name.ends_with("parityfec");
  });
  return found;
}

// A conference may send several streams at once, and so does a camera with its repairs: then nobody can make one of
// them. What video will be is not known before it was described.
bool speaks_in_one_stream(const StreamParty& speaker, const control::FlowSpec& flow) {
  if (speaker.leg.mixed_streams) return false;
  const sdp::Session* said = said_by(speaker, flow.index);
  if (said == nullptr) return flow.kind != "video";
  const sdp::Media& line = said->media[flow.index];
  return sdp::sources_of(*said, line).size() <= 1 && (flow.kind != "video" || !has_repairs(*said, line));
}

// The relay must know the clocks, or a pause of a codec with another one than 8000 Hz looks like a leap to it, and must
// know events, whose timestamps stand still. RFC 3264 5.1: the speaker sends under the numbers that it was told.
void name_clocks(std::vector<control::PayloadRule>& rules, const sdp::Session& told, const sdp::Media& line) {
  const auto events = sdp::event_formats(told, line);
  sdp::for_each_format(line, [&](std::string_view format) {
    const auto type = base::parse_unsigned<std::uint8_t>(format);
    if (!type || *type < kFirstDynamic || *type > kLastDynamic) return;
    const auto map = sdp::rtpmap(told, line, *type);
    if (!map || map->clock_rate == 0 || map->clock_rate > control::kMaxClock) return;
    if (std::ranges::find(rules, *type, &control::PayloadRule::from) != rules.end()) return;
    const bool event = std::ranges::find(events, *type, &sdp::EventFormat::payload_type) != events.end();
    rules.push_back({.from = *type,
                     .to = *type,
                     .clock_from = map->clock_rate,
                     .use = event ? control::PayloadUse::Event : control::PayloadUse::Pass});
  });
}

}  // namespace

void guard_streams(control::FlowSpec& flow, const StreamParties& parties) {
  if (flow.transport != control::Transport::Rtp) return;
  for (const Side side : {Side::A, Side::B}) {
    if (party(parties, side).leg.mixed_streams) continue;
    control::HalfSpec& half = side == Side::A ? flow.a : flow.b;
    const sdp::Session* said = said_by(party(parties, side), flow.index);
    if (said != nullptr) half.sources = sdp::sources_of(*said, said->media[flow.index]);
    // Of streams that are named several may come at a time, and so does video with its repairs.
    half.one_stream = flow.kind != "video" || said == nullptr ||
                      (half.sources.empty() && !has_repairs(*said, said->media[flow.index]));
  }
}

void refuse_untold(control::FlowSpec& flow, const StreamParties& parties) {
  for (const Side side : {Side::A, Side::B}) {
    const StreamParty& speaker = party(parties, side);
    control::HalfSpec& half = side == Side::A ? flow.a : flow.b;
    const bool told = speaker.state != nullptr && speaker.state->local() != nullptr;
    // The other side's answer is told at once.
    const bool answered = said_by(party(parties, other(side)), flow.index) != nullptr;
    if (!told && !answered && !half.play) half.receive = false;
  }
}

void make_continuous(control::FlowSpec& flow, const StreamParties& parties) {
  const bool known = flow.kind == "audio" || flow.kind == "video" || flow.kind == "text";
  if (!known || flow.transport != control::Transport::Rtp) return;
  for (const Side toward : {Side::A, Side::B}) {
    const StreamParty& speaker = party(parties, other(toward));
    control::HalfSpec& half = toward == Side::A ? flow.a : flow.b;
    const bool asked = half.rewrite && half.rewrite->continuous;
    if (!asked && !speaks_in_one_stream(speaker, flow)) continue;
    if (!half.rewrite) half.rewrite.emplace();
    half.rewrite->continuous = true;
    if (half.transcode) continue;  // which knows what leaves it
    const sdp::SessionPtr told = speaker.state != nullptr ? speaker.state->local() : nullptr;
    if (told != nullptr && flow.index < told->media.size())
      name_clocks(half.rewrite->payloads, *told, told->media[flow.index]);
  }
}

}  // namespace sbc::call
