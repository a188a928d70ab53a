#pragma once
// Limits of the replay room, each with its reason.

#include <cstddef>
#include <cstdint>

namespace sbc::replay {

// Kinds of differences that are told apart; more than that nobody reads, and a policy whose errors each have a text of
// their own could make as many as there are decisions. The others are counted together.
inline constexpr std::size_t kMaxGroups = 1000;
// Examples of one kind.
inline constexpr std::size_t kMaxExamples = 100;
// Questions without an answer that are told apart, likewise.
inline constexpr std::size_t kMaxQuestions = 1000;
// An error in the name of a kind: its beginning says which one it is.
inline constexpr std::size_t kMaxErrorText = 200;
// An example of a decision in a report for people.
inline constexpr std::size_t kMaxShown = 400;

// One packet of a capture. Writers cut at 262144 (libpcap's usual snap length); what is longer is no packet.
inline constexpr std::size_t kMaxPacket = 256U << 10;
// Interfaces of one section of a capture, each with its clock and link type.
inline constexpr std::size_t kMaxInterfaces = 256;
// Extension headers of IPv6 and tags of VLANs before a packet's own: real ones have two.
inline constexpr std::size_t kMaxHeaders = 8;
// TCP connections that are followed at once, and what each may hold back; the oldest goes first.
inline constexpr std::size_t kMaxStreams = 10'000;
// IP datagrams whose fragments wait for the others; the oldest goes first.
inline constexpr std::size_t kMaxDatagrams = 256;
// And how long they do: RFC 8200 4.5 says 60 s.
inline constexpr std::int64_t kFragmentWaitUs = 60'000'000;
// A datagram, by the length that its header can say (RFC 791 3.1).
inline constexpr std::size_t kMaxDatagramBytes = 65'535;
// INVITEs that are taken from one capture, each some kilobytes.
inline constexpr std::size_t kMaxInvites = 200'000;

}  // namespace sbc::replay
