// Differences in words, counted by kind.

#include "sbc/replay/comparison.h"

#include <gtest/gtest.h>

#include "sbc/replay/change.h"
#include "sbc/replay/limits.h"
#include "sbc/replay/report.h"

namespace sbc::replay {
namespace {

json::Value value(const std::string& text) {
  const auto parsed = json::parse(text);
  EXPECT_TRUE(parsed) << text;
  return *parsed;
}

retell::Invocation before(const std::string& decision, const std::string& call_id = "one") {
  retell::Invocation made;
  made.policy = "abcdef0123456789";
  made.call_id = call_id;
  made.decision = value(decision);
  made.where = "old.lua:42";
  return made;
}

retell::Retold after(const std::string& decision) {
  return {.decision = value(decision), .where = "new.lua:47"};
}

std::string changed(const std::string& from, const std::string& to) {
  return change(before(from), after(to));
}

constexpr const char* kA = R"({"decision":"route","to":[{"trunk":"carrier_a","number":"431"}]})";
constexpr const char* kB = R"({"decision":"route","to":[{"trunk":"carrier_b","number":"431"}]})";
constexpr const char* kRefusal = R"({"decision":"reject","status":404,"reason":"Nobody"})";

TEST(Change, SaysWhatIsDecidedInstead) {
  EXPECT_EQ(changed(kA, kA), "");
  EXPECT_EQ(changed(kA, kB), "route trunk carrier_a -> route trunk carrier_b");
  EXPECT_EQ(changed(kA, kRefusal), "route trunk carrier_a -> reject 404");
  EXPECT_EQ(
      changed(R"({"decision":"route","to":[{"contact":"sip:a@1"},{"group":"mail"}]})", R"({"decision":"challenge"})"),
      "route contact, group mail -> challenge");
  EXPECT_EQ(changed(R"({"decision":"nat","latch":"learn"})", R"({"decision":"nat","latch":"strict"})"),
            "nat learn -> nat strict");
}

TEST(Change, SaysWhatElseDiffersWithoutWhatEachCallHasOfItsOwn) {
  EXPECT_EQ(changed(kA, R"({"decision":"route","to":[{"trunk":"carrier_a","number":"432","timeout":4}]})"),
            "route trunk carrier_a: number differs, timeout unset -> 4");
  EXPECT_EQ(changed(R"({"decision":"reject","status":404,"reason":"Nobody"})",
                    R"({"decision":"reject","status":404,"reason":"No one","headers":[["X","1"]]})"),
            "reject 404: reason differs, headers differs");
  EXPECT_EQ(changed(R"({"decision":"route","to":[{"trunk":"a","dtmf":"info"},{"trunk":"b"}]})",
                    R"({"decision":"route","to":[{"trunk":"a","dtmf":"inband"},{"trunk":"b","record":{"wav":true}}]})"),
            "route trunk a, trunk b: trunk a dtmf info -> inband, trunk b record differs");
  EXPECT_EQ(changed(R"({"decision":"route","to":[{"trunk":"a","codecs":{"ptime":20}}]})",
                    R"({"decision":"route","to":[{"trunk":"a","codecs":{"ptime":30,"allow":["PCMA"]}}]})"),
            "route trunk a: codecs.ptime 20 -> 30, codecs.allow differs");
  EXPECT_EQ(changed(R"({"decision":"route","to":[{"contact":"sip:a@1"}]})",
                    R"({"decision":"route","to":[{"contact":"sip:a@2"}]})"),
            "route contact: contact differs");
}

TEST(Change, AFailureIsADifference) {
  auto failed = after(kRefusal);
  failed.error = "new.lua:3: no";
  EXPECT_EQ(change(before(kRefusal), failed), "reject 404 -> fails: new.lua:3: no");
  auto was = before(kRefusal);
  was.error = "old.lua:3: no";
  EXPECT_EQ(change(was, after(kRefusal)), "fails: old.lua:3: no -> reject 404");
  EXPECT_EQ(change(was, failed), "") << "both got the fallback";
}

TEST(Change, OfNonsenseIsSomeText) {
  for (const char* nonsense : {"null", "5", "[]", "{}", R"({"decision":5})", R"({"decision":"route","to":5})",
                               R"({"decision":"route","to":[5,{}]})"}) {
    EXPECT_FALSE(changed(kA, nonsense).empty()) << nonsense;
    EXPECT_FALSE(changed(nonsense, kA).empty()) << nonsense;
    EXPECT_EQ(changed(nonsense, nonsense), "") << nonsense;
  }
}

TEST(Comparison, GroupsAndCounts) {
  Comparison comparison;
  for (int i = 0; i < 5; ++i) comparison.add(before(kA, "a" + std::to_string(i)), after(kB));
  comparison.add(before(kA, "same"), after(kA));
  auto guess = after(kRefusal);
  guess.unanswered = {{.kind = "known", .subject = "sip:x@y"}, {.kind = "known", .subject = "sip:x@y"}};
  comparison.add(before(kA, "guess"), guess);
  const auto groups = comparison.groups();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].count, 5U);
  EXPECT_EQ(groups[0].examples, (std::vector<std::string>{"a0", "a1", "a2", "a3", "a4"}));
  EXPECT_EQ(groups[0].before_at, "old.lua:42");
  EXPECT_EQ(groups[0].after_at, "new.lua:47");
  EXPECT_EQ(groups[1].guesses, 1U);
  EXPECT_EQ(comparison.compared(), 7U);
  EXPECT_EQ(comparison.different(), 6U);
  ASSERT_EQ(comparison.unanswered().size(), 1U);
  EXPECT_EQ(comparison.unanswered()[0].count, 2U);
  EXPECT_EQ(comparison.unanswered_in(), 1U);
}

TEST(Comparison, HoldsSoManyKindsAndExamplesAndNoMore) {
  Comparison comparison;
  for (std::size_t i = 0; i < kMaxGroups + 7; ++i) {
    auto to = after(kA);
    to.error = "new.lua:1: error " + std::to_string(i);
    comparison.add(before(kA), to);
  }
  for (std::size_t i = 0; i < kMaxExamples + 1; ++i) {
    auto to = after(kA);
    to.error = "new.lua:1: error 0";
    comparison.add(before(kA), to);
  }
  EXPECT_EQ(comparison.groups().size(), kMaxGroups);
  EXPECT_EQ(comparison.others(), 7U);
  EXPECT_EQ(comparison.groups()[0].examples.size(), kMaxExamples);
  EXPECT_EQ(comparison.different(), kMaxGroups + 7 + kMaxExamples + 1);
}

TEST(Report, TellsPeople) {
  Comparison comparison;
  for (int i = 0; i < 5; ++i) comparison.add(before(kA, "a" + std::to_string(i)), after(kB));
  comparison.add(before(kA, "same"), after(kA));
  comparison.cannot_read(7, "byte 3: this is no JSON");
  comparison.cut();
  const std::string text =
      report(comparison, {.input = "d.jsonl", .policy = "new.lua", .hash = "99887766554433221100"});
  EXPECT_EQ(text,
            "d.jsonl: 6 decisions of policy abcdef012345, made again by new.lua (policy 998877665544)\n"
            "  on_invite: 1 the same, 5 different\n"
            "not read: 1 line; line 7: byte 3: this is no JSON\n"
            "the last line was cut off and is left out\n"
            "\n"
            "on_invite: route trunk carrier_a -> route trunk carrier_b: 5 decisions, e.g. a0, a1, a2\n"
            "  old old.lua:42: " +
                std::string(kA) + "\n  new new.lua:47: " + std::string(kB) + "\n");
}

TEST(Report, TellsPrograms) {
  Comparison comparison;
  comparison.add(before(kA), after(kB));
  comparison.cannot_tell("call.realm: expected a text");
  const auto all = value(report_json(comparison, {.input = "d\xff", .policy = "new.lua", .hash = "99"}));
  EXPECT_TRUE(std::holds_alternative<json::Members>(all.what));
}

}  // namespace
}  // namespace sbc::replay
