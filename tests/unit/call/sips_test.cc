// sips: means TLS to the one who was named (RFC 3261 26.2.2, RFC 5630).

#include <gtest/gtest.h>

#include "sbc/call/leg_message.h"

#include "places.h"

namespace sbc::call::test {
namespace {

std::string contact_of(const sip::MessagePtr& message) {
  return std::string(message->find(sip::HeaderId::Contact).value_or(""));
}

TEST(Sips, WhoDialsItOverTlsGetsASipsContact) {  // trap 67; RFC 3261 12.1.1
  struct Row {
    const char* uri;
    const char* headers;
    bool sips;
  };
  for (const Row& row :
       {Row{"sip:1@border.example", "", false}, Row{"sips:1@border.example", "", true},
        Row{"sip:1@border.example", "Record-Route: <sips:p1.example;lr>, <sip:p2.example;lr>\r\n", true},
        Row{"sip:1@border.example", "Record-Route: <sip:p1.example;lr>, <sips:p2.example;lr>\r\n", false}}) {
    Rig rig({.transport = sip::Transport::Tls});
    rig.a.transport = sip::Transport::Tls;
    change_places(rig, [](route::Realm& realm) { realm.sips_in_clear = true; }, kAsItIs);
    rig.a.request_uri = row.uri;
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = row.headers});
    rig.b.answer(180);
    const auto ringing = rig.a.take("180");
    ASSERT_NE(ringing, nullptr) << row.uri;
    const std::string contact = contact_of(ringing);
    EXPECT_EQ(contact.starts_with("<sips:"), row.sips) << contact;
    EXPECT_NE(contact.find(row.sips ? ";transport=tcp>" : ";transport=tls>"), std::string::npos) << contact;
  }
}

TEST(Sips, ThatDidNotComeOverTlsIs480) {  // trap 67; RFC 5630 5.1.2
  Rig rig;
  rig.a.request_uri = "sips:1@border.example";
  rig.a.invite();
  const auto refusal = rig.a.take("480");
  ASSERT_NE(refusal, nullptr);
  EXPECT_TRUE(refusal->find(sip::HeaderId::Warning).value_or("").starts_with("380 "));
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.calls.counters().refused_sips, 1U);
}

TEST(Sips, IsNotCarriedInClearUnlessThatIsAskedFor) {  // trap 67
  for (const bool allowed : {false, true}) {
    Rig rig({.transport = sip::Transport::Tls});
    rig.a.transport = sip::Transport::Tls;
    if (allowed) change_places(rig, kAsItIs, [](route::Trunk& trunk) { trunk.sips_in_clear = trunk.name == "t1"; });
    rig.a.request_uri = "sips:1@border.example";
    rig.a.invite();
    EXPECT_EQ(rig.b.has("INVITE"), allowed) << "t1 is spoken to over UDP";
    EXPECT_EQ(rig.a.has("480"), !allowed);
    EXPECT_EQ(rig.calls.counters().refused_sips, allowed ? 0U : 1U);
    rig.a.request_uri = "sip:1@border.example";
    rig.a.invite();
    EXPECT_TRUE(rig.b.has("INVITE"));
  }
}

TEST(Sips, ContactsOfPeersAreReachedOverTls) {
  const auto over = [](std::string_view text) { return sip::transport_of(*sip::parse_uri(text)); };
  EXPECT_EQ(over("sip:a@192.0.2.1"), sip::Transport::Udp);
  EXPECT_EQ(over("sip:a@192.0.2.1;transport=tcp"), sip::Transport::Tcp);
  EXPECT_EQ(over("sips:a@192.0.2.1"), sip::Transport::Tls);
  EXPECT_EQ(over("sips:a@192.0.2.1;transport=tcp"), sip::Transport::Tls);
  EXPECT_EQ(over("sips:a@192.0.2.1;transport=ws"), sip::Transport::Wss);
}

}  // namespace
}  // namespace sbc::call::test
