#include "sbc/json/value.h"

#include <gtest/gtest.h>

namespace sbc::json {
namespace {

TEST(Json, ReadsEveryKindOfValue) {
  const auto value = parse(R"( {"a": [1, -2.5, true, null, "x\u00e9"], "b": {}} )");
  ASSERT_TRUE(value) << value.error();
  const auto& members = std::get<Members>(value->what);
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].name, "a");
  const auto& list = std::get<List>(members[0].value.what);
  ASSERT_EQ(list.size(), 5U);
  EXPECT_EQ(std::get<std::int64_t>(list[0].what), 1);
  EXPECT_EQ(std::get<double>(list[1].what), -2.5);
  EXPECT_TRUE(std::get<bool>(list[2].what));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(list[3].what));
  EXPECT_EQ(std::get<std::string>(list[4].what), "x\xc3\xa9");
  EXPECT_TRUE(std::get<Members>(members[1].value.what).empty());
}

TEST(Json, NumbersThatNoIntegerHoldsAreFloating) {
  EXPECT_EQ(std::get<std::int64_t>(parse("9223372036854775807")->what), INT64_MAX);
  EXPECT_EQ(std::get<double>(parse("9223372036854775808")->what), 9223372036854775808.0);
}

TEST(Json, WhatIsNoJsonIsAnErrorWithItsPlace) {
  for (const char* text : {"", "{", "{\"a\":}", "[1,]", "nul", "1 2", "\"\xff\"", "{\"a\" 1}"})
    EXPECT_FALSE(parse(text)) << text;
  EXPECT_EQ(parse("[1,]").error(), "byte 4: this is no JSON");
}

TEST(Json, DepthIsBounded) {
  EXPECT_TRUE(parse(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')));
  EXPECT_EQ(parse(std::string(kMaxDepth + 1, '[')).error(), "nested deeper than 32");
  EXPECT_FALSE(parse(std::string(1'000'000, '[')));
}

TEST(Json, TheNumberOfValuesIsBounded) {
  std::string text = "[";
  for (std::size_t i = 0; i + 2 < kMaxValues; ++i) text += "0,";
  EXPECT_TRUE(parse(text + "0]"));
  EXPECT_EQ(parse(text + "0,0]").error(), "more than 20000 values");
}

TEST(Json, StringsAreWrittenAsTheyAreRead) {
  const std::string text = "a\"b\\c\n\x01\xc3\xa9";
  std::string written;
  append_string(written, text);
  EXPECT_EQ(written, "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\"");
  EXPECT_EQ(std::get<std::string>(parse(written)->what), text);
}

TEST(Json, KnowsUtf8) {
  for (const char* text : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const char* text : {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

}  // namespace
}  // namespace sbc::json
