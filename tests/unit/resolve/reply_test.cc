// DNS messages as answers.

#include "sbc/resolve/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/resolve/limits.h"
#include "sbc/route/limits.h"

#include "message.h"

namespace sbc::resolve {
namespace {

using route::DnsAnswer;
using Type = route::Question::Type;
using Outcome = DnsAnswer::Outcome;

DnsAnswer read(const std::string& wire, Type type, const std::string& asked) {
  return read_reply({reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()}, {type, asked});
}

TEST(Reply, AddressesComeWithTheLeastTimeToLive) {
  const auto answer = read(message("ab", "", 0, {a("h.example", 0x0a000001, 60), a("h.example", 0x0a000002, 30)}),
                           Type::A, "h.example");
  EXPECT_EQ(answer.outcome, Outcome::Found);
  ASSERT_EQ(answer.addresses.size(), 2U);
  EXPECT_EQ(answer.addresses[0].text(), "10.0.0.1");
  EXPECT_EQ(answer.ttl, base::seconds(30));
}

TEST(Reply, AliasesAreFollowedAndTheirTimeCounts) {
  const auto answer =
      read(message("ab", "", 0,
                   {cname("w.example", "h.example", 7), a("h.example", 0x0a000001), a("x.example", 0x0a000009)}),
           Type::A, "w.example");
  ASSERT_EQ(answer.addresses.size(), 1U) << "a record of another name is not ours";
  EXPECT_EQ(answer.ttl, base::seconds(7));
}

TEST(Reply, ALoopOfAliasesIsAFailure) {
  EXPECT_EQ(read(message("ab", "", 0, {cname("a.example", "b.example"), cname("b.example", "a.example")}), Type::A,
                 "a.example")
                .outcome,
            Outcome::Failed);
}

TEST(Reply, AsManyAliasesAsTheLimitAndNoMore) {
  for (const std::size_t hops : {kMaxAliases, kMaxAliases + 1}) {
    std::vector<std::string> records;
    for (std::size_t i = 0; i < hops; ++i)
      records.push_back(cname("n" + std::to_string(i), "n" + std::to_string(i + 1)));
    records.push_back(a("n" + std::to_string(hops), 0x0a000001));
    EXPECT_EQ(read(message("ab", "", 0, records), Type::A, "n0").outcome,
              hops == kMaxAliases ? Outcome::Found : Outcome::Failed);
  }
}

TEST(Reply, ServiceRecords) {
  auto answer =
      read(message("ab", "", 0, {srv("_sip._udp.example", "H.Example", 5070), srv("_sip._udp.example", "", 0)}),
           Type::Srv, "_sip._udp.example");
  ASSERT_EQ(answer.srv.size(), 2U);
  EXPECT_EQ(answer.srv[0].target, "h.example");
  EXPECT_EQ(answer.srv[0].port, 5070);
  EXPECT_EQ(answer.srv[1].target, "") << "RFC 2782: not available";
  answer = read(message("ab", "", 0,
                        {naptr("example", "s", "SIP+D2U", "", "_sip._udp.example"),
                         naptr("example", "u", "E2U+sip", "!^.*$!sip:x@y!", ""),
                         naptr("example", "s", "SIP+D2T", "!x!y!", "_sip._tcp.example")}),
                Type::Naptr, "example");
  ASSERT_EQ(answer.naptr.size(), 1U) << "RFC 3263 4.1: rules to an SRV name only";
  EXPECT_EQ(answer.naptr[0].service, "SIP+D2U");
  EXPECT_EQ(answer.naptr[0].replacement, "_sip._udp.example");
}

// RFC 6116 3.4: terminal rules that make URIs; those of RFC 3263 are none of them, and the other way round.
TEST(Reply, RulesOfEnum) {
  const std::string at = "1.3.4.e164.example";
  const auto wire =
      message("ab", "", 0,
              {naptr(at, "u", "E2U+sip", "!^.*$!sip:a@b.example!", ""), naptr(at, "s", "SIP+D2U", "", "c"),
               naptr(at, "u", "E2U+sip", "", ""), naptr(at, "U", "E2U+tel", "!a!b!", "")});
  const auto answer = read(wire, Type::Enum, at);
  EXPECT_EQ(answer.outcome, Outcome::Found);
  ASSERT_EQ(answer.rules.size(), 2U);
  EXPECT_EQ(answer.rules[0].order, 10);
  EXPECT_EQ(answer.rules[0].preference, 20);
  EXPECT_EQ(answer.rules[0].service, "E2U+sip");
  EXPECT_EQ(answer.rules[0].substitution, "!^.*$!sip:a@b.example!");
  EXPECT_EQ(read(wire, Type::Naptr, at).naptr.size(), 1U);
  const auto none = message("ab", "", 0, {naptr(at, "u", "E2U+sip", "!^.*$!sip:a@b.example!", "")});
  EXPECT_EQ(read(none, Type::Naptr, at).outcome, Outcome::Nothing);
}

TEST(Reply, TextsAreJoinedOfTheirParts) {  // RFC 1035 3.3.14
  const auto answer = read(message("ab", "", 0,
                                   {txt("h.example", {"v=", "one"}), txt("h.example", {""}),
                                    txt("x.example", {"other"}), record("h.example", 16, 60, text("two") + '\x09')}),
                           Type::Txt, "h.example");
  EXPECT_EQ(answer.outcome, Outcome::Found);
  EXPECT_THAT(answer.texts, testing::ElementsAre("v=one", "")) << "one that ends beyond itself is none";
  EXPECT_EQ(read(message("ab", "", 0, {txt("h.example", {"a"})}), Type::A, "h.example").outcome, Outcome::Nothing);
  const std::vector<std::string> many(route::kMaxTextRecords + 1, txt("h.example", {"a"}));
  EXPECT_EQ(read(message("ab", "", 0, many), Type::Txt, "h.example").left_out, 1U);
}

TEST(Reply, TheSoaSaysHowLongNothingHolds) {  // RFC 2308 5
  auto answer = read(message("ab", "", 3, {}, {soa("example", 300, 20)}), Type::A, "h.example");
  EXPECT_EQ(answer.outcome, Outcome::Nothing);
  EXPECT_EQ(answer.ttl, base::seconds(20));
  answer = read(message("ab", "", 3, {}, {soa("example", 5, 20)}), Type::A, "h.example");
  EXPECT_EQ(answer.ttl, base::seconds(5));
  answer = read(message("ab", "", 3, {}), Type::A, "h.example");
  EXPECT_EQ(answer.ttl, base::Duration::zero());
}

TEST(Reply, MoreRecordsThanTheLimitAreCut) {
  std::vector<std::string> records;
  for (std::uint32_t i = 0; i < route::kMaxAddresses + 1; ++i) records.push_back(a("h", i + 1));
  const auto cut = read(message("ab", "", 0, records), Type::A, "h");
  EXPECT_EQ(cut.addresses.size(), route::kMaxAddresses);
  EXPECT_EQ(cut.left_out, 1U);
  records.pop_back();
  EXPECT_EQ(read(message("ab", "", 0, records), Type::A, "h").left_out, 0U);
}

TEST(Reply, ATimeToLiveWithTheHighestBitIsNone) {  // RFC 2181 8
  EXPECT_EQ(read(message("ab", "", 0, {a("h", 1, 0x80000000)}), Type::A, "h").ttl, base::Duration::zero());
}

TEST(Reply, WhatIsCutShortAnywhereIsAFailureOrLess) {
  const std::string whole = message("ab", name("w.example") + u16(33) + u16(1), 0,
                                    {cname("w.example", "h.example"), srv("h.example", "x.example", 5060)});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto answer = read(whole.substr(0, length), Type::Srv, "w.example");
    EXPECT_NE(answer.outcome, Outcome::Found) << length;
  }
  EXPECT_EQ(read(whole, Type::Srv, "w.example").outcome, Outcome::Found);
}

TEST(Reply, ANameThatPointsAtItselfIsAFailure) {
  const std::string loop = message("ab", "", 0, {});
  std::string wire = loop;
  wire[7] = 1;         // one answer
  wire += "\xc0\x0c";  // whose owner is a pointer to itself
  wire += u16(1) + u16(1) + u32(60) + u16(4) + u32(1);
  EXPECT_EQ(read(wire, Type::A, "h").outcome, Outcome::Failed);
}

}  // namespace
}  // namespace sbc::resolve
