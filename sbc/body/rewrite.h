#pragma once
// Bodies that carry identifiers, rewritten so that they may cross the border. What a rewriter does not know it leaves
// out, as header_rules.h does with headers: what is unknown cannot leak.
//
//   message/sipfrag                      status line with its standard phrase, and Retry-After (RFC 3420)
//   application/dialog-info+xml          identifiers mapped or removed (RFC 4235)
//   application/reginfo+xml              contacts replaced, callid removed (RFC 3680)
//   application/pidf+xml                 entity and contact mapped (RFC 3863); location as it is when Rules say so
//   application/simple-message-summary   account mapped, message headers left out (RFC 3842)
//   multipart/...                        part by part, boundary, Content-ID and disposition kept (RFC 2046, 5621)
//   application/sdp                      given to the caller's function
//   application/trickle-ice-sdpfrag      never: candidates of one leg (RFC 8840)
//   text/..., application/im-iscomposing+xml: as they are; people's words and typing carry no identifiers
//   anything else                        by Rules::pass_unknown

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/body/identifiers.h"

namespace sbc::body {

enum class Fate : std::uint8_t {
  Passed,     // byte for byte
  Rewritten,  // as it must be for the other side
  Unknown,    // dropped: a type that nobody here can read
  Malformed,  // dropped: it is not what its type says, or is beyond a limit
  Unwanted,   // dropped: understood, and nothing of it may cross
  Required,   // a part says handling=required and cannot cross: refuse the message with 415 (RFC 5621 3.2)
};
inline constexpr std::size_t kFates = 6;
std::string_view name_of(Fate fate);  // "passed"

// The SDP for the other side in the place of the one that came; nullopt: leave the part out.
using SdpFor = std::function<std::optional<std::string>(std::string_view sdp)>;

struct Rules {
  bool pass_unknown = false;   // both sides trust each other: ISUP, metadata and the like cross unread
  bool keep_location = false;  // emergency: location is not ours to touch (RFC 6442)
  SdpFor sdp = {};             // empty: SDP does not cross
};

// What can be read here, besides text/...: what an Accept may ask for across the border.
inline constexpr std::string_view kReadable[] = {
    "application/dialog-info+xml",
    "application/im-iscomposing+xml",
    "application/pidf+xml",
    "application/reginfo+xml",
    "application/simple-message-summary",
    "message/sipfrag",
    "multipart/alternative",
    "multipart/mixed",
    "multipart/related",
};
bool readable(std::string_view bare_type);

struct Result {
  Fate fate = Fate::Passed;
  std::string type;  // Content-Type; "" when nothing is left
  std::string text;
  std::string why;  // of what was dropped, for the log

  bool crosses() const { return fate == Fate::Passed || fate == Fate::Rewritten; }
};

// `encoding`: the message's Content-Encoding, "" when it has none; an encoded body counts as unknown.
Result rewrite(std::string_view content_type, std::string_view text, Identifiers& identifiers, const Rules& rules,
               std::string_view encoding = {});

// --- the rewriters by themselves; the error says what is wrong with the text ----------------------------------------
std::expected<std::string, std::string> rewrite_sipfrag(std::string_view text);
std::expected<std::string, std::string> rewrite_message_summary(std::string_view text, Identifiers& identifiers);
std::expected<std::string, std::string> rewrite_dialog_info(std::string_view text, Identifiers& identifiers);
std::expected<std::string, std::string> rewrite_reginfo(std::string_view text, Identifiers& identifiers);
std::expected<std::string, std::string> rewrite_pidf(std::string_view text, Identifiers& identifiers);

// --- SDP in an INVITE or its answer
// ----------------------------------------------------------------------------------- The session description of a
// body: the body itself, or the first part with application/sdp and disposition "session", at any depth. nullopt: there
// is none. Error: a multipart that cannot be read.
// A view into `text`.
std::expected<std::optional<std::string_view>, std::string> find_sdp(std::string_view content_type,
                                                                     std::string_view text);

}  // namespace sbc::body
