#pragma once
// Counters with one writer and any number of readers, none of which waits.

#include <array>
#include <cstdint>

#include "media-relay/base/counter.h"
#include "media-relay/base/histogram.h"
#include "media-relay/flow/drop.h"
#include "media-relay/flow/event.h"

namespace worker {

using base::Counter;

// Brought up to date once per batch.
struct Counters {
  Counter received_packets;
  Counter received_bytes;
  Counter sent_packets;
  Counter sent_bytes;
  Counter rtp_packets;  // accepted by a flow
  Counter rtcp_packets;
  Counter connect_packets;  // of ICE and DTLS, taken by a flow
  std::array<Counter, flow::kDropReasons> drops;
  Counter oversized;
  Counter receive_errors;
  Counter send_blocked;
  Counter send_errors;
  Counter flows;      // installed now
  Counter installed;  // ever
  Counter removed;
  Counter failed;  // commands that could not be carried out
  Counter media_lost;
  // Of flows that are transcoded: packets decoded, coded and passed through, gaps filled, payloads that were none.
  Counter transcode_decoded;
  Counter transcode_encoded;
  Counter transcode_passed;
  Counter transcode_concealed;
  Counter transcode_undecodable;
  // Seconds that one of their packets took.
  base::Histogram transcode_seconds{1e-6, 2.5e-6, 1e-5, 2.5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 1e-2};
  Counter keepalives;      // empty datagrams to peers
  Counter digit_floods;    // seconds in which one side sent more digits than are told
  Counter digits_refused;  // commands to send digits that could not be, or not all of them
  Counter marks_refused;   // sockets that would not take another mark (DSCP)
  // Sounds: how their playing ended, those that are kept coded, and frames that were coded.
  std::array<Counter, flow::kPlayEnds> plays_ended;
  Counter tracks;
  Counter track_bytes;
  Counter frames_coded;
  Counter batches;
  Counter commands;
  // Seconds from the receipt of a batch to its last packet's sending, one for each packet.
  base::Histogram residence{1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1};
};

}  // namespace worker
