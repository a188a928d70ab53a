#pragma once
// What a worker is told and what it tells.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "media-relay/flow/event.h"
#include "media-relay/flow/ledger.h"
#include "media-relay/flow/spec.h"
#include "media-relay/flow/stats.h"
#include "media-relay/io/socket.h"

namespace worker {

// Chosen by whoever installs the flow, unique among the flows of the worker while installed.
struct FlowId {
  std::uint64_t value = 0;
  friend bool operator==(const FlowId&, const FlowId&) = default;
};

// The ports of one side. `rtcp` may be empty (not open) when the side multiplexes.
struct HalfSockets {
  io::Socket rtp;
  io::Socket rtcp;
};

// Takes the sockets over and starts relaying. A half that is `shared` or `copies` has none, but a carrier: a flow that
// is installed and whose transport it uses, or whom it copies. local_rtp and local_rtcp of the spec's halves are filled
// from the sockets.
struct InstallFlow {
  FlowId id;
  flow::Spec spec;
  HalfSockets a;
  HalfSockets b;
  std::array<FlowId, 2> carriers{};  // by side; 0: none
  std::string saved = {};            // by the worker of another process: the flow goes on from there; empty: it begins
  std::shared_ptr<const flow::Ledger> last = {};  // with `saved` a checkpoint: what the other process left when it died
  flow::Ledger* ledger = nullptr;                 // outlives the flow; null: checkpoints are of no use
};

// Replaces the spec between two batches; sockets, statistics and, where the remote did not change, learned sources
// stay. Opens the window for learning anew. A half that becomes `shared` closes its sockets and uses its carrier's. One
// that is given sockets says BYE to its peer and closes its own; when they cannot be used the flow is gone, and
// FlowFailed says `installing`.
struct ReplaceFlow {
  FlowId id;
  flow::Spec spec;
  std::array<FlowId, 2> carriers{};  // by side; 0: none
  HalfSockets a = {};
  HalfSockets b = {};
};

// Closes the flow's sockets, then tells FlowRemoved.
struct RemoveFlow {
  FlowId id;
};

// As RemoveFlow, for a successor: tells FlowSaved instead. Or a checkpoint: likewise, but the flow goes on.
struct SaveFlow {
  FlowId id;
  std::uint64_t round = 0;  // not 0: a checkpoint; comes back with FlowSaved
};

// Answered by FlowStats with the same token.
struct QueryFlow {
  FlowId id;
  std::uint64_t token = 0;
};

// Sends digits towards a side. What cannot be sent is counted.
struct PlayDigits {
  FlowId id;
  flow::Side to = flow::Side::A;
  std::string digits;
  base::Duration each{};
};

using Command = std::variant<InstallFlow, ReplaceFlow, RemoveFlow, SaveFlow, QueryFlow, PlayDigits>;

// A flow has something to tell (first packet, latched, media lost).
struct FlowEvent {
  FlowId id;
  flow::Event event;
};

struct FlowStats {
  FlowId id;
  std::uint64_t token = 0;
  bool found = false;
  flow::Stats stats;
};

// The flow is gone and its ports are closed. Told once per RemoveFlow, with `found` false when there was no such flow.
struct FlowRemoved {
  FlowId id;
  bool found = false;
  flow::Stats stats;
};

// The flow is gone and its ports are closed, unless it goes on. Told once per SaveFlow.
struct FlowSaved {
  FlowId id;
  std::string saved;  // to be wiped; empty: it cannot be told, or there was no such flow
  std::uint64_t round = 0;
};

// A command could not be carried out. After a failed InstallFlow the sockets that it carried are closed and nothing is
// installed.
struct FlowFailed {
  FlowId id;
  bool installing = false;  // there is no such flow now
  std::string text;
};

using Event = std::variant<FlowEvent, FlowStats, FlowRemoved, FlowSaved, FlowFailed>;

}  // namespace worker
