#include "media-relay/packet/packet.h"

#include <gtest/gtest.h>

#include "media-relay/packet/batch.h"

namespace packet {
namespace {

TEST(Packet, StartsWithoutAWayOut) {
  Buffers buffers;
  Packet p;
  p.leaves_by = PortIndex{3};
  p.assign(buffers[0], 10);
  EXPECT_FALSE(p.leaves());
  EXPECT_FALSE(p.arrived_on);
  EXPECT_EQ(p.bytes().size(), 10u);
  p.leaves_by = PortIndex{0};
  EXPECT_TRUE(p.leaves());
  p.drop();
  EXPECT_FALSE(p.leaves());
}

TEST(Packet, GrowsIntoItsTailroomAndNoFurther) {
  Buffers buffers;
  Packet p;
  p.assign(buffers[0], kMaxDatagramBytes);
  EXPECT_EQ(p.tailroom(), kTailroomBytes);
  EXPECT_TRUE(p.resize(kStorageBytes));
  EXPECT_FALSE(p.resize(kStorageBytes + 1));
  EXPECT_EQ(p.size(), kStorageBytes);
}

TEST(Batch, HoldsAsManyAsItSays) {
  Batch batch;
  EXPECT_TRUE(batch.empty());
  for (std::size_t i = 0; i < kBatchPackets; ++i) {
    EXPECT_FALSE(batch.full());
    batch.add();
  }
  EXPECT_TRUE(batch.full());
  EXPECT_EQ(batch.packets().size(), kBatchPackets);
  batch.take_back();
  EXPECT_FALSE(batch.full());
  batch.clear();
  EXPECT_TRUE(batch.empty());
}

TEST(Buffers, DoNotOverlap) {
  Buffers buffers;
  for (std::size_t i = 0; i + 1 < kBatchPackets; ++i)
    EXPECT_EQ(buffers[i].data() + kStorageBytes, buffers[i + 1].data());
}

}  // namespace
}  // namespace packet
