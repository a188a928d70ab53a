// Flows (RFC 5626) and Path (RFC 3327) at the registrar.

#include "sbc/register/outbound.h"

#include "stage.h"

namespace sbc::registrar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kFlow1 = "Contact: <sip:bob@10.0.0.5;ob>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"";
constexpr const char* kFlow2 = "Contact: <sip:bob@10.0.0.5;ob>;reg-id=2;+sip.instance=\"<urn:uuid:1>\"";
constexpr const char* kSupported = "Supported: path, outbound";

class OutboundTest : public Stage {};

TEST_F(OutboundTest, AConfirmedFlowIsSaidToThePhone) {
  const Plan plan = bind({kFlow1, kSupported});
  EXPECT_EQ(plan.status, 200);
  EXPECT_THAT(values(plan, "Require"), ElementsAre("outbound"));
  EXPECT_THAT(values(plan, "Flow-Timer"), IsEmpty());
  EXPECT_EQ(registrar.counters().flows, 1U);
  realm.flow_timer = 120;
  EXPECT_THAT(values(bind({kFlow1, kSupported}), "Flow-Timer"), ElementsAre("120"));
}

// RFC 5626 6: MUST NOT, where there is no reg-id or it is ignored, or the phone does not list outbound.
TEST_F(OutboundTest, NothingIsSaidOfOutboundWhereNoFlowWasAskedFor) {
  realm.flow_timer = 120;
  for (const auto& headers : std::vector<std::vector<std::string>>{
           {"Contact: <sip:bob@10.0.0.5>;+sip.instance=\"<urn:uuid:1>\"", kSupported},
           {"Contact: <sip:bob@10.0.0.5>;reg-id=1", kSupported},
           {"Contact: <sip:bob@10.0.0.5>;reg-id=0;+sip.instance=\"<urn:uuid:1>\"", kSupported},
           {kFlow1}}) {
    const Plan plan = bind(headers);
    EXPECT_EQ(plan.status, 200);
    EXPECT_THAT(values(plan, "Require"), IsEmpty()) << headers.front();
    EXPECT_THAT(values(plan, "Flow-Timer"), IsEmpty());
  }
}

TEST_F(OutboundTest, TwoFlowsOfOnePhoneLiveSideBySide) {  // trap 68: nobody connects to a browser.
  bind({kFlow1, kSupported}, "one", tcp_source(1));
  bind({kFlow2, kSupported}, "two", tcp_source(2, "198.51.100.7:40002"));
  ASSERT_THAT(bob(), SizeIs(2));
  bind({kFlow1, kSupported}, "three", tcp_source(3, "198.51.100.7:40003"));
  ASSERT_THAT(bob(), SizeIs(2)) << "the first flow came back over another connection";
  EXPECT_EQ(bob().front().flow.connection, sip::ConnectionId{3});
  // RFC 5626 7: what was bound over a connection is gone with it.
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{3}), 1U);
  ASSERT_THAT(bob(), SizeIs(1));
  EXPECT_EQ(bob().front().reg_id, "2");
}

TEST_F(OutboundTest, RequireOutboundIsUnderstood) {
  EXPECT_EQ(bind({kFlow1, kSupported, "Require: outbound, path"}).status, 200);
}

// RFC 5626 6, 11.6.
TEST_F(OutboundTest, AProxyThatHoldsNoFlowsGets439) {
  RegisterText text{.cseq = 1, .headers = {kFlow1, kSupported}, .vias = 2};
  EXPECT_EQ(send(text).status, 439);
  text.headers.push_back("Path: <sip:198.51.100.7;lr>");
  EXPECT_EQ(send(text).status, 439);
  EXPECT_THAT(bob(), IsEmpty());
  EXPECT_EQ(registrar.counters().lacking_outbound, 2U);
  // A phone that does not rely on it is bound without flow.
  text.headers = {kFlow1};
  EXPECT_EQ(send(text).status, 200);
  ASSERT_THAT(bob(), SizeIs(1));
  EXPECT_EQ(bob().front().reg_id, "");
}

TEST_F(OutboundTest, AnEdgeProxySpeaksForItsPhoneByObInTheLastPath) {
  realm.flow_timer = 120;
  RegisterText text{
      .cseq = 1,
      .headers = {kFlow1, kSupported, "Path: <sip:home.example.org;lr>", "Path: <sip:token@edge.example.net;lr;ob>"},
      .vias = 3};
  const Plan plan = send(text);
  EXPECT_EQ(plan.status, 200);
  EXPECT_THAT(values(plan, "Require"), ElementsAre("outbound"));
  EXPECT_THAT(values(plan, "Flow-Timer"), IsEmpty()) << "the flow is the edge proxy's";
  EXPECT_EQ(bob().front().reg_id, "1");
}

// RFC 3327 5.3. trap 75: Path is kept in order, and goes back only to those who list it.
TEST_F(OutboundTest, PathIsKeptInOrderAndReturned) {
  RegisterText text{.cseq = 1,
                    .headers = {"Contact: <sip:bob@10.0.0.5>", "Supported: path",
                                "Path: <sip:p3.example.org;lr>, <sip:p1.example.net;lr>"},
                    .vias = 3};
  EXPECT_THAT(values(send(text), "Path"), ElementsAre("<sip:p3.example.org;lr>", "<sip:p1.example.net;lr>"));
  EXPECT_THAT(routes_of(bob().front().path), ElementsAre("<sip:p3.example.org;lr>", "<sip:p1.example.net;lr>"));
  EXPECT_FALSE(bob().front().path_vouched);
  text.headers[1] = "Supported: gruu";
  text.cseq = 2;
  EXPECT_THAT(values(send(text), "Path"), IsEmpty());
}

TEST_F(OutboundTest, APathThatNoRequestCanFollowIsRefused) {
  for (const char* path :
       {"<sip:p1.example.net>", "sip:p1.example.net;lr", "<tel:+431>", "<sip:p1.example.net;lr>, <x>"})
    EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.5>", std::string("Path: ") + path}).status, 400) << path;
  EXPECT_THAT(bob(), IsEmpty());
}

TEST_F(OutboundTest, AContactBehindAProxyOutlivesTheProxysConnection) {
  RegisterText text{.cseq = 1, .headers = {"Contact: <sip:bob@10.0.0.5>", "Path: <sip:198.51.100.7;lr>"}, .vias = 2};
  send(text, tcp_source(5));
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{5}), 0U);
  ASSERT_THAT(bob(), SizeIs(1));
  EXPECT_FALSE(bob().front().flow.connection);
}

}  // namespace
}  // namespace sbc::registrar
