// What a full table still takes: calls for help, and what dialogs that are there cannot do without.

#include <gtest/gtest.h>

#include "stage.h"

namespace sbc::transaction {
namespace {

// RFC 5031: nothing else may crowd a call for help out.
TEST(ReserveTest, ACallForHelpPassesAFullTableAsFarAsTheReserveGoes) {
  Stage s({.max_servers = 1, .emergency_reserve = 1});
  s.arrive(RequestText{.method = "OPTIONS"});
  const auto ask = [&s](const char* uri, int number, const char* method = "INVITE") {
    const std::string text = std::to_string(number);
    s.deliver(RequestText{.method = method,
                          .uri = uri,
                          .branch = "z9hG4bKhelp" + text,
                          .call_id = "call-for-help-" + text,
                          .cseq = number});
  };
  const auto refused = [&s] { return s.layer.counters().overload_rejects; };
  ask("sip:bob@border.example.net", 1);
  ask("urn:service:counseling", 2);
  ask("urn:service:sosa", 3);
  ask("urn:service:sos", 4, "MESSAGE");
  EXPECT_EQ(refused(), 4U);
  ask("URN:service:sos.fire", 5);
  EXPECT_EQ(refused(), 4U);
  EXPECT_EQ(s.layer.counters().emergency_reserve, 1U);
  ASSERT_EQ(s.events().size(), 1U);
  ask("urn:service:sos", 6);
  EXPECT_EQ(refused(), 5U) << "one past the reserve";
  EXPECT_EQ(s.layer.server_count(), 2U);
}

TEST(ReserveTest, ANumberThatCallsForHelpPassesToo) {
  Stage s({.max_servers = 0, .emergency_reserve = 8});
  s.layer.use_emergency_numbers({"112"});
  s.deliver(RequestText{.uri = "sip:113@border.example.net", .branch = "z9hG4bK1", .call_id = "1"});
  EXPECT_TRUE(s.events().empty());
  s.deliver(RequestText{.uri = "sip:112@border.example.net", .branch = "z9hG4bK2", .call_id = "2"});
  EXPECT_EQ(s.events().size(), 1U);
  EXPECT_EQ(s.layer.counters().emergency_reserve, 1U);
}

// A BYE that is refused leaves half a call: the other side talks on.
TEST(ReserveTest, WhatEndsADialogOfOursPassesAFullTableAsFarAsItsReserveGoes) {
  Stage s({.max_servers = 0, .dialog_reserve = 2, .emergency_reserve = 1});
  const std::string ours = s.minter.tag(s.random);
  const auto ask = [&s](const char* method, int number, const std::string& tag) {
    const std::string text = std::to_string(number);
    s.deliver(RequestText{
        .method = method, .branch = "z9hG4bKin" + text, .to_tag = tag, .call_id = "call-" + text, .cseq = number});
  };
  const auto refused = [&s] { return s.layer.counters().overload_rejects; };
  ask("BYE", 1, "a-tag-that-somebody-made-up");
  ask("MESSAGE", 2, ours);
  ask("INVITE", 3, ours);
  EXPECT_EQ(refused(), 3U);
  EXPECT_TRUE(s.events().empty());
  ask("BYE", 4, ours);
  ask("PRACK", 5, ours);
  EXPECT_EQ(refused(), 3U);
  EXPECT_EQ(s.layer.counters().dialog_reserve, 2U);
  EXPECT_EQ(s.events().size(), 2U);
  ask("BYE", 6, ours);
  EXPECT_EQ(refused(), 4U) << "one past the reserve, and that of calls for help is not for it";
  s.pass(seconds(70));
  ask("BYE", 7, ours);
  EXPECT_EQ(refused(), 4U) << "who has left makes room";
}

TEST(ReserveTest, ACallForHelpLeavesThroughAFullTableAsFarAsTheReserveGoes) {
  Stage s({.max_clients = 0, .emergency_reserve = 1});
  const auto send = [&s](bool emergency) {
    const std::string branch = s.minter.branch(s.random);
    return s.layer.request({.method = sip::Method::Invite,
                            .method_text = {},
                            .branch = branch,
                            .hop = Stage::source().hop,
                            .bytes = base::share(RequestText{.branch = branch}.text()),
                            .first = emergency},
                           s.now, s.out);
  };
  EXPECT_FALSE(send(false));
  EXPECT_TRUE(send(true));
  EXPECT_EQ(s.layer.counters().emergency_reserve, 1U);
  EXPECT_FALSE(send(true)) << "one past the reserve";
  EXPECT_EQ(s.layer.counters().client_overloads, 2U);
}

TEST(ReserveTest, AByeOfOursLeavesInAnyCase) {
  Stage s({.max_clients = 0, .dialog_reserve = 2, .emergency_reserve = 1});
  const auto send = [&s](sip::Method method, const char* name) {
    const std::string branch = s.minter.branch(s.random);
    return s.layer.request({.method = method,
                            .method_text = {},
                            .branch = branch,
                            .hop = Stage::source().hop,
                            .bytes = base::share(RequestText{.method = name, .branch = branch}.text())},
                           s.now, s.out);
  };
  EXPECT_FALSE(send(sip::Method::Message, "MESSAGE"));
  EXPECT_TRUE(s.sends().empty());
  EXPECT_TRUE(send(sip::Method::Bye, "BYE"));
  EXPECT_TRUE(send(sip::Method::Prack, "PRACK"));
  EXPECT_EQ(s.layer.counters().dialog_reserve, 2U);
  EXPECT_EQ(s.sends().size(), 2U);
  EXPECT_FALSE(send(sip::Method::Prack, "PRACK")) << "one past the reserve";
  EXPECT_TRUE(s.sends().empty());
  EXPECT_FALSE(send(sip::Method::Bye, "BYE")) << "without a transaction that repeats it";
  const auto sends = s.sends();
  ASSERT_EQ(sends.size(), 1U);
  EXPECT_TRUE(sends[0].bytes->starts_with("BYE "));
  EXPECT_EQ(s.layer.counters().client_overloads, 3U);
}

// RFC 4412: of those who are trusted only.
TEST(ReserveTest, AnInviteWithPriorityPassesAFullTableWhereItIsTrusted) {
  Stage s({.max_servers = 0, .emergency_reserve = 8});
  const auto ask = [&s](const char* number, const char* headers) {
    s.deliver(RequestText{.branch = std::string("z9hG4bK") + number, .call_id = number, .extra = headers});
  };
  ask("1", "Resource-Priority: wps.0\r\n");
  EXPECT_TRUE(s.events().empty()) << "nobody is";
  s.layer.use_trust([](const sip::Source&) { return true; });
  ask("2", "");
  EXPECT_TRUE(s.events().empty());
  ask("3", "Resource-Priority: wps.0\r\n");
  EXPECT_EQ(s.events().size(), 1U);
}

}  // namespace
}  // namespace sbc::transaction
