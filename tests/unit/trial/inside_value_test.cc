// What tests say about what happens inside a call.

#include "sbc/trial/inside_value.h"

#include <gmock/gmock.h>

namespace sbc::trial {
namespace {

using ::testing::HasSubstr;

Value text(const char* value) {
  return Value(std::string(value));
}

Value of(Record event) {
  return Value(List{Value(std::move(event))});
}

TEST(InsideValue, EventsOfEveryKindAreRead) {
  auto events = inside_from(of({{"after", Value(0.5)}, {"event", text("reinvite")}, {"hold", Value(true)}}));
  ASSERT_TRUE(events) << events.error();
  EXPECT_EQ(events->at(0).method, "INVITE");
  EXPECT_TRUE(events->at(0).hold);
  EXPECT_FALSE(events->at(0).callee);
  EXPECT_EQ(events->at(0).after, base::milliseconds(500));

  events = inside_from(of({{"event", text("refer")}, {"party", text("callee")}, {"to", text("sip:x@y")}}));
  ASSERT_TRUE(events) << events.error();
  EXPECT_EQ(events->at(0).headers, "Refer-To: <sip:x@y>\r\n");
  EXPECT_TRUE(events->at(0).callee);

  events = inside_from(of({{"event", text("dtmf")}, {"digit", text("#")}, {"duration", Value(0.2)}}));
  ASSERT_TRUE(events) << events.error();
  EXPECT_EQ(events->at(0).method, "");
  EXPECT_EQ(events->at(0).digit, '#');
  EXPECT_EQ(events->at(0).duration_ms, 200U);

  events = inside_from(of({{"event", text("dtmf")}, {"digit", text("5")}, {"way", text("info")}}));
  ASSERT_TRUE(events) << events.error();
  EXPECT_EQ(events->at(0).method, "INFO");
  EXPECT_EQ(events->at(0).body, "Signal=5\r\nDuration=160\r\n");

  EXPECT_TRUE(inside_from(Value(Record{}))->empty());
}

TEST(InsideValue, MistakesAreNamed) {
  const std::pair<Record, const char*> mistakes[] = {
      {{{"event", text("reinvit")}}, "did you mean \"reinvite\"?"},
      {{{"evnt", text("info")}}, "an event has no field \"evnt\"; did you mean \"event\"?"},
      {{}, "there is no event \"\""},
      {{{"event", text("dtmf")}, {"digit", text("12")}}, "expected a digit"},
      {{{"event", text("dtmf")}, {"digit", text("1")}, {"way", text("sound")}}, "way must be"},
      {{{"event", text("refer")}}, "a refer needs to"},
      {{{"event", text("info")}, {"party", text("carol")}}, "party must be"},
  };
  for (const auto& [event, expected] : mistakes) {
    const auto events = inside_from(of(event));
    ASSERT_FALSE(events) << expected;
    EXPECT_THAT(events.error(), HasSubstr(expected));
  }
  EXPECT_FALSE(inside_from(text("dtmf")));
}

}  // namespace
}  // namespace sbc::trial
