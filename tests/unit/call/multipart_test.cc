// trap 83: SDP that comes with other parts, in an INVITE and wherever else offers and answers stand.

#include <gtest/gtest.h>

#include "early.h"
#include "places.h"
#include "rig.h"

namespace sbc::call::test {
namespace {

std::string with_parts(const std::string& description, const std::string& other) {
  return "--b1\r\nContent-Type: application/sdp\r\n\r\n" + description + "\r\n--b1\r\n" + other + "\r\n--b1--\r\n";
}

const std::string kIsup =
    "Content-Type: application/ISUP;version=itu\r\nContent-Disposition: signal;handling=optional\r\n\r\nisup-bytes";
const std::string kRequired =
    "Content-Type: application/ISUP\r\nContent-Disposition: signal;handling=required\r\n\r\nisup-bytes";
const std::string kMixed = "multipart/mixed;boundary=b1";
const std::string kType = "Content-Type: " + kMixed + "\r\n";

TEST(MultipartInvite, TheSdpIsUsedAndOtherPartsStayWithTheirSender) {  // trap 83: SDP among other parts.
  Rig rig;
  rig.a.invite({.body = with_parts(sdp(rig.a.ip(), 4000), kIsup), .content_type = kMixed});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(invite->find(sip::HeaderId::ContentType), "application/sdp");
  EXPECT_TRUE(invite->body().starts_with("v=0"));
  EXPECT_EQ(invite->body().find(rig.a.ip()), std::string_view::npos);
  rig.b.answer(200, sdp(rig.b.ip(), 5000));
  EXPECT_NE(rig.a.take("200"), nullptr);
  rig.a.ack();
  rig.a.bye();
  rig.pass(base::minutes(2));
  rig.expect_idle();
}

TEST(MultipartInvite, APartThatIsRequiredAndCannotCrossIsAnswered415) {  // trap 83: SDP among other parts.
  Rig rig;
  rig.a.invite({.body = with_parts(sdp(rig.a.ip(), 4000), kRequired), .content_type = kMixed});
  EXPECT_EQ(rig.b.take("INVITE"), nullptr);
  EXPECT_NE(rig.a.take("415"), nullptr);
  rig.pass(base::minutes(2));
  rig.expect_idle();
}

TEST(MultipartInvite, WhatCannotBeReadIsAnswered400) {
  Rig rig;
  rig.a.invite({.body = "no parts at all", .content_type = kMixed});
  EXPECT_NE(rig.a.take("400"), nullptr);
  rig.pass(base::minutes(2));
  rig.expect_idle();
}

TEST(MultipartInvite, WithoutSdpItIsALateOffer) {
  Rig rig;
  rig.a.invite({.body = "--b1\r\n" + kIsup + "\r\n--b1--\r\n", .content_type = kMixed});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_TRUE(invite->body().empty());
  rig.a.cancel();
  rig.pass(base::minutes(2));
  rig.expect_idle();
}

// traps 83, 85; RFC 6442: where help is needed stands in a part, and Geolocation says in which. Between strangers too,
// by URN and by number, and also where the leak guard takes out what names the other side: the place is for whoever
// helps.
TEST(MultipartInvite, WhereHelpIsNeededCrossesAsItIs) {
  for (const char* dialled : {"urn:service:sos", ""}) {
    for (const leak::Mode mode : {leak::Mode::Log, leak::Mode::Scrub}) {
      Rig rig;
      rig.settings->leak_guard = mode;
      if (*dialled != '\0') {
        rig.a.request_uri = dialled;
      } else {
        rig.settings->emergency_numbers = {"5551234"};
      }
      const std::string id = "1@" + rig.a.ip();
      const std::string place = "Content-Type: application/pidf+xml\r\nContent-ID: <" + id +
                                ">\r\n\r\n<presence entity=\"pres:alice@" + rig.a.ip() + "\"/>";
      rig.a.invite({.body = with_parts(sdp(rig.a.ip(), 4000), place),
                    .content_type = kMixed,
                    .headers = "Geolocation: <cid:" + id + ">\r\n"});
      const auto invite = rig.b.take("INVITE");
      ASSERT_NE(invite, nullptr);
      EXPECT_EQ(invite->find(sip::HeaderId::Geolocation), "<cid:" + id + ">");
      EXPECT_NE(invite->body().find(place), std::string_view::npos) << invite->body();
      EXPECT_NE(invite->body().find("v=0"), std::string_view::npos) << invite->body();
      EXPECT_EQ(invite->body().find("c=IN IP4 " + rig.a.ip()), std::string_view::npos);
      EXPECT_EQ(rig.calls.leaks().removed + rig.calls.leaks().kept, 0U);
      rig.a.cancel();
      rig.pass(base::minutes(2));
      rig.expect_idle();
    }
  }
}

// What nobody here can read is for those who are trusted, each as its trunk says before its realm.
TEST(MultipartInvite, OtherPartsCrossBetweenTrustedSidesUnlessATrunkIsNot) {
  enum class Case { Strangers, Friends, OneTrunkIsNot };
  for (const Case which : {Case::Strangers, Case::Friends, Case::OneTrunkIsNot}) {
    Rig rig;
    change_places(
        rig,
        [which](route::Realm& realm) {
          if (which != Case::Strangers) realm.trust = route::Trust::Trusted;
        },
        [which](route::Trunk& trunk) {
          if (which == Case::OneTrunkIsNot && trunk.name == "t1") trunk.trust = route::Trust::Untrusted;
        });
    const bool crosses = which == Case::Friends;
    rig.a.invite({.body = with_parts(sdp(rig.a.ip(), 4000), kIsup), .content_type = kMixed});
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_EQ(invite->bytes().find("isup-bytes") != std::string_view::npos, crosses);
    rig.b.answer(200, sdp(rig.b.ip(), 5000));
    rig.a.ack();
    rig.a.request("INFO", "isup-bytes", "Content-Type: application/ISUP\r\n");
    EXPECT_EQ(rig.b.has("INFO"), crosses);
    EXPECT_EQ(rig.a.has("415 INFO"), !crosses);
  }
}

TEST(MultipartInvite, IsupCrossesBetweenThoseWhoTrustEachOther) {  // trap 83
  for (const bool both : {true, false}) {
    Rig rig;
    change_places(
        rig,
        [both](route::Realm& realm) {
          if (both || realm.name != "access") realm.trust = route::Trust::Trusted;
        },
        kAsItIs);
    rig.a.invite({.body = with_parts(sdp(rig.a.ip(), 4000), kIsup), .content_type = kMixed});
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_EQ(invite->body().contains("isup-bytes"), both);
    EXPECT_TRUE(invite->body().contains("m=audio"));
    EXPECT_FALSE(invite->body().contains(rig.a.ip()));
    rig.a.cancel();
    rig.pass(base::minutes(2));
    rig.expect_idle();
  }
}

// --- everywhere else ----------------------------------------------------------------------------------------------

std::string parts_of(const Peer& peer, int port, std::string_view direction = "sendrecv", int version = 2) {
  return with_parts(sdp(peer.ip(), port, direction, version), kIsup);
}

// The description alone, with the border's address.
void expect_description(const sip::MessagePtr& message, const Peer& of, std::string_view direction = "sendrecv") {
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->find(sip::HeaderId::ContentType), "application/sdp") << line_of(*message);
  EXPECT_TRUE(message->body().starts_with("v=0")) << line_of(*message);
  EXPECT_TRUE(message->body().contains("a=" + std::string(direction))) << message->body();
  EXPECT_FALSE(message->body().contains(of.ip())) << message->body();
  EXPECT_FALSE(message->bytes().contains("isup-bytes")) << line_of(*message);
}

TEST(MultipartElsewhere, InEarlyMediaAndInTheAnswer) {  // trap 83
  Rig rig;
  rig.a.invite();
  rig.b.answer(183, parts_of(rig.b, 6000, "sendrecv", 1), kType);
  expect_description(rig.a.take("183"), rig.b);
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.b.answer(200, parts_of(rig.b, 6000, "sendrecv", 1), kType);
  expect_description(rig.a.take("200 INVITE"), rig.b);
  rig.a.ack();
  EXPECT_TRUE(rig.b.has("ACK"));
  rig.a.bye();
  end_well(rig);
}

TEST(MultipartElsewhere, InBothHalvesOfAReinviteFromEitherSide) {  // trap 83
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    one.reinvite(parts_of(one, 4100, "sendonly"), kType);
    expect_description(two.take("INVITE"), one, "sendonly");
    two.answer(200, parts_of(two, 6100, "recvonly"), kType);
    expect_description(one.take("200 INVITE"), two, "recvonly");
    one.ack();
    EXPECT_TRUE(two.has("ACK"));
    rig.a.bye();
    end_well(rig);
  }
}

TEST(MultipartElsewhere, InBothHalvesOfAnUpdateFromEitherSide) {  // trap 83
  for (const bool caller : {true, false}) {
    Rig rig;
    const std::string able = "Allow: INVITE, ACK, BYE, UPDATE\r\n";
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = able});
    rig.b.answer(200, sdp(rig.b.ip(), 6000), able);
    rig.a.ack();
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    one.request("UPDATE", parts_of(one, 4100, "sendonly"), kType);
    const auto update = two.take("UPDATE");
    expect_description(update, one, "sendonly");
    two.answer_to(update, 200, parts_of(two, 6100, "recvonly"), kType);
    expect_description(one.take("200 UPDATE"), two, "recvonly");
    rig.a.bye();
    end_well(rig);
  }
}

TEST(MultipartElsewhere, InTheOfferOfAReliableResponseAndTheAnswerInItsPrack) {  // trap 83
  Rig rig;
  rig.a.invite({.headers = kSupports});
  rig.b.answer(183, parts_of(rig.b, 6000), reliable(9) + kType);
  const auto progress = rig.a.take("183");
  expect_description(progress, rig.b);
  rig.a.request("PRACK", parts_of(rig.a, 4000), rack(*progress) + kType);
  expect_description(rig.b.take("PRACK"), rig.a);
  EXPECT_TRUE(rig.a.has("200 PRACK"));
  rig.b.answer(200);
  rig.a.ack();
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.a.bye();
  end_well(rig);
}

TEST(MultipartElsewhere, InTheAnswerThatAnAckBrings) {  // trap 83
  Rig rig;
  rig.a.invite({});
  rig.b.answer(200, parts_of(rig.b, 6000), kType);
  expect_description(rig.a.take("200 INVITE"), rig.b);
  rig.a.ack(parts_of(rig.a, 4000), kType);
  expect_description(rig.b.take("ACK"), rig.a);
  rig.a.bye();
  end_well(rig);
}

TEST(MultipartElsewhere, WhatCannotBeReadChangesNothing) {  // trap 83
  Rig rig;
  rig.connect();
  rig.a.reinvite("no parts at all", kType);
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.a.has("400 INVITE"));
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
