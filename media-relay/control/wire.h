#pragma once
// Values of messages.h to generated protobuf messages and back. For this room only: the generated header is not on
// anybody else's include path.

#include <control_wire/control.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "media-relay/control/messages.h"

namespace control {

namespace wire = parapet::control;

// ---- Out. Nothing can fail. ----
void put(wire::Endpoint& out, const base::Endpoint& endpoint);
void put(wire::SessionSpec& out, const SessionSpec& spec);
void put(wire::FlowAddresses& out, const FlowAddresses& addresses);
void put(wire::FlowStats& out, const FlowStats& stats);

// Overwrites the keys in an envelope that is done with.
void wipe_keys(wire::ToRelay& envelope);

// ---- In. The first thing that is wrong is kept, with the path to it; what is returned afterwards does not matter.
// ----
class Reading {
 public:
  bool failed() const { return !problem_.empty(); }
  const std::string& problem() const { return problem_; }
  void fail(std::string_view what, std::string_view expected);

  base::Endpoint endpoint(std::string_view what, const wire::Endpoint& in);
  SessionSpec spec(const wire::SessionSpec& in);
  FlowAddresses addresses(const wire::FlowAddresses& in);
  FlowStats stats(const wire::FlowStats& in);
  // `in` when it has at most `most` bytes.
  std::string text(std::string_view what, const std::string& in, std::size_t most);

 private:
  base::IpAddress ip(std::string_view what, const std::string& bytes);
  HalfSpec half(const wire::HalfSpec& in);
  SrtpStream srtp_stream(const wire::SrtpStream& in);
  Ice ice(const wire::Ice& in);
  Dtls dtls(const wire::Dtls& in);
  std::uint8_t payload_type(std::string_view what, std::uint32_t in);
  Rewrite rewrite(const wire::Rewrite& in);
  EventFormat event_format(const wire::EventFormat& in);
  Digits digits(const wire::Digits& in);
  PayloadRule payload_rule(const std::string& where, const wire::PayloadRule& in);
  AudioFormat audio_format(const std::string& where, const wire::AudioFormat& in);
  Play play(const wire::Play& in);
  Transcode transcode(const wire::Transcode& in);
  SharedTransport shared(const wire::SharedTransport& in);
  MediaId media_id(const wire::MediaId& in);
  std::vector<std::uint8_t> payload_types(std::string_view what,
                                          const google::protobuf::RepeatedField<std::uint32_t>& in);
  Record record(const wire::Record& in);
  HalfAddress address(const wire::HalfAddress& in);
  HalfStats half_stats(const wire::HalfStats& in);

  std::string where_;
  std::string problem_;
};

}  // namespace control
