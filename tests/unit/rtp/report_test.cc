#include "media-relay/rtp/report.h"

#include <gtest/gtest.h>

#include "bytes.h"

namespace rtp {
namespace {

using base::milliseconds;

constexpr base::Instant kStart{base::seconds(100)};

void put32(std::vector<std::byte>& out, std::uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(word >> shift & 0xff));
}

// A sender report without blocks whose NTP time has these middle 32 bits.
std::vector<std::byte> sender_report(std::uint32_t middle) {
  auto out = bytes_of({0x80, 200, 0, 6, 0, 0, 0, 7});
  put32(out, 0xaaaa0000 | middle >> 16);
  put32(out, middle << 16 | 0x5555);
  for (int i = 0; i < 3; ++i) put32(out, 0);
  return out;
}

std::vector<std::byte> receiver_report(std::uint32_t last_report, base::Duration waited, std::uint32_t losses = 0) {
  auto out = bytes_of({0x81, 201, 0, 7, 0, 0, 0, 9});
  put32(out, 7);
  put32(out, losses);
  put32(out, 1000);
  put32(out, 80);
  put32(out, last_report);
  put32(out, static_cast<std::uint32_t>(waited.count() * 65536 / 1'000'000'000));
  return out;
}

base::Duration about(base::Duration d) {
  return base::Duration(d.count() / 1'000'000 * 1'000'000 + (d.count() % 1'000'000 > 500'000 ? 1'000'000 : 0));
}

// RFC 3550 6.4.1: A - LSR - DLSR.
TEST(PeerReports, MeasureTheRoundTripByTheLastSenderReport) {
  PeerReports reports;
  reports.told(sender_report(0xb44db705), kStart);
  reports.heard(receiver_report(0xb44db705, milliseconds(5250)), kStart + milliseconds(5250 + 120));
  ASSERT_TRUE(reports.round_trip());
  EXPECT_EQ(about(*reports.round_trip()), milliseconds(120));
}

TEST(PeerReports, OneTripOfManyMovesTheAverageByAnEighth) {
  PeerReports reports;
  reports.told(sender_report(1), kStart);
  reports.heard(receiver_report(1, {}), kStart + milliseconds(100));
  reports.heard(receiver_report(1, {}), kStart + milliseconds(900));
  EXPECT_EQ(about(*reports.round_trip()), milliseconds(200));
}

TEST(PeerReports, AReportOnWhatWeNeverSentMeasuresNothing) {
  PeerReports reports;
  reports.told(sender_report(1), kStart);
  reports.heard(receiver_report(2, {}), kStart + milliseconds(100));
  reports.heard(receiver_report(0, {}), kStart + milliseconds(100));
  EXPECT_FALSE(reports.round_trip());
}

TEST(PeerReports, APeerThatWaitedLongerThanTimePassedIsNotBelieved) {
  PeerReports reports;
  reports.told(sender_report(1), kStart);
  reports.heard(receiver_report(1, milliseconds(500)), kStart + milliseconds(100));
  EXPECT_FALSE(reports.round_trip());
  reports.heard(receiver_report(1, {}), kStart + base::seconds(60));
  EXPECT_FALSE(reports.round_trip());
}

TEST(PeerReports, ReportsMayAnswerOneOfTheLastFourSenderReports) {
  PeerReports reports;
  for (std::uint32_t i = 1; i <= 5; ++i) reports.told(sender_report(i), kStart + base::seconds(i));
  reports.heard(receiver_report(1, {}), kStart + base::seconds(6));
  EXPECT_FALSE(reports.round_trip());
  reports.heard(receiver_report(2, {}), kStart + base::seconds(6));
  EXPECT_EQ(about(*reports.round_trip()), base::seconds(4));
}

// RFC 3550 6.4.1: 24 bits, signed, since duplicates count as received.
TEST(PeerReports, LossesAreSigned) {
  PeerReports reports;
  reports.heard(receiver_report(0, {}, 0x40fffffe), kStart);
  ASSERT_TRUE(reports.block());
  EXPECT_EQ(reports.block()->lost, -2);
  EXPECT_EQ(reports.block()->fraction_lost, 64);
  EXPECT_EQ(reports.block()->jitter, 80u);
  EXPECT_EQ(reports.block()->ssrc, 7u);
  reports.heard(receiver_report(0, {}, 0x007fffff), kStart);
  EXPECT_EQ(reports.block()->lost, 0x7fffff);
}

TEST(PeerReports, ASenderReportBringsBlocksBehindItsOwnWords) {
  PeerReports reports;
  auto both = sender_report(77);
  both[0] = std::byte{0x81};
  both[3] = std::byte{12};
  const auto block = receiver_report(5, {}, 3);
  both.insert(both.end(), block.begin() + 8, block.end());
  ASSERT_TRUE(read_compound(both));
  reports.heard(both, kStart);
  ASSERT_TRUE(reports.block());
  EXPECT_EQ(reports.block()->lost, 3);
  EXPECT_EQ(reports.block()->last_report, 5u);
}

// RFC 3611 4.7.
TEST(PeerReports, ReadVoipMetricsAmongOtherBlocks) {
  auto bytes = bytes_of({0x80, 207, 0, 13, 0, 0, 0, 9});
  for (const unsigned word : {0x04000002U, 1U, 2U}) put32(bytes, word);  // receiver reference time
  for (const std::uint32_t word : {0x07000008U, 7U, 0x0c220000U, 0U, 0U, 0U, 0x5d7f2b29U, 0x40000000U, 0U})
    put32(bytes, word);
  bytes[3] = static_cast<std::byte>(bytes.size() / 4 - 1);
  ASSERT_TRUE(read_compound(bytes));
  PeerReports reports;
  reports.heard(bytes, kStart);
  ASSERT_TRUE(reports.voip());
  EXPECT_EQ(reports.voip()->loss_rate, 12);
  EXPECT_EQ(reports.voip()->discard_rate, 34);
  EXPECT_EQ(reports.voip()->mos_lq, 43);
  EXPECT_EQ(reports.voip()->mos_cq, 41);
}

TEST(PeerReports, BlocksThatDoNotFitAreNotRead) {
  for (const unsigned count : {1U, 31U}) {
    auto bytes = receiver_report(5, {}, 3);
    bytes.resize(8 + 20);
    bytes[0] = static_cast<std::byte>(0x80 | count);
    bytes[3] = std::byte{6};
    ASSERT_TRUE(read_compound(bytes));
    PeerReports reports;
    reports.heard(bytes, kStart);
    EXPECT_FALSE(reports.block());
  }
  auto extended = bytes_of({0x80, 207, 0, 2, 0, 0, 0, 9, 7, 0, 0, 8});
  ASSERT_TRUE(read_compound(extended));
  PeerReports reports;
  reports.heard(extended, kStart);
  EXPECT_FALSE(reports.voip());
}

}  // namespace
}  // namespace rtp
