#include "media-relay/rtp/extension.h"

#include <gtest/gtest.h>

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
  ExtensionIds set;
  for (const unsigned id : ids) set.set(id);
  keep_extensions(bytes, set);
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
