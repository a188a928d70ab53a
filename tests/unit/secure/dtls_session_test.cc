#include "media-relay/secure/dtls_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <span>
#include <thread>

#include "media-relay/base/random.h"
#include "media-relay/secure/context.h"
#include "media-relay/secure/dtls_record.h"

namespace secure {
namespace {

const base::Endpoint kAlice = *base::Endpoint::parse("192.0.2.1:1000");
const base::Endpoint kBob = *base::Endpoint::parse("192.0.2.2:2000");
const base::Endpoint kMallory = *base::Endpoint::parse("203.0.113.66:6666");

std::shared_ptr<const Identity> identity() {
  auto made = Identity::make(1'700'000'000);
  EXPECT_TRUE(made.has_value());
  return *made;
}

// What the network does with one datagram: how many times it arrives, and behind how many others.
struct Fate {
  int copies = 1;
  std::size_t delay = 0;
};
using Network = std::function<Fate()>;

// A client and a server, and a network between them.
class Pair {
 public:
  explicit Pair(DtlsTiming timing = {}) : timing_(timing) {
    client = DtlsSession::make(client_identity, {DtlsRole::Active, {server_identity->fingerprint()}}, timing_);
    server = DtlsSession::make(server_identity, {DtlsRole::Passive, {client_identity->fingerprint()}}, timing_);
  }

  void begin() {
    std::vector<Datagram> out;
    client->start(kBob, now, out);
    send(out, true);
  }
  // Until nothing is under way.
  void settle() {
    while (deliver()) continue;
  }
  // The next datagram; false when nothing is under way.
  bool deliver() {
    if (wire_.empty()) return false;
    auto [to_server, datagram] = std::move(wire_.front());
    wire_.pop_front();
    ++delivered;
    largest = std::max(largest, datagram.size());
    std::vector<Datagram> out;
    (to_server ? server : client)->on_datagram(datagram, to_server ? kAlice : kBob, vouched, now, out);
    send(out, !to_server);
    return true;
  }
  // Somebody says to the server that he is the client; what it answers goes to the client.
  void forge(std::span<const Datagram> datagrams) {
    for (const Datagram& forged : datagrams) {
      std::vector<Datagram> out;
      server->on_datagram(forged, kAlice, vouched, now, out);
      for (Datagram& answer : out) wire_.emplace_front(false, std::move(answer));
    }
  }
  // With retransmissions, until both are done or `rounds` timeouts have passed. OpenSSL's own clock decides when one is
  // due, so that each is waited for: time that ran ahead of that clock would use up the attempts' patience instead.
  void persist(int rounds) {
    settle();
    for (int i = 0; i < rounds && !done(); ++i) {
      const base::Instant due = std::min(client->next_deadline(), server->next_deadline());
      if (due == base::kNever) return;
      std::this_thread::sleep_for(due - now);
      now = due;
      for (const bool is_client : {true, false}) {
        std::vector<Datagram> out;
        (is_client ? client : server)->on_deadline(now, out);
        send(out, is_client);
      }
      settle();
    }
  }
  const std::deque<std::pair<bool, Datagram>>& under_way() const { return wire_; }
  bool done() const { return client->state() == DtlsState::Done && server->state() == DtlsState::Done; }

  std::shared_ptr<const Identity> client_identity = identity();
  std::shared_ptr<const Identity> server_identity = identity();
  std::unique_ptr<DtlsSession> client;
  std::unique_ptr<DtlsSession> server;
  base::Instant now{base::seconds(1)};
  bool vouched = true;
  Network network = [] { return Fate{}; };
  std::size_t delivered = 0;
  std::size_t largest = 0;

 private:
  void send(std::vector<Datagram>& out, bool to_server) {
    for (Datagram& d : out) {
      const Fate fate = network();
      for (int i = 0; i < fate.copies; ++i)
        wire_.insert(wire_.end() - static_cast<std::ptrdiff_t>(std::min(fate.delay, wire_.size())), {to_server, d});
    }
  }

  DtlsTiming timing_;
  std::deque<std::pair<bool, Datagram>> wire_;
};

// A ClientHello in two datagrams (RFC 6347 4.2.3).
std::vector<Datagram> in_two(const Datagram& hello) {
  constexpr std::size_t kHeaders = 13 + 12;
  const std::size_t body = hello.size() - kHeaders;
  const std::size_t first = body / 2;
  std::vector<Datagram> out;
  for (const auto& [offset, size] : {std::pair{std::size_t{0}, first}, {first, body - first}}) {
    Datagram part(hello.begin(), hello.begin() + kHeaders);
    part[10] = std::byte(out.size());
    part[11] = std::byte((size + 12) >> 8);
    part[12] = std::byte(size + 12);
    part[20] = std::byte(offset >> 8);
    part[21] = std::byte(offset);
    part[23] = std::byte(size >> 8);
    part[24] = std::byte(size);
    const auto from = hello.begin() + static_cast<std::ptrdiff_t>(kHeaders + offset);
    part.insert(part.end(), from, from + static_cast<std::ptrdiff_t>(size));
    out.push_back(std::move(part));
  }
  return out;
}

void expect_media_passes(const Pair& pair) {
  ASSERT_TRUE(pair.done());
  for (const auto& [from, to] : {std::pair{&pair.client, &pair.server}, std::pair{&pair.server, &pair.client}}) {
    const auto sender = make_sender(Engine::OpenSsl, (*from)->keys()->send);
    const auto receiver = make_receiver(Engine::OpenSsl, (*to)->keys()->receive);
    ASSERT_TRUE(sender && receiver);
    std::vector<std::byte> packet(40 + kMaxGrowthBytes);
    packet[0] = std::byte{0x80};
    const std::vector<std::byte> clear = packet;
    const auto sealed = sender->protect_rtp(packet, 40);
    ASSERT_TRUE(sealed);
    EXPECT_FALSE(std::ranges::equal(std::span(packet).first(40), std::span(clear).first(40)));
    ASSERT_TRUE(receiver->unprotect_rtp(std::span(packet).first(*sealed)));
    EXPECT_TRUE(std::ranges::equal(std::span(packet).first(40), std::span(clear).first(40)));
  }
}

TEST(DtlsSession, TwoSidesShakeHandsAndHearEachOther) {
  Pair pair;
  EXPECT_EQ(pair.server->state(), DtlsState::Idle);
  pair.begin();
  EXPECT_EQ(pair.client->state(), DtlsState::Handshaking);
  EXPECT_FALSE(pair.client->keys());
  pair.settle();
  expect_media_passes(pair);
  EXPECT_EQ(pair.client->keys()->send, pair.server->keys()->receive);
  EXPECT_FALSE(pair.client->keys()->send == pair.client->keys()->receive);
  EXPECT_EQ(pair.server->peer(), kAlice);
}

// trap 57: handshakes pass where a tunnel takes its share.
TEST(DtlsSession, NoDatagramIsLargerThanTheMtu) {
  Pair pair;
  pair.begin();
  pair.settle();
  EXPECT_LE(pair.largest, kDtlsMtu);
}

TEST(DtlsSession, APeerOfWhomNothingIsKnownReturnsACookieFirst) {
  Pair pair;
  pair.vouched = false;
  pair.begin();
  pair.settle();
  expect_media_passes(pair);
  EXPECT_GT(pair.delivered, 4U);
  // A hello without one leaves nothing behind, and gets less than it cost.
  auto lone = DtlsSession::make(pair.server_identity, {DtlsRole::Passive, {}});
  auto stranger = DtlsSession::make(pair.client_identity, {DtlsRole::Active, {}});
  std::vector<Datagram> hello;
  stranger->start(kBob, pair.now, hello);
  std::vector<Datagram> out;
  EXPECT_EQ(lone->on_datagram(hello.at(0), kMallory, false, pair.now, out), DtlsRefusal::NoCookie);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_LT(out[0].size(), hello[0].size());
  EXPECT_EQ(lone->state(), DtlsState::Idle);
}

class DtlsNetwork : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(DtlsNetwork, ABadOneOnlyTakesLonger) {
  Pair pair({.first_timeout_us = 20'000, .patience = base::hours(1)});
  base::SeededRandom random(GetParam());
  int budget = 25;  // a network that loses for ever proves nothing
  pair.network = [&]() -> Fate {
    if (--budget < 0) return {};
    return {.copies = static_cast<int>(random.below(3)), .delay = random.below(3)};
  };
  pair.begin();
  pair.persist(200);
  expect_media_passes(pair);
}
INSTANTIATE_TEST_SUITE_P(Seeds, DtlsNetwork, ::testing::Range<std::uint64_t>(1, 9));

// RFC 8122 6.2, RFC 8842 5.1.
TEST(DtlsSession, KeysAreReleasedToNobodyButTheSignalledCertificate) {
  Pair pair;
  pair.server = DtlsSession::make(pair.server_identity, {DtlsRole::Passive, {identity()->fingerprint()}});
  pair.begin();
  pair.settle();
  EXPECT_EQ(pair.server->state(), DtlsState::Failed);
  EXPECT_EQ(pair.server->failure(), DtlsFailure::Fingerprint);
  EXPECT_FALSE(pair.server->keys());
  EXPECT_FALSE(pair.client->keys());
}

// trap 44: else whoever is faster than the true peer ends its call.
TEST(DtlsSession, AWrongCertificateOfAPeerThatNobodyVouchedForIsNotTheEnd) {
  Pair pair;
  pair.vouched = false;
  auto right = std::move(pair.client);
  pair.client = DtlsSession::make(identity(), {DtlsRole::Active, {}});
  pair.begin();
  pair.settle();
  EXPECT_EQ(pair.server->state(), DtlsState::Idle);
  pair.client = std::move(right);
  pair.begin();
  pair.settle();
  expect_media_passes(pair);
}

// trap 45: the handshake may be over before the answer says whose certificate it was.
TEST(DtlsSession, KeysAreWithheldUntilTheFingerprintIsKnown) {
  for (const bool right : {true, false}) {
    Pair pair;
    pair.server = DtlsSession::make(pair.server_identity, {DtlsRole::Passive, {}});
    pair.begin();
    pair.settle();
    EXPECT_EQ(pair.server->state(), DtlsState::Unverified);
    EXPECT_FALSE(pair.server->keys());
    pair.server->set_fingerprints({right ? pair.client_identity->fingerprint() : identity()->fingerprint()}, pair.now);
    EXPECT_EQ(pair.server->state(), right ? DtlsState::Done : DtlsState::Failed);
    EXPECT_EQ(pair.server->keys().has_value(), right);
  }
}

TEST(DtlsSession, OneOfSeveralFingerprintsWillDo) {
  Pair pair;
  pair.server = DtlsSession::make(
      pair.server_identity, {DtlsRole::Passive, {identity()->fingerprint(), pair.client_identity->fingerprint()}});
  pair.begin();
  pair.settle();
  expect_media_passes(pair);
}

// RFC 8122 section 5: the strongest hash decides.
TEST(DtlsSession, AWeakerFingerprintDoesNotVouchBesideAStrongerOne) {
  Pair pair;
  Fingerprint strong{Hash::Sha512, std::vector<std::byte>(64)};
  pair.server =
      DtlsSession::make(pair.server_identity, {DtlsRole::Passive, {pair.client_identity->fingerprint(), strong}});
  pair.begin();
  pair.settle();
  EXPECT_EQ(pair.server->failure(), DtlsFailure::Fingerprint);
}

// trap 44: nobody ends a handshake by an alert that anybody can write.
TEST(DtlsSession, AlertsInTheClearAreNotBelieved) {
  Pair pair;
  pair.begin();
  Datagram alert(15);
  alert[0] = std::byte{21};
  alert[1] = std::byte{0xfe};
  alert[2] = std::byte{0xfd};
  alert[12] = std::byte{2};
  alert[13] = std::byte{2};
  alert[14] = std::byte{40};
  std::vector<Datagram> out;
  EXPECT_EQ(pair.client->on_datagram(alert, kBob, true, pair.now, out), DtlsRefusal::ClearAlert);
  pair.settle();
  expect_media_passes(pair);
}

// trap 44
TEST(DtlsSession, ARuinedHandshakeIsBegunAnewAndAStrangerDoesNotDisturb) {
  Pair pair;
  auto stranger = DtlsSession::make(pair.client_identity, {DtlsRole::Active, {}});
  std::vector<Datagram> hello;
  stranger->start(kBob, pair.now, hello);
  std::vector<Datagram> out;
  pair.begin();
  Datagram wild = hello.at(0);
  wild[13] = std::byte{11};  // a certificate, where a hello has to be
  EXPECT_EQ(pair.server->on_datagram(wild, kAlice, true, pair.now, out), DtlsRefusal::Unexpected);
  pair.settle();
  expect_media_passes(pair);
  EXPECT_EQ(pair.server->on_datagram(wild, kMallory, false, pair.now, out), DtlsRefusal::OtherSource);
  EXPECT_EQ(pair.server->on_datagram(hello.at(0), kMallory, false, pair.now, out), DtlsRefusal::Unexpected);
  EXPECT_TRUE(pair.done());
}

std::vector<Datagram> hello_of(DtlsSession& client) {
  std::vector<Datagram> out;
  client.start(kBob, base::Instant(base::seconds(1)), out);
  return out;
}

// RFC 6347 4.2.1. trap 44: whoever forges the peer's address, but hears nothing there, at each moment of a handshake.
TEST(DtlsSession, AForgedHelloChangesNothing) {
  for (std::size_t before = 0;; ++before) {
    Pair pair;
    auto forger = DtlsSession::make(identity(), {DtlsRole::Active, {}});
    const std::vector<Datagram> hello = hello_of(*forger);
    if (before > 0) pair.begin();
    bool over = false;
    for (std::size_t i = 1; i < before; ++i) over = !pair.deliver();
    const DtlsState state = pair.server->state();
    pair.forge(hello);
    EXPECT_EQ(pair.server->state(), state);
    if (before == 0) pair.begin();
    pair.settle();
    expect_media_passes(pair);
    if (over) break;
  }
}

// trap 44: what such a one can spoil is begun anew with the next hello of the peer, and a certificate of his is not the
// peer's wrong one.
TEST(DtlsSession, AForgedCertificateIsNotTheEnd) {
  std::vector<Datagram> flight;
  Pair other;
  other.begin();
  for (int i = 0; i < 3; ++i) other.deliver();
  while (other.server->state() == DtlsState::Handshaking && other.client->state() == DtlsState::Handshaking) {
    const auto waiting = other.under_way();
    if (!waiting.empty() && waiting.front().first) flight.push_back(waiting.front().second);
    other.deliver();
  }
  ASSERT_FALSE(flight.empty());
  for (std::size_t before = 1; before < 12; ++before) {
    Pair pair;
    pair.begin();
    for (std::size_t i = 1; i < before; ++i) pair.deliver();
    pair.forge(flight);
    pair.settle();
    EXPECT_NE(pair.server->state(), DtlsState::Failed);
    if (pair.done()) continue;
    pair.client = DtlsSession::make(pair.client_identity, {DtlsRole::Active, {pair.server_identity->fingerprint()}});
    pair.begin();
    pair.settle();
    expect_media_passes(pair);
  }
}

// Of a large hello the first fragment says who it is, and brings the cookie.
TEST(DtlsSession, AHelloInFragmentsIsOneToo) {
  Pair pair;
  std::vector<Datagram> out;
  EXPECT_EQ(pair.server->on_datagram(in_two(hello_of(*pair.client).at(0)).at(0), kAlice, true, pair.now, out),
            DtlsRefusal::NoCookie);
  std::vector<Datagram> again;
  pair.client->on_datagram(out.at(0), kBob, true, pair.now, again);
  out.clear();
  for (const Datagram& part : in_two(again.at(0)))
    EXPECT_EQ(pair.server->on_datagram(part, kAlice, true, pair.now, out), std::nullopt);
  EXPECT_EQ(pair.server->state(), DtlsState::Handshaking);
  EXPECT_FALSE(out.empty());
}

// RFC 8842 section 3: a new association is for signalling to ask for.
TEST(DtlsSession, AHelloAfterTheHandshakeIsRefused) {  // trap 43: a ClientHello after the handshake.
  Pair pair;
  pair.begin();
  pair.settle();
  auto again = DtlsSession::make(pair.client_identity, {DtlsRole::Active, {}});
  std::vector<Datagram> hello;
  std::vector<Datagram> out;
  again->start(kBob, pair.now, hello);
  EXPECT_EQ(pair.server->on_datagram(hello.at(0), kAlice, true, pair.now, out), DtlsRefusal::Unexpected);
  expect_media_passes(pair);
}

TEST(DtlsSession, CloseIsHeardByTheOtherSide) {
  Pair pair;
  pair.begin();
  pair.settle();
  std::vector<Datagram> bye;
  pair.client->close(bye);
  ASSERT_EQ(bye.size(), 1U);
  std::vector<Datagram> out;
  pair.server->on_datagram(bye[0], kAlice, true, pair.now, out);
  EXPECT_EQ(pair.server->state(), DtlsState::Closed);
  EXPECT_FALSE(pair.server->keys());
}

TEST(DtlsSession, APeerThatNeverAnswersIsGivenUp) {
  Pair pair;
  pair.network = [] { return Fate{0, 0}; };
  pair.begin();
  for (int i = 0; i < 1000 && pair.client->state() != DtlsState::Failed; ++i) {
    pair.now += base::seconds(30);
    std::vector<Datagram> out;
    pair.client->on_deadline(pair.now, out);
  }
  EXPECT_EQ(pair.client->state(), DtlsState::Failed);
  EXPECT_EQ(pair.client->failure(), DtlsFailure::Timeout);
  EXPECT_EQ(pair.client->next_deadline(), base::kNever);
}

TEST(DtlsOutline, OnlyRowsOfRecordsAreDtls) {
  const std::vector<std::byte> none;
  EXPECT_FALSE(outline_of(none));
  Pair pair;
  std::vector<Datagram> hello;
  pair.client->start(kBob, pair.now, hello);
  const auto outline = outline_of(hello.at(0));
  ASSERT_TRUE(outline);
  EXPECT_TRUE(outline->client_hello);
  for (std::size_t cut = 1; cut < hello[0].size(); ++cut)
    EXPECT_FALSE(outline_of(std::span(hello[0]).first(cut))) << cut;
}

TEST(DtlsFingerprint, IsCheckedAndWritten) {
  Fingerprint f{Hash::Sha256, std::vector<std::byte>(32, std::byte{0xa5})};
  EXPECT_EQ(text_of(f).substr(0, 8), "A5:A5:A5");
  EXPECT_EQ(text_of(f).size(), 95U);
  EXPECT_EQ(check({f}), "");
  f.value.pop_back();
  EXPECT_NE(check({f}), "");
  EXPECT_NE(check(std::vector<Fingerprint>(kMaxFingerprints + 1)), "");
  EXPECT_EQ(hash_named("SHA-256"), Hash::Sha256);
  EXPECT_FALSE(hash_named("sha-1"));
  EXPECT_FALSE(hash_named("md5"));
}

}  // namespace
}  // namespace secure
