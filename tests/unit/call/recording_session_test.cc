// Recording servers (SIPREC, RFC 7866): dave is one, and records what alice and bob say.

#include <gtest/gtest.h>

#include "recorded.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

// RFC 7866 6.1.1, 7.1.1, 9.1.
TEST(RecordingSession, BeginsWithTheAnswerAndSaysWhoTalks) {
  Recorded rig;
  ASSERT_NE(rig.invite, nullptr);
  EXPECT_EQ(rig.invite->find("Require").value_or(""), "siprec");
  EXPECT_TRUE(says(rig.invite, ";+sip.src"));
  EXPECT_TRUE(rig.invite->find(sip::HeaderId::ContentType).value_or("").starts_with("multipart/mixed"));
  const std::string_view body = rig.invite->body();
  EXPECT_EQ(count(body, "m=audio "), 2U);
  EXPECT_EQ(count(body, "a=sendonly"), 2U);
  EXPECT_EQ(count(body, "a=label:1\r\n"), 1U);
  EXPECT_EQ(count(body, "a=label:2\r\n"), 1U);
  EXPECT_EQ(count(body, "Content-Disposition: recording-session"), 1U);
  EXPECT_EQ(count(body, "<participant "), 2U);
  EXPECT_NE(body.find("sip:alice@"), std::string_view::npos);
  EXPECT_EQ(count(body, "<send>"), 2U);
  EXPECT_EQ(count(body, "<recv>"), 2U);

  ASSERT_EQ(rig.copies().size(), 2U);
  EXPECT_FALSE(rig.copies()[0].b.remote_rtp) << "nobody has said where it listens";
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_TRUE(rig.d.has("ACK"));
  const auto copies = rig.copies();
  ASSERT_EQ(copies.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(copies[i].a.copies->flow, 0U);
    EXPECT_EQ(copies[i].a.copies->half, i == 0 ? control::HalfSide::A : control::HalfSide::B);
    EXPECT_EQ(copies[i].b.network, "far");
    EXPECT_EQ(copies[i].b.remote_rtp->text(), rig.d.ip() + (i == 0 ? ":8002" : ":8004"));
    EXPECT_TRUE(copies[i].b.send);
    EXPECT_FALSE(copies[i].b.receive);
    EXPECT_TRUE(copies[i].b.rewrite && copies[i].b.rewrite->continuous);
  }
  rig.a.bye();
  EXPECT_TRUE(rig.d.has("BYE"));
  rig.pass(minutes(3));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].recorder, "far");
  EXPECT_EQ(rig.records[0].recording_failure, "");
  EXPECT_EQ(rig.calls.counters().recording_sessions, 1U);
  rig.expect_idle();
}

TEST(RecordingSession, IsAskedForByNobodyOtherwise) {
  Rig rig;
  rig.connect();
  EXPECT_EQ(rig.d.count("INVITE"), 0U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

// The server is told who talks, and nothing of where they are; they are told nothing of it.
TEST(RecordingSession, NoSidesNetworkIsKnownOnAnother) {
  Recorded rig;
  rig.server_answers();
  for (const Peer* party : {&rig.a, &rig.b}) {
    for (const auto& text : rig.said_to(rig.d)) {
      EXPECT_EQ(text.find(party->ip()), std::string::npos) << text;
      EXPECT_EQ(text.find("agent-of"), std::string::npos) << text;
    }
    for (const auto& text : rig.said_to(*party)) EXPECT_EQ(text.find(rig.d.ip()), std::string::npos) << text;
  }
  rig.end_call();
}

// trap 89: a hold of the call is a change of the metadata, and so is its end.
TEST(RecordingSession, HoldAndResumeAreToldAsTheyHappen) {
  Recorded rig;
  rig.server_answers();
  rig.b.reinvite(sdp(rig.b.ip(), 5000, "sendonly", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  rig.b.ack();
  const auto held = rig.d.take("INVITE");
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(count(held->body(), "a=inactive"), 1U) << "alice is not heard";
  EXPECT_EQ(count(held->body(), "<send>"), 1U);
  EXPECT_EQ(count(held->body(), "<recv>"), 1U);
  EXPECT_EQ(count(held->body(), "<datamode>complete</datamode>"), 1U);
  EXPECT_EQ(held->find("Require").value_or(""), "siprec");
  rig.d.answer(200, server_sdp(rig.d, 8000));
  rig.b.reinvite(sdp(rig.b.ip(), 5000, "sendrecv", 3));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3));
  rig.b.ack();
  const auto resumed = rig.d.take("INVITE");
  ASSERT_NE(resumed, nullptr);
  EXPECT_EQ(count(resumed->body(), "a=sendonly"), 2U);
  EXPECT_EQ(count(resumed->body(), "<send>"), 2U);
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_EQ(rig.end_call().recording_failure, "");
}

// RFC 3264 8.2: nothing is said while the only line is out of use, and the recording goes on when it is back.
TEST(RecordingSession, OutlivesALineThatIsTakenOutOfUseAndBack) {
  Recorded rig;
  rig.server_answers();
  rig.b.reinvite(sdp(rig.b.ip(), 0, "sendrecv", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 0, "sendrecv", 2));
  rig.b.ack();
  EXPECT_TRUE(rig.copies().empty());
  const auto out = rig.d.take("INVITE");
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(count(out->body(), "m=audio 0 "), 2U);
  std::string none = server_sdp(rig.d, 8000);
  for (const char* port : {"8002", "8004"}) none.replace(none.find(port), 4, "0");
  rig.d.answer(200, none);
  rig.b.reinvite(sdp(rig.b.ip(), 5000, "sendrecv", 3));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3));
  rig.b.ack();
  const auto back = rig.d.take("INVITE");
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(count(back->body(), "a=sendonly"), 2U);
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_EQ(rig.copies().size(), 2U);
  EXPECT_EQ(rig.end_call().recording_failure, "");
}

// trap 89: one after the other, however fast the call changes (RFC 3261 14.1).
TEST(RecordingSession, AChangeWaitsForTheOneBefore) {
  Recorded rig;
  const auto reinvite = [&rig](const char* theirs, const char* ours, int version) {
    rig.b.reinvite(sdp(rig.b.ip(), 5000, theirs, version));
    rig.a.answer(200, sdp(rig.a.ip(), 4000, ours, version));
    rig.b.ack();
  };
  reinvite("sendonly", "recvonly", 2);
  EXPECT_FALSE(rig.d.has("INVITE")) << "the first has no answer yet";
  rig.d.answer(200, server_sdp(rig.d, 8000));
  const auto held = rig.d.take("INVITE");
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(count(held->body(), "a=inactive"), 1U);
  reinvite("sendrecv", "sendrecv", 3);
  EXPECT_FALSE(rig.d.has("INVITE"));
  rig.d.answer(491);
  rig.pass(seconds(5));
  const auto now = rig.d.take("INVITE");
  ASSERT_NE(now, nullptr);
  EXPECT_EQ(count(now->body(), "a=sendonly"), 2U) << "what counts is how things are by now";
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_FALSE(rig.d.has("INVITE"));
  rig.end_call();
}

// trap 89: after a transfer another one talks, and who has left is told with the time.
TEST(RecordingSession, ATransferBringsAnotherParticipant) {
  Recorded rig;
  rig.server_answers();
  rig.advisor.transfer_trunks = {"t2"};
  rig.a.request("REFER", {}, "Refer-To: <sip:carol@secret.invalid>\r\n");
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  rig.b.answer(200, sdp(rig.b.ip(), 5000, "sendrecv", 2));
  // Bob's trunk wants it; bob is still there.
  const auto told = rig.d.take("INVITE");
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(count(told->body(), "<participant "), 3U);
  EXPECT_EQ(count(told->body(), "<disassociate-time>"), 1U);
  EXPECT_EQ(count(told->body(), "<participantstreamassoc "), 2U);
  EXPECT_NE(told->body().find("sip:carol@"), std::string_view::npos);
  EXPECT_EQ(told->body().find("secret"), std::string_view::npos);
  rig.d.answer(200, server_sdp(rig.d, 8000));
  rig.c.bye();
  EXPECT_TRUE(rig.d.has("BYE"));
  rig.pass(minutes(3));
  rig.expect_idle();
}

// trap 89: the server may be the one that refreshes (RFC 4028 7.2, 9).
TEST(RecordingSession, RefreshesOfTheServerAreAnswered) {
  Recorded rig;
  rig.d.answer(200, server_sdp(rig.d, 8000),
               "Session-Expires: 90;refresher=uas\r\nRequire: timer\r\nSupported: timer\r\n");
  rig.d.clear();
  for (int i = 0; i < 3; ++i) {
    rig.pass(seconds(40));
    rig.d.request("UPDATE", {}, "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\nRequire: siprec\r\n");
    const auto answer = rig.d.take("200 UPDATE");
    ASSERT_NE(answer, nullptr);
    EXPECT_TRUE(says(answer, "Session-Expires: 90;refresher=uac"));
  }
  rig.pass(seconds(40));
  rig.d.reinvite(server_sdp(rig.d, 8000), "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n");
  const auto answer = rig.d.take("200 INVITE");
  ASSERT_NE(answer, nullptr);
  EXPECT_TRUE(says(answer, ";+sip.src"));
  EXPECT_EQ(count(answer->body(), "a=sendonly"), 2U);
  EXPECT_EQ(count(answer->body(), "a=label:"), 2U);
  rig.d.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.end_call().recording_failure, "");
}

TEST(RecordingSession, NobodyRefreshesIsTheEndOfTheSessionAndNotOfTheCall) {
  Recorded rig;
  rig.d.answer(200, server_sdp(rig.d, 8000),
               "Session-Expires: 90;refresher=uas\r\nRequire: timer\r\nSupported: timer\r\n");
  rig.d.clear();
  rig.pass(seconds(91));
  EXPECT_TRUE(rig.d.has("BYE"));
  EXPECT_TRUE(rig.d.has("INVITE")) << "begun again";
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.end_call();
}

TEST(RecordingSession, WeRefreshWhereItIsOurTurn) {
  Recorded rig;
  rig.d.answer(200, server_sdp(rig.d, 8000),
               "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\nSupported: timer\r\n");
  rig.d.clear();
  rig.pass(seconds(46));
  const auto refresh = rig.d.take("INVITE");
  ASSERT_NE(refresh, nullptr);
  EXPECT_TRUE(says(refresh, "Session-Expires: "));
  EXPECT_EQ(count(refresh->body(), "<participant "), 2U);
  rig.d.answer(200, server_sdp(rig.d, 8000), "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n");
  rig.end_call();
}

// RFC 7866 7.2: it says when it is not ready, and when it is.
TEST(RecordingSession, AServerThatHoldsGetsNothingUntilItWantsIt) {
  Recorded rig;
  rig.d.answer(200, server_sdp(rig.d, 8000, "inactive"));
  ASSERT_EQ(rig.copies().size(), 2U);
  EXPECT_FALSE(rig.copies()[0].b.send);
  rig.d.clear();
  rig.d.reinvite(server_sdp(rig.d, 8000));
  rig.d.ack();
  EXPECT_TRUE(rig.copies()[0].b.send);
  EXPECT_TRUE(rig.copies()[1].b.send);
  rig.d.reinvite(server_sdp(rig.d, 8000, "inactive"));
  const auto answer = rig.d.take("200 INVITE");
  rig.d.ack();
  EXPECT_FALSE(rig.copies()[0].b.send);
  rig.end_call();
}

TEST(RecordingSession, AServerMayAskForAnOffer) {
  Recorded rig;
  rig.server_answers();
  rig.d.reinvite("");
  const auto offer = rig.d.take("200 INVITE");
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(count(offer->body(), "a=sendonly"), 2U);
  rig.d.ack(server_sdp(rig.d, 8200));
  EXPECT_EQ(rig.copies().at(0).b.remote_rtp->port, 8202);
  rig.end_call();
}

// RFC 7866 9.2.
TEST(RecordingSession, TheWholeMetadataComeWhenTheServerAsksForThem) {
  Recorded rig;
  rig.server_answers();
  rig.d.send_raw([&] {
    std::string text =
        rig.d.request_text("UPDATE", 9'000'000,
                           "<?xml version=\"1.0\"?><requestsnapshot "
                           "xmlns='urn:ietf:params:xml:ns:recording:1'/>",
                           "Require: siprec\r\nContent-Disposition: recording-session\r\n", "z9hG4bKsnap");
    text.replace(text.find("application/sdp"), 15, "application/rs-metadata");
    return text;
  }());
  EXPECT_TRUE(rig.d.has("200 UPDATE"));
  const auto snapshot = rig.d.take("INVITE");
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(count(snapshot->body(), "<datamode>complete</datamode>"), 1U);
  rig.d.answer(200, server_sdp(rig.d, 8000));
  rig.end_call();
}

TEST(RecordingSession, TheServerMayEndItAndAskForNothingStrange) {
  Recorded rig;
  rig.server_answers();
  rig.d.request("MESSAGE", "hello");
  EXPECT_TRUE(rig.d.has("405 MESSAGE"));
  rig.d.request("OPTIONS");
  EXPECT_TRUE(rig.d.has("200 OPTIONS"));
  rig.d.request("UPDATE", "", "Require: teleport\r\n");
  EXPECT_TRUE(rig.d.has("420 UPDATE"));
  rig.d.bye();
  EXPECT_TRUE(rig.d.has("200 BYE"));
  EXPECT_TRUE(rig.copies().empty());
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_NE(rig.end_call().recording_failure, "");
}

// The server's trunk says how its media is protected, whatever that of the parties is.
TEST(RecordingSession, WithSrtpTowardTheServer) {
  Rig rig;
  change_places(rig, kAsItIs, [](route::Trunk& trunk) {
    if (trunk.name == "t1") trunk.record = policy::Recording{.siprec = "far"};
    if (trunk.name != "far") return;
    trunk.media_security = policy::MediaSecurity::Sdes;
    trunk.sdes_in_clear = true;
  });
  rig.connect();
  const auto invite = rig.d.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_GE(count(invite->body(), "a=crypto:"), 2U);
  const auto at = invite->body().find("a=crypto:");
  ASSERT_NE(at, std::string_view::npos);
  EXPECT_EQ(text(invite).find("RTP/AVP "), std::string::npos);
  std::string answer = server_sdp(rig.d, 8000);
  for (auto line = answer.find("RTP/AVP"); line != std::string::npos; line = answer.find("RTP/AVP"))
    answer.replace(line, 7, "RTP/SAVP");
  // Its first suite (AES-256 in GCM: 44 bytes), with a key of the server's own.
  const std::string offered(invite->body().substr(at, invite->body().find(" inline:", at) - at));
  const std::string crypto = offered + " inline:" + std::string(59, 'A') + "=\r\n";
  for (auto line = answer.find("a=label"); line != std::string::npos; line = answer.find("a=label", line + 8)) {
    answer.insert(line, crypto);
    line += crypto.size();
  }
  rig.d.answer(200, answer);
  const auto& flows = rig.relay.history.back().flows;
  ASSERT_EQ(flows.size(), 3U);
  EXPECT_FALSE(flows[0].a.srtp);
  for (std::size_t i = 1; i < flows.size(); ++i) EXPECT_TRUE(flows[i].b.srtp && flows[i].b.srtp->send) << i;
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(RecordingSession, WithoutPortsTheCallGoesOn) {
  Rig rig;
  record_by(rig, "named");
  rig.slow_names = true;
  rig.names["pbx.example"] = {{sip::Transport::Udp, rig.c.endpoint()}};
  rig.connect();
  rig.relay.refuse_next = 1;
  rig.release_lookups();
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.counters().not_recorded, 1U);
  EXPECT_EQ(rig.relay.history.back().flows.size(), 1U) << "asked once more, for the call alone";
  rig.a.bye();
  rig.pass(minutes(3));
  EXPECT_NE(rig.records.at(0).recording_failure, "");
  rig.expect_idle();
}

// A party that may pauses it: what must not be stored does not leave, and the server knows (RFC 7866 7.1.1.1).
TEST(RecordingSession, IsPausedByThePartyThatMay) {
  Rig rig;
  change_places(
      rig, [](route::Realm& realm) { realm.record.control = realm.name == "access"; },
      [](route::Trunk& trunk) {
        if (trunk.name == "t1") trunk.record = policy::Recording{.siprec = "far"};
      });
  rig.connect();
  rig.d.answer(200, server_sdp(rig.d, 8000));
  rig.d.clear();
  rig.a.request("INFO", "", "Record: off\r\n");
  EXPECT_FALSE(rig.relay.history.back().flows.back().b.send) << "at once";
  const auto paused = rig.d.take("INVITE");
  ASSERT_NE(paused, nullptr);
  EXPECT_EQ(count(paused->body(), "a=inactive"), 2U);
  rig.d.answer(200, server_sdp(rig.d, 8000, "inactive"));
  rig.a.request("INFO", "", "Record: on\r\n");
  const auto on = rig.d.take("INVITE");
  ASSERT_NE(on, nullptr);
  EXPECT_EQ(count(on->body(), "a=sendonly"), 2U);
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_TRUE(rig.relay.history.back().flows.back().b.send);
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

// The relay of the call is gone: the server learns the new place as the parties do.
TEST(RecordingSession, MovesWithTheMedia) {
  Recorded rig;
  rig.server_answers();
  rig.session_lost();
  rig.pass(seconds(1));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 5000, "sendrecv", 2));
  const auto moved = rig.d.take("INVITE");
  ASSERT_NE(moved, nullptr);
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_EQ(rig.copies().size(), 2U);
  EXPECT_EQ(rig.end_call().recording_failure, "");
}

}  // namespace
}  // namespace sbc::call::test
