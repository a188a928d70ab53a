#pragma once
// What a worker does between two waits, without the thread: ports to flows, flows to packets, commands and deadlines.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/flow/flow.h"
#include "media-relay/flow/track.h"
#include "media-relay/io/backend.h"
#include "media-relay/worker/command.h"
#include "media-relay/worker/counters.h"

namespace worker {

class Engine : private flow::Outlet {
 public:
  // All must outlive the engine. `name_key` hides RTCP names of flows whose spec brings no key; `tap` takes copies of
  // what is recorded.
  Engine(io::Backend& backend, Counters& counters, const base::HashKey& name_key, flow::PacketTap* tap = nullptr)
      : backend_(backend), counters_(counters), name_key_(name_key), tap_(tap) {}

  void apply(Command& command, base::Instant now, std::vector<Event>& events);
  // Walks the packets of a batch; those that leave have an exit afterwards.
  void walk(packet::Batch& batch, base::Instant now, std::vector<Event>& events);
  // What the batch had to send has been sent, so long after it came; before anything else is walked or applied.
  void sent(const packet::Batch& batch, base::Duration stay);

  base::Instant next_deadline() const { return deadlines_.next(); }
  void on_deadlines(base::Instant now, std::vector<Event>& events);

  // Removes every flow, as RemoveFlow does.
  void remove_all(base::Instant now, std::vector<Event>& events);
  std::size_t flows() const { return flows_.size(); }

 private:
  struct Installed {
    Installed(FlowId i, flow::Spec spec, const flow::Flow::Ports& ports, base::Instant now)
        : id(i), flow(std::move(spec), ports, now) {}
    FlowId id;
    flow::Flow flow;
    base::DeadlineId deadline;
    base::Instant armed = base::kNever;
    std::array<Installed*, 2> carriers{};  // by side; null: none
    std::vector<Installed*> guests;
  };
  // Of these there are as many as media lines. A part that most flows do not have is base::Rare.
  static_assert(sizeof(Installed) <= 4096);
  // What a packet finds under the index of its port.
  struct Port {
    Installed* owner = nullptr;
    flow::Side side = flow::Side::A;
    flow::Component component = flow::Component::Rtp;
  };

  void install(InstallFlow& command, base::Instant now, std::vector<Event>& events);
  void replace(ReplaceFlow& command, base::Instant now, std::vector<Event>& events);
  void remove(FlowId id, base::Instant now, std::vector<Event>& events);
  void end(FlowId id, base::Instant now, std::vector<Event>& events);
  void play(const PlayDigits& command, base::Instant now);
  void save(const SaveFlow& command, base::Instant now, std::vector<Event>& events);
  void query(const QueryFlow& command, base::Instant now, std::vector<Event>& events) const;

  // Empty, or why not; on failure all that was attached is detached.
  std::string attach(InstallFlow& command, flow::Flow::Ports& ports);
  void detach(const flow::Flow::Ports& ports);
  void mark(const Installed& installed, const flow::Spec& wanted);
  void map_ports(Installed& installed);
  // Empty, or why not.
  std::string find_carriers(const flow::Spec& spec, const std::array<FlowId, 2>& ids,
                            std::array<Installed*, 2>& carriers) const;
  // Uses them from now on, instead of ports of its own.
  void join(Installed& installed, const std::array<Installed*, 2>& carriers);
  void close_ports(Installed& installed, flow::Side side);
  // False: not all of them can be used.
  bool attach_half(HalfSockets& sockets, std::array<packet::PortIndex, 2>& ports);
  // The sockets that the command brings take the place of the half's own. False: they cannot.
  bool move_ports(Installed& installed, ReplaceFlow& command, std::vector<Event>& events);
  static void part(Installed& installed);
  void arm(Installed& installed);
  void attend(Installed& installed, std::vector<Event>& events);
  void find_tracks(flow::Spec& spec);
  // Packets of our own are gathered, and go out before anything is detached or transmitted behind them.
  void send(flow::Flow::Outgoing out);
  void leave(packet::PortIndex port, const base::Endpoint& destination, std::span<const std::byte> bytes) override;
  void flush();
  void count_transcoding(flow::Flow& flow, base::Instant began);
  void fail(FlowId id, bool installing, std::string text, std::vector<Event>& events);
  void tell(FlowId id, std::vector<Event>& events);

  io::Backend& backend_;
  Counters& counters_;
  const base::HashKey name_key_;
  flow::PacketTap* const tap_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Installed>> flows_;
  std::vector<Port> ports_;  // by port index
  base::DeadlineQueue<Installed*> deadlines_;
  flow::Tracks tracks_;
  packet::Batch outbox_;
  std::array<std::vector<std::byte>, packet::kBatchPackets> outbox_bytes_;
  std::vector<flow::Event> told_;  // scratch, kept so that nothing is allocated per packet
  // Sums of one batch, written to the shared counters once.
  flow::DropCounts dropped_{};
};

}  // namespace worker
