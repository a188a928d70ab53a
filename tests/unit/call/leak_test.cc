// The leak guard at the door of the calls: what gets past the rules is counted, told, or taken out.

#include <gtest/gtest.h>

#include "sbc/call/guarded_lines.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

// A policy that gives away what it should keep.
void careless(Rig& rig, std::string value, std::string name = "X-Origin") {
  policy::InviteDecision route;
  route.kind = policy::InviteDecision::Kind::Route;
  policy::Candidate candidate;
  candidate.kind = policy::Candidate::Kind::Trunk;
  candidate.name = "t1";
  candidate.headers.push_back({policy::HeaderOp::Kind::Set, std::move(name), std::move(value)});
  route.candidates.push_back(std::move(candidate));
  rig.advisor.decision = route;
  rig.leaks_are_wanted = true;
}

std::uint64_t found(const Rig& rig) {
  std::uint64_t all = 0;
  for (const auto count : rig.calls.leaks().by_kind) all += count;
  return all;
}

std::uint64_t found(const Rig& rig, leak::Kind kind) {
  return rig.calls.leaks().by_kind[static_cast<std::size_t>(kind)];
}

TEST(LeakGuard, FindsEveryKindOfWordThatAPolicyGivesAway) {
  const std::string body = sdp("10.3.3.3", 4000) +
                           "a=ice-ufrag:fragment\r\na=candidate:1 1 UDP 1 10.3.3.4 4000 typ host\r\n"
                           "a=ssrc:1 cname:name-of-source\r\n";
  const std::pair<const char*, leak::Kind> words[] = {
      {"198.51.100.77", leak::Kind::Address},  {"10.3.3.3", leak::Kind::Address},
      {"10.3.3.4", leak::Kind::Address},       {"alice.invalid", leak::Kind::Host},
      {"inner.example", leak::Kind::Host},     {"call-of-alice-1", leak::Kind::CallId},
      {"tag-of-alice-1", leak::Kind::Tag},     {"z9hG4bK-alice-3", leak::Kind::Branch},
      {"agent-of-alice", leak::Kind::Product}, {"fragment", leak::Kind::Candidate},
      {"name-of-source", leak::Kind::Cname},
  };
  for (const auto& [word, kind] : words) {
    Rig rig;
    careless(rig, std::string("it is ") + word);
    rig.a.invite({.body = body, .headers = "Record-Route: <sip:inner.example;lr>\r\n"});
    ASSERT_TRUE(rig.b.has("INVITE")) << "the guard never stops a call";
    EXPECT_EQ(found(rig), 1U) << word;
    EXPECT_EQ(found(rig, kind), 1U) << word;
    ASSERT_EQ(rig.notes.size(), 1U) << word;
    EXPECT_NE(rig.notes[0].text.find("header X-Origin"), std::string::npos) << rig.notes[0].text;
    EXPECT_EQ(rig.notes[0].text.find(word), std::string::npos) << "the log does not say it again";
    const auto invite = rig.b.take("INVITE");
    EXPECT_NE(rig.notes[0].text.find(invite->call_id()), std::string::npos) << "the leg that received it";
    EXPECT_NE(rig.notes[0].text.find(leak::name_of(kind)), std::string::npos);
  }
}

TEST(LeakGuard, CountsWithoutAWordInTheLog) {
  Rig rig;
  rig.settings->leak_guard = leak::Mode::Count;
  careless(rig, "198.51.100.77");
  rig.a.invite();
  EXPECT_EQ(found(rig), 1U);
  EXPECT_TRUE(rig.notes.empty());
  EXPECT_EQ(rig.b.take("INVITE")->find("X-Origin"), "198.51.100.77");
}

TEST(LeakGuard, LooksAtNothingWhenItIsOff) {
  Rig rig;
  rig.settings->leak_guard = leak::Mode::Off;
  careless(rig, "198.51.100.77");
  rig.a.invite();
  EXPECT_EQ(found(rig), 0U);
  EXPECT_TRUE(rig.b.has("INVITE"));
}

TEST(LeakGuard, TakesOutTheHeaderAndTheCallGoesOn) {
  Rig rig;
  rig.settings->leak_guard = leak::Mode::Scrub;
  careless(rig, "198.51.100.77");
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(invite->find("X-Origin"), std::nullopt);
  EXPECT_FALSE(invite->body().empty());
  EXPECT_EQ(rig.calls.leaks().removed, 1U);
  EXPECT_EQ(rig.calls.leaks().kept, 0U);
  rig.pass(base::seconds(1));
  for (const auto& text : rig.said_to(rig.b))
    EXPECT_EQ(text.find("X-Origin"), std::string::npos) << "nor in a repetition";
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(base::minutes(2));
  rig.expect_idle();
}

TEST(LeakGuard, WordsOfAHumanAreSearchedToo) {
  Rig rig;
  rig.connect();
  rig.settings->leak_guard = leak::Mode::Scrub;
  rig.leaks_are_wanted = true;
  rig.b.request("MESSAGE", "I am at 203.0.113.10", "Content-Type: text/plain\r\n");
  const auto message = rig.a.take("MESSAGE");
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->body(), "");
  EXPECT_EQ(message->find(sip::HeaderId::ContentType), std::nullopt);
  EXPECT_EQ(rig.calls.leaks().by_place[static_cast<std::size_t>(leak::Place::Where::Body)], 1U);
}

// The ACK and BYE to a fork that lost belong to no leg of the call.
TEST(LeakGuard, LooksAtWhatALosingForkGets) {
  Rig rig;
  rig.leaks_are_wanted = true;
  // What crosses by contract, with the Call-ID of the same side in it.
  const std::string id = "ab30317f1a784dc48ff824d0d3715d86";
  rig.a.send_raw(
      "INVITE sip:5551234@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.77:5060;branch=z9hG4bKa1;rport\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:alice@alice.invalid>;tag=tag-of-alice\r\nTo: <sip:5551234@198.51.100.1>\r\n"
      "Call-ID: " +
      id + "\r\nSession-ID: " + id +
      ";remote=00000000000000000000000000000000\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@198.51.100.77:5060>\r\n"
      "Content-Type: application/sdp\r\nContent-Length: " +
      std::to_string(sdp("10.3.3.3", 4000).size()) + "\r\n\r\n" + sdp("10.3.3.3", 4000));
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(found(rig, leak::Kind::CallId), 1U);
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "fork-1");
  const auto before = found(rig, leak::Kind::CallId);
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6100), {}, "fork-2");
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_EQ(found(rig, leak::Kind::CallId), before + 2) << "ACK and BYE";
}

TEST(LeakGuard, LooksAtTheLinesOfACancel) {
  const auto settings = std::make_shared<Settings>();
  const std::string lines = "Reason: SIP;cause=200\r\nX-Origin: 198.51.100.77\r\n";
  leak::WordSet words;
  words.learn({leak::Kind::Address, "198.51.100.77"});
  leak::Watch watch;
  watch.adopt(leak::End::A, words);
  LeakGuard guard;
  const auto checked = [&](leak::Watch* by) {
    return guarded_lines(guard, *settings, by, leak::End::B, lines, "call-1", "c");
  };
  settings->leak_guard = leak::Mode::Log;
  EXPECT_EQ(checked(&watch), lines);
  EXPECT_EQ(guard.counters().by_kind[static_cast<std::size_t>(leak::Kind::Address)], 1U);
  const auto notes = guard.take_notes();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].text.find("header X-Origin, Call-ID call-1"), std::string::npos) << notes[0].text;
  settings->leak_guard = leak::Mode::Scrub;
  EXPECT_EQ(checked(&watch), "Reason: SIP;cause=200\r\n");
  EXPECT_EQ(checked(nullptr), lines);
  EXPECT_EQ(guarded_lines(guard, *settings, &watch, leak::End::B, {}, "call-1", "c"), "");
}

TEST(LeakGuard, OneCallDoesNotFillTheLog) {
  Rig rig;
  rig.connect();
  rig.leaks_are_wanted = true;
  for (std::size_t i = 0; i < leak::kMostNotes + 3; ++i) {
    rig.b.request("MESSAGE", "I am at 203.0.113.10", "Content-Type: text/plain\r\n");
    rig.a.answer_to(rig.a.take("MESSAGE"), 200);
  }
  EXPECT_EQ(rig.notes.size(), leak::kMostNotes);
  EXPECT_EQ(found(rig), leak::kMostNotes + 3);
}

TEST(LeakGuard, TwoPhonesBehindOneAddressRaiseNoAlarm) {
  Rig rig;
  rig.a.invite({.body = sdp("192.168.1.20", 4000), .headers = "User-Agent: Example/1\r\n"});
  rig.b.answer(200, sdp("192.168.1.20", 6000), "Server: Example/1\r\n");
  rig.a.ack();
  rig.a.request("MESSAGE", "192.168.1.20 Example/1", "Content-Type: text/plain\r\n");
  rig.b.request("MESSAGE", "192.168.1.20 Example/1", "Content-Type: text/plain\r\n");
  EXPECT_EQ(found(rig), 0U);
}

}  // namespace
}  // namespace sbc::call::test
