// Sounds that the border plays: refusals that are told in words, and music on hold.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec_rig.h"
#include "early.h"

namespace sbc::call::test {
namespace {

using base::seconds;
using control::PlayEnd;
using testing::HasSubstr;

const control::FlowSpec& flow(Rig& rig) {
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  return rig.relay.sessions.begin()->second.flows.at(0);
}

void refuse_with(Rig& rig, const std::string& sound) {
  policy::InviteDecision no;
  no.kind = policy::InviteDecision::Kind::Reject;
  no.status = 486;
  no.headers = {{"X-Why", "all lines"}};
  no.announcement = sound;
  rig.advisor.decision = no;
}

void sound_ends(Rig& rig, PlayEnd end = PlayEnd::Done) {
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  rig.relay_event(control::PlayEnded{rig.relay.sessions.begin()->first, 0, control::HalfSide::A, 0, end});
}

// --- announcements ------------------------------------------------------------------------------------------------

TEST(Announcement, IsHeardAsEarlyMediaBeforeTheRefusal) {
  Rig rig;
  refuse_with(rig, "busy");
  rig.a.invite({.body = body(rig.a, 4000, "18 8 0 101", std::string("a=rtpmap:18 G729/8000\r\n") + kEvents)});
  const auto progress = rig.a.take("183 INVITE");
  ASSERT_NE(progress, nullptr);
  EXPECT_THAT(text(progress), HasSubstr(" RTP/AVP 8 101\r\n")) << "the first codec that the relay can make";
  EXPECT_THAT(text(progress), HasSubstr("a=sendrecv")) << "a phone behind a NAT sends, so that it is found";
  ASSERT_TRUE(flow(rig).a.play);
  EXPECT_EQ(flow(rig).a.play->sound, "busy");
  EXPECT_EQ(flow(rig).a.play->loops, 1U);
  EXPECT_EQ(flow(rig).a.play->format, (control::AudioFormat{"PCMA", 8, ""}));
  EXPECT_TRUE(flow(rig).a.send);
  EXPECT_FALSE(flow(rig).b.remote_rtp);
  EXPECT_FALSE(flow(rig).b.send);
  EXPECT_FALSE(rig.a.has("486 INVITE"));
  sound_ends(rig);
  const auto refusal = rig.a.take("486 INVITE");
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->find("X-Why"), "all lines");
  EXPECT_TRUE(rig.b.log.empty());
  end_well(rig);
}

TEST(Announcement, IsReliableForACallerThatWantsIt) {
  Rig rig;
  refuse_with(rig, "busy");
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = kRequires});
  const auto progress = rig.a.take("183 INVITE");
  ASSERT_NE(progress, nullptr);
  ASSERT_TRUE(is_reliable(*progress));
  EXPECT_FALSE(progress->body().empty());
  rig.a.request("PRACK", {}, rack(*progress));
  EXPECT_TRUE(rig.a.has("200 PRACK"));
  sound_ends(rig);
  EXPECT_TRUE(rig.a.has("486 INVITE"));
  end_well(rig);
}

TEST(Announcement, NeverKeepsTheRefusalBack) {
  for (const PlayEnd end : {PlayEnd::NoSound, PlayEnd::TooMany, PlayEnd::Unreachable}) {
    Rig rig;
    refuse_with(rig, "missing");
    rig.a.invite();
    ASSERT_TRUE(rig.a.has("183 INVITE"));
    sound_ends(rig, end);
    EXPECT_TRUE(rig.a.has("486 INVITE"));
    EXPECT_EQ(rig.calls.counters().sounds_unheard, 1U);
    end_well(rig);
  }
  {
    Rig rig;  // the relay does not say when it ends
    refuse_with(rig, "busy");
    rig.a.invite();
    rig.pass(seconds(61));
    EXPECT_TRUE(rig.a.has("486 INVITE"));
    end_well(rig);
  }
  for (const auto mood : {FakeRelay::Mood::Refusing, FakeRelay::Mood::Silent}) {
    Rig rig;
    rig.relay.mood = mood;
    refuse_with(rig, "busy");
    rig.a.invite();
    rig.pass(seconds(10));
    EXPECT_TRUE(rig.a.has("486 INVITE"));
    end_well(rig);
  }
}

TEST(Announcement, IsLeftOutForWhomItCannotBe) {
  for (const std::string& offer : {std::string(), std::string("g729"), std::string("sendonly")}) {
    Rig rig;
    refuse_with(rig, "busy");
    std::string description;
    if (offer == "g729") description = body(rig.a, 4000, "18", "a=rtpmap:18 G729/8000\r\n");
    if (offer == "sendonly") description = sdp(rig.a.ip(), 4000, "sendonly");
    rig.a.invite({.body = description});
    EXPECT_FALSE(rig.a.has("183 INVITE")) << offer;
    EXPECT_TRUE(rig.a.has("486 INVITE")) << offer;
    end_well(rig);
  }
}

TEST(Announcement, EndsWithTheCallersPatience) {
  for (const bool by_bye : {false, true}) {
    Rig rig;
    refuse_with(rig, "busy");
    rig.a.invite();
    ASSERT_TRUE(rig.a.has("183 INVITE"));
    by_bye ? rig.a.bye() : rig.a.cancel();
    EXPECT_TRUE(rig.a.has("487 INVITE"));
    EXPECT_FALSE(rig.a.has("486 INVITE"));
    EXPECT_TRUE(rig.relay.sessions.empty());
    end_well(rig);
  }
}

TEST(Announcement, ASlowRelayAndACancelMeet) {
  Rig rig;
  rig.relay.mood = FakeRelay::Mood::Slow;
  refuse_with(rig, "busy");
  rig.a.invite();
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.release_relay();
  EXPECT_FALSE(rig.a.has("183 INVITE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  end_well(rig);
}

// --- music on hold ------------------------------------------------------------------------------------------------

void with_music(Rig& rig) {
  change_places(rig, [](route::Realm&) {}, [](route::Trunk& trunk) { trunk.music_on_hold = "music"; });
}

void talk(Rig& rig) {
  rig.a.invite();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.clear();
  rig.b.clear();
}

// `told`: what the held side is offered.
void hold(Rig& rig, const std::string& offer, const std::string& told, const std::string& answer) {
  rig.a.reinvite(offer);
  const auto asked = rig.b.take("INVITE");
  EXPECT_THAT(text(asked), HasSubstr("a=" + told + "\r\n"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, answer, 2));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
}

// trap 32: hold in all its spellings.
TEST(MusicOnHold, IsHeardHoweverTheHoldIsSpelled) {
  for (const std::string spelling : {"sendonly", "inactive", "0.0.0.0"}) {
    Rig rig;
    with_music(rig);
    talk(rig);
    EXPECT_FALSE(flow(rig).b.play);
    ASSERT_TRUE(flow(rig).b.rewrite);
    EXPECT_TRUE(flow(rig).b.rewrite->continuous) << "one stream before, during and after";
    const std::string offer =
        spelling == "0.0.0.0" ? sdp("0.0.0.0", 4000, "sendrecv", 2) : sdp(rig.a.ip(), 4000, spelling, 2);
    hold(rig, offer, "sendonly", "recvonly");
    const auto answer = text(rig.a.take("200 INVITE"));
    EXPECT_THAT(answer, HasSubstr(spelling == "inactive" ? "a=inactive" : "a=recvonly"));
    ASSERT_TRUE(flow(rig).b.play) << spelling;
    EXPECT_EQ(flow(rig).b.play->sound, "music");
    EXPECT_EQ(flow(rig).b.play->loops, 0U);
    EXPECT_TRUE(flow(rig).b.send);
    EXPECT_FALSE(flow(rig).a.play);
    EXPECT_TRUE(rig.relay.sessions.begin()->second.suspended);
    rig.b.clear();
    hold(rig, sdp(rig.a.ip(), 4000, "sendrecv", 3), "sendrecv", "sendrecv");
    EXPECT_FALSE(flow(rig).b.play) << "it ends at the resume";
    rig.a.bye();
    end_well(rig);
  }
}

TEST(MusicOnHold, IsNotForcedUponWhoDoesNotListen) {
  Rig rig;
  with_music(rig);
  talk(rig);
  hold(rig, sdp(rig.a.ip(), 4000, "inactive", 2), "sendonly", "inactive");
  EXPECT_FALSE(flow(rig).b.play);
  rig.a.bye();
  end_well(rig);
}

TEST(MusicOnHold, IsForTheSideThatHasIt) {
  Rig rig;
  with_music(rig);
  talk(rig);
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "inactive", 2));
  EXPECT_THAT(text(rig.a.take("INVITE")), HasSubstr("a=inactive\r\n"));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "inactive", 2));
  rig.b.ack();
  EXPECT_FALSE(flow(rig).a.play);
  EXPECT_FALSE(flow(rig).b.play);
  rig.a.bye();
  end_well(rig);
}

TEST(MusicOnHold, ComesInTheCodecOfItsListener) {
  Rig rig;
  with_music(rig);
  rig.a.invite({.body = body(rig.a, 4000, "0 9")});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, body(rig.b, 6000, "9", "a=ptime:30\r\n"));
  rig.a.ack();
  rig.b.clear();
  rig.a.reinvite(body(rig.a, 4000, "0 9", "a=sendonly\r\n", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, body(rig.b, 6000, "9", "a=ptime:30\r\na=recvonly\r\n", 2));
  rig.a.ack();
  ASSERT_TRUE(flow(rig).b.play);
  EXPECT_EQ(flow(rig).b.play->format, (control::AudioFormat{"G722", 9, ""}));
  EXPECT_EQ(flow(rig).b.play->ptime_ms, 30U);
  rig.a.bye();
  end_well(rig);
}

TEST(MusicOnHold, AnInviteThatWantsNoMediaYetIsNoHold) {
  Rig rig;
  with_music(rig);
  rig.a.invite({.body = sdp(rig.a.ip(), 4000, "inactive")});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr("a=inactive\r\n"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "inactive"));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).b.play);
  rig.a.bye();
  end_well(rig);
}

// --- announcements in answered calls ------------------------------------------------------------------------------

void heard_out(Rig& rig, control::HalfSide half, std::uint32_t number, PlayEnd end = PlayEnd::Done) {
  rig.relay_event(control::PlayEnded{rig.relay.sessions.begin()->first, 0, half, number, end});
}

void record_with(Rig& rig, const std::string& sound) {
  change_places(rig, kAsItIs, [&sound](route::Trunk& trunk) {
    trunk.record = policy::Recording{.wav = true, .announcement = sound};
  });
}

// Both must know that they are recorded.
TEST(Announcement, OfARecordingIsHeardByBothOnce) {
  Rig rig;
  record_with(rig, "recorded");
  rig.ring();
  EXPECT_FALSE(flow(rig).a.play);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  for (const auto* half : {&flow(rig).a, &flow(rig).b}) {
    ASSERT_TRUE(half->play);
    EXPECT_EQ(half->play->sound, "recorded");
    EXPECT_EQ(half->play->loops, 1U);
    EXPECT_FALSE(half->play->yields);
    ASSERT_TRUE(half->rewrite);
    EXPECT_TRUE(half->rewrite->continuous) << "one stream before, during and after";
  }
  EXPECT_TRUE(flow(rig).record) << "and is in the recording";
  heard_out(rig, control::HalfSide::A, 1);
  EXPECT_FALSE(flow(rig).a.play);
  EXPECT_TRUE(flow(rig).b.play);
  heard_out(rig, control::HalfSide::B, 1);
  EXPECT_FALSE(flow(rig).b.play);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 2));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.play) << "it is said once";
  rig.a.bye();
  end_well(rig);
}

TEST(Announcement, OfARecordingIsBeforeTheWelcomeAndBeforeMusic) {
  Rig rig;
  change_places(
      rig, [](route::Realm& realm) { realm.music_on_hold = "music"; },
      [](route::Trunk& trunk) { trunk.record = policy::Recording{.wav = true, .announcement = "recorded"}; });
  policy::InviteDecision go;
  go.kind = policy::InviteDecision::Kind::Route;
  go.candidates.resize(1);
  go.candidates[0].kind = policy::Candidate::Kind::Trunk;
  go.candidates[0].name = "t1";
  go.candidates[0].welcome = "welcome";
  rig.advisor.decision = go;
  talk(rig);
  ASSERT_TRUE(flow(rig).a.play);
  EXPECT_EQ(flow(rig).a.play->sound, "recorded");
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  rig.b.ack();
  ASSERT_TRUE(flow(rig).a.play);
  EXPECT_EQ(flow(rig).a.play->sound, "recorded");
  heard_out(rig, control::HalfSide::A, 1);
  ASSERT_TRUE(flow(rig).a.play);
  EXPECT_EQ(flow(rig).a.play->sound, "welcome");
  EXPECT_EQ(flow(rig).a.play->number, 2U);
  heard_out(rig, control::HalfSide::A, 1);  // said twice
  EXPECT_EQ(flow(rig).a.play->sound, "welcome");
  EXPECT_FALSE(flow(rig).b.play && flow(rig).b.play->sound == "welcome");
  heard_out(rig, control::HalfSide::A, 2, PlayEnd::NoSound);
  EXPECT_EQ(rig.calls.counters().sounds_unheard, 1U);
  ASSERT_TRUE(flow(rig).a.play);
  EXPECT_EQ(flow(rig).a.play->sound, "music");
  rig.a.bye();
  end_well(rig);
}

TEST(Announcement, InACallWithNoCodecOfTheRelaysIsLeftOut) {
  Rig rig;
  record_with(rig, "recorded");
  const std::string g729 = "a=rtpmap:18 G729/8000\r\n";
  rig.a.invite({.body = body(rig.a, 4000, "18", g729)});
  rig.b.answer(200, body(rig.b, 6000, "18", g729));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.play);
  rig.a.bye();
  end_well(rig);
}

// --- announcements when the policy gives up -----------------------------------------------------------------------

void give_up_with(Rig& rig, const std::string& sound) {
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::GiveUp;
  rig.advisor.failure_decision.status = 480;
  rig.advisor.failure_decision.headers = {{"X-Why", "all gone"}};
  rig.advisor.failure_decision.announcement = sound;
}

TEST(Announcement, IsHeardWhenThePolicyGivesUp) {
  for (const bool early : {false, true}) {
    Rig rig;
    give_up_with(rig, "gone");
    rig.a.invite();
    rig.b.answer(180);
    if (early) rig.b.answer(183, sdp(rig.b.ip(), 6000));
    rig.a.clear();
    rig.b.answer(486);
    const auto progress = rig.a.take("183 INVITE");
    ASSERT_NE(progress, nullptr);
    EXPECT_THAT(text(progress), HasSubstr("m=audio"));
    ASSERT_TRUE(flow(rig).a.play);
    EXPECT_EQ(flow(rig).a.play->sound, "gone");
    EXPECT_FALSE(flow(rig).b.send);
    EXPECT_FALSE(rig.a.has("480 INVITE"));
    sound_ends(rig);
    const auto refusal = rig.a.take("480 INVITE");
    ASSERT_NE(refusal, nullptr);
    EXPECT_EQ(refusal->find("X-Why"), "all gone");
    EXPECT_EQ(rig.calls.counters().announcements, 1U);
    end_well(rig);
    ASSERT_EQ(rig.records.size(), 1U);
    EXPECT_EQ(rig.records[0].cause, EndCause::Rejected);
  }
}

TEST(Announcement, ThatNobodyCanHearKeepsNoFailureBack) {
  {
    Rig rig;  // an INVITE without an offer
    give_up_with(rig, "gone");
    rig.a.invite({.body = ""});
    rig.b.answer(486);
    EXPECT_TRUE(rig.a.has("480 INVITE"));
    end_well(rig);
  }
  {
    Rig rig;
    give_up_with(rig, "gone");
    rig.a.invite();
    rig.b.answer(486);
    ASSERT_TRUE(rig.a.has("183 INVITE"));
    rig.a.cancel();
    EXPECT_TRUE(rig.a.has("487 INVITE"));
    end_well(rig);
  }
  {
    Rig rig;  // nobody answers, and the relay never says that it is done
    give_up_with(rig, "gone");
    rig.a.invite();
    rig.b.answer(180);
    rig.pass(base::minutes(10));
    EXPECT_TRUE(rig.b.has("CANCEL"));
    EXPECT_TRUE(rig.a.has("480 INVITE"));
    end_well(rig);
  }
}

// --- ringback -----------------------------------------------------------------------------------------------------

constexpr const char* kTone = "tone:425/1000,0/4000";

void with_ringback(Rig& rig) {
  change_places(rig, [](route::Realm& realm) { realm.ringback = kTone; }, kAsItIs);
}

TEST(Ringback, ComesInAnEarlyDialogOfItsOwn) {
  Rig rig;
  with_ringback(rig);
  rig.a.invite({.body = body(rig.a, 4000, "0 8 101", kEvents)});
  rig.b.answer(180);
  const auto ringing = rig.a.take("180 INVITE");
  const auto tone = rig.a.take("183 INVITE");
  ASSERT_NE(ringing, nullptr);
  ASSERT_NE(tone, nullptr);
  EXPECT_NE(ringing->to_tag(), tone->to_tag());
  EXPECT_TRUE(ringing->body().empty());
  EXPECT_THAT(text(tone), HasSubstr(" RTP/AVP 0 101\r\n"));
  ASSERT_TRUE(flow(rig).a.play);
  EXPECT_EQ(flow(rig).a.play->sound, kTone);
  EXPECT_EQ(flow(rig).a.play->loops, 0U);
  EXPECT_EQ(flow(rig).a.play->format.coding, "PCMU");
  // The callee's own answer holds, in the dialog in which it rang (trap 26).
  rig.b.answer(200, body(rig.b, 6000, "8"));
  const auto answer = rig.a.take("200 INVITE");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->to_tag(), ringing->to_tag());
  EXPECT_THAT(text(answer), HasSubstr(" RTP/AVP 8\r\n"));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.play);
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.a.bye();
  EXPECT_TRUE(rig.b.has("BYE"));
  end_well(rig);
}

TEST(Ringback, GivesWayToEarlyMedia) {
  Rig rig;
  with_ringback(rig);
  rig.a.invite();
  rig.b.answer(180);
  ASSERT_TRUE(flow(rig).a.play);
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(flow(rig).a.play);
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.b.answer(180);
  EXPECT_FALSE(flow(rig).a.play) << "early media is not taken away again";
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(Ringback, IsNotPlayedToWhoHasNothingToHearItWith) {
  for (const bool late : {false, true}) {
    Rig rig;
    with_ringback(rig);
    if (late)
      rig.a.invite({.body = ""});
    else
      rig.a.invite({.body = body(rig.a, 4000, "18", "a=rtpmap:18 G729/8000\r\n")});
    rig.b.answer(180);
    EXPECT_TRUE(rig.a.has("180 INVITE"));
    EXPECT_FALSE(rig.a.has("183 INVITE"));
    rig.b.answer(486);
    EXPECT_TRUE(rig.a.has("486 INVITE"));
    end_well(rig);
  }
}

TEST(Ringback, EndsWithTheCall) {
  Rig rig;
  with_ringback(rig);
  rig.a.invite();
  rig.b.answer(180);
  rig.a.cancel();
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  end_well(rig);
}

TEST(Ringback, ComesAgainFromTheNextTarget) {
  Rig rig;
  with_ringback(rig);
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  rig.b.answer(180);
  ASSERT_TRUE(flow(rig).a.play);
  rig.b.answer(503);
  EXPECT_FALSE(flow(rig).a.play);
  ASSERT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(180);
  EXPECT_TRUE(flow(rig).a.play);
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.play);
  rig.a.bye();
  end_well(rig);
}

TEST(Ringback, IsReliableForACallerThatHasIt) {
  Rig rig;
  with_ringback(rig);
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = kSupports});
  rig.b.answer(180);
  const auto tone = rig.a.take("183 INVITE");
  ASSERT_NE(tone, nullptr);
  EXPECT_TRUE(is_reliable(*tone));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));  // before the PRACK of another early dialog
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

// --- transfers ----------------------------------------------------------------------------------------------------

TEST(Ringback, IsHeardByTheOneWhoIsTransferred) {
  for (const bool answered : {true, false}) {
    Rig rig;
    change_places(rig, [](route::Realm& realm) { realm.ringback = "ring"; }, kAsItIs);
    talk(rig);
    rig.b.request("REFER", {}, "Refer-To: <sip:carol@secret.invalid>\r\n");
    EXPECT_TRUE(rig.b.has("202 REFER"));
    EXPECT_FALSE(flow(rig).a.play);
    rig.c.answer(180);
    ASSERT_TRUE(flow(rig).a.play);
    EXPECT_EQ(flow(rig).a.play->sound, "ring");
    EXPECT_EQ(flow(rig).a.play->loops, 0U);
    EXPECT_FALSE(flow(rig).b.play);
    if (answered) {
      rig.c.answer(200, sdp(rig.c.ip(), 7000));
      rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
    } else {
      rig.c.answer(486);
    }
    EXPECT_FALSE(flow(rig).a.play);
    rig.a.bye();
    end_well(rig);
  }
}

}  // namespace
}  // namespace sbc::call::test
