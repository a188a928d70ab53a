#pragma once
// What a body from outside may make us do.

#include <cstddef>

namespace sbc::body {

// An INVITE of an emergency call or of a PSTN gateway has three parts; more than this many nobody sends.
inline constexpr std::size_t kMaxParts = 16;
// multipart inside multipart: mixed around alternative is the deepest that RFC 5621 needs.
inline constexpr std::size_t kMaxNesting = 3;
// Header lines of one part, all together.
inline constexpr std::size_t kMaxPartHeaders = 4096;
// RFC 2046 5.1.1.
inline constexpr std::size_t kMaxBoundary = 70;
// The message itself is bounded before (sip/limits.h); XML costs several times its text in memory while it is open.
inline constexpr std::size_t kMaxXml = 64UL * 1024;
// The deepest document named here, PIDF-LO with a civic address, has ten levels.
inline constexpr std::size_t kMaxXmlDepth = 24;
// A switchboard with 500 lines sends four elements for each.
inline constexpr std::size_t kMaxXmlElements = 4000;
// Lines of a message summary (RFC 3842 names six classes).
inline constexpr std::size_t kMaxSummaryLines = 32;

}  // namespace sbc::body
