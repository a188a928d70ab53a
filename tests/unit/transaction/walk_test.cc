// Long random lives: whatever comes in whatever order, no transaction stays, and the counters never name a bug.

#include "stage.h"

namespace sbc::transaction {
namespace {

constexpr std::array<std::string_view, 8> kMethods{"INVITE",  "ACK",  "CANCEL",   "BYE",
                                                   "OPTIONS", "INFO", "REGISTER", "DANCE"};
constexpr std::array<int, 10> kStatuses{100, 180, 183, 200, 202, 302, 408, 487, 503, 603};

class Walk {
 public:
  explicit Walk(std::uint64_t seed)
      : stage_({.timer_c = seconds(30), .invite_unanswered = seconds(40), .max_servers = 20, .max_clients = 20}, seed),
        dice_(seed * 7919) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      look();
    }
    // Healing: the user lets go of everything, and time does the rest.
    stage_.pass(seconds(200));
    look();
    EXPECT_EQ(stage_.layer.server_count(), 0U);
    EXPECT_EQ(stage_.layer.client_count(), 0U);
    EXPECT_EQ(stage_.layer.next_deadline(), base::kNever);
    EXPECT_EQ(stage_.layer.counters().bugs, 0U);
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(dice_.below(n)); }
  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  void step() {
    switch (below(9)) {
      case 0:
      case 1:
        return request_from_outside();
      case 2:
        return stage_.pass(milliseconds(static_cast<int>(below(6000))));
      case 3:
        if (!servers_.empty()) stage_.respond(one_of(servers_), kStatuses[below(kStatuses.size())]);
        return;
      case 4:
        return request_of_ours();
      case 5:
        if (!branches_.empty()) answer_from_outside();
        return;
      case 6:
        if (!clients_.empty())
          stage_.layer.cancel(one_of(clients_), "Reason: SIP;cause=487\r\n", stage_.now, stage_.out);
        return;
      case 7:
        if (tokens_.empty()) return;
        if (below(2) == 0) return stage_.layer.on_transport_error(one_of(tokens_), stage_.now, stage_.out);
        return stage_.layer.on_connection_lost(one_of(tokens_), below(2) == 0, stage_.now, stage_.out);
      default:
        if (!clients_.empty() && below(8) == 0) stage_.layer.abandon(one_of(clients_));
    }
  }

  void request_from_outside() {
    RequestText request;
    request.method = kMethods[below(kMethods.size())];
    request.branch = below(4) == 0 ? "" : "z9hG4bK" + std::to_string(below(12));
    request.call_id = "call-" + std::to_string(below(6));
    request.cseq = 1 + static_cast<int>(below(2));
    if (below(3) == 0) request.to_tag = "our-tag";
    const auto transport = below(3) == 0 ? sip::Transport::Tcp : sip::Transport::Udp;
    stage_.deliver(request, Stage::source(transport));
  }

  void request_of_ours() {
    constexpr std::array kOurs{sip::Method::Invite, sip::Method::Invite, sip::Method::Bye, sip::Method::Options};
    const sip::Method method = kOurs[below(kOurs.size())];
    clients_.push_back(stage_.start(method, below(3) == 0 ? sip::Transport::Tcp : sip::Transport::Udp));
    branches_.emplace_back(stage_.branch, std::string(sip::name_of(method)));
  }

  void answer_from_outside() {
    const auto& [branch, method] = one_of(branches_);
    stage_.branch = branch;
    stage_.deliver(stage_.answer(kStatuses[below(kStatuses.size())], below(5) == 0 ? "CANCEL" : method));
  }

  void look() {
    for (const Send& send : stage_.sends()) {
      ASSERT_NE(send.bytes, nullptr);
      if (send.token != 0) tokens_.push_back(send.token);
    }
    for (const Event& event : stage_.events())
      if (const auto* arrived = std::get_if<RequestArrived>(&event)) {
        EXPECT_NE(arrived->message->method(), sip::Method::Ack);
        EXPECT_NE(arrived->message->method(), sip::Method::Cancel);
        servers_.push_back(arrived->transaction);
      }
    EXPECT_LE(stage_.layer.client_count(), 40U);
    EXPECT_LE(stage_.layer.server_count(), 40U);
  }

  Stage stage_;
  base::SeededRandom dice_;
  std::vector<ServerId> servers_;
  std::vector<ClientId> clients_;
  std::vector<std::pair<std::string, std::string>> branches_;
  std::vector<std::uint64_t> tokens_;
};

TEST(WalkTest, NothingLeaks) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk(seed).run(400);
    if (::testing::Test::HasFailure()) return;
  }
}

// Every response may be lost, both machines of the layer talk to each other, and each call still ends on both sides.
TEST(WalkTest, TwoLayersAcrossALossyNetworkAlwaysAgree) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stage client({}, seed);
    Stage server({}, seed + 1000);
    base::SeededRandom dice(seed);
    const int final_status = seed % 2 == 0 ? 486 : 603;
    client.start(sip::Method::Invite);
    int finals_seen = 0;
    int requests_seen = 0;
    const auto carry = [&dice](Stage& from, Stage& to) {
      for (const Send& send : from.sends())
        if (dice.below(3) != 0) to.deliver(*send.bytes);
    };
    for (int tick = 0; tick < 1000; ++tick) {
      carry(client, server);
      for (const Event& event : server.events())
        if (const auto* arrived = std::get_if<RequestArrived>(&event)) {
          ++requests_seen;
          server.respond(arrived->transaction, final_status);
        }
      carry(server, client);
      for (const Event& event : client.events())
        if (const auto* response = std::get_if<ResponseArrived>(&event); response && response->message->status() >= 200)
          ++finals_seen;
      client.pass(milliseconds(100));
      server.pass(milliseconds(100));
    }
    EXPECT_EQ(requests_seen, 1);
    EXPECT_EQ(finals_seen, 1);
    EXPECT_EQ(client.layer.client_count(), 0U);
    EXPECT_EQ(server.layer.server_count(), 0U);
  }
}

}  // namespace
}  // namespace sbc::transaction
