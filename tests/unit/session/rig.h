#pragma once
// The world around Sessions, in memory: sockets as a set of ports, workers that answer when told to.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "media-relay/session/sessions.h"

namespace session {

inline base::Endpoint endpoint(const char* text) {
  return *base::Endpoint::parse(text);
}

inline Config test_config() {
  Config config;
  config.networks = {
      {"access", *base::IpAddress::parse("192.0.2.1"), *base::IpAddress::parse("198.51.100.1"), 20000, 20019},
      {"core", *base::IpAddress::parse("10.0.0.1"), *base::IpAddress::parse("10.0.0.1"), 30000, 30019}};
  config.workers = 2;
  config.instance = 77;
  config.quarantine = base::seconds(60);
  config.lease = base::seconds(30);
  config.longest_lease = base::seconds(120);
  config.max_sessions = 8;
  return config;
}

inline control::HalfSpec half(const char* network, std::optional<base::Endpoint> remote = {}) {
  control::HalfSpec spec;
  spec.network = network;
  spec.remote_rtp = remote;
  return spec;
}

inline control::SessionSpec audio(std::uint32_t flows = 1) {
  control::SessionSpec spec;
  for (std::uint32_t i = 0; i < flows; ++i) spec.flows.push_back({i, "audio", half("access"), half("core")});
  return spec;
}

struct Rig {
  explicit Rig(Config config = test_config(), std::uint64_t seed = 1) : random(seed), sessions(config, random) {}

  base::Instant now = base::Instant(base::seconds(1000));
  base::SeededRandom random;
  Sessions sessions;

  std::map<std::uint64_t, std::vector<base::Endpoint>> kept;       // bound, not installed
  std::map<std::uint64_t, std::vector<base::Endpoint>> installed;  // with a worker
  std::map<std::uint64_t, flow::Spec> specs;
  std::map<std::uint64_t, std::string> restored;   // what flows were installed with
  std::map<std::uint64_t, unsigned> workers;       // of flows
  std::map<std::uint64_t, std::uint64_t> carried;  // flows to whose transport they use
  std::map<std::uint32_t, std::uint64_t> epochs;   // ledgers
  std::size_t caught_up = 0;                       // flows that were installed with what a ledger said
  std::vector<SaveFlow> saving;
  std::set<base::Endpoint> open;                 // sockets
  std::map<base::Endpoint, flow::Side> side_of;  // their halves
  std::vector<FlowHandle> removing;
  std::vector<QueryFlow> asked;
  std::vector<PlayDigits> played;
  std::vector<Record> recorded;
  std::vector<std::uint64_t> recordings_ended;
  std::vector<SendReply> replies;
  std::vector<SendEvent> events;
  std::vector<DropLink> dropped;
  unsigned fail_binds = 0;  // so many of the next
  bool hopeless = false;
  bool answer_binds = true;
  std::vector<BindPair> unanswered;
  std::size_t binds = 0;
  std::size_t replaced = 0;

  void drain(base::Duration within) {
    Actions out;
    sessions.drain(within, now, out);
    act(std::move(out));
  }

  BindResult bind(const BindPair& a) {
    ++binds;
    if (fail_binds > 0) {
      --fail_binds;
      return {a.flow, a.side, false, hopeless, "taken"};
    }
    // The system never gives one port twice.
    if (!open.insert(a.rtp).second) ADD_FAILURE() << "bound twice: " << a.rtp.text();
    kept[a.flow.pack()].push_back(a.rtp);
    side_of[a.rtp] = a.side;
    return {a.flow, a.side, true, false, ""};
  }

  void act(Actions actions) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
      const Action action = actions[i];
      if (const auto* b = std::get_if<BindPair>(&action)) {
        if (answer_binds)
          sessions.on_bound(bind(*b), now, actions);
        else
          unanswered.push_back(*b);
      } else if (const auto* d = std::get_if<DropSockets>(&action)) {
        for (const auto& port : kept[d->flow.pack()]) open.erase(port);
        kept.erase(d->flow.pack());
      } else if (const auto* in = std::get_if<InstallFlow>(&action)) {
        installed[in->flow.pack()] = kept[in->flow.pack()];
        specs[in->flow.pack()] = in->spec;
        workers[in->flow.pack()] = in->worker;
        for (const FlowHandle carrier : in->carriers)
          if (carrier) carried[in->flow.pack()] = carrier.pack();
        epochs[in->flow.slot] = in->epoch;
        if (in->last) ++caught_up;
        if (!in->saved.empty()) restored[in->flow.pack()] = in->saved;
        kept.erase(in->flow.pack());
      } else if (const auto* r = std::get_if<ReplaceFlow>(&action)) {
        ++replaced;
        epochs[r->flow.slot] = r->epoch;
        specs[r->flow.pack()] = r->spec;
        move_ports(r->flow.pack());
      } else if (const auto* rm = std::get_if<RemoveFlow>(&action)) {
        removing.push_back(rm->flow);
        epochs[rm->flow.slot] = 0;
      } else if (const auto* sv = std::get_if<SaveFlow>(&action)) {
        saving.push_back(*sv);
      } else if (const auto* q = std::get_if<QueryFlow>(&action)) {
        asked.push_back(*q);
      } else if (const auto* p = std::get_if<PlayDigits>(&action)) {
        played.push_back(*p);
      } else if (const auto* rec = std::get_if<Record>(&action)) {
        recorded.push_back(*rec);
      } else if (const auto* er = std::get_if<EndRecording>(&action)) {
        recordings_ended.push_back(er->recording);
      } else if (const auto* s = std::get_if<SendReply>(&action)) {
        replies.push_back(*s);
      } else if (const auto* e = std::get_if<SendEvent>(&action)) {
        events.push_back(*e);
      } else if (const auto* l = std::get_if<DropLink>(&action)) {
        dropped.push_back(*l);
      }
    }
  }

  // What is kept for a flow that is installed takes the place of what it has on the same side.
  void move_ports(std::uint64_t flow) {
    for (const base::Endpoint& fresh : kept[flow]) {
      std::erase_if(installed[flow], [&](const base::Endpoint& old) {
        if (side_of[old] != side_of[fresh]) return false;
        open.erase(old);
        return true;
      });
      installed[flow].push_back(fresh);
    }
    kept.erase(flow);
  }

  void answer_next_bind() {
    const BindPair next = unanswered.front();
    unanswered.erase(unanswered.begin());
    Actions out;
    sessions.on_bound(bind(next), now, out);
    act(std::move(out));
  }

  // The workers close what they were told to close.
  void settle() {
    while (!removing.empty()) {
      const FlowHandle flow = removing.front();
      removing.erase(removing.begin());
      for (const auto& port : installed[flow.pack()]) open.erase(port);
      installed.erase(flow.pack());
      flow::Stats stats;
      stats.half[0].rtp_packets_in = 5;
      Actions out;
      sessions.on_flow_removed(flow, stats, now, out);
      act(std::move(out));
    }
    while (!asked.empty()) {
      const QueryFlow query = asked.front();
      asked.erase(asked.begin());
      Actions out;
      sessions.on_flow_stats(query.flow, query.token, {}, out);
      act(std::move(out));
    }
  }

  void command(LinkId link, control::Command c) {
    Actions out;
    sessions.on_command(link, ++request, std::move(c), now, out);
    act(std::move(out));
  }

  // Sends, lets the workers answer, and returns the reply.
  control::Reply ask(LinkId link, control::Command c) {
    const std::size_t before = replies.size();
    command(link, std::move(c));
    settle();
    if (replies.size() != before + 1) {
      ADD_FAILURE() << "expected one reply, got " << replies.size() - before;
      return control::Error{};
    }
    EXPECT_EQ(replies.back().request, request);
    EXPECT_EQ(replies.back().link, link);
    return replies.back().reply;
  }

  void hello(LinkId link, const char* controller = "edge-0", std::uint32_t lease_ms = 0) {
    EXPECT_TRUE(std::holds_alternative<control::Welcome>(ask(link, control::Hello{controller, lease_ms, 1})));
  }

  void close_link(LinkId link) {
    Actions out;
    sessions.on_link_closed(link, now, out);
    act(std::move(out));
  }

  void advance(base::Duration by) {
    const base::Instant until = now + by;
    while (sessions.next_deadline() <= until) {
      now = std::max(now, sessions.next_deadline());
      Actions out;
      sessions.on_deadline(now, out);
      act(std::move(out));
      settle();
    }
    now = until;
  }

  std::size_t ports_in_use() {
    return sessions.ports(0, now).in_use + (sessions.config().networks.size() > 1 ? sessions.ports(1, now).in_use : 0);
  }
  // Ports that the pools think are in use are those with sockets, and the other way round.
  void check_books() {
    EXPECT_EQ(ports_in_use(), open.size());
    EXPECT_EQ(kept.size(), 0U);
    EXPECT_EQ(installed.size(), sessions.flows());
    for (std::size_t i = 0; i < sessions.config().networks.size(); ++i) {
      const PortCounts c = sessions.ports(i, now);
      EXPECT_EQ(c.in_use + c.free + c.quarantined, 10U);
    }
  }

  std::uint64_t request = 0;
};

inline control::ErrorCode error_in(const control::Reply& reply) {
  const auto* error = std::get_if<control::Error>(&reply);
  if (error == nullptr) ADD_FAILURE() << "expected an error, got " << control::name_of(reply);
  return error == nullptr ? control::ErrorCode::Internal : error->code;
}

}  // namespace session
