#include "sbc/json/write.h"

#include <gtest/gtest.h>

#include <limits>

namespace sbc::json {
namespace {

TEST(Write, GivesBackWhatWasRead) {
  for (const char* text :
       {"null", "true", "false", "0", "-7", "9223372036854775807", "0.5", "1.0", "-3.0", "1e+300",
        R"("a\"b\\c\u0001é")", "[]", "{}", R"([1,[2.5,null],{"a":[]}])", R"({"b":1,"a":{"c":false}})"})
    EXPECT_EQ(text_of(*parse(text)), text);
}

TEST(Write, ANumberStaysOfItsType) {
  const auto real = parse(text_of({2.0}));
  EXPECT_TRUE(std::holds_alternative<double>(real->what));
  const auto whole = parse(text_of({std::int64_t{2}}));
  EXPECT_TRUE(std::holds_alternative<std::int64_t>(whole->what));
}

TEST(Write, HasNoNumbersThatJsonDoesNotKnow) {
  EXPECT_EQ(text_of({std::numeric_limits<double>::infinity()}), "null");
  EXPECT_EQ(text_of({std::numeric_limits<double>::quiet_NaN()}), "null");
}

TEST(Member, OfEqualNamesTheLastOneCounts) {
  const auto value = parse(R"({"a":1,"b":2,"a":3})");
  EXPECT_EQ(text_of(*member(*value, "a")), "3");
  EXPECT_EQ(member(*value, "c"), nullptr);
  EXPECT_EQ(member(*parse("[]"), "a"), nullptr);
}

}  // namespace
}  // namespace sbc::json
