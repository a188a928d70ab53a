#include "media-relay/rtp/media_id.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "media-relay/rtp/extension.h"
#include "media-relay/rtp/header.h"

namespace rtp {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

// One with two contributing sources, and this behind its header.
Bytes packet(std::string_view extension, std::string_view payload = "payload") {
  std::string out = std::string("\x82\x60\x00\x01\x00\x00\x00\x02\x00\x00\x00\x07", 12) + "cccccccc";
  if (!extension.empty()) out[0] = static_cast<char>(out[0] | 0x10);
  return bytes_of(out.append(extension).append(payload));
}

Bytes named(Bytes bytes, std::string_view name = "v1", std::uint8_t id = 4, std::size_t room = kMaxMediaIdGrowth) {
  const std::size_t size = bytes.size();
  bytes.resize(size + room);
  bytes.resize(write_media_id(bytes, size, id, name));
  return bytes;
}

std::string payload_of(const Bytes& bytes) {
  const auto header = read_header(bytes);
  if (!header) return "(malformed)";
  return {reinterpret_cast<const char*>(bytes.data()) + header->payload_offset, header->payload_size};
}

using namespace std::string_literals;

TEST(MediaId, IsReadInBothForms) {
  EXPECT_EQ(read_media_id(packet("\xbe\xde\x00\x02\x10x\x41v1\x00\x00\x00"s), 4), "v1");
  EXPECT_EQ(read_media_id(packet("\x10\x00\x00\x02\x04\x02v1\x21\x01x\x00"s), 4), "v1");
  EXPECT_EQ(read_media_id(packet("\x10\x00\x00\x02\x04\x02v1\x21\x01x\x00"s), 0x21), "x");
  EXPECT_EQ(read_media_id(packet(""), 4), std::nullopt);
  EXPECT_EQ(read_media_id(packet("\xbe\xde\x00\x01\x10x\x00\x00"s), 4), std::nullopt);
  EXPECT_EQ(read_media_id(packet("\xab\xcd\x00\x01\x41v1\x00"s), 4), std::nullopt) << "another form";
  EXPECT_EQ(read_media_id(packet("\xbe\xde\x00\x01\xf0\x40x\x00"s), 4), std::nullopt) << "behind the end";
  EXPECT_EQ(read_media_id(packet("\xbe\xde\x00\x01\x4fxyz"s), 4), std::nullopt) << "longer than the extension";
}

TEST(MediaId, IsWrittenBehindWhatIsThere) {
  for (const std::string& extension :
       {""s, "\xbe\xde\x00\x01\x10x\x00\x00"s, "\xbe\xde\x00\x01\x12xyz"s,
        "\xbe\xde\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"s, "\x10\x00\x00\x01\x01\x01x\x00"s, "\xbe\xde\x00\x00"s}) {
    for (const std::string_view name : {"v", "v1", "0123456789abcdef"}) {
      const Bytes before = packet(extension);
      const Bytes after = named(before, name);
      EXPECT_EQ(read_media_id(after, 4), name);
      EXPECT_EQ(payload_of(after), "payload");
      EXPECT_EQ(read_media_id(after, 1), read_media_id(before, 1)) << "what was there stays";
      EXPECT_LE(after.size(), before.size() + kMaxMediaIdGrowth);
    }
  }
  EXPECT_EQ(named(packet("\xbe\xde\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"s)).size(), packet("").size() + 12)
      << "padding has room for it";
}

TEST(MediaId, IsLeftOutWhereThereIsNoRoomAndInAnotherForm) {
  const Bytes bare = packet("");
  EXPECT_EQ(named(bare, "v1", 4, 7), bare);
  EXPECT_NE(named(bare, "v1", 4, 8), bare);
  const Bytes strange = packet("\xab\xcd\x00\x01\x41v1\x00"s);
  EXPECT_EQ(named(strange), strange);
}

}  // namespace
}  // namespace rtp
