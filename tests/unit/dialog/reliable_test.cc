// RFC 3262: numbers, repetition and PRACK at the server, order at the client. The clock is moved by hand.

#include "sbc/dialog/reliable.h"

#include <gtest/gtest.h>

namespace sbc::dialog {
namespace {

using base::milliseconds;
using Step = ReliableServer::Step;
using Verdict = ReliableClient::Verdict;

constexpr base::Instant kStart{base::hours(1)};

sip::RAck rack(std::uint32_t response, std::uint32_t cseq, sip::Method method = sip::Method::Invite) {
  return {.response_number = response, .cseq = {.number = cseq, .method = method, .method_text = {}}};
}

TEST(ReliableServer, TheFirstNumberIsRandomFrom1To2To31Minus1) {
  std::uint32_t previous = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    base::SeededRandom random(seed);
    ReliableServer server;
    const auto rseq = server.start(random, kStart);
    ASSERT_TRUE(rseq);
    EXPECT_GE(*rseq, 1U);
    EXPECT_LE(*rseq, 0x7fff'ffffU);
    EXPECT_NE(*rseq, previous);
    previous = *rseq;
  }
}

TEST(ReliableServer, EachFurtherNumberIsOneHigher) {
  base::SeededRandom random(1);
  ReliableServer server;
  const std::uint32_t first = *server.start(random, kStart);
  ASSERT_TRUE(server.on_prack(rack(first, 7), 7));
  EXPECT_EQ(server.start(random, kStart), first + 1);
}

TEST(ReliableServer, NoSecondResponseLeavesBeforeTheFirstIsAcknowledged) {
  base::SeededRandom random(1);
  ReliableServer server;
  ASSERT_TRUE(server.start(random, kStart));
  EXPECT_FALSE(server.start(random, kStart));
}

TEST(ReliableServer, RepeatsAtT1DoublingWithoutCeilingAndGivesUpAfter64T1) {
  base::SeededRandom random(1);
  ReliableServer server;
  ASSERT_TRUE(server.start(random, kStart));
  // trap 27
  for (const int at : {500, 1500, 3500, 7500, 15'500, 31'500}) {
    ASSERT_EQ(server.next_deadline(), kStart + milliseconds(at));
    EXPECT_EQ(server.on_deadline(kStart + milliseconds(at - 1)), Step::Idle);
    EXPECT_EQ(server.on_deadline(kStart + milliseconds(at)), Step::Resend);
  }
  ASSERT_EQ(server.next_deadline(), kStart + milliseconds(32'000));
  EXPECT_EQ(server.on_deadline(kStart + milliseconds(32'000)), Step::GiveUp);
  EXPECT_EQ(server.next_deadline(), base::kNever);
  EXPECT_EQ(server.on_deadline(kStart + milliseconds(99'000)), Step::Idle);
}

TEST(ReliableServer, APrackMatchesByNumberCSeqAndMethodAndOnlyOnce) {
  base::SeededRandom random(1);
  ReliableServer server;
  EXPECT_FALSE(server.on_prack(rack(1, 7), 7)) << "nothing was sent";
  const std::uint32_t rseq = *server.start(random, kStart);
  EXPECT_FALSE(server.on_prack(rack(rseq + 1, 7), 7));
  EXPECT_FALSE(server.on_prack(rack(rseq, 8), 7));
  EXPECT_FALSE(server.on_prack(rack(rseq, 7, sip::Method::Update), 7));
  EXPECT_TRUE(server.waiting());
  EXPECT_TRUE(server.on_prack(rack(rseq, 7), 7));
  EXPECT_FALSE(server.waiting());
  EXPECT_EQ(server.next_deadline(), base::kNever);
  EXPECT_FALSE(server.on_prack(rack(rseq, 7), 7)) << "it is acknowledged already";
}

TEST(ReliableServer, AfterTheFinalResponseNothingIsRepeatedButThePrackStillMatches) {
  base::SeededRandom random(1);
  ReliableServer server;
  const std::uint32_t rseq = *server.start(random, kStart);
  server.stop();
  EXPECT_EQ(server.next_deadline(), base::kNever);
  EXPECT_TRUE(server.on_prack(rack(rseq, 7), 7));
}

TEST(ReliableClient, StartsAtAnyNumberAndGoesOnByOne) {
  ReliableClient client;
  EXPECT_EQ(client.on_response(4711), Verdict::Take);
  EXPECT_EQ(client.on_response(4711), Verdict::Repeat);
  EXPECT_EQ(client.on_response(4713), Verdict::Gap);
  EXPECT_EQ(client.on_response(4712), Verdict::Take);
  EXPECT_EQ(client.on_response(4713), Verdict::Take);
  EXPECT_EQ(client.on_response(4711), Verdict::Repeat);
}

}  // namespace
}  // namespace sbc::dialog
