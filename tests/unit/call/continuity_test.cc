// A transfer that the border carries out, as the relay sees it: one half has another party, the other one goes on.

#include <gtest/gtest.h>

#include "sbc/sdp/parser.h"
#include "sbc/sdp/remote_media.h"

#include "places.h"

namespace sbc::call::test {
namespace {

using policy::MediaSecurity;

constexpr std::string_view kToCarol = "Refer-To: <sip:carol@secret.invalid>\r\n";

std::string place(const sip::MessagePtr& message) {
  const auto session = sdp::parse_shared(message->body());
  if (!session) return {};
  const auto media = sdp::remote_media(**session, 0);
  return media.rtp ? media.rtp->text() : "";
}

// Where the callee was told to send.
std::string told_to(const Peer& callee) {
  for (const auto& message : callee.log)
    if (fits(*message, "INVITE")) return place(message);
  return {};
}

const control::FlowSpec& flow(const Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

// The callee sends the caller on to Carol, or to Dave in another network.
struct Transferred {
  explicit Transferred(Rig& rig, bool far = false) : stays(place(rig.a.last_accepted())) {
    if (far) rig.advisor.transfer_trunks = {"far"};
    Peer& target = far ? rig.d : rig.c;
    rig.b.request("REFER", {}, kToCarol);
    EXPECT_TRUE(target.has("INVITE"));
    target.answer(200, sdp(target.ip(), 7000));
    again = rig.a.take("INVITE");
    rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
    ack = target.take("ACK");
  }
  std::string stays;  // where the caller was told to send
  sip::MessagePtr again;
  sip::MessagePtr ack;
};

// trap 58: the relay's flow goes on, and with it the stream that the caller hears. trap 53: the target has a port that
// the transferor does not know.
TEST(Continuity, WhoStaysKeepsSessionAndAddress) {
  for (const bool far : {false, true}) {
    Rig rig;
    rig.connect();
    const std::string session = rig.relay.sessions.begin()->first;
    const std::string left = told_to(rig.b);
    Transferred done(rig, far);
    ASSERT_TRUE(done.again && done.ack);
    ASSERT_EQ(rig.relay.sessions.size(), 1U);
    EXPECT_EQ(rig.relay.sessions.begin()->first, session);
    EXPECT_EQ(rig.relay.opened, 1U);
    EXPECT_EQ(place(done.again), done.stays);
    EXPECT_NE(place(done.ack), left);
    EXPECT_EQ(flow(rig).a.party, 0U);
    EXPECT_EQ(flow(rig).b.party, 1U);
    EXPECT_EQ(flow(rig).b.network, far ? "far" : "core");
    rig.a.bye();
    end_well(rig);
  }
}

TEST(Continuity, OfTheCallerThatLeavesAsWell) {
  Rig rig;
  rig.connect();
  const std::string stays = told_to(rig.b);
  rig.a.request("REFER", {}, kToCarol);
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  const auto again = rig.b.take("INVITE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(place(again), stays);
  rig.b.answer(200, sdp(rig.b.ip(), 5000, "sendrecv", 2));
  EXPECT_EQ(flow(rig).a.party, 1U);
  EXPECT_EQ(flow(rig).b.party, 0U);
  EXPECT_EQ(rig.relay.opened, 1U);
  rig.b.bye();
  end_well(rig);
}

// RFC 4568 7.1.4: without a new session there is no need of new keys for who stays.
TEST(Continuity, WhoStaysKeepsItsKeys) {
  Rig rig;
  const auto on_realm = [](route::Realm& realm) {
    realm.media_security = MediaSecurity::Sdes;
    realm.sdes_in_clear = true;
  };
  change_places(rig, on_realm, [](route::Trunk& trunk) { trunk.media_security = MediaSecurity::None; });
  const auto secure = [&rig](int version) {
    return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + rig.a.ip() + "\r\ns=-\r\nc=IN IP4 " + rig.a.ip() +
           "\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'Q') +
           "\r\n";
  };
  rig.a.invite({.body = secure(1)});
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  const auto before = flow(rig).a.srtp;
  ASSERT_TRUE(before && before->send && before->receive);
  const std::size_t asked = rig.relay.history.size();
  rig.b.request("REFER", {}, kToCarol);
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, secure(2));
  EXPECT_TRUE(rig.c.has("ACK"));
  for (std::size_t i = asked; i < rig.relay.history.size(); ++i)
    EXPECT_EQ(rig.relay.history[i].flows.at(0).a.srtp, before) << "counters of the keys were given up";
  rig.a.bye();
  end_well(rig);
}

// Another relay may have what this one lacks: the network, or ports.
TEST(Continuity, ASessionThatCannotGoOnMakesWayForANewOne) {
  Rig rig;
  rig.connect();
  const std::string session = rig.relay.sessions.begin()->first;
  rig.relay.refuse_next = 1;
  Transferred done(rig);
  ASSERT_TRUE(done.again && done.ack);
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_NE(rig.relay.sessions.begin()->first, session);
  EXPECT_NE(place(done.again), done.stays);
  rig.a.bye();
  end_well(rig);
}

TEST(Continuity, WithoutAnyRelayTheCallEnds) {
  Rig rig;
  rig.connect();
  rig.relay.refuse_next = 2;
  rig.b.request("REFER", {}, kToCarol);
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.c.has("BYE"));
  end_well(rig);
}

// Attended: the far party of the other call brings nothing of its old session along.
TEST(Continuity, AnAttendedTransferKeepsTheSessionOfTheFirstCall) {
  Rig rig;
  rig.connect();
  const std::string session = rig.relay.sessions.begin()->first;
  const std::string stays = place(rig.a.last_accepted());
  rig.advisor.trunks = {"far"};
  rig.c.invite();
  rig.d.answer(200, sdp(rig.d.ip(), 8000));
  rig.c.ack();
  const auto accepted = rig.c.last_accepted();
  rig.b.request("REFER", {},
                "Refer-To: <sip:dave@secret.invalid?Replaces=" + std::string(accepted->call_id()) + "%3Bto-tag%3D" +
                    std::string(accepted->to_tag()) + "%3Bfrom-tag%3D" + std::string(accepted->from_tag()) + ">\r\n");
  rig.d.answer(200, sdp(rig.d.ip(), 8000, "sendrecv", 2));
  const auto again = rig.a.take("INVITE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(place(again), stays);
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_EQ(rig.relay.sessions.begin()->first, session);
  EXPECT_EQ(flow(rig).b.network, "far");
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
