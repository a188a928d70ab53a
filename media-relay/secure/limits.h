#pragma once
// Limits of the secure room.

#include <cstddef>
#include <cstdint>

namespace secure {

// Master keys of one direction, told apart by their MKI: the one in use and those to change to (RFC 4568 6.1).
inline constexpr std::size_t kMaxKeys = 4;
// RFC 4568 6.1 allows 128 bytes; phones use one to four. With tag and index this stays inside a packet's tailroom.
inline constexpr std::size_t kMaxMkiBytes = 32;
// What protecting may add to a packet: tag of 16 bytes, SRTCP index, MKI.
inline constexpr std::size_t kMaxGrowthBytes = 16 + 4 + kMaxMkiBytes;
// Sources (SSRC) of one direction whose counters are kept. A source is never forgotten while the key is in use, for
// then its old packets could be played again, or a key stream used twice (RFC 3711 3.3.1, 9.1). A call hears one at a
// time, and another one after each transfer.
inline constexpr std::size_t kMaxStreams = 128;
// Packets that may arrive late. RFC 3711 3.3.2 asks for 64 at least; a video frame alone may be more than that.
inline constexpr std::size_t kRtpWindow = 512;
inline constexpr std::size_t kRtcpWindow = 128;
// Times that a stream may have begun its numbers anew before its receiver is made, as when another relay has taken the
// call over and the peer keeps its key: RFC 3711 3.3.1 wants to be told, and SDP has no way to say it. Four days of 50
// packets a second.
inline constexpr std::uint64_t kMaxRounds = 256;
// How many of these are tried with one packet, so that the right one is found within a second of audio; and with how
// many packets in all, so that who forges them cannot keep us busy.
inline constexpr unsigned kRoundsPerPacket = 8;
inline constexpr unsigned kMaxRoundTries = 4096;
// RFC 3711 9.2: packets under one master key, whatever signalling allows.
inline constexpr std::uint64_t kMaxRtpLifetime = std::uint64_t{1} << 48;
inline constexpr std::uint32_t kMaxRtcpIndex = (std::uint32_t{1} << 31) - 1;

// ---- DTLS ----

// Fingerprints of one peer: one for each of its certificates and hashes (RFC 8122 section 5).
inline constexpr std::size_t kMaxFingerprints = 8;
inline constexpr int kIdentityDays = 30;
// UDP payload of what we send in a handshake: what any path carries, tunnels and all.
inline constexpr std::size_t kDtlsMtu = 1200;
// Datagrams that one attempt at a handshake may bring: a long chain of certificates in small fragments, some of it
// twice.
inline constexpr std::size_t kMaxHandshakeDatagrams = 256;
// Handshakes that may go wrong before a session gives up: anybody who can lie about his address can spoil one.
inline constexpr unsigned kMaxDtlsAttempts = 8;
// RFC 6347 4.2.4.1 begins with one second and allows less where the path is known to be faster: media waits for it.
inline constexpr unsigned kDtlsFirstTimeoutMicroseconds = 400'000;
inline constexpr unsigned kDtlsLongestTimeoutMicroseconds = 4'000'000;

}  // namespace secure
