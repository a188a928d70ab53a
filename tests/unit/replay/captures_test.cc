// Packets out of captures.

#include "captures.h"

#include <gtest/gtest.h>

#include "sbc/replay/fragments.h"
#include "sbc/replay/hep.h"
#include "sbc/replay/limits.h"
#include "sbc/replay/pcap.h"

namespace sbc::replay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): builders of captures

Unwrapped of(std::uint32_t link, const std::string& bytes) {
  return unwrap({.at_us = 5, .link = link, .bytes = bytes});
}

std::string told(const Unwrapped& unwrapped) {
  if (unwrapped.unusable) return "unusable " + std::to_string(static_cast<int>(*unwrapped.unusable));
  if (!unwrapped.packet) return "nothing";
  const auto& packet = *unwrapped.packet;
  return (packet.kind == Packet::Kind::Udp ? "udp " : "tcp ") + packet.from.text() + " " + packet.to.text() + " " +
         std::string(packet.payload);
}

constexpr const char* kTold = "udp 192.0.2.5:5070 198.51.100.1:5060 hello";
constexpr const char* kTold6 = "udp [2001:db8::5]:5070 [2001:db8::1]:5060 hello";

TEST(Unwrap, FindsWhatEachKindOfLinkCarries) {
  const std::string v4 = ipv4(udp("hello"));
  EXPECT_EQ(told(of(1, ethernet(v4))), kTold);
  EXPECT_EQ(told(of(1, ethernet(v4) + "padding")), kTold) << "short frames are filled up";
  EXPECT_EQ(told(of(1, ethernet(big(7, 2) + big(0x0800, 2) + v4, 0x8100))), kTold);
  EXPECT_EQ(told(of(1, ethernet(big(7, 2) + big(0x8100, 2) + big(8, 2) + big(0x0800, 2) + v4, 0x88a8))), kTold);
  EXPECT_EQ(told(of(1, ethernet(ipv6(udp("hello")), 0x86dd))), kTold6);
  EXPECT_EQ(told(of(101, v4)), kTold);
  EXPECT_EQ(told(of(101, ipv6(udp("hello")))), kTold6);
  EXPECT_EQ(told(of(228, v4)), kTold);
  EXPECT_EQ(told(of(0, big(2, 4) + v4)), kTold);
  EXPECT_EQ(told(of(113, std::string(14, '\0') + big(0x0800, 2) + v4)), kTold);
  EXPECT_EQ(told(of(276, big(0x0800, 2) + std::string(18, '\0') + v4)), kTold);
  EXPECT_EQ(told(of(147, v4)), "unusable 0");
}

TEST(Unwrap, FindsTransportsAndPassesOverOthers) {
  EXPECT_EQ(told(of(101, ipv4(tcp("hello", 7), 6))), "tcp 192.0.2.5:5070 198.51.100.1:5060 hello");
  EXPECT_EQ(of(101, ipv4(tcp("", 7, 2), 6)).packet->sequence, 8U) << "a SYN takes a number";
  EXPECT_EQ(told(of(101, ipv4("icmp", 1))), "nothing");
  EXPECT_EQ(told(of(1, ethernet("arp", 0x0806))), "nothing");
  EXPECT_EQ(told(of(101, ipv6(std::string("\x11\x00", 2) + std::string(6, '\0') + udp("hello"), 0))), kTold6)
      << "behind hop-by-hop options";
  EXPECT_EQ(told(of(101, ipv6("icmp", 58))), "nothing");
}

TEST(Unwrap, SaysWhatIsCut) {
  const std::string whole = ethernet(ipv4(udp("hello")));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(told(of(1, whole.substr(0, size))), "unusable 1") << size;
  const std::string whole6 = ethernet(ipv6(tcp("hello", 1), 6), 0x86dd);
  for (std::size_t size = 0; size < whole6.size(); ++size)
    EXPECT_EQ(told(of(1, whole6.substr(0, size))), "unusable 1") << size;
}

// A capture's datagrams, and how many fragments were left over.
struct Assembly {
  Fragments fragments;
  std::string text;
  std::int64_t now = 1'000'000;

  void add(const std::string& bytes) {
    const auto part = unwrap({.at_us = now, .link = 101, .bytes = bytes});
    ASSERT_TRUE(part.fragment);
    if (const auto whole = fragments.add(*part.fragment, now)) text += told(*whole) + "\n";
  }
};

std::string v4_part(std::string_view bytes, std::size_t offset, bool more, std::uint16_t id = 7) {
  return ipv4(bytes, 17, static_cast<std::uint16_t>(offset / 8 | (more ? 0x2000 : 0)), id);
}
std::string v6_part(std::string_view bytes, std::size_t offset, bool more) {
  return ipv6(big(17, 1) + big(0, 1) + big(offset | (more ? 1 : 0), 2) + big(9, 4) + std::string(bytes), 44);
}

const std::string kLong = udp("a message that is longer than what fits into one packet");

TEST(Fragments, AreOneDatagramInAnyOrder) {
  Assembly in_order;
  in_order.add(v4_part(kLong.substr(0, 16), 0, true));
  in_order.add(v4_part(kLong.substr(16, 16), 16, true));
  in_order.add(v4_part(kLong.substr(16, 16), 16, true));  // the network's doing
  EXPECT_EQ(in_order.text, "");
  in_order.add(v4_part(kLong.substr(32), 32, false));
  const std::string expected = "udp 192.0.2.5:5070 198.51.100.1:5060 " + kLong.substr(8) + "\n";
  EXPECT_EQ(in_order.text, expected);
  EXPECT_EQ(in_order.fragments.lost(), 0U);

  Assembly turned;
  turned.add(v4_part(kLong.substr(32), 32, false));
  turned.add(v4_part(kLong.substr(0, 16), 0, true, 8));  // of another datagram
  turned.add(v4_part(kLong.substr(16, 16), 16, true));
  turned.add(v4_part(kLong.substr(0, 16), 0, true));
  EXPECT_EQ(turned.text, expected);
  EXPECT_EQ(turned.fragments.lost(), 1U);

  Assembly six;
  six.add(v6_part(kLong.substr(0, 24), 0, true));
  six.add(v6_part(kLong.substr(24), 24, false));
  six.add(v6_part(udp("hello"), 0, false));  // RFC 6946: a whole one
  EXPECT_EQ(six.text,
            "udp [2001:db8::5]:5070 [2001:db8::1]:5060 " + kLong.substr(8) + "\n" + std::string(kTold6) + "\n");
}

TEST(Fragments, AtOddsWithEachOtherAreNoDatagram) {
  Assembly overlap;
  overlap.add(v4_part(kLong.substr(0, 24), 0, true));
  overlap.add(v4_part(kLong.substr(16, 16), 16, true));
  overlap.add(v4_part(kLong.substr(24), 24, false));
  EXPECT_EQ(overlap.text, "") << "RFC 5722 4";
  EXPECT_EQ(overlap.fragments.lost(), 3U);

  Assembly again;
  again.add(v4_part(kLong.substr(0, 16), 0, true));
  again.add(v4_part(kLong.substr(16), 16, false));
  again.add(v4_part("late", 16, false));
  EXPECT_EQ(again.fragments.lost(), 1U) << "the first datagram was whole; this is a new one";

  Assembly huge;
  huge.add(v4_part(std::string(64, 'x'), 65528, false));
  EXPECT_EQ(huge.fragments.lost(), 1U) << "the ping of death";
  huge.add(v4_part("odd", 0, true));
  EXPECT_EQ(huge.fragments.lost(), 2U) << "only the last one may have a length that is no multiple of 8";
}

TEST(Fragments, AreNotKeptForEver) {
  Assembly slow;
  slow.add(v4_part(kLong.substr(0, 16), 0, true));
  slow.now += kFragmentWaitUs + 1;
  slow.add(v4_part(kLong.substr(16), 16, false));
  EXPECT_EQ(slow.text, "");
  EXPECT_EQ(slow.fragments.lost(), 2U);

  Assembly many;
  for (std::uint16_t id = 0; id <= kMaxDatagrams; ++id) many.add(v4_part(kLong.substr(0, 16), 0, true, id));
  many.add(v4_part(kLong.substr(16), 16, false, 0));
  EXPECT_EQ(many.text, "") << "the oldest one has gone";
  many.add(v4_part(kLong.substr(16), 16, false, 5));
  EXPECT_NE(many.text, "");
}

std::string told(PcapReader& reader) {
  std::string text;
  while (const auto record = reader.next())
    text +=
        std::to_string(record->at_us) + "/" + std::to_string(record->link) + " " + std::string(record->bytes) + "\n";
  return text + reader.error();
}
std::string read_pcap(const std::string& bytes) {
  PcapReader reader(bytes);
  return told(reader);
}

TEST(Pcap, IsReadInBothOrdersAndUnits) {
  Pcap file;
  file.add("one");
  file.add("");
  EXPECT_TRUE(PcapReader::begins(file.bytes));
  EXPECT_EQ(read_pcap(file.bytes), "1700000001250000/1 one\n1700000002250000/1 \n");
  const std::string nano = big(0xa1b23c4d, 4) + big(0x00020004, 4) + std::string(8, '\0') + big(65535, 4) +
                           big(101, 4) + big(1, 4) + big(999'999'999, 4) + big(3, 4) + big(60, 4) + "two";
  EXPECT_TRUE(PcapReader::begins(nano));
  EXPECT_EQ(read_pcap(nano), "1999999/101 two\n");
  EXPECT_FALSE(PcapReader::begins("{\"version\":1"));
}

TEST(Pcap, SaysWhereItEnds) {
  Pcap file;
  file.add("one");
  EXPECT_EQ(read_pcap(file.bytes.substr(0, file.bytes.size() - 1)),
            "byte 24: the capture is cut off inside of a packet");
  EXPECT_EQ(read_pcap(file.bytes + "abc"),
            "1700000001250000/1 one\nbyte 43: the capture is cut off inside of a packet");
  EXPECT_EQ(read_pcap(file.bytes.substr(0, 20)), "byte 0: this is no capture");
  Pcap most;
  most.add(std::string(kMaxPacket, 'x'));
  EXPECT_EQ(read_pcap(most.bytes).size(), 19 + kMaxPacket + 1);
  Pcap more;
  more.add(std::string(kMaxPacket + 1, 'x'));
  EXPECT_EQ(read_pcap(more.bytes), "byte 24: a packet of 262145 bytes is none");
}

std::string section(bool swapped = false) {
  const auto order = swapped ? big(0x1a2b3c4d, 4) : little(0x1a2b3c4d, 4);
  return block(0x0a0d0d0a, order + std::string(12, '\0'), swapped);
}
std::string enhanced(std::uint32_t interface, std::uint64_t stamp, std::string_view bytes) {
  return block(6, little(interface, 4) + little(stamp >> 32, 4) + little(stamp & 0xffffffff, 4) +
                      little(bytes.size(), 4) + little(bytes.size(), 4) + std::string(bytes));
}

TEST(PcapNg, IsReadWithEachInterfacesOwnClock) {
  const std::string usual = block(1, little(1, 2) + little(0, 6));
  const std::string nano = block(1, little(101, 2) + little(0, 6) + little(2, 2) + little(3, 2) + "eth" + '\0' +
                                        little(9, 2) + little(1, 2) + "\x09" + std::string(3, '\0') + little(0, 4));
  const std::string binary =
      block(1, little(113, 2) + little(0, 6) + little(9, 2) + little(1, 2) + "\x8a" + std::string(3, '\0'));
  const std::string file = section() + usual + nano + binary + block(5, "statistics") + enhanced(0, 1'000'001, "a") +
                           enhanced(1, 2'000'000'999, "bb") + enhanced(2, 3 * 1024 + 512, "ccc") +
                           block(3, little(2, 4) + "dd") + section(true) + block(1, big(101, 2) + big(0, 6), true) +
                           block(6, big(0, 4) + big(0, 4) + big(7, 4) + big(1, 4) + big(1, 4) + "e", true);
  EXPECT_TRUE(PcapReader::begins(file));
  EXPECT_EQ(read_pcap(file), "1000001/1 a\n2000001/101 bb\n3500000/113 ccc\n0/1 dd\n7/101 e\n");
}

TEST(PcapNg, SaysWhatIsWrong) {
  const std::string usual = block(1, little(1, 2) + little(0, 6));
  EXPECT_TRUE(read_pcap(section() + enhanced(0, 1, "a")).contains("an interface that is not described"));
  EXPECT_TRUE(
      read_pcap(section() + usual + little(6, 4) + little(7, 4) + "    ").contains("no length that blocks have"));
  EXPECT_TRUE(read_pcap(section() + usual + little(6, 4) + little(400, 4) + "    ").contains("inside of a block"));
  EXPECT_TRUE(read_pcap(block(0x0a0d0d0a, "abcd")).contains("no byte order"));
  std::string many = section();
  for (std::size_t i = 0; i < kMaxInterfaces; ++i) many += usual;
  EXPECT_EQ(read_pcap(many), "");
  EXPECT_TRUE(read_pcap(many + usual).contains("more than 256 interfaces"));
}

std::string read_hep(const std::string& bytes) {
  HepReader reader(bytes);
  std::string text;
  while (const auto packet = reader.next())
    text +=
        std::to_string(packet->at_us) + " " + told(Unwrapped{.packet = packet, .unusable = {}, .fragment = {}}) + "\n";
  return text + reader.error();
}

TEST(Hep, IsReadPacketAfterPacket) {
  const std::string one = hep_sip("hello");
  EXPECT_TRUE(HepReader::begins(one));
  EXPECT_EQ(read_hep(one), "1700000001250000 " + std::string(kTold) + "\n");
  const std::string v6 = big(0x20010db800000000, 8) + big(0, 7);
  const std::string six = hep(chunk(0x2222, "other", 9) + chunk(2, big(6, 1)) + chunk(5, v6 + "\x05") +
                              chunk(6, v6 + "\x01") + chunk(7, big(5070, 2)) + chunk(8, big(5060, 2)) +
                              chunk(9, big(1, 4)) + chunk(10, big(0, 4)) + chunk(11, big(1, 1)) + chunk(15, "hi"));
  const std::string rtcp = hep(chunk(2, big(17, 1)) + chunk(11, big(5, 1)) + chunk(15, "{}"));
  EXPECT_EQ(read_hep(rtcp + six + rtcp + one),
            "1000000 tcp [2001:db8::5]:5070 [2001:db8::1]:5060 hi\n1700000001250000 " + std::string(kTold) + "\n");
}

TEST(Hep, SaysWhatIsWrong) {
  const std::string one = hep_sip("hello");
  EXPECT_EQ(read_hep(one.substr(0, one.size() - 1)), "byte 0: the capture is cut off inside of a packet");
  EXPECT_TRUE(read_hep(one + "HEP2").ends_with("a packet of HEP begins with HEP3"));
  EXPECT_EQ(read_hep("HEP3" + big(5, 2)), "byte 0: a packet has no length");
  EXPECT_EQ(read_hep(hep(big(0, 2) + big(15, 2) + big(60, 2) + "x")), "byte 0: a chunk is longer than its packet");
  EXPECT_EQ(read_hep(hep(big(0, 2) + big(15, 2) + big(5, 2))), "byte 0: a chunk is longer than its packet");
  EXPECT_EQ(read_hep(hep("abc")), "byte 0: a chunk is longer than its packet");
}

}  // namespace
}  // namespace sbc::replay
