#pragma once
// What a stranger may make us hold or walk. Past a limit a message is refused with the status named here.

#include <cstddef>

namespace sbc::sip {

struct Limits {
  // A UDP datagram cannot carry more; over streams nothing legitimate comes near it. Past it: 513.
  std::size_t message_bytes = 65535;
  // Start line and header fields together. Keeps a stream's buffer small while the blank line is awaited. Past it: 513.
  std::size_t head_bytes = 32768;
  // RFC 4475 3.1.1.7 ("longreq") needs 34 Via values; 128 fields leave room for chains of proxies. Past it: 400.
  std::size_t header_fields = 128;
  // One header field's value, folds included. STIR Identity headers reach a few kilobytes. Past it: 400.
  std::size_t header_value_bytes = 8192;
  // Request-URI. Past it: 414 (RFC 3261 21.4.12).
  std::size_t request_uri_bytes = 2048;
  // Body. SDP of a WebRTC endpoint is about 8 kB. Past it: 413 (RFC 3261 21.4.11).
  std::size_t body_bytes = 49152;
  // Contact values in one message, comma-joined or repeated; all are decoded. A registrar keeps far fewer. Past it:
  // 400.
  std::size_t contact_values = 100;
  // How far Content-Length may disagree with a datagram before we stop believing that an ALG rewrote an address in the
  // SDP and forgot the length. An address and a few ports change by less than this. Streams: no tolerance at all.
  std::size_t body_length_slack = 64;
};

}  // namespace sbc::sip
