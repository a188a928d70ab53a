// trap 83: an INVITE whose SDP comes with other parts.

#include <gtest/gtest.h>

#include "places.h"

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

}  // namespace
}  // namespace sbc::call::test
