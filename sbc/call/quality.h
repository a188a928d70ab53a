#pragma once
// How a call sounded: what the relay counted of its media lines, in the words of people.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/control/messages.h"

#include "sbc/sdp/session.h"

namespace sbc::call {

// One direction, as the border received it from one side.
struct StreamQuality {
  std::string codec;  // "PCMU"; "": what came has no name in the description
  std::uint64_t packets = 0;
  double loss = 0;                           // 0..1, before the border
  base::Duration jitter{};                   // RFC 3550 6.4.1
  std::optional<base::Duration> round_trip;  // between the border and this side
  std::optional<double> reported_loss;       // 0..1 lately, of what the border sent it (RFC 3550 6.4.1)
  // Mean opinion score (G.107) of what this side says: codec, loss and jitter up to the border, and the delay of the
  // whole way where both sides report. nullopt: nothing came, or the codec is not known. Of a wideband codec it is on
  // the wideband scale (G.107.1), where G.711 would have less.
  std::optional<double> mos;
  bool wideband = false;
  // What this side says of what it hears (RFC 3611 4.7.5, MOS-LQ); nullopt: nothing.
  std::optional<double> reported_mos;
  // How long its packets were inside the relay; nullopt: not known.
  struct Residence {
    base::Duration mean{}, longest{};
  };
  std::optional<Residence> residence;
};

// A media line of RTP.
struct LineQuality {
  std::uint32_t index = 0;  // of its m-line
  std::string kind;         // "audio", "video", "text"
  StreamQuality from_a, from_b;
};

// How one side sounded from stretch to stretch.
struct QualityWatch {
  std::optional<double> worst;  // mean opinion of the worst stretch; nullopt: none could be rated
  std::uint32_t falls = 0;      // how often it fell below the bound
  bool low = false;             // the last one that could be rated was below it

  // Takes the next stretch; whether it is the one that falls below `bound`. A stretch of a few packets (comfort noise,
  // a hold) says nothing.
  bool falls_with(const StreamQuality& stretch, double bound);
};

// "PCMU mos=4.38 loss=0.4% jitter=2ms rtt=31ms packets=1502 inside=40us/900us" (mean and longest residence), "mos_wb="
// on the wideband scale, of which what is not known is left out; "": nothing came.
std::string text_of(const StreamQuality& quality);
// "2.71 falls=1"; "": no stretch could be rated.
std::string text_of(const QualityWatch& watch);

struct CallQuality {
  // Each line that carried something, in their order.
  std::vector<LineQuality> lines;
  // Of the first line with audio; nothing came when there was none.
  const StreamQuality& from_a() const;
  const StreamQuality& from_b() const;
};

// What came from the caller, or from the callee, on all lines but the first one with audio: "2 video H264 loss=...",
// one after another.
std::string text_of_others(const CallQuality& quality, bool caller);

// `told` are the descriptions that each side was given: they name what it may send. nullopt: nothing was relayed.
std::optional<CallQuality> quality_of(const std::array<sdp::SessionPtr, 2>& told,
                                      const std::vector<control::FlowStats>& stats);

// Whether the m-line is the first one with audio, by which a call is watched while it lasts.
bool is_first_audio(const std::array<sdp::SessionPtr, 2>& told, std::uint32_t index);

}  // namespace sbc::call
