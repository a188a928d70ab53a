#include "media-relay/rtp/extension.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "bytes.h"

namespace rtp {
namespace {

using Bytes = std::vector<std::byte>;

// A packet of one contributing source with this extension; data in words.
Bytes packet(unsigned form, const Bytes& data) {
  Bytes out = bytes_of({0x91, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, form >> 8, form & 0xff, 0});
  out.push_back(static_cast<std::byte>(data.size() / 4));
  out.insert(out.end(), data.begin(), data.end());
  out.push_back(std::byte{'x'});
  return out;
}

Bytes kept(Bytes bytes, std::initializer_list<unsigned> ids) {
  ExtensionMap map{};
  for (const unsigned id : ids) map.set(static_cast<std::uint8_t>(id), static_cast<std::uint8_t>(id));
  EXPECT_EQ(map_extensions(bytes, bytes.size(), map), bytes.size());
  return bytes;
}

Bytes mapped(Bytes bytes, std::initializer_list<std::pair<unsigned, std::uint8_t>> rules, std::size_t room = 64) {
  ExtensionMap map{};
  for (const auto& [from, to] : rules) map.set(static_cast<std::uint8_t>(from), to);
  const std::size_t size = bytes.size();
  bytes.resize(size + room);
  bytes.resize(map_extensions(bytes, size, map));
  return bytes;
}

// RFC 8285 4.2.
TEST(Extension, OneByteElementsThatWereNotAgreedOnBecomePadding) {
  const Bytes both = packet(0xbede, bytes_of({0x10, 'a', 0x22, 'b', 'c', 'd', 0, 0}));
  EXPECT_EQ(kept(both, {1, 2}), both);
  EXPECT_EQ(kept(both, {2}), packet(0xbede, bytes_of({0, 0, 0x22, 'b', 'c', 'd', 0, 0})));
  EXPECT_EQ(kept(both, {1}), packet(0xbede, bytes_of({0x10, 'a', 0, 0, 0, 0, 0, 0})));
  EXPECT_EQ(kept(both, {}), packet(0xbede, bytes_of({0, 0, 0, 0, 0, 0, 0, 0})));
  // Padding between elements.
  EXPECT_EQ(kept(packet(0xbede, bytes_of({0, 0x10, 'a', 0, 0, 0, 0x20, 'b'})), {2}),
            packet(0xbede, bytes_of({0, 0, 0, 0, 0, 0, 0x20, 'b'})));
}

// RFC 8285 4.3: an element may be empty.
TEST(Extension, TwoByteElementsLikewise) {
  const Bytes both = packet(0x1005, bytes_of({1, 0, 200, 3, 'b', 'c', 'd', 0}));
  EXPECT_EQ(kept(both, {1, 200}), both);
  EXPECT_EQ(kept(both, {200}), packet(0x1005, bytes_of({0, 0, 200, 3, 'b', 'c', 'd', 0})));
  EXPECT_EQ(kept(both, {1}), packet(0x1005, bytes_of({1, 0, 0, 0, 0, 0, 0, 0})));
}

// RFC 8285 5: each side has identifiers of its own, which it does not change.
TEST(Extension, ElementsLeaveUnderTheListenersIdentifiers) {
  const Bytes both = packet(0xbede, bytes_of({0x10, 'a', 0x22, 'b', 'c', 'd', 0, 0}));
  EXPECT_EQ(mapped(both, {{1, 2}, {2, 1}}), packet(0xbede, bytes_of({0x20, 'a', 0x12, 'b', 'c', 'd', 0, 0})));
  EXPECT_EQ(mapped(both, {{2, 14}}), packet(0xbede, bytes_of({0, 0, 0xe2, 'b', 'c', 'd', 0, 0})));
  const Bytes wide = packet(0x1005, bytes_of({1, 0, 200, 3, 'b', 'c', 'd', 0}));
  EXPECT_EQ(mapped(wide, {{1, 255}, {200, 4}}), packet(0x1005, bytes_of({255, 0, 4, 3, 'b', 'c', 'd', 0})));
}

// RFC 8285 4.2: the one-byte form has no identifiers above 14.
TEST(Extension, HighIdentifiersTakeTheTwoByteForm) {
  const Bytes both = packet(0xbede, bytes_of({0x10, 'a', 0x22, 'b', 'c', 'd', 0, 0}));
  EXPECT_EQ(mapped(both, {{1, 15}, {2, 2}}), packet(0x1000, bytes_of({15, 1, 'a', 2, 3, 'b', 'c', 'd'})));
  EXPECT_EQ(mapped(both, {{1, 200}}), packet(0x1000, bytes_of({200, 1, 'a', 0})));
  const Bytes full = packet(0xbede, bytes_of({0x10, 'a', 0x10, 'b', 0x10, 'c', 0x10, 'd'}));
  const Bytes grown = bytes_of({16, 1, 'a', 16, 1, 'b', 16, 1, 'c', 16, 1, 'd'});
  EXPECT_EQ(mapped(full, {{1, 16}}), packet(0x1000, grown));
  EXPECT_EQ(mapped(full, {{1, 16}}, 4), packet(0x1000, grown));
  EXPECT_EQ(mapped(full, {{1, 16}}, 3), packet(0xbede, Bytes(8)));  // no room
}

TEST(Extension, WhatCannotBeReadIsNotPassed) {
  // Elements that reach over the end, and what stands behind the mark that ends them all.
  EXPECT_EQ(kept(packet(0xbede, bytes_of({0x10, 'a', 0x2f, 'b'})), {1, 2}),
            packet(0xbede, bytes_of({0x10, 'a', 0, 0})));
  EXPECT_EQ(kept(packet(0xbede, bytes_of({0xf0, 0x10, 'a', 'b'})), {1, 15}), packet(0xbede, bytes_of({0, 0, 0, 0})));
  EXPECT_EQ(kept(packet(0x1000, bytes_of({1, 9, 'a', 'b'})), {1}), packet(0x1000, bytes_of({0, 0, 0, 0})));
  EXPECT_EQ(kept(packet(0x1000, bytes_of({0, 0, 0, 1})), {1}), packet(0x1000, bytes_of({0, 0, 0, 0})));
  // RFC 3550 5.3.1: some profile's own, with anything in it.
  EXPECT_EQ(kept(packet(0xabac, bytes_of({1, 2, 3, 4})), {1}), packet(0xbede, bytes_of({0, 0, 0, 0})));
}

TEST(Extension, PacketsWithoutOneStayAsTheyAre) {
  const Bytes plain = bytes_of({0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x10, 'a', 0, 0});
  EXPECT_EQ(kept(plain, {}), plain);
}

}  // namespace
}  // namespace rtp
