// trap 78, trap 83: identifiers inside bodies are mapped or removed, and only the part that needs it is touched.

#include "sbc/body/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/body/limits.h"
#include "sbc/body/multipart.h"

namespace sbc::body {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Known final : public Identifiers {
 public:
  std::optional<DialogIds> other_side(std::string_view call_id, std::string_view, std::string_view) override {
    if (call_id != "known@192.0.2.9") return std::nullopt;
    return DialogIds{.call_id = "ours", .local_tag = "ours-l", .remote_tag = "ours-r"};
  }
  std::string public_uri(const sip::Uri& uri) override {
    if (!uri.is_sip() && uri.scheme_text != "pres") return "";
    const std::string_view text = uri.text;
    const auto colon = text.find(':');
    const auto user = text.substr(colon + 1, text.find('@') - colon - 1);
    return std::string(text.substr(0, colon + 1)) + std::string(user) + "@border.example.net";
  }
  std::string opaque(std::string_view id) override { return "id" + std::to_string(id.size()); }
};

Known known;

const std::string kDialogInfo =
    "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"3\" state=\"full\" "
    "entity=\"sip:bob@192.0.2.9\" secret=\"192.0.2.9\"><!-- 192.0.2.9 -->\r\n"
    "<dialog id=\"known@192.0.2.9\" call-id=\"known@192.0.2.9\" local-tag=\"l\" remote-tag=\"r\" "
    "direction=\"recipient\">"
    "<state event=\"local-tag\">early</state><route-set><hop>&lt;sip:192.0.2.9;lr&gt;</hop></route-set>"
    "<replaces call-id=\"x@192.0.2.9\" local-tag=\"a\" remote-tag=\"b\"/>"
    "<local><identity display=\"Bob\">sip:bob@192.0.2.9</identity><target uri=\"sip:bob@192.0.2.9:5062;ob\">"
    "<param pname=\"+sip.rendering\" pval=\"no\"/><param pname=\"+sip.instance\" pval=\"192.0.2.9\"/></target>"
    "<session-description type=\"application/sdp\">c=IN IP4 192.0.2.9</session-description></local>"
    "<remote><identity>sip:alice@192.0.2.9</identity></remote></dialog>"
    "<dialog id=\"2\" call-id=\"strange@192.0.2.9\" local-tag=\"secret-l\" remote-tag=\"secret-r\">"
    "<state>confirmed</state></dialog></dialog-info>";

TEST(DialogInfo, MapsKnownDialogsAndRemovesTheIdentifiersOfStrangeOnes) {  // trap 78: identifiers in bodies.
  const auto out = rewrite_dialog_info(kDialogInfo, known);
  ASSERT_TRUE(out) << out.error();
  EXPECT_THAT(*out, Not(HasSubstr("192.0.2.9")));
  EXPECT_THAT(*out, HasSubstr("call-id=\"ours\" local-tag=\"ours-l\" remote-tag=\"ours-r\""));
  EXPECT_THAT(*out, HasSubstr("<dialog id=\"id1\"><state>confirmed</state></dialog>"));
  EXPECT_THAT(*out,
              HasSubstr("<target uri=\"sip:bob@border.example.net\"><param pname=\"+sip.rendering\" pval=\"no\""));
  EXPECT_THAT(*out, HasSubstr("entity=\"sip:bob@border.example.net\""));
  EXPECT_THAT(*out, HasSubstr("display=\"Bob\""));
  EXPECT_THAT(*out, Not(HasSubstr("secret")));
}

TEST(DialogInfo, PrefixedNamesAreTheSameElements) {
  const auto out = rewrite_dialog_info(
      "<d:dialog-info xmlns:d=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" entity=\"sip:b@h\">"
      "<d:dialog id=\"i\" call-id=\"c\"><d:state>early</d:state><d:secret>x</d:secret></d:dialog></d:dialog-info>",
      known);
  ASSERT_TRUE(out) << out.error();
  EXPECT_THAT(*out, HasSubstr("<d:dialog id=\"id1\"><d:state>early</d:state></d:dialog>"));
}

TEST(Xml, NothingCanDeclareEntities) {
  const auto out = rewrite_dialog_info(
      "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>"
      "<dialog-info entity=\"sip:b@h\">&b;</dialog-info>",
      known);
  ASSERT_FALSE(out);
  EXPECT_THAT(out.error(), HasSubstr("declaration"));
}

TEST(Xml, DepthAndNumberOfElementsAreBounded) {
  const auto nested = [](std::size_t depth) {
    std::string text = "<presence entity=\"pres:b@h\">";
    for (std::size_t i = 1; i < depth; ++i) text += "<a>";
    for (std::size_t i = 1; i < depth; ++i) text += "</a>";
    return text + "</presence>";
  };
  EXPECT_TRUE(rewrite_pidf(nested(kMaxXmlDepth), known));
  EXPECT_FALSE(rewrite_pidf(nested(kMaxXmlDepth + 2), known));
  EXPECT_FALSE(rewrite_pidf(nested(6000), known));
  const auto flat = [](std::size_t elements) {
    std::string text = "<presence entity=\"pres:b@h\">";
    for (std::size_t i = 1; i < elements; ++i) text += "<a/>";
    return text + "</presence>";
  };
  EXPECT_TRUE(rewrite_pidf(flat(kMaxXmlElements), known));
  EXPECT_FALSE(rewrite_pidf(flat(kMaxXmlElements + 1), known));
  EXPECT_FALSE(rewrite_pidf("<presence entity=\"pres:b@h\">" + std::string(kMaxXml, ' ') + "</presence>", known));
  EXPECT_FALSE(rewrite_pidf("<presence", known));
}

TEST(Reginfo, ContactsAreReplacedAndWhatNamesTheirRegistrationIsRemoved) {
  const auto out = rewrite_reginfo(
      "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">"
      "<registration aor=\"sip:joe@192.0.2.9\" id=\"192.0.2.9\" state=\"active\">"
      "<contact id=\"76\" state=\"active\" event=\"registered\" callid=\"c@192.0.2.9\" cseq=\"9\" q=\"0.8\">"
      "<uri>sip:joe@192.0.2.9:5070</uri><unknown-param name=\"+sip.instance\">192.0.2.9</unknown-param></contact>"
      "</registration></reginfo>",
      known);
  ASSERT_TRUE(out) << out.error();
  EXPECT_THAT(*out, Not(HasSubstr("192.0.2.9")));
  EXPECT_THAT(*out, Not(HasSubstr("cseq")));
  EXPECT_THAT(*out, HasSubstr("<uri>sip:joe@border.example.net</uri>"));
}

TEST(Pidf, EntityAndContactAreMappedAndTheRestStays) {
  const auto out = rewrite_pidf(
      "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:bob@192.0.2.9\"><tuple id=\"t1\"><status>"
      "<basic>open</basic></status><contact priority=\"0.8\">sip:bob@192.0.2.9:5062</contact></tuple>"
      "<note>at lunch</note></presence>",
      known);
  ASSERT_TRUE(out) << out.error();
  EXPECT_THAT(*out, Not(HasSubstr("192.0.2.9")));
  EXPECT_THAT(*out, HasSubstr("<note>at lunch</note>"));
  EXPECT_THAT(*out, HasSubstr("<contact priority=\"0.8\">sip:bob@border.example.net</contact>"));
}

// RFC 4479 3.3: the device has a name of its own, which leads back to it.
TEST(Pidf, DevicesGetOtherNames) {
  const auto out = rewrite_pidf(
      "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
      "entity=\"pres:bob@192.0.2.9\"><dm:device "
      "id=\"d1\"><dm:deviceID>mac:8asd7d7d70</dm:deviceID></dm:device></presence>",
      known);
  ASSERT_TRUE(out) << out.error();
  EXPECT_THAT(*out, Not(HasSubstr("8asd7d7d70")));
  EXPECT_THAT(*out, HasSubstr("<dm:deviceID>"));
}

TEST(Sipfrag, KeepsTheStatusAndItsOrdinaryPhrase) {
  EXPECT_EQ(*rewrite_sipfrag("SIP/2.0 503 pbx7.inside is on fire\r\nServer: X\r\nRetry-After: 5 (host)\r\n"
                             "Contact: <sip:a@192.0.2.9>\r\n\r\nv=0"),
            "SIP/2.0 503 Service Unavailable\r\nRetry-After: 5\r\n");
  EXPECT_EQ(*rewrite_sipfrag("SIP/2.0 100 Trying"), "SIP/2.0 100 Trying\r\n");
  for (const auto* bad : {"", "INVITE sip:a@192.0.2.9 SIP/2.0\r\n", "From: <sip:a@192.0.2.9>", "SIP/2.0 99 x",
                          "SIP/2.0 700 x", "SIP/2.0 2000 x"})
    EXPECT_FALSE(rewrite_sipfrag(bad)) << bad;
}

TEST(MessageSummary, TheAccountIsMappedAndTheHeadersOfMessagesStayBehind) {
  EXPECT_EQ(*rewrite_message_summary(
                "Messages-Waiting: yes\r\nMessage-Account: sip:alice@192.0.2.9\r\n"
                "Voice-Message: 4/8 (1/2)\r\n\r\nTo: <sip:alice@192.0.2.9>\r\nMessage-ID: 1@192.0.2.9\r\n",
                known),
            "Messages-Waiting: yes\r\nMessage-Account: sip:alice@border.example.net\r\nVoice-Message: 4/8 (1/2)\r\n");
  EXPECT_FALSE(rewrite_message_summary("", known));
  EXPECT_FALSE(rewrite_message_summary("X-Host: pbx.inside\r\n", known));
}

// --- multipart ------------------------------------------------------------------------------------------------------

const std::string kMixed = "multipart/mixed;boundary=\"=_b 1\"";

std::string mixed(std::string_view extra_of_isup = "") {
  return "preamble\r\n--=_b 1\r\nContent-Type: application/sdp\r\nContent-ID: <sdp@x>\r\nX-Host: "
         "192.0.2.9\r\n\r\nv=0\r\n"
         "\r\n--=_b 1\r\nContent-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal" +
         std::string(extra_of_isup) + "\r\n\r\n" + std::string("\x01\0\r\n--not\x02", 11) +
         "\r\n--=_b 1--\r\nepilogue 192.0.2.9";
}

Rules with_sdp(bool pass) {
  return {.pass_unknown = pass, .keep_location = false, .sdp = [](std::string_view sdp) {
            return std::optional<std::string>("new " + std::string(sdp));
          }};
}

TEST(Multipart, OnlyTheSdpPartIsRewritten) {  // trap 83: SDP among other parts.
  const auto out = rewrite(kMixed, mixed(), known, with_sdp(true));
  ASSERT_EQ(out.fate, Fate::Rewritten) << out.why;
  EXPECT_EQ(out.type, kMixed);
  EXPECT_EQ(out.text,
            "--=_b 1\r\nContent-Type: application/sdp\r\nContent-ID: <sdp@x>\r\n\r\nnew v=0\r\n"
            "\r\n--=_b 1\r\nContent-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal\r\n"
            "\r\n" +
                std::string("\x01\0\r\n--not\x02", 11) + "\r\n--=_b 1--\r\n");
}

TEST(Multipart, WhatNobodyCanReadIsDroppedAndSdpAloneIsSentPlain) {
  const auto out = rewrite(kMixed, mixed(";handling=optional"), known, with_sdp(false));
  ASSERT_EQ(out.fate, Fate::Rewritten);
  EXPECT_EQ(out.type, "application/sdp");
  EXPECT_EQ(out.text, "new v=0\r\n");
}

TEST(Multipart, APartThatIsRequiredAndCannotCrossRefusesTheMessage) {
  EXPECT_EQ(rewrite(kMixed, mixed("; handling=required"), known, with_sdp(false)).fate, Fate::Required);
  EXPECT_EQ(rewrite(kMixed, mixed("; handling=required"), known, with_sdp(true)).fate, Fate::Rewritten);
}

TEST(Multipart, LocationOfAnEmergencyCallStaysAsItIs) {
  const std::string location = "<presence entity=\"pres:x@192.0.2.9\"><gml:pos>48.2 16.3</gml:pos></presence>";
  const std::string text = "--b\r\nContent-Type: application/pidf+xml\r\nContent-ID: <loc@phone>\r\n\r\n" + location +
                           "\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b--";
  auto rules = with_sdp(false);
  rules.keep_location = true;
  const auto out = rewrite("multipart/mixed; boundary=b", text, known, rules);
  EXPECT_THAT(out.text, HasSubstr("Content-ID: <loc@phone>\r\n\r\n" + location + "\r\n--b\r\n"));
}

TEST(Multipart, SdpIsFoundInsideOfAnAlternativeAndOnlyWithTheDispositionOfASession) {
  const std::string inner =
      "--i\r\nContent-Type: text/plain\r\n\r\nhi\r\n--i\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--i--";
  const std::string outer =
      "--o\r\nContent-Type: application/sdp\r\nContent-Disposition: early-session\r\n\r\nv=1\r\n--o\r\n"
      "Content-Type: multipart/alternative;boundary=i\r\n\r\n" +
      inner + "\r\n--o--";
  const auto found = find_sdp("multipart/mixed;boundary=o", outer);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, "v=0");
  EXPECT_EQ(**find_sdp("application/SDP ;x=1", "v=0"), "v=0");
  EXPECT_FALSE(*find_sdp("text/plain", "v=0"));
}

TEST(Multipart, NestingAndPartsAreBounded) {
  const auto nest = [](std::size_t levels) {
    std::string type = "text/plain";
    std::string text = "x";
    for (std::size_t i = 0; i < levels; ++i) {
      const std::string boundary = "b" + std::to_string(i);
      text = "--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n" + text + "\r\n--" + boundary + "--";
      type = "multipart/mixed;boundary=" + boundary;
    }
    return std::pair(type, text);
  };
  const auto [type, text] = nest(kMaxNesting);
  EXPECT_EQ(rewrite(type, text, known, {}).fate, Fate::Rewritten);
  const auto [deep_type, deep] = nest(kMaxNesting + 1);
  EXPECT_FALSE(rewrite(deep_type, deep, known, {}).crosses());
  EXPECT_FALSE(find_sdp(deep_type, deep));

  const auto parts = [](std::size_t count) {
    std::string many;
    for (std::size_t i = 0; i < count; ++i) many += "--b\r\n\r\nx\r\n";
    return many + "--b--";
  };
  EXPECT_TRUE(read_multipart("multipart/mixed;boundary=b", parts(kMaxParts)));
  EXPECT_FALSE(read_multipart("multipart/mixed;boundary=b", parts(kMaxParts + 1)));
}

TEST(Multipart, WhatIsNotMultipartSaysWhy) {
  for (const auto& [type, text] :
       {std::pair("multipart/mixed", "--b--"), std::pair("multipart/mixed;boundary=b", ""),
        std::pair("multipart/mixed;boundary=b", "--b\r\n\r\nx"), std::pair("multipart/mixed;boundary=b", "--b--"),
        std::pair("multipart/mixed;boundary=b", "--b\r\nno header\r\n\r\n--b--"),
        std::pair("multipart/mixed;boundary=\"\"", "--\r\n\r\n----")}) {
    const auto out = read_multipart(type, text);
    ASSERT_FALSE(out) << text;
    EXPECT_THAT(out.error(), HasSubstr("expected"));
  }
}

TEST(Rewrite, UnknownTypesCrossOnlyBetweenThoseWhoTrustEachOther) {
  EXPECT_EQ(rewrite("application/vnd.x", "secret", known, {}).fate, Fate::Unknown);
  EXPECT_EQ(rewrite("application/vnd.x", "secret", known, {.pass_unknown = true}).text, "secret");
  EXPECT_EQ(rewrite("application/trickle-ice-sdpfrag", "a=mid:0", known, {.pass_unknown = true}).fate, Fate::Unwanted);
  EXPECT_EQ(rewrite("text/plain;charset=UTF-8", "hello", known, {}).type, "text/plain;charset=UTF-8");
  EXPECT_EQ(rewrite("text/plain", "hello", known, {}, "gzip").fate, Fate::Unknown);
  EXPECT_EQ(rewrite("application/sdp", "v=0", known, {}).fate, Fate::Unwanted);
}

}  // namespace
}  // namespace sbc::body
