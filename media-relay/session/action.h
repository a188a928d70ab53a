#pragma once
// What the session room asks of the world. Actions are to be carried out in their order.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/slab.h"
#include "media-relay/control/messages.h"
#include "media-relay/flow/ledger.h"
#include "media-relay/flow/spec.h"

namespace session {

// A connection of a controller, minted by whoever accepts connections; 0: none.
using LinkId = std::uint64_t;
using FlowHandle = base::Handle<struct FlowTag>;

// Bind RTP to `rtp` and RTCP to the port above, keep both sockets for this flow and side, and report through
// Sessions::on_bound.
struct BindPair {
  FlowHandle flow;
  flow::Side side = flow::Side::A;
  base::Endpoint rtp;
  std::uint8_t dscp = flow::kDefaultDscp;
};
// Close what BindPair opened for this flow, if anything.
struct DropSockets {
  FlowHandle flow;
};
// Hand the flow and the sockets kept for it to a worker.
struct InstallFlow {
  FlowHandle flow;
  unsigned worker = 0;
  flow::Spec spec;
  std::array<FlowHandle, 2> carriers{};           // by side: whose transport a half that is `shared` uses, or whom
                                                  // one that has `copies` copies; installed before
  std::string saved = {};                         // worker/command.h
  std::shared_ptr<const flow::Ledger> last = {};  // likewise
  std::uint64_t epoch = 0;  // for the flow's ledger, before anything that follows: another spec, another number
};
// With the sockets kept for it, where there are any: they take the place of the half's own.
struct ReplaceFlow {
  FlowHandle flow;
  unsigned worker = 0;
  flow::Spec spec;
  std::uint64_t epoch = 0;
  std::array<FlowHandle, 2> carriers{};  // as of InstallFlow; a half that gets one closes its ports
};
// Ends with Sessions::on_flow_removed, always. The flow's ledger says at once that there is none.
struct RemoveFlow {
  FlowHandle flow;
  unsigned worker = 0;
};
// Ends with Sessions::on_flow_saved, always.
struct SaveFlow {
  FlowHandle flow;
  unsigned worker = 0;
  std::uint64_t round = 0;  // not 0: a checkpoint of that round, and the flow goes on
};
// Ends with Sessions::on_flow_stats, always.
struct QueryFlow {
  FlowHandle flow;
  unsigned worker = 0;
  std::uint64_t token = 0;
};
struct PlayDigits {
  FlowHandle flow;
  unsigned worker = 0;
  flow::Side to = flow::Side::A;
  std::string digits;
  base::Duration each{};
};
// Begins a recording of a flow, or changes what is known of its audio. What fails is told to
// Sessions::on_recording_ended, and so is each end.
struct Record {
  std::uint64_t recording = 0;  // never used twice
  std::string name;             // of the files
  bool pcap = false;
  bool wav = false;
  std::array<std::vector<flow::AudioFormat>, 2> formats;  // in which each side may send
};
struct EndRecording {
  std::uint64_t recording = 0;
};
// A link that is gone needs no reply: drop it silently.
struct SendReply {
  LinkId link = 0;
  std::uint64_t request = 0;
  control::Reply reply;
};
struct SendEvent {
  LinkId link = 0;
  control::Event event;
};
// Close the connection after what was sent before. Sessions::on_link_closed need not follow.
struct DropLink {
  LinkId link = 0;
  std::string reason;
};
// Something that a person reading the log wants to know.
struct Note {
  std::string text;
  std::string controller;
  control::SessionId session;
};

using Action = std::variant<BindPair, DropSockets, InstallFlow, ReplaceFlow, RemoveFlow, SaveFlow, QueryFlow,
                            PlayDigits, Record, EndRecording, SendReply, SendEvent, DropLink, Note>;
using Actions = std::vector<Action>;

}  // namespace session
