#pragma once
// Writes the description that one leg receives, out of what the other leg said.
//
// Nothing identifies the other side: o= is ours, s= becomes "-", i= u= e= p= k= z= r= are dropped, t= becomes "0 0",
// addresses and ports are the relay's, and only attributes that describe the media cross (see attribute.h). Well-formed
// b= is kept. Direction is written once per m-line; a hold by c=0.0.0.0 becomes a direction while our relay port stays.
// An m-line that is not anchored (no anchor given, or Refusal != None) keeps its place with port 0, its kind, its
// transport and its first format: m-lines are matched by position (RFC 3264 6), so the two legs stay aligned.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/sdp/crypto.h"
#include "sbc/sdp/handshake.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

// Our address for one m-line toward one leg.
struct Anchor {
  base::Endpoint rtp;
  base::Endpoint rtcp{};            // empty: the port after rtp
  bool rtcp_mux = false;            // we are willing to multiplex on this leg (RFC 5761)
  std::string_view profile = {};    // transport of an offer ("RTP/SAVP"); "": as the other leg said. An answer repeats
                                    // that of the offer
  std::vector<Crypto> crypto = {};  // our a=crypto lines, in their order
  std::optional<OwnHandshake> handshake = {};  // DTLS, and ICE if it has credentials
};

// Our o= line toward one leg: constant while the leg lives, but for its version (RFC 8866 5.2).
struct OriginIdentity {
  std::string username = "-";
  std::uint64_t session_id = 0;     // below 2^63 (RFC 3264 5)
  std::uint64_t first_version = 1;  // below 2^62
  base::IpAddress address{};        // also the session's c= line when no m-line is anchored
};

struct RewriteInput {
  const Session& from;                                  // what the other leg said
  std::span<const std::optional<Anchor>> anchors = {};  // per m-line of `from`; nullopt or missing: refused
  std::span<const std::string> extra_attributes = {};   // names of unknown attributes that may cross
  std::span<const std::size_t> bundle = {};             // m-lines that share a transport, see bundle.h
  std::span<const std::size_t> other_bundle = {};       // likewise, on the other leg
  Direction at_most = Direction::SendRecv;              // ceiling for every m-line, to hold a leg ourselves
  std::optional<std::size_t> plays_on = {};             // m-line on which we have something to send ourselves when held
};

// How the description relates to what the leg has seen.
struct RewriteContext {
  const Session* answering = nullptr;  // the leg's offer that this answers: same m-lines, compatible directions
  const Session* previous = nullptr;   // our last description: an offer never has fewer m-lines (RFC 3264 8)
};

struct Body {
  std::string text;
  std::size_t after_origin = 0;  // index of the first byte after the o= line: from there on, equal means unchanged
};

// "v=0\r\no=...\r\n": what rewrite() writes before Body::after_origin.
std::string origin_lines(const OriginIdentity& origin, std::uint64_t version);

Body rewrite(const RewriteInput& input, const OriginIdentity& origin, std::uint64_t version,
             const RewriteContext& context = {});

}  // namespace sbc::sdp
