#include "sbc/register/memory_store.h"

#include <gtest/gtest.h>

#include <thread>

#include "stage.h"

namespace sbc::registrar {
namespace {

Update one(std::string user, std::string uri, std::uint32_t expires = 60, sip::Hop flow = {}) {
  Update update;
  update.aor = "sip:" + std::move(user) + "@example.org";
  ContactChange change;
  change.uri = std::move(uri);
  change.expires_s = expires;
  update.changes.push_back(std::move(change));
  update.call_id = "c";
  update.cseq = 1;
  update.max_contacts = 10;
  update.flow = flow;
  return update;
}

TEST(MemoryStore, GivesBackWhatWasBound) {
  MemoryLocationStore store;
  ASSERT_TRUE(store.apply(one("bob", "sip:bob@10.0.0.1", 60, udp_source().hop), kStart));
  const auto found = store.lookup("sip:bob@example.org", kStart);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].contact_uri, "sip:bob@10.0.0.1");
  EXPECT_EQ(found[0].flow, udp_source().hop);
  EXPECT_EQ(found[0].received_from, "198.51.100.7:40001");
  EXPECT_TRUE(store.lookup("sip:carol@example.org", kStart).empty());
  EXPECT_EQ(store.size(), 1U);
}

TEST(MemoryStore, WhatExpiredIsNotFoundAndSoonForgotten) {
  MemoryLocationStore store;
  ASSERT_TRUE(store.apply(one("bob", "sip:bob@10.0.0.1", 60), kStart));
  ASSERT_TRUE(store.apply(one("carol", "sip:carol@10.0.0.1", 90), kStart));
  EXPECT_EQ(store.expire(kStart + base::seconds(59)), 0U);
  EXPECT_EQ(store.lookup("sip:bob@example.org", kStart + base::seconds(59)).size(), 1U);
  EXPECT_TRUE(store.lookup("sip:bob@example.org", kStart + base::seconds(60)).empty());
  EXPECT_EQ(store.size(), 2U);
  EXPECT_EQ(store.expire(kStart + base::seconds(60)), 1U);
  EXPECT_EQ(store.size(), 1U);
  EXPECT_EQ(store.expire(kStart + base::seconds(90)), 1U);
  EXPECT_EQ(store.size(), 0U);
}

TEST(MemoryStore, ARefreshMovesTheExpiry) {
  MemoryLocationStore store;
  Update update = one("bob", "sip:bob@10.0.0.1", 60);
  ASSERT_TRUE(store.apply(update, kStart));
  ++update.cseq;
  ASSERT_TRUE(store.apply(update, kStart + base::seconds(50)));
  EXPECT_EQ(store.expire(kStart + base::seconds(70)), 0U);
  EXPECT_EQ(store.expire(kStart + base::seconds(110)), 1U);
}

TEST(MemoryStore, OneOfSeveralContactsMayExpire) {
  MemoryLocationStore store;
  ASSERT_TRUE(store.apply(one("bob", "sip:bob@10.0.0.1", 60), kStart));
  Update second = one("bob", "sip:bob@10.0.0.2", 90);
  second.call_id = "d";
  ASSERT_TRUE(store.apply(second, kStart));
  EXPECT_EQ(store.expire(kStart + base::seconds(60)), 1U);
  EXPECT_EQ(store.lookup("sip:bob@example.org", kStart + base::seconds(60)).size(), 1U);
  EXPECT_EQ(store.expire(kStart + base::seconds(90)), 1U);
  EXPECT_EQ(store.size(), 0U);
}

TEST(MemoryStore, AClosedConnectionTakesItsBindingsWithIt) {
  MemoryLocationStore store;
  ASSERT_TRUE(store.apply(one("bob", "sip:bob@10.0.0.1", 60, tcp_source(5).hop), kStart));
  ASSERT_TRUE(store.apply(one("carol", "sip:carol@10.0.0.1", 60, tcp_source(5).hop), kStart));
  ASSERT_TRUE(store.apply(one("dave", "sip:dave@10.0.0.1", 60, tcp_source(6).hop), kStart));
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{7}), 0U);
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{}), 0U);
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{5}), 2U);
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{5}), 0U);
  EXPECT_EQ(store.size(), 1U);
  EXPECT_EQ(store.lookup("sip:dave@example.org", kStart).size(), 1U);
}

TEST(MemoryStore, ABindingThatMovedToANewConnectionSurvivesTheOldOne) {
  MemoryLocationStore store;
  Update update = one("bob", "sip:bob@10.0.0.1", 60, tcp_source(5).hop);
  ASSERT_TRUE(store.apply(update, kStart));
  ++update.cseq;
  update.flow = tcp_source(6).hop;
  ASSERT_TRUE(store.apply(update, kStart));
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{5}), 0U);
  EXPECT_EQ(store.size(), 1U);
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{6}), 1U);
}

TEST(MemoryStore, TheLimitHoldsAtTheLimitAndOnePast) {
  MemoryLocationStore store(2);
  ASSERT_TRUE(store.apply(one("a", "sip:a@10.0.0.1"), kStart));
  ASSERT_TRUE(store.apply(one("b", "sip:b@10.0.0.1"), kStart));
  EXPECT_EQ(store.apply(one("c", "sip:c@10.0.0.1"), kStart).error(), UpdateError::StoreFull);
  EXPECT_TRUE(store.lookup("sip:c@example.org", kStart).empty());
  Update refresh = one("a", "sip:a@10.0.0.1");
  refresh.cseq = 2;
  EXPECT_TRUE(store.apply(refresh, kStart));
  EXPECT_EQ(store.remove_aor("sip:a@example.org"), 1U);
  EXPECT_EQ(store.remove_aor("sip:a@example.org"), 0U);
  EXPECT_TRUE(store.apply(one("c", "sip:c@10.0.0.1"), kStart));
}

TEST(MemoryStore, AFailedUpdateChangesNothing) {
  MemoryLocationStore store;
  ASSERT_TRUE(store.apply(one("bob", "sip:bob@10.0.0.1"), kStart));
  Update update = one("bob", "sip:bob@10.0.0.2");
  update.changes.push_back(update.changes[0]);
  update.changes[1].uri = "sip:bob@10.0.0.1";
  EXPECT_FALSE(store.apply(update, kStart));  // the second contact is out of order
  EXPECT_EQ(store.lookup("sip:bob@example.org", kStart).size(), 1U);
  EXPECT_EQ(store.size(), 1U);
}

TEST(MemoryStore, AFlowIsKnownByItsAddressOrItsConnection) {
  MemoryLocationStore store;
  ASSERT_TRUE(store.apply(one("bob", "sip:bob@10.0.0.1", 60, udp_source().hop), kStart));
  ASSERT_TRUE(store.apply(one("carol", "sip:carol@10.0.0.1", 60, tcp_source(5).hop), kStart));
  const std::string bob = "sip:bob@example.org", carol = "sip:carol@example.org";
  EXPECT_TRUE(came_over_binding(store, bob, udp_source().hop, kStart));
  EXPECT_FALSE(came_over_binding(store, bob, udp_source("198.51.100.7:40002").hop, kStart));
  EXPECT_FALSE(came_over_binding(store, bob, tcp_source(5).hop, kStart));
  EXPECT_TRUE(came_over_binding(store, carol, tcp_source(5).hop, kStart));
  EXPECT_FALSE(came_over_binding(store, carol, tcp_source(6).hop, kStart));
  EXPECT_FALSE(came_over_binding(store, bob, udp_source().hop, kStart + base::seconds(60)));
}

TEST(MemoryStore, ShardsShareItWithoutLosingCount) {
  MemoryLocationStore store(500);
  std::vector<std::jthread> shards;
  for (std::uint64_t shard = 1; shard <= 4; ++shard) {
    shards.emplace_back([&store, shard] {
      for (std::uint32_t i = 0; i < 2000; ++i) {
        Update update = one("user" + std::to_string(i % 97), "sip:x@10.0.0." + std::to_string(shard),
                            i % 5 == 0 ? 0 : 60, tcp_source(shard * 1000 + i % 3).hop);
        update.call_id = std::to_string(shard);
        update.cseq = i;
        (void)store.apply(update, kStart);
        (void)store.lookup(update.aor, kStart);
        if (i % 50 == 0) store.remove_flow(sip::ConnectionId{shard * 1000});
        if (i % 100 == 0) store.expire(kStart);
      }
    });
  }
  shards.clear();
  std::size_t counted = 0;
  for (int i = 0; i < 97; ++i) counted += store.lookup("sip:user" + std::to_string(i) + "@example.org", kStart).size();
  EXPECT_EQ(store.size(), counted);
  EXPECT_LE(store.size(), 500U);
  EXPECT_EQ(store.expire(kStart + base::seconds(60)), counted);
  EXPECT_EQ(store.size(), 0U);
}

}  // namespace
}  // namespace sbc::registrar
