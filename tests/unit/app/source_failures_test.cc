#include "sbc/app/source_failures.h"

#include <gtest/gtest.h>

#include <memory>

namespace sbc::app {
namespace {

const base::IpAddress kScanner = base::IpAddress::v4(0xc0000207);
const base::Instant kStart{base::hours(1)};

TEST(SourceFailuresTest, FailuresOfASourceAddUpAndThoseOfOthersDoNot) {
  const auto failures = std::make_unique<SourceFailures>();
  for (int i = 0; i < 40; ++i) failures->note(kScanner, kStart);
  EXPECT_EQ(failures->recent(kScanner, kStart), 40U);
  EXPECT_EQ(failures->recent(base::IpAddress::v4(0xc0000208), kStart), 0U);
}

TEST(SourceFailuresTest, TheyAreHalvedWithTimeAndForgottenInTheEnd) {
  const auto failures = std::make_unique<SourceFailures>();
  for (int i = 0; i < 40; ++i) failures->note(kScanner, kStart);
  EXPECT_EQ(failures->recent(kScanner, kStart + SourceFailures::kHalfLife - base::seconds(1)), 40U);
  EXPECT_EQ(failures->recent(kScanner, kStart + SourceFailures::kHalfLife), 20U);
  EXPECT_EQ(failures->recent(kScanner, kStart + 6 * SourceFailures::kHalfLife), 0U);
}

TEST(SourceFailuresTest, AFloodOfAddressesDoesNotHideAPersistentOne) {
  const auto failures = std::make_unique<SourceFailures>();
  for (int i = 0; i < 40; ++i) failures->note(kScanner, kStart);
  for (std::uint32_t i = 0; i < 100'000; ++i) failures->note(base::IpAddress::v4(0x0a000000 + i), kStart);
  EXPECT_EQ(failures->recent(kScanner, kStart), 40U);
}

}  // namespace
}  // namespace sbc::app
