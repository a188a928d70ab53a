// What a failed expectation says.

#include "sbc/trial/value.h"

#include <gmock/gmock.h>

namespace sbc::trial {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> between(const Value& expected, const Value& actual) {
  std::vector<std::string> lines;
  differences(expected, actual, "", lines);
  return lines;
}
Value text(const char* value) {
  return Value(std::string(value));
}
Value whole(std::int64_t value) {
  return Value(value);
}

TEST(Differences, OfARecordOnlyWhatIsExpectedCounts) {
  const Value actual(Record{{"status", whole(200)}, {"reason", text("OK")}});
  EXPECT_THAT(between(Value(Record{{"status", whole(200)}}), actual), IsEmpty());
  EXPECT_THAT(between(Value(Record{{"status", whole(486)}, {"to", text("b")}}), actual),
              ElementsAre("status: expected 486, got 200", "to: expected \"b\", got nil"));
}

TEST(Differences, AListIsExpectedAsAWhole) {
  const Value actual(List{text("a"), Value(Record{{"to", text("b")}})});
  EXPECT_THAT(between(Value(List{text("a"), Value(Record{{"to", text("c")}})}), actual),
              ElementsAre("[2].to: expected \"c\", got \"b\""));
  EXPECT_THAT(between(Value(List{text("a")}), actual),
              ElementsAre("expected 1 elements, got 2: { \"a\", { to = \"b\" } }"));
  EXPECT_THAT(between(Value(List{}), Value(Record{})), IsEmpty()) << "an empty table is either";
}

TEST(Differences, NumbersAreEqualByValueAndKindsAreNot) {
  EXPECT_THAT(between(whole(2), Value(2.0)), IsEmpty());
  EXPECT_THAT(between(whole(2), text("2")), ElementsAre("expected 2, got \"2\""));
  EXPECT_THAT(between(Value{}, Value(false)), ElementsAre("expected nil, got false"));
}

}  // namespace
}  // namespace sbc::trial
