#include "media-relay/rtp/rtcp.h"

#include <gtest/gtest.h>

#include "media-relay/rtp/sdes.h"

#include "bytes.h"

namespace rtp {
namespace {

// An empty receiver report of source 01020304, as compounds begin (RFC 3550 6.1).
std::vector<std::byte> receiver_report() {
  return bytes_of({0x80, 201, 0, 1, 1, 2, 3, 4});
}

// A source description with one chunk of the given items.
std::vector<std::byte> description(const std::vector<std::pair<unsigned, std::string>>& items) {
  std::vector<std::byte> out = bytes_of({0x81, 202, 0, 0, 1, 2, 3, 4});
  for (const auto& [type, text] : items) {
    out.push_back(static_cast<std::byte>(type));
    out.push_back(static_cast<std::byte>(text.size()));
    append(out, text);
  }
  do out.push_back(std::byte{0});
  while (out.size() % 4 != 0);
  out[3] = static_cast<std::byte>(out.size() / 4 - 1);
  return out;
}

std::vector<std::byte> joined(std::vector<std::byte> a, const std::vector<std::byte>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(Compound, ReadsSeveralPackets) {
  const auto bytes = joined(receiver_report(), description({{1, "user@host"}}));
  const auto compound = read_compound(bytes);
  ASSERT_TRUE(compound);
  EXPECT_EQ(compound->first_type, kReceiverReport);
  EXPECT_EQ(compound->sender_ssrc, 0x01020304u);
  EXPECT_EQ(compound->packets, 2u);
}

// RFC 3550 A.2: the lengths of the packets must add up to the length of the compound.
TEST(Compound, RefusesLengthsThatDoNotAddUp) {
  auto bytes = receiver_report();
  for (const unsigned length : {0u, 2u, 0xffu}) {
    bytes[3] = static_cast<std::byte>(length);
    EXPECT_FALSE(read_compound(bytes)) << length;
  }
  const auto whole = receiver_report();
  for (std::size_t size = 0; size < 8; ++size) EXPECT_FALSE(read_compound(std::span(whole).first(size))) << size;
}

TEST(Compound, RefusesOtherVersionsAndTypes) {
  auto bytes = receiver_report();
  bytes[0] = std::byte{0x40};
  EXPECT_FALSE(read_compound(bytes));
  bytes = joined(receiver_report(), receiver_report());
  bytes[9] = std::byte{8};
  EXPECT_FALSE(read_compound(bytes));
}

// RFC 5506: feedback may travel without a report before it.
TEST(Compound, AcceptsReducedSize) {
  EXPECT_TRUE(read_compound(bytes_of({0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8})));
}

TEST(HideNames, ReplacesCnameAndBlanksTheRestWithoutMovingAByte) {
  const auto before = joined(
      receiver_report(), description({{1, "alice@192.168.1.20"}, {2, "Alice"}, {6, "phone 1.2"}, {8, "\4xsecret"}}));
  auto after = before;
  hide_names(after, {1, 2});
  ASSERT_EQ(after.size(), before.size());
  EXPECT_TRUE(read_compound(after));
  const std::string text = text_of(after);
  for (const char* secret : {"alice", "192.168", "Alice", "phone", "secret"})
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  EXPECT_EQ(text.substr(0, 18), text_of(before).substr(0, 18));  // the report, headers, SSRC and first item's type
}

// RFC 3550 6.5.1: receivers need one name per source to match its streams; RFC 7022: and cannot learn from it who that
// is.
TEST(HideNames, OneNameStaysOneNameUnderOneKey) {
  auto first = description({{1, "alice@192.168.1.20"}});
  auto again = first;
  auto other_key = first;
  auto other_name = description({{1, "alice@192.168.1.21"}});
  hide_names(first, {1, 2});
  hide_names(again, {1, 2});
  hide_names(other_key, {1, 3});
  hide_names(other_name, {1, 2});
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other_key);
  EXPECT_NE(first, other_name);
}

TEST(HideNames, ReachesEveryChunk) {
  auto bytes = bytes_of({0x82, 202, 0, 0, 1, 2, 3, 4, 1, 2});
  append(bytes, "ab");
  for (const unsigned b : {0u, 0u, 0u, 0u, 5u, 6u, 7u, 8u, 1u, 5u}) bytes.push_back(static_cast<std::byte>(b));
  append(bytes, "cdefg");
  bytes.push_back(std::byte{0});
  bytes[3] = static_cast<std::byte>(bytes.size() / 4 - 1);
  ASSERT_TRUE(read_compound(bytes));
  hide_names(bytes, {1, 2});
  EXPECT_EQ(text_of(bytes).find("cdefg"), std::string::npos);
}

TEST(HideNames, AnItemThatRunsOutOfItsPacketDoesNotPass) {
  auto bytes = bytes_of({0x81, 202, 0, 3, 1, 2, 3, 4, 2, 200});
  append(bytes, "secret");
  ASSERT_TRUE(read_compound(bytes));
  hide_names(bytes, {1, 2});
  EXPECT_EQ(text_of(bytes).find("secret"), std::string::npos);
}

TEST(HideNames, BlanksTheReasonOfABye) {
  auto bytes = bytes_of({0x81, 203, 0, 3, 1, 2, 3, 4, 7});
  append(bytes, "alice !");
  ASSERT_TRUE(read_compound(bytes));
  hide_names(bytes, {1, 2});
  EXPECT_EQ(text_of(bytes).find("alice"), std::string::npos);
}

}  // namespace
}  // namespace rtp
