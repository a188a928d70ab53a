// What tests say about look-ups.

#include "sbc/trial/lookup_value.h"

#include <gmock/gmock.h>

#include <limits>

#include "sbc/json/value.h"

namespace sbc::trial {
namespace {

using ::testing::HasSubstr;

Value text(const char* value) {
  return Value(std::string(value));
}

const policy::HttpAnswer& answer_of(const simulate::LookupReply& reply) {
  return std::get<policy::HttpAnswer>(*reply.found);
}

TEST(LookupReply, IsAStatusAReasonOrATable) {
  auto reply = read_lookup_reply(Value(std::int64_t{404}));
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(answer_of(*reply).status, 404);
  EXPECT_EQ(reply->after, base::Duration::zero());

  reply = read_lookup_reply(text("timeout"));
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(reply->found.error(), "timeout");

  reply = read_lookup_reply(Value(Record{{"json", Value(Record{{"trunk", text("a")}})}, {"after", Value(0.25)}}));
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(answer_of(*reply).status, 200);
  EXPECT_EQ(answer_of(*reply).content_type, "application/json");
  EXPECT_EQ(answer_of(*reply).body, R"({"trunk":"a"})");
  EXPECT_EQ(reply->after, base::milliseconds(250));

  reply = read_lookup_reply(Value(Record{{"fails", text("connect")}, {"after", Value(std::int64_t{1})}}));
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(reply->found.error(), "connect");
  EXPECT_EQ(reply->after, base::seconds(1));
}

TEST(LookupReply, MayBeAValue) {
  const auto reply = read_lookup_reply(Value(Record{{"value", Value(List{text("a")})}}));
  ASSERT_TRUE(reply) << reply.error();
  const auto& value = *std::get<std::shared_ptr<const json::Value>>(*reply->found);
  EXPECT_EQ(std::get<std::string>(std::get<json::List>(value.what).at(0).what), "a");
}

TEST(LookupReply, MayBeNothing) {
  const auto reply = read_lookup_reply(Value(Record{{"nothing", Value(true)}, {"after", Value(0.5)}}));
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_TRUE(
      std::holds_alternative<std::monostate>(std::get<std::shared_ptr<const json::Value>>(*reply->found)->what));
  EXPECT_EQ(read_lookup_reply(text("refused"))->found.error(), "refused");
  EXPECT_EQ(read_lookup_reply(Value(Record{{"nothing", Value(false)}})).error(), "expected nothing = true, got false");
}

TEST(LookupReply, MistakesAreNamed) {
  const auto error = [](const Value& value) {
    const auto reply = read_lookup_reply(value);
    return reply ? std::string("none") : reply.error();
  };
  EXPECT_THAT(error(text("timout")), HasSubstr("did you mean \"timeout\"?"));
  EXPECT_THAT(error(Value(true)), HasSubstr("expected a status, a reason"));
  EXPECT_THAT(error(Value(std::int64_t{42})), HasSubstr("a status from 100 to 599"));
  EXPECT_THAT(error(Value(Record{{"jsn", text("x")}})), HasSubstr("did you mean \"json\"?"));
  EXPECT_THAT(error(Value(Record{{"body", Value(true)}})), HasSubstr("expected a text for body"));
  EXPECT_THAT(error(Value(Record{{"after", text("1")}})), HasSubstr("expected seconds for after"));
}

TEST(Json, IsWhatAPolicyWouldWrite) {
  const Value value(Record{{"a", Value(List{Value(std::int64_t{1}), Value(0.5), Value(true)})},
                           {"b", text("x\"y")},
                           {"c", Value(Record{})},
                           {"d", Value(List{})}});
  EXPECT_EQ(to_json(value).value_or("none"), R"({"a":[1,0.5,true],"b":"x\"y","c":{},"d":{}})");
  EXPECT_FALSE(to_json(text("\xff")));
  EXPECT_FALSE(to_json(Value(std::numeric_limits<double>::infinity())));
}

}  // namespace
}  // namespace sbc::trial
