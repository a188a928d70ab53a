#pragma once
// BUNDLE (RFC 9143): m-lines of one description that share a transport, that of the first of them, the tagged one. In
// an offer a line may have a place of its own, which it leaves for the tagged line's when the answer says so
// (7.2, 7.4).

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

// The m-lines of the description's BUNDLE group that are in use, in their order; the first is the tagged one. Empty:
// there is no group, or one that makes no sense (names that no line or several lines have, several groups).
std::vector<std::size_t> bundled_lines(const Session& session);

// The lines of an offer that can be answered as a bundle: those of its group, but for what is no RTP. Empty: not all of
// them have the tagged line's transport, or they cannot be told apart: neither by payload types of their own nor by
// their names in packets.
std::vector<std::size_t> acceptable_bundle(const Session& offer);

// The name of a line in packets (RFC 9143 15).
inline constexpr std::string_view kMidExtension = "urn:ietf:params:rtp-hdrext:sdes:mid";
// The identifier under which all of these lines list it, where some of them have payload types in common; nullopt: they
// do not need it, or have no names that fit (RFC 8285 4.2: 16 bytes, an identifier up to 14).
std::optional<std::uint8_t> names_in_packets(const Session& session, std::span<const std::size_t> lines);

// What lines that share a transport, and so an RTP session, have to have for themselves: payload types, by which they
// are told apart (RFC 9143 9.1.1), and the meaning of header extensions' identifiers (RFC 8285 5).
class BundleNumbers {
 public:
  // False, and nothing is taken: a number of this line means something else in another one.
  bool take(const Session& session, const Media& media);

 private:
  std::bitset<128> types_;
  std::map<std::uint8_t, std::string> extensions_;
};

// The line whose ICE, DTLS and address count for this one; itself when it is not bundled.
const Media& transport_of(const Session& session, const Media& media);

// Whether line `index` shares its transport with the same lines on two legs that have these bundles; `in_use`: which
// lines are.
bool shared_alike(std::size_t index, std::span<const std::size_t> one, std::span<const std::size_t> other,
                  const std::vector<bool>& in_use);

// The line has no transport but the bundle's (port 0, a=bundle-only).
bool is_bundle_only(const Session& session, const Media& media);

// Of the m-line's formats.
std::vector<std::uint8_t> payload_types(const Media& media);

}  // namespace sbc::sdp
