// Bodies of requests other than INVITE that the border answers itself: what must be understood and is not gets 415 (RFC
// 3261 8.2.3, RFC 5621 8.4).

#include <gtest/gtest.h>

#include "early.h"

namespace sbc::call::test {
namespace {

constexpr std::string_view kIsup = "Content-Type: application/isup\r\n";
constexpr std::string_view kMixed = "Content-Type: multipart/mixed;boundary=b1\r\n";

std::string parts(const std::string& description, const std::string& disposition) {
  return "--b1\r\nContent-Type: application/sdp\r\n\r\n" + description +
         "\r\n--b1\r\nContent-Type: application/isup\r\n" + disposition + "\r\n\x01\x02\r\n--b1--\r\n";
}

TEST(ConsumedBody, ThatNobodyUnderstandsIs415) {
  Rig rig;
  rig.connect();
  for (const char* method : {"OPTIONS", "UPDATE", "REFER"}) {
    rig.a.request(method, "\x01\x02", std::string(kIsup) + "Refer-To: <sip:carol@x.invalid>\r\n");
    const auto refused = rig.a.take("415");
    ASSERT_NE(refused, nullptr) << method;
    EXPECT_TRUE(refused->find(sip::HeaderId::Accept).has_value());
    EXPECT_TRUE(refused->find(sip::HeaderId::AcceptEncoding).has_value());
  }
  EXPECT_EQ(rig.calls.counters().refused_body, 3U);
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.request("OPTIONS", "\x01\x02", std::string(kIsup) + "Content-Disposition: signal;handling=optional\r\n");
  EXPECT_TRUE(rig.a.has("200 OPTIONS"));
  rig.a.bye();
  end_well(rig);
}

TEST(ConsumedBody, OfAByeEndsTheCallAllTheSame) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& peer = caller ? rig.a : rig.b;
    peer.request("BYE", "\x01\x02", kIsup);
    EXPECT_TRUE(peer.has("415 BYE"));
    EXPECT_TRUE((caller ? rig.b : rig.a).has("BYE"));
    end_well(rig);
    rig.expect_no_half_call();
  }
}

TEST(ConsumedBody, APartThatIsRequiredRefusesAnUpdateAndOneThatIsOptionalDoesNot) {
  Rig rig;
  rig.connect();
  const std::string description = sdp(rig.a.ip(), 4000, "sendonly", 2);
  for (const char* disposition :
       {"", "Content-Disposition: signal\r\n", "Content-Disposition: signal;handling=required\r\n"}) {
    rig.a.request("UPDATE", parts(description, disposition), kMixed);
    EXPECT_NE(rig.a.take("415 UPDATE"), nullptr) << disposition;
    EXPECT_FALSE(rig.b.has("INVITE"));
  }
  rig.a.request("UPDATE", parts(description, "Content-Disposition: signal;handling=optional\r\n"), kMixed);
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.a.has("200 UPDATE"));
  rig.a.bye();
  end_well(rig);
}

TEST(ConsumedBody, OfAPrackIsLookedAtAsWell) {
  Rig rig;
  rig.a.invite(offer(rig, kRequires));
  rig.b.answer(180);
  const auto ringing = rig.a.take("180");
  ASSERT_NE(ringing, nullptr);
  rig.a.request("PRACK", "\x01\x02", std::string(kIsup) + rack(*ringing));
  EXPECT_TRUE(rig.a.has("415 PRACK"));
  rig.a.request("PRACK", {}, rack(*ringing));
  EXPECT_TRUE(rig.a.has("200 PRACK"));
  rig.b.answer(486);
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
