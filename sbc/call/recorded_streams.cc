#include "sbc/call/recorded_streams.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"

#include "sbc/body/recording_metadata.h"
#include "sbc/call/limits.h"
#include "sbc/sdp/codec.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/synthesis.h"

namespace sbc::call {
namespace {

// Nobody listens there: the relay's address takes its place.
constexpr std::string_view kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
constexpr std::string_view kNobodysPort = "9";

const control::FlowSpec* flow_of(const control::SessionSpec& spec, std::size_t line) {
  const auto found = std::ranges::find(spec.flows, line, &control::FlowSpec::index);
  return found != spec.flows.end() && found->transport == control::Transport::Rtp ? &*found : nullptr;
}

// What the party may send: what it was told, as far as it has it (RFC 3264 5.1, 6.1).
sdp::SessionPtr may_send(const Media& media, Side side) {
  const sdp::SessionPtr told = media.told()[static_cast<std::size_t>(side)];
  const sdp::SessionPtr said = media.heard(side);
  if (told == nullptr || said == nullptr) return nullptr;
  return sdp::common_formats(*told, *said, sdp::FormatOrder::Own).value_or(nullptr);
}

void append_line(std::string& out, std::string_view kind, std::string_view port, std::string_view formats) {
  out.append("m=").append(kind).append(" ").append(port).append(" RTP/AVP ").append(formats).append("\r\n");
}

void append_stream(std::string& out, const sdp::Session& from, const sdp::Media& line, bool spoken) {
  append_line(out, line.kind, kNobodysPort, line.formats);
  for (const sdp::Line& l : from.lines_of(line))
    if (l.attribute == sdp::AttributeId::Rtpmap || l.attribute == sdp::AttributeId::Fmtp)
      out.append(l.whole()).append("\r\n");
  out.append(spoken ? "a=sendonly\r\n" : "a=inactive\r\n");
}

}  // namespace

std::string new_metadata_id(base::Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  return body::metadata_id(bytes);
}

void add_streams(std::vector<RecordedStream>& streams, const Media& media, base::Random& random) {
  const auto told = media.told();
  if (told[0] == nullptr || told[1] == nullptr) return;
  const std::size_t lines = std::min(told[0]->media.size(), told[1]->media.size());
  for (std::size_t i = 0; i < lines; ++i) {
    const sdp::Media& line = told[0]->media[i];
    const bool known = std::ranges::any_of(streams, [i](const RecordedStream& s) { return s.line == i; });
    if (known || line.port == 0 || !sdp::is_rtp(line) || (line.kind != "audio" && line.kind != "video")) continue;
    if (streams.size() + 2 > kMaxRecordedStreams || lines + streams.size() + 2 > control::kMaxFlows) return;
    for (const Side side : {Side::A, Side::B})
      streams.push_back({.id = new_metadata_id(random), .kind = std::string(line.kind), .from = side, .line = i});
  }
}

bool is_spoken(const control::SessionSpec& spec, const RecordedStream& stream) {
  const control::FlowSpec* flow = flow_of(spec, stream.line);
  if (flow == nullptr) return false;
  return stream.from == Side::A ? flow->a.receive && flow->b.send : flow->b.receive && flow->a.send;
}

std::string recorded_offer(const RecordedNow& now) {
  const std::array<sdp::SessionPtr, 2> from{may_send(now.media, Side::A), may_send(now.media, Side::B)};
  std::string out(kHead);
  for (const RecordedStream& stream : now.streams) {
    const sdp::SessionPtr& session = from[static_cast<std::size_t>(stream.from)];
    const bool there = session != nullptr && stream.line < session->media.size() &&
                       session->media[stream.line].port != 0 && flow_of(now.spec, stream.line) != nullptr;
    if (there)
      append_stream(out, *session, session->media[stream.line], !now.paused && is_spoken(now.spec, stream));
    else
      append_line(out, stream.kind, "0", "0");
  }
  return out;
}

std::string recorded_answer(const RecordedNow& now, const sdp::Session& offer) {
  std::string all = recorded_offer(now);
  const auto ours = sdp::parse_shared(all);
  if (!ours) return all;
  const auto common = sdp::common_formats(**ours, offer, sdp::FormatOrder::Own);
  std::string out(kHead);
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const sdp::Media& asked = offer.media[i];
    const bool there = common && i < (*common)->media.size() && (*common)->media[i].port != 0 && asked.port != 0;
    if (there)
      append_stream(out, **common, (*common)->media[i],
                    sdp::written_direction(**ours, (*ours)->media[i]) == sdp::Direction::SendOnly);
    else  // RFC 7866 7.2: it must not add any
      append_line(out, asked.kind, "0", asked.formats);
  }
  return out;
}

std::string labelled(std::string_view description, std::size_t streams) {
  std::string out;
  std::size_t lines = 0;
  const auto label = [&] {
    if (lines != 0 && lines <= streams) out.append("a=label:").append(std::to_string(lines)).append("\r\n");
  };
  while (!description.empty()) {
    const auto end = description.find('\n');
    const std::string_view line = description.substr(0, end == std::string_view::npos ? end : end + 1);
    description.remove_prefix(line.size());
    if (line.starts_with("m=")) {
      label();
      ++lines;
    }
    out.append(line);
  }
  label();
  return out;
}

void add_copies(control::SessionSpec& spec, const Media& session, const RecordedNow& now) {
  auto copies = session.spec(0).flows;
  for (control::FlowSpec& copy : copies) {
    if (copy.index >= now.streams.size() || spec.flows.size() >= control::kMaxFlows) continue;
    const RecordedStream& stream = now.streams[copy.index];
    const control::FlowSpec* source = flow_of(now.spec, stream.line);
    if (source == nullptr) continue;
    copy.index += kFirstCopy;
    copy.kind = source->kind;
    const std::string network = copy.b.network;
    copy.a = {};
    copy.a.network = network;
    copy.a.copies =
        control::Copied{source->index, stream.from == Side::A ? control::HalfSide::A : control::HalfSide::B};
    copy.b.receive = false;
    if (now.paused) copy.b.send = false;  // before the recorder has agreed to it
    // One stream, whoever speaks in the call by now (RFC 7866 8.1.3).
    if (copy.kind == "audio" && !copy.b.transcode) {
      if (!copy.b.rewrite) copy.b.rewrite.emplace();
      copy.b.rewrite->continuous = true;
    }
    spec.flows.push_back(std::move(copy));
  }
}

}  // namespace sbc::call
