#include "sbc/app/record_line.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "sbc/policy/cdr.h"

namespace sbc::app {
namespace {

// A policy's field would hide one of the record's that is forgotten there.
TEST(RecordLine, OwnFieldsAreThoseThatAPolicyCannotName) {
  const call::CallRecord record;
  const RecordLine line(record);
  std::vector<std::string_view> own;
  for (const auto& field : line.fields()) own.push_back(field.key);
  for (const char* always : {"ts", "level", "msg", "process", "suppressed"}) own.emplace_back(always);
  EXPECT_THAT(own, ::testing::UnorderedElementsAreArray(policy::kOwnRecordFields));
}

TEST(RecordLine, EndsWithWhatThePolicySays) {
  call::CallRecord record;
  record.call_class = "gold";
  record.cdr = {{"account", "47 11"}, {"price", 0.25}, {"units", std::int64_t{-3}}};
  const RecordLine line(record);
  const auto fields = line.fields();
  ASSERT_GE(fields.size(), 3U);
  const auto last = fields.last(3);
  EXPECT_EQ(last[0].key, "account");
  EXPECT_EQ(std::get<std::string_view>(last[0].value), "47 11");
  EXPECT_EQ(std::get<double>(last[1].value), 0.25);
  EXPECT_EQ(std::get<std::int64_t>(last[2].value), -3);
  const auto of_class = std::ranges::find(fields, "class", &observe::Field::key);
  ASSERT_NE(of_class, fields.end());
  EXPECT_EQ(std::get<std::string_view>(of_class->value), "gold");
}

}  // namespace
}  // namespace sbc::app
