#pragma once
// What peers may make the transports hold, per shard unless said otherwise.

#include <cstddef>
#include <cstdint>

#include "media-relay/base/time.h"

#include "sbc/sip/limits.h"

namespace sbc::net {

struct Limits {
  // What may stand in one datagram or one framed message; larger ones end the stream.
  sip::Limits sip;

  // Datagrams taken by one recvmmsg, and such calls per socket and turn: bounds how long one socket keeps the others
  // waiting.
  unsigned datagrams_per_batch = 32;
  unsigned batches_per_turn = 8;
  // Datagrams waiting for a full socket buffer (EAGAIN) per listener. SIP retransmits; a longer queue only adds delay.
  std::size_t datagrams_queued = 4096;
  // Kernel buffers of a datagram socket. A burst of 4 MiB is about 5000 messages: one shard's work for a tenth of a
  // second.
  std::size_t receive_buffer_bytes = 4 * 1024 * 1024;
  std::size_t send_buffer_bytes = 4 * 1024 * 1024;

  // Connections, both directions. Each holds a descriptor and at most stream_output_bytes plus one message.
  std::size_t connections = 16384;
  // Of one source address (one /64 of IPv6): a NAT with many phones behind it fits, one host does not fill the table.
  std::size_t connections_per_source = 512;
  // Bytes that wait for a peer which does not read. Beyond this the connection is closed.
  std::size_t stream_output_bytes = 1024 * 1024;
  // The same over all connections, looked at each `sampling`: beyond it those go for which most is waiting. Many deaf
  // peers below their own limit must not fill the memory together.
  std::size_t output_bytes = 256 * 1024 * 1024;
  base::Duration sampling = base::seconds(1);
  // Pongs that wait for a peer which does not read: one takes two bytes of the limit above, and forty times that of
  // memory. Further pings get none; who pings waits for its pong (RFC 5626 4.4.1).
  unsigned pongs_waiting = 16;
  // Connections that were accepted and never completed a message are closed after first_message, whatever they ping: a
  // client sends its REGISTER first (RFC 5626 4.2), and what has no flow needs no keep-alive. A message must be
  // complete this long after its first byte (slow senders keep buffers busy).
  base::Duration first_message = base::seconds(32);
  base::Duration partial_message = base::seconds(16);
  // RFC 5626 4.4.1 has clients send keep-alives at most every 120 s apart by default (840 s with Flow-Timer absent from
  // TCP); registrations refresh within the hour.
  base::Duration idle = base::minutes(65);
  // RFC 5626 4.4.1: pings on connections that we opened, after so long without a byte of the peer, and how long it may
  // take to answer. A peer that has never answered one need not (4.4.1: it must have said that it does); the kernel's
  // watch covers it. Below two minutes, which is the patience of many NATs and firewalls.
  base::Duration ping = base::seconds(95);
  base::Duration pong = base::seconds(10);
  // The kernel's own watch on peers that vanished: probes on a silent connection, and how long sent bytes may stay
  // unacknowledged (64*T1: no transaction waits longer).
  base::Duration keep_alive_probe = base::minutes(2);
  base::Duration unacknowledged = base::seconds(32);
  // A peer that is torn down resets the connection, and what it had not read is gone, although its kernel acknowledged
  // it. Messages that left so short a time before count as lost; peers know them again by their transaction if they are
  // not. Of one connection at most so many are remembered for it.
  base::Duration in_doubt = base::seconds(1);
  std::size_t messages_in_doubt = 1024;
  // Until the TLS handshake is done, from the connection on: half a dozen round trips over a bad mobile network.
  base::Duration handshake = base::seconds(10);
  // Until the three-way handshake is done: two repetitions of its first packet. A dead target, or one without TCP (RFC
  // 3261 18.1.1), leaves time for the next way before a caller's patience ends.
  base::Duration connect = base::milliseconds(3500);
  // The same of a place where perhaps nobody listens, and another transport remains (RFC 3261 18.1.1): one round trip
  // of any network that people talk over, before the kernel would repeat the first packet.
  base::Duration connect_unsure = base::milliseconds(800);
};

}  // namespace sbc::net
