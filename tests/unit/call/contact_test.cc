// Contacts that no further request can be sent to (RFC 3261 8.1.1.8, 12.1): "*", tel:. What cannot be read at all the
// parser refuses.

#include <gtest/gtest.h>

#include <string>

#include "early.h"

namespace sbc::call::test {
namespace {

constexpr const char* kUseless[] = {"*", "<tel:+4312345>", "<mailto:a@b.invalid>"};

// The peers of these tests write a Contact of their own, which this one takes the place of.
std::string with_contact(std::string message, const std::string& contact) {
  const auto at = message.find("\r\nContact: ") + 2;
  message.replace(at, message.find("\r\n", at) - at, "Contact: " + contact);
  return message;
}

TEST(UselessContact, OfAnInviteIsAnswered400) {
  for (const char* contact : kUseless) {
    Rig rig;
    rig.a.invite(offer(rig, {}));
    const std::string invite = rig.a.sent.back();
    rig.b.answer(486);
    rig.a.clear();
    auto again = with_contact(invite, contact);
    for (const auto& [from, to] :
         {std::pair{"Call-ID: ", "Call-ID: x"}, std::pair{";branch=z9hG4bK", ";branch=z9hG4bKx"}})
      again.replace(again.find(from), std::string(from).size(), to);
    rig.b.clear();
    rig.a.send_raw(again);
    EXPECT_TRUE(rig.a.has("400 INVITE")) << contact;
    EXPECT_FALSE(rig.b.has("INVITE")) << contact;
    EXPECT_EQ(rig.calls.counters().refused_contacts, 1U);
    end_well(rig);
  }
}

TEST(UselessContact, OfAReInviteOrUpdateIsAnswered400AndTheCallGoesOn) {
  for (const std::string method : {"INVITE", "UPDATE"})
    for (const char* contact : kUseless) {
      Rig rig;
      rig.connect();
      rig.a.send_raw(with_contact(rig.a.request_text(method, 3'000'900, sdp(rig.a.ip(), 4000, "sendonly", 2),
                                                     "Content-Type: application/sdp\r\n", "z9hG4bK-useless"),
                                  contact));
      EXPECT_TRUE(rig.a.has("400 " + method)) << contact;
      EXPECT_FALSE(rig.b.has("INVITE"));
      EXPECT_EQ(rig.calls.connected(), 1U);
      rig.b.bye();
      EXPECT_TRUE(rig.a.has("BYE")) << "where it was before";
      end_well(rig);
    }
}

// Nobody can be called back there: the callee gets its ACK where it was heard, and a BYE.
TEST(UselessContact, OfAnAnswerEndsTheCallWithoutARequestToIt) {
  for (const char* contact : kUseless) {
    Rig rig;
    rig.a.invite();
    const auto invite = rig.b.take("INVITE");
    rig.b.send_raw("SIP/2.0 200 OK\r\nVia: " + std::string(*invite->find(sip::HeaderId::Via)) +
                   "\r\nFrom: " + std::string(*invite->find(sip::HeaderId::From)) +
                   "\r\nTo: " + std::string(*invite->find(sip::HeaderId::To)) + ";tag=tag-of-bob\r\nCall-ID: " +
                   std::string(invite->call_id()) + "\r\nCSeq: " + std::to_string(invite->cseq().number) +
                   " INVITE\r\nContact: " + contact + "\r\nContent-Type: application/sdp\r\nContent-Length: " +
                   std::to_string(sdp(rig.b.ip(), 6000).size()) + "\r\n\r\n" + sdp(rig.b.ip(), 6000));
    const auto ack = rig.b.take("ACK");
    ASSERT_NE(ack, nullptr) << contact;
    EXPECT_EQ(ack->request_uri_text(), invite->request_uri_text());
    const auto bye = rig.b.take("BYE");
    ASSERT_NE(bye, nullptr) << contact;
    EXPECT_EQ(bye->request_uri_text(), invite->request_uri_text());
    EXPECT_TRUE(rig.a.has("500 INVITE"));
    EXPECT_EQ(rig.calls.counters().refused_contacts, 1U);
    end_well(rig);
  }
}

}  // namespace
}  // namespace sbc::call::test
