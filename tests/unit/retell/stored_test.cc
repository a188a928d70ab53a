#include "sbc/retell/stored.h"

#include <gtest/gtest.h>

#include "sbc/json/write.h"

namespace sbc::retell {
namespace {

using json::List;
using json::Members;
using json::Value;

TEST(Stored, WhatIsUtf8IsToldAsItIs) {
  const Value rows{List{{Members{{"trunk", {std::string("a")}}, {"bytes", {std::string("00")}}, {"none", {}}}}}};
  EXPECT_EQ(json::text_of(stored(rows)), R"({"value":[{"trunk":"a","bytes":"00","none":null}]})");
  EXPECT_EQ(json::text_of(*from_stored(stored(rows))), json::text_of(rows));
}

TEST(Stored, OtherBytesComeBack) {
  const std::string odd("\xff\x00x", 3);
  const Value row{Members{{odd, {odd}}, {"list", {List{{std::int64_t{7}}, {}, {odd}, {std::string("plain")}}}}}};
  const auto told = json::parse(json::text_of(stored(row)));
  ASSERT_TRUE(told);
  const auto back = from_stored(*told);
  ASSERT_TRUE(back);
  const auto& members = std::get<Members>(back->what);
  EXPECT_EQ(members.at(0).name, odd);
  EXPECT_EQ(std::get<std::string>(members[0].value.what), odd);
  const auto& list = std::get<List>(members.at(1).value.what);
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(std::get<std::int64_t>(list[0].what), 7);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(list[1].what));
  EXPECT_EQ(std::get<std::string>(list[2].what), odd);
}

TEST(Stored, WhatIsNeitherIsRefused) {
  for (const char* text : {"{}", "[]", R"({"stored":[]})", R"({"stored":{"members":[["a"]]}})", R"({"stored":{"x":1}})",
                           R"({"stored":{"list":[[]]}})"})
    EXPECT_FALSE(from_stored(*json::parse(text))) << text;
}

}  // namespace
}  // namespace sbc::retell
