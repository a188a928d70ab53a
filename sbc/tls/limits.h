#pragma once
// What a TLS peer may make us hold.

#include <cstddef>

namespace sbc::tls {

// Bytes of a peer until the handshake is done: a chain of ten certificates with large keys is under 32 KiB.
inline constexpr std::size_t kHandshakeBytes = 64 * 1024;
// Certificates between the peer's and the authority that we trust.
inline constexpr int kChainDepth = 8;
// Names of one certificate that we look at. Public authorities allow 100.
inline constexpr std::size_t kNames = 128;
// Certificates of one listener, to be chosen among by SNI.
inline constexpr std::size_t kCertificates = 64;

}  // namespace sbc::tls
