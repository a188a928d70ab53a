// The border's INVITE as edits of the caller's: every byte comes back, and each edit says why.

#include "sbc/explain/edits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sbc/explain/explanation.h"
#include "sbc/json/write.h"
#include "sbc/sip/parser.h"

namespace sbc::explain {
namespace {

using base::milliseconds;

constexpr const char* kIngress =
    "INVITE sip:bob@example.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa\r\n"
    "Max-Forwards: 70\r\n"
    "f: <sip:alice@example.net>;tag=1\r\n"
    "To: <sip:bob@example.net>\r\n"
    "Call-ID: a@198.51.100.7\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:alice@198.51.100.7>\r\n"
    "User-Agent: Phone\r\n"
    "Proxy-Authorization: Digest username=\"alice\",\r\n response=\"4711\"\r\n"
    "Subject: lunch\r\n"
    "X-Old: 1\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 1\r\n"
    "\r\n"
    "v=0\r\n"
    "o=- 1 1 IN IP4 198.51.100.7\r\n"
    "s=-\r\n"
    "c=IN IP4 198.51.100.7\r\n"
    "t=0 0\r\n"
    "m=audio 4000 RTP/SAVP 8 0\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^31\r\n"
    "a=ice-pwd:secretsecretsecretsecret\r\n"
    "a=sendrecv\r\n";

constexpr const char* kEgress =
    "INVITE sip:+4311@203.0.113.9 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 203.0.113.1;branch=z9hG4bKb\r\n"
    "Max-Forwards: 69\r\n"
    "From: <sip:alice@border.example>;tag=2\r\n"
    "To: <sip:+4311@203.0.113.9>\r\n"
    "Call-ID: b\r\n"
    "CSeq: 77 INVITE\r\n"
    "Contact: <sip:x@203.0.113.1>\r\n"
    "Subject: lunch\r\n"
    "X-Account: 42\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 2\r\n"
    "\r\n"
    "v=0\r\n"
    "o=- 9 9 IN IP4 203.0.113.2\r\n"
    "s=-\r\n"
    "c=IN IP4 203.0.113.2\r\n"
    "t=0 0\r\n"
    "m=audio 5000 RTP/AVP 8\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=ptime:20\r\n"
    "a=sendrecv\r\n";

const std::vector<policy::HeaderOp> kOps = {{policy::HeaderOp::Kind::Set, "X-Account", "42"},
                                            {policy::HeaderOp::Kind::Remove, "X-Old", ""}};

Reasons reasons() {
  return {.headers = kOps, .where = "p.lua:7", .target = "trunk carrier UDP 203.0.113.9:5060", .number = true};
}

std::string why(const std::vector<Edit>& all, std::string_view text) {
  const auto lines = lines_of(kIngress);
  for (const auto& edit : all)
    if (edit.kind != Edit::Kind::Keep &&
        (edit.text.starts_with(text) || (edit.text.empty() && lines[edit.line].starts_with(text))))
      return std::string(name_of(edit.kind)) + ", " + edit.why;
  return "no edit";
}

TEST(Edits, EachSaysWhy) {
  const auto all = edits(kIngress, kEgress, reasons());
  EXPECT_EQ(why(all, "INVITE"), "change, policy p.lua:7: the number for trunk carrier UDP 203.0.113.9:5060");
  EXPECT_EQ(why(all, "Via"), "change, border: its own hop");
  EXPECT_EQ(why(all, "From"), "change, border: its own tag, and the domain of the callee's realm");
  EXPECT_EQ(why(all, "Call-ID"), "change, border: the callee's leg is a dialog of its own");
  EXPECT_EQ(why(all, "User-Agent"), "drop, topology: the caller's product");
  EXPECT_EQ(why(all, "Proxy-Authorization"), "drop, digest: credentials stay on their side");
  EXPECT_EQ(why(all, "X-Account"), "add, policy p.lua:7: header set");
  EXPECT_EQ(why(all, "X-Old"), "drop, policy p.lua:7: header removed");
  EXPECT_EQ(why(all, "Subject"), "no edit");
  EXPECT_EQ(why(all, "c="), "change, media: the relay's address");
  EXPECT_EQ(why(all, "m=audio"), "change, media: the relay's port, and what the callee is offered");
  EXPECT_EQ(why(all, "a=rtpmap:0"), "drop, codecs: of the callee's side");
  EXPECT_EQ(why(all, "a=crypto"), "drop, security: the keys of this leg");
  EXPECT_EQ(why(all, "a=ptime"), "add, codecs: of the callee's side");
  EXPECT_EQ(why(all, "a=rtpmap:8"), "no edit");
}

TEST(Edits, SecretsAreMaskedAndTheRestIsNot) {
  const std::string shown = masked(kIngress);
  EXPECT_FALSE(shown.contains("4711")) << "also in a folded line";
  EXPECT_FALSE(shown.contains("username"));
  EXPECT_FALSE(shown.contains("c2VjcmV0"));
  EXPECT_FALSE(shown.contains("secretsecret"));
  EXPECT_TRUE(shown.contains("Proxy-Authorization: ***\r\n"));
  EXPECT_TRUE(shown.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***\r\n"));
  EXPECT_EQ(masked(kEgress), kEgress);
  EXPECT_EQ(masked("X: \xff\r\n"), "X: ?\r\n");
  EXPECT_EQ(masked("A: b\n\nk=clear:secret\r\na=key-mgmt:mikey AQAFgM\r\na=k=1\r\n"),
            "A: b\n\nk=***\r\na=key-mgmt:mikey ***\r\na=k=1\r\n");
  EXPECT_EQ(
      masked("A: b\nauthorization: Digest x\n\ty\nB: c\n\nv=0\na=crypto:1 X INLINE:key|1;inline:other FEC\na=b\n"),
      "A: b\nauthorization: ***\n ***\nB: c\n\nv=0\na=crypto:1 X INLINE:***;inline:*** FEC\na=b\n")
      << "however lines end";
}

// The explanation of a call with these two messages, through the JSON text as sbcctl gets it.
json::Value explanation(const std::string& ingress, std::vector<std::string> egress) {
  Ring ring(2);
  auto parsed = sip::parse(std::string(ingress));
  ring.tell("a", {.at = {}, .what = Begun{.invite = parsed.message, .session = "s", .realm = "access"}});
  for (auto& text : egress)
    ring.tell("a", {.at = base::Instant(milliseconds(5)),
                    .what = Sent{.invite = base::share(std::move(text)), .call_id = "b", .headers = kOps}});
  return *json::parse(json::text_of(to_json(*ring.find("b"))));
}

TEST(Rebuild, TheJsonAloneSufficesForEveryByte) {
  const std::string empty = "INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP z\r\nContent-Length: 0\r\n\r\n";
  const std::string odd = std::string(kEgress) + "trailing\nlines\r\n\r\nwithout an end";
  const auto shown = explanation(kIngress, {kEgress, empty, odd, kIngress});
  EXPECT_EQ(rebuild(shown, 0), kEgress);
  EXPECT_EQ(rebuild(shown, 1), empty);
  EXPECT_EQ(rebuild(shown, 2), odd);
  EXPECT_EQ(rebuild(shown, 3), masked(kIngress)) << "secrets stay secret";
  EXPECT_FALSE(rebuild(shown, 4));
}

TEST(Rebuild, WhatIsNoExplanationIsAnError) {
  EXPECT_FALSE(rebuild(json::Value{}, 0));
  for (const char* text :
       {"[]", "{}", R"({"steps": [{"kind": "invite"}]})",
        R"({"invite": "x", "steps": [{"kind": "invite", "edits": [{"edit": "keep", "line": 9}]}]})",
        R"({"invite": "x", "steps": [{"kind": "invite", "edits": [{"edit": "keep", "line": -1}]}]})"})
    EXPECT_FALSE(rebuild(*json::parse(text), 0)) << text;
}

TEST(Rebuild, TooLargeMessagesAreNotKept) {
  const auto shown = explanation(kIngress, {std::string(kEgress) + std::string(kMaxMessageBytes, 'x')});
  EXPECT_EQ(rebuild(shown, 0).error(), "one of the messages was too large to be kept");
}

TEST(Text, NamesEveryEditOnce) {
  const auto text = to_text(explanation(kIngress, {kEgress}));
  EXPECT_TRUE(text.contains("+ X-Account: 42\n")) << text;
  EXPECT_TRUE(text.contains("- User-Agent: Phone\n"));
  EXPECT_FALSE(text.contains("4711"));
  EXPECT_FALSE(to_text(json::Value{}).empty()) << "whatever comes is shown";
}

}  // namespace
}  // namespace sbc::explain
