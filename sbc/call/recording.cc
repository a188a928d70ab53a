#include "sbc/call/recording.h"

#include <algorithm>
#include <array>
#include <utility>

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"

#include "sbc/call/machine.h"
#include "sbc/sdp/codec.h"

namespace sbc::call {
namespace {

// As the relay calls those that it can decode; "": it cannot.
std::string_view coding_of(std::string_view encoding) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCodings{
      {{"pcmu", "PCMU"}, {"pcma", "PCMA"}, {"g722", "G722"}, {"opus", "opus"}}};
  const auto found = std::ranges::find(kCodings, base::to_lower(encoding), &decltype(kCodings)::value_type::first);
  return found != kCodings.end() ? found->second : std::string_view();
}

// Of what a side was told: the numbers under which it may send (RFC 3264 5.1).
std::vector<control::AudioFormat> formats_of(const sdp::Session* told, std::size_t index) {
  std::vector<control::AudioFormat> out;
  if (told == nullptr || index >= told->media.size()) return out;
  const sdp::Media& line = told->media[index];
  sdp::for_each_format(line, [&](std::string_view format) {
    const auto type = base::parse_unsigned<std::uint8_t>(format);
    const auto map = type && *type < 128 ? sdp::rtpmap(*told, line, *type) : std::nullopt;
    const std::string_view coding = map ? coding_of(map->encoding) : std::string_view();
    if (!coding.empty() && out.size() < control::kMaxAudioFormats) out.push_back({std::string(coding), *type});
  });
  return out;
}

}  // namespace

policy::Recording wanted_recording(const Media& media) {
  const policy::Recording& a = media.leg(Side::A).record;
  const policy::Recording& b = media.leg(Side::B).record;
  return {.wav = a.wav || b.wav,
          .pcap = a.pcap || b.pcap,
          .siprec = a.siprec.empty() ? b.siprec : a.siprec,
          .required = a.required || b.required,
          .early = a.early || b.early,
          .announcement = a.announcement.empty() ? b.announcement : a.announcement};
}

void record_flows(control::SessionSpec& spec, const Media& media, const RecordingAs& as) {
  const auto told = media.told();
  for (control::FlowSpec& flow : spec.flows) {
    control::Record record{.name = as.name, .pcap = as.wanted.pcap, .wav = false, .paused = as.paused};
    if (as.wanted.wav && flow.kind == "audio" && flow.transport == control::Transport::Rtp) {
      record.wav = true;
      record.from_a = formats_of(told[0].get(), flow.index);
      record.from_b = formats_of(told[1].get(), flow.index);
    }
    if (record.pcap || record.wav) flow.record = std::move(record);
  }
}

// As phones have it that pause what must not be stored, a card number; whoever may not is passed on.
bool Machine::recording_by_info(const Input& in) {
  const sip::Message& request = *in.message;
  if (request.method() != sip::Method::Info || !call_.media.leg(in.side).record.control) return false;
  const auto word = request.find("Record");
  if (!word || !wanted_recording(call_.media).wanted()) return false;
  const bool off = base::equals_ignoring_case(*word, "off");
  if (!off && !base::equals_ignoring_case(*word, "on")) return false;
  respond_to(in, 200);
  if (std::exchange(call_.recording_paused, off) == off) return true;
  note(Note::Level::Info, off ? "recording paused by a party" : "recording goes on");
  ask_relay(false);
  return true;
}

void Machine::recording_stopped(const control::RecordingStopped& event) {
  not_recorded(event.reason);
}

// A recording that fails does not fail the call, unless one of its legs said that it must.
void Machine::not_recorded(const std::string& why) {
  ++core_.counters.not_recorded;
  call_.record.recording_failure = why;
  note(Note::Level::Warning, "not recorded: " + why);
  if (wanted_recording(call_.media).required)
    feed(Event::Kill, {.cause = EndCause::NotRecorded, .text = "not recorded: " + why});
}

void Machine::recorder_gone() {
  if (call_.state == State::Closing && !outstanding()) feed(Event::ByesDone);
}

}  // namespace sbc::call
