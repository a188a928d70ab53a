#include "media-relay/flow/drop.h"

namespace flow {

std::string_view name_of(Drop reason) {
  switch (reason) {
    case Drop::NoFlow:
      return "no_flow";
    case Drop::Empty:
      return "empty";
    case Drop::Stun:
      return "stun";
    case Drop::Dtls:
      return "dtls";
    case Drop::NotMedia:
      return "not_media";
    case Drop::MalformedRtp:
      return "malformed_rtp";
    case Drop::MalformedRtcp:
      return "malformed_rtcp";
    case Drop::MalformedUdptl:
      return "malformed_udptl";
    case Drop::WrongPort:
      return "wrong_port";
    case Drop::WrongSource:
      return "wrong_source";
    case Drop::NotAllowed:
      return "not_allowed";
    case Drop::WindowClosed:
      return "window_closed";
    case Drop::Probation:
      return "probation";
    case Drop::WrongStream:
      return "wrong_stream";
    case Drop::Contended:
      return "contended";
    case Drop::NotReceiving:
      return "not_receiving";
    case Drop::NotSending:
      return "not_sending";
    case Drop::NoDestination:
      return "no_destination";
    case Drop::Loop:
      return "loop";
    case Drop::NoKeys:
      return "no_keys";
    case Drop::Unauthentic:
      return "unauthentic";
    case Drop::Replayed:
      return "replayed";
    case Drop::UnknownKey:
      return "unknown_key";
    case Drop::TooManySources:
      return "too_many_sources";
    case Drop::KeyExpired:
      return "key_expired";
    case Drop::IndexUsed:
      return "index_used";
    case Drop::StunMalformed:
      return "stun_malformed";
    case Drop::StunUnauthentic:
      return "stun_unauthentic";
    case Drop::StunRefused:
      return "stun_refused";
    case Drop::NotChecked:
      return "not_checked";
    case Drop::DtlsMalformed:
      return "dtls_malformed";
    case Drop::DtlsUnexpected:
      return "dtls_unexpected";
    case Drop::DtlsCookie:
      return "dtls_cookie";
    case Drop::NoCodec:
      return "no_codec";
    case Drop::TooLate:
      return "too_late";
    case Drop::Undecodable:
      return "undecodable";
    case Drop::PayloadType:
      return "payload_type";
    case Drop::Straggler:
      return "straggler";
    case Drop::SpokenOver:
      return "spoken_over";
    case Drop::PlayedOver:
      return "played_over";
    case Drop::DigitTone:
      return "digit_tone";
    case Drop::NoLine:
      return "no_line";
    case Drop::RtcpEmptied:
      return "rtcp_emptied";
  }
  return "unknown";
}

}  // namespace flow
