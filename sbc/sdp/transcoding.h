#pragma once
// Descriptions of two sides that the relay transcodes between: what is offered beyond what a side can do itself, what
// is answered in its own codecs, and what the relay has to do in the middle. Among PCMU, PCMA, G.722 and Opus.

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sdp/error.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

// The codecs of a description that can be transcoded, by their names in SDP.
std::vector<std::string_view> coded_names(const Session& session);

// The description with these codecs behind its own (and in front of telephone-event and CN), in every audio m-line that
// has one that can be transcoded; with telephone-event in the clock of each one (RFC 4733 2.1: that of the audio),
// where there is any. The very same session when nothing is added.
std::expected<SessionPtr, Error> with_codecs(SessionPtr session, std::span<const std::string> names);

// An answer for whoever made `offer`: an m-line that has none of its codecs gets the first one of `offer` that can be
// transcoded, with the payload types of `offer`; comfort noise for it (RFC 3389) if that is offered; and
// telephone-event if both have that. The very same session when nothing changes.
std::expected<SessionPtr, Error> answered_in(SessionPtr answer, const Session& offer);

// What one side has been told (by us) and has said last.
struct LegWords {
  const Session& told;
  const Session& said;
};
struct TranscodedFormat {
  std::uint8_t payload_type = 0;
  std::string_view coding;
  std::string_view fmtp;  // view into what was said
};
struct TranscodedEvent {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::uint32_t clock_from = 0;
  std::uint32_t clock_to = 0;
};
struct Transcoding {
  std::vector<TranscodedFormat> from;
  TranscodedFormat to;
  std::uint32_t ptime_ms = 20;
  std::vector<TranscodedEvent> events;
  std::optional<std::uint8_t> noise_from;  // of comfort noise in the clock of the audio
  std::optional<std::uint8_t> noise_to;
};
// What the relay does with audio on its way from `sender` to `listener`; nullopt: the two agreed on a codec that both
// have, or on none that can be transcoded. Both must have answered or been answered.
std::optional<Transcoding> transcoding_between(const LegWords& sender, const LegWords& listener, std::size_t index);

// What whoever is described so can be played: his first codec that the relay can make, which he was told, too.
struct PlayedFormat {
  TranscodedFormat to;
  std::uint32_t ptime_ms = 20;
};
std::optional<PlayedFormat> played_to(const LegWords& listener, std::size_t index);

// The answer of somebody who plays sounds to this offer: its first audio m-line with the first codec that the relay can
// make, and telephone-event; to be listened to. The address in it is that of the offer. Error: nobody would hear
// anything.
std::expected<std::string, Error> players_answer(const Session& offer);

}  // namespace sbc::sdp
