#include "media-relay/recording/ring.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace recording {
namespace {

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::vector<std::string> drain(Ring& ring) {
  std::vector<std::string> out;
  ring.drain([&](std::span<const std::byte> piece) {
    out.emplace_back(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return out;
}

TEST(Ring, HandsOutWholePiecesInOrderOverTheSeam) {
  Ring ring(256);
  for (int round = 0; round < 100; ++round) {
    const std::string body(static_cast<std::size_t>(round % 70), static_cast<char>('a' + round % 26));
    EXPECT_TRUE(ring.push(bytes("head"), bytes(body)));
    EXPECT_TRUE(ring.push(bytes("x"), {}));
    EXPECT_EQ(drain(ring), (std::vector<std::string>{"head" + body, "x"})) << round;
  }
  EXPECT_EQ(ring.lost(), 0U);
}

TEST(Ring, WhatFindsNoRoomIsCountedAndTheOthersStay) {
  Ring ring(64);
  const std::string body(16, 'b');
  EXPECT_TRUE(ring.push({}, bytes(body)));
  EXPECT_TRUE(ring.push({}, bytes(body)));
  EXPECT_FALSE(ring.push({}, bytes(body)));
  EXPECT_EQ(ring.lost(), 1U);
  EXPECT_EQ(drain(ring), (std::vector<std::string>{body, body}));
  EXPECT_TRUE(ring.push({}, bytes(body)));
  EXPECT_FALSE(ring.push({}, bytes(std::string(60, 'c')))) << "larger than the ring";
}

TEST(Ring, OneThreadPutsInAndAnotherOneTakesOut) {
  Ring ring(1024);
  constexpr std::uint32_t kCount = 20'000;
  std::thread writer([&ring] {
    for (std::uint32_t i = 0; i < kCount; ++i) {
      const std::string body(i % 40, 'x');
      while (!ring.push(std::as_bytes(std::span(&i, 1)), bytes(body))) std::this_thread::yield();
    }
  });
  std::uint32_t next = 0;
  bool right = true;
  while (next < kCount)
    ring.drain([&](std::span<const std::byte> piece) {
      std::uint32_t number = 0;
      std::memcpy(&number, piece.data(), sizeof number);
      right = right && number == next && piece.size() == sizeof number + next % 40;
      ++next;
    });
  writer.join();
  EXPECT_TRUE(right);
}

}  // namespace
}  // namespace recording
