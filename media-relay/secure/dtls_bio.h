#pragma once
// OpenSSL's view of the network: one datagram in, datagrams out, each whole.

#include <openssl/bio.h>

#include <cstddef>
#include <span>
#include <vector>

namespace secure {

struct DatagramLink {
  std::span<const std::byte> input;            // read once
  std::vector<std::vector<std::byte>> output;  // what was written
  bool peeking = false;                        // DTLSv1_listen looks at a hello that the handshake reads again
};

// Null when the library fails. The link must outlive it, at the same place.
BIO* make_datagram_bio(DatagramLink& link);

}  // namespace secure
