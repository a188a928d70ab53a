// Recording: what the relay is asked for, and what becomes of a call that it does not record.

#include <gtest/gtest.h>

#include "codec_rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;

void record_trunk(Rig& rig, const policy::Recording& wanted) {
  change_places(rig, kAsItIs, [&wanted](route::Trunk& trunk) { trunk.record = wanted; });
}

std::optional<control::Record> asked(const Rig& rig) {
  const auto& record = rig.relay.history.back().flows.at(0).record;
  return record ? std::optional(*record) : std::nullopt;
}

void stop_recording(Rig& rig) {
  const auto open = rig.relay.sessions;
  for (const auto& [id, spec] : open) rig.relay_event(control::RecordingStopped{id, 0, "no space left"});
}

CallRecord end(Rig& rig) {
  rig.a.bye();
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.size(), 1U);
  return rig.records.empty() ? CallRecord{} : rig.records[0];
}

TEST(Recording, BeginsWithTheAnswerUnderTheNameOfTheCall) {
  Rig rig;
  record_trunk(rig, {.wav = true, .pcap = true});
  rig.ring();
  for (const auto& spec : rig.relay.history) EXPECT_FALSE(spec.flows.at(0).record) << "nobody has answered";
  rig.b.answer(200, body(rig.b, 6000, "0"));
  rig.a.ack();
  const auto record = asked(rig);
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->wav);
  EXPECT_TRUE(record->pcap);
  EXPECT_FALSE(record->paused);
  const CallRecord ended = end(rig);
  EXPECT_EQ(record->name, ended.id);
  EXPECT_EQ(ended.recording, ended.id);
  EXPECT_EQ(ended.recording_failure, "");
}

TEST(Recording, BeginsWithEarlyMediaWhereThatIsWanted) {
  Rig rig;
  record_trunk(rig, {.wav = true, .early = true});
  rig.ring();
  for (const auto& spec : rig.relay.history) EXPECT_FALSE(spec.flows.at(0).record) << "nobody is heard";
  rig.b.answer(183, body(rig.b, 6000, "0"));
  ASSERT_TRUE(asked(rig));
  const auto name = asked(rig)->name;
  rig.b.answer(486);
  EXPECT_TRUE(rig.a.has("486 INVITE"));
  rig.pass(minutes(2));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].recording, name) << "the file is there, though nobody has answered";
  rig.expect_idle();
}

TEST(Recording, EarlyOnesGoOnOverTheAnswer) {
  Rig rig;
  change_places(
      rig, [](route::Realm& realm) { realm.ringback = "ring"; },
      [](route::Trunk& trunk) { trunk.record = policy::Recording{.wav = true, .early = true}; });
  rig.a.invite();
  rig.b.answer(180);
  ASSERT_TRUE(asked(rig)) << "ringback of the border is heard, too, whoever wants it recorded";
  const auto before = rig.relay.history.size();
  rig.b.answer(200, body(rig.b, 6000, "0"));
  rig.a.ack();
  for (auto i = before; i < rig.relay.history.size(); ++i) EXPECT_TRUE(rig.relay.history[i].flows.at(0).record);
  const auto record = end(rig);
  EXPECT_EQ(record.recording, record.id);
  rig.expect_idle();
}

TEST(Recording, IsAskedForByNobodyOtherwise) {
  Rig rig;
  rig.connect();
  EXPECT_FALSE(asked(rig));
  EXPECT_EQ(end(rig).recording, "");
  rig.expect_idle();
}

TEST(Recording, ThePolicysWordIsBeforeTheConfigurations) {
  Rig rig;
  record_trunk(rig, {.wav = true});
  policy::Candidate place;
  place.kind = policy::Candidate::Kind::Trunk;
  place.name = "t1";
  place.record = policy::Recording{.pcap = true};
  rig.advisor.decision.emplace();
  rig.advisor.decision->kind = policy::InviteDecision::Kind::Route;
  rig.advisor.decision->candidates = {place};
  rig.connect();
  const auto record = asked(rig);
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->wav);
  EXPECT_TRUE(record->pcap);
  EXPECT_TRUE(record->from_a.empty()) << "of use for WAV alone";
}

TEST(Recording, TheRelayLearnsWhichCodecsTheSidesMaySend) {
  Rig rig;
  record_trunk(rig, {.wav = true});
  constexpr const char* kMaps = "a=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n";
  rig.a.invite({.body = body(rig.a, 4000, "111 0 101", kMaps)});
  rig.b.answer(200, body(rig.b, 6000, "111 0 101", kMaps));
  rig.a.ack();
  const auto record = asked(rig);
  ASSERT_TRUE(record);
  const std::vector<control::AudioFormat> formats{{"opus", 111}, {"PCMU", 0}};
  EXPECT_EQ(record->from_a, formats);
  EXPECT_EQ(record->from_b, formats);
}

TEST(Recording, IsPausedAndGoesOnByThePartyThatMay) {
  Rig rig;
  change_places(
      rig, [](route::Realm& realm) { realm.record.control = realm.name == "access"; },
      [](route::Trunk& trunk) { trunk.record = policy::Recording{.wav = true}; });
  rig.connect();
  const auto say = [](Peer& peer, const char* word) {
    peer.request("INFO", "", std::string("Record: ") + word + "\r\n");
  };
  say(rig.a, "off");
  EXPECT_TRUE(rig.a.has("200 INFO"));
  EXPECT_TRUE(asked(rig)->paused);
  rig.a.clear();
  const std::size_t before = rig.relay.history.size();
  say(rig.a, "off");
  EXPECT_TRUE(rig.a.has("200 INFO"));
  EXPECT_EQ(rig.relay.history.size(), before) << "it is already";
  rig.a.reinvite(sdp(rig.a.ip(), 4002));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  EXPECT_TRUE(asked(rig)->paused) << "a change of the media is no change of this";
  say(rig.a, "ON");
  EXPECT_FALSE(asked(rig)->paused);
  EXPECT_FALSE(rig.b.has("INFO"));
  end(rig);
  rig.expect_idle();
}

TEST(Recording, WhoeverMayNotPausesNothing) {
  Rig rig;
  record_trunk(rig, {.wav = true});
  rig.connect();
  rig.a.request("INFO", "", "Record: off\r\n");
  EXPECT_FALSE(asked(rig)->paused);
  end(rig);
}

TEST(Recording, OneThatFailsEndsNothingAndIsInTheRecord) {
  Rig rig;
  record_trunk(rig, {.wav = true});
  rig.connect();
  stop_recording(rig);
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.counters().not_recorded, 1U);
  const CallRecord ended = end(rig);
  EXPECT_EQ(ended.cause, EndCause::Bye);
  EXPECT_EQ(ended.recording_failure, "no space left");
  rig.expect_idle();
}

TEST(Recording, ACallThatMustBeRecordedEndsWithoutIt) {
  Rig rig;
  record_trunk(rig, {.wav = true, .required = true});
  rig.connect();
  stop_recording(rig);
  EXPECT_EQ(rig.calls.connected(), 0U);
  rig.pass(minutes(2));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::NotRecorded);
  EXPECT_EQ(rig.records[0].by, EndedBy::Border);
}

}  // namespace
}  // namespace sbc::call::test
