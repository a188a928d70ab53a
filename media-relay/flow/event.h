#pragma once
// What a flow has to tell.

#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/spec.h"
#include "media-relay/flow/stats.h"
#include "media-relay/rtp/report.h"

namespace flow {

// The first RTP packet that was accepted from this side since the flow was opened. Once per side.
struct FirstPacket {
  Side side = Side::A;
  base::Endpoint source;
  std::uint32_t ssrc = 0;
  friend bool operator==(const FirstPacket&, const FirstPacket&) = default;
};

// A source was learned, or replaced another one inside a window; `rebound`: outside of one (source_guard.h).
struct Latched {
  Side side = Side::A;
  Component component = Component::Rtp;
  base::Endpoint source;
  bool rebound = false;
  friend bool operator==(const Latched&, const Latched&) = default;
};

// Neither side has been heard for the media timeout. Once per silence.
struct MediaLost {
  base::Duration silence{};
  friend bool operator==(const MediaLost&, const MediaLost&) = default;
};

// No RTP has come from this side for the time, while the other one was heard and this one ought to be, too. Once per
// silence.
struct OneSided {
  Side silent = Side::A;
  base::Duration silence{};
  friend bool operator==(const OneSided&, const OneSided&) = default;
};

// ICE: the pair where media goes has been chosen, or another one.
struct IceConnected {
  Side side = Side::A;
  base::Endpoint remote;
  friend bool operator==(const IceConnected&, const IceConnected&) = default;
};

// ICE: the peer no longer asks for media where it was (RFC 7675). Nothing is sent there any more.
struct ConsentLost {
  Side side = Side::A;
  friend bool operator==(const ConsentLost&, const ConsentLost&) = default;
};

// DTLS: the certificate is the one that was signalled, and media is protected from here on.
struct Secured {
  Side side = Side::A;
  secure::Suite suite = secure::Suite::AesCm128HmacSha1_80;
  friend bool operator==(const Secured&, const Secured&) = default;
};

// DTLS: there are no keys within the time, or there will be none unless signalling asks for another association.
// `failure` is None when the peer closed it.
struct NotSecured {
  Side side = Side::A;
  secure::DtlsFailure failure = secure::DtlsFailure::None;
  friend bool operator==(const NotSecured&, const NotSecured&) = default;
};

// A digit (DTMF) from this side has ended: once, however it was sent.
struct Dtmf {
  Side side = Side::A;
  char digit = '0';
  base::Duration duration{};
  bool began = false;  // no, it has only begun
  friend bool operator==(const Dtmf&, const Dtmf&) = default;
};

// This side sends more digits than are told (kMaxDigitsTold). Once in each second of that, for beginnings and for ends.
struct DigitFlood {
  Side side = Side::A;
  friend bool operator==(const DigitFlood&, const DigitFlood&) = default;
};

// RTCP of this side asks for a whole picture of the other side's video. Once in kPictureInterval at most.
struct PictureAsked {
  Side side = Side::A;
  friend bool operator==(const PictureAsked&, const PictureAsked&) = default;
};

// A sound that this side was to hear is over, or will not be heard.
enum class PlayEnd : std::uint8_t {
  Done,         // all of it was played
  Yielded,      // the other side was heard
  NoSound,      // there is none of this name
  TooMany,      // there is no room for another one (Tracks)
  Unreachable,  // nothing could be sent to this side for kPlayPatience
};
inline constexpr std::size_t kPlayEnds = static_cast<std::size_t>(PlayEnd::Unreachable) + 1;
std::string_view name_of(PlayEnd end);  // "done": label of a metric
struct PlayEnded {
  Side side = Side::A;
  std::uint32_t number = 0;
  PlayEnd end = PlayEnd::Done;
  friend bool operator==(const PlayEnded&, const PlayEnded&) = default;
};

// What a side has sent since it was told last, and how things stand now: as in HalfStats.
struct Stretch {
  std::uint64_t packets = 0;
  std::uint64_t expected = 0;
  std::int64_t lost = 0;
  base::Duration jitter{};
  std::uint32_t ssrc = 0;
  std::uint8_t payload_type = 0;
  std::optional<base::Duration> round_trip;
  std::optional<rtp::ReportBlock> reported;
  std::optional<rtp::VoipMetrics> voip;
  Residence residence;
};

// How the flow sounds. Once in Spec::quality_interval, unless neither side has sent anything.
struct Quality {
  std::array<Stretch, 2> from;  // by index_of(Side)
};

using Event = std::variant<FirstPacket, Latched, MediaLost, OneSided, IceConnected, ConsentLost, Secured, NotSecured,
                           Dtmf, PlayEnded, Quality, PictureAsked, DigitFlood>;

}  // namespace flow
