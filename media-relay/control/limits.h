#pragma once
// Limits of the control protocol. Both ends check them: the sender so that it never asks for the impossible, the
// receiver because it does not trust the sender.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace control {

inline constexpr std::uint32_t kProtocolVersion = 1;

// A frame holds one message. The largest useful one is a page of List (kListPage ids) or a Modify of kMaxFlows flows
// with full prefix lists; both stay far below this, and a stray length of gigabytes must not become an allocation.
inline constexpr std::size_t kMaxFrameBytes = 192 * 1024;
// Bytes that may wait to be written to one peer before the connection is given up: a peer that does not read must not
// make the other side grow. Room for several thousand replies.
inline constexpr std::size_t kMaxUnwrittenBytes = 8 * 1024 * 1024;

// Names that appear in every log line of a session: short enough to read, long enough for a UUID with a prefix.
inline constexpr std::size_t kMaxSessionIdBytes = 64;
inline constexpr std::size_t kMaxControllerIdBytes = 64;
inline constexpr std::size_t kMaxNetworkNameBytes = 32;
inline constexpr std::size_t kMaxKindBytes = 16;
inline constexpr std::size_t kMaxReasonBytes = 256;
inline constexpr std::size_t kMaxErrorTextBytes = 512;
inline constexpr std::size_t kMaxNetworks = 64;

// Media lines of one call. Conference clients offer a handful; 16 leaves room and bounds the ports of one session
// at 64.
inline constexpr std::size_t kMaxFlows = 16;
// Allowed sources of one half: an operator's list of media gateways, not a routing table.
inline constexpr std::size_t kMaxLatchPrefixes = 16;
// Keys of one direction of SRTP: the present one and those to change to.
inline constexpr std::size_t kMaxSrtpKeys = 4;
inline constexpr std::size_t kMaxMkiBytes = 32;
inline constexpr std::size_t kMaxSuiteNameBytes = 32;
// RFC 3711 9.2.
inline constexpr std::uint64_t kMaxSrtpLifetime = std::uint64_t{1} << 48;
// RFC 8445 5.3.
inline constexpr std::size_t kMaxUfragBytes = 256;
// RFC 8842 section 4 allows a tls-id of 255; ours and the peer's make the name.
inline constexpr std::size_t kMaxAssociationBytes = 600;
inline constexpr std::size_t kMaxFingerprints = 8;
inline constexpr std::size_t kMaxHashNameBytes = 16;
inline constexpr std::size_t kMaxFingerprintBytes = 64;       // SHA-512
inline constexpr std::size_t kMaxFingerprintTextBytes = 200;  // of it, with colons
// Rules of one half: as many as there are payload types.
inline constexpr std::size_t kMaxPayloadRules = 128;
// Telephone-event comes once for each clock of the audio beside it (8000, 16000, 48000, ...).
inline constexpr std::size_t kMaxEventFormats = 8;
// Codecs that one peer may send by turns (RFC 3264 10.2).
inline constexpr std::size_t kMaxAudioFormats = 4;
inline constexpr std::size_t kMaxCodingBytes = 16;
// All parameters of RFC 7587 6.1 together take 150.
inline constexpr std::size_t kMaxFmtpBytes = 256;
// Milliseconds of audio in one packet.
inline constexpr std::uint32_t kMaxPacketTime = 60;
// Video is at 90 kHz, the fastest audio at 192 kHz.
inline constexpr std::uint32_t kMaxClock = 1'000'000;
// Digits in one SendDigits: as many as wait at once (flow/digit_player.h). Half a minute is a held key, not a digit.
inline constexpr std::size_t kMaxDigits = 32;
inline constexpr std::string_view kDigitLetters = "0123456789*#ABCD!";
inline constexpr std::uint32_t kDigitMs = 160;  // what phones send when nobody says how long
inline constexpr std::uint32_t kMinDigitMs = 40;
inline constexpr std::uint32_t kMaxDigitMs = 30'000;
// Names of sounds stand in configuration and logs. A plan of tones is as long as its tones: 16 make any cadence.
inline constexpr std::size_t kMaxSoundNameBytes = 64;
inline constexpr std::size_t kMaxTones = 16;
inline constexpr std::size_t kMaxSoundBytes = 512;
inline constexpr unsigned kMinToneHz = 50;
inline constexpr unsigned kMaxToneHz = 3400;  // what a telephone carries
inline constexpr std::uint32_t kMinToneMs = 10;
inline constexpr std::uint32_t kMaxToneMs = 10'000;
inline constexpr std::uint32_t kMaxTonesMs = 30'000;  // of a whole plan, which is in memory
// Repetitions of a sound; who wants more wants it forever.
inline constexpr std::uint32_t kMaxLoops = 1000;
// Of a recording: what a controller calls a call, in front of the index of the flow and an extension.
inline constexpr std::size_t kMaxRecordingNameBytes = 64;
// Header extensions of one half: as many as there are identifiers (RFC 8285 4.3).
inline constexpr std::size_t kMaxExtensions = 255;
// RFC 3550 5.1.
inline constexpr std::size_t kMaxPayloadTypes = 128;
// More often than once a second the reports of many calls are work, and tell nothing more.
inline constexpr std::uint32_t kMinQualityMs = 1000;
// Streams that a peer may call its own: audio has one, and a few more for repairs.
inline constexpr std::size_t kMaxSources = 16;
// Names of lines in packets have the one-byte form of header extensions (RFC 8285 4.2).
inline constexpr std::size_t kMaxMidBytes = 16;
inline constexpr std::uint8_t kMaxMidExtension = 14;
// RFC 2474 section 3: six bits.
inline constexpr std::uint8_t kMaxDscp = 63;
// Session ids in one Listed: 64 KiB in all at most.
inline constexpr std::size_t kListPage = 512;
// A day: longer leases or timeouts are typing errors.
inline constexpr std::uint32_t kMaxMilliseconds = 24U * 3600U * 1000U;

}  // namespace control
