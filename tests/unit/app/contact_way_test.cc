#include "sbc/app/contact_way.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sbc::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ContactWayTest : public ::testing::Test {
 protected:
  ContactWayTest() {
    route::Realm realm;
    realm.name = "access";
    realm.listeners = {{0, sip::Transport::Udp, *base::Endpoint::parse("192.0.2.1:5060")},
                       {1, sip::Transport::Tcp, *base::Endpoint::parse("192.0.2.1:5060")}};
    auto built = route::Table::build({realm}, {}, {});
    EXPECT_TRUE(built);
    table = *std::move(built);
    binding.aor = "sip:anna@example.org";
    binding.contact_uri = "sip:anna@10.0.0.5:5060";
    binding.flow = {sip::Transport::Tcp, 1, *base::Endpoint::parse("198.51.100.7:40001"), sip::ConnectionId{9}};
  }
  route::ContactWay way() { return contact_way(binding, table).value(); }

  route::Table table;
  registrar::Binding binding;
};

TEST_F(ContactWayTest, WithoutPathItIsTheFlowWhateverTheContactSays) {
  sip::Hop flow = binding.flow;
  flow.flow = true;  // behind a NAT there is no other way
  EXPECT_EQ(way().hop, flow);
  EXPECT_EQ(way().request_uri, "sip:anna@10.0.0.5:5060");
  EXPECT_THAT(way().routes, IsEmpty());
  binding.flow.listener = 7;
  EXPECT_FALSE(contact_way(binding, table));
}

// RFC 3261 18.1.1: what is too large for UDP may go over TCP, where that can lead to the phone.
TEST_F(ContactWayTest, AFlowOverUdpIsLeftOnlyForThePlaceThatTheContactNames) {
  binding.flow = {sip::Transport::Udp, 0, *base::Endpoint::parse("198.51.100.7:5060"), {}};
  const auto may_be_left = [this](std::string contact) {
    binding.contact_uri = std::move(contact);
    EXPECT_NE(way().hop.flow, way().hop.unsure);
    EXPECT_EQ(way().hop.remote, binding.flow.remote);
    return way().hop.unsure;
  };
  EXPECT_TRUE(may_be_left("sip:anna@198.51.100.7"));
  EXPECT_TRUE(may_be_left("sip:anna@198.51.100.7:5060;transport=TCP"));
  EXPECT_FALSE(may_be_left("sip:anna@10.0.0.5:5060")) << "behind a NAT";
  EXPECT_FALSE(may_be_left("sip:anna@198.51.100.7:5062")) << "a NAT that keeps the address";
  EXPECT_FALSE(may_be_left("sip:anna@198.51.100.7;transport=udp")) << "it says what it takes";
  EXPECT_FALSE(may_be_left("sip:anna@198.51.100.7;ob")) << "RFC 5626 5.3";
  EXPECT_FALSE(may_be_left("sips:anna@198.51.100.7"));
  EXPECT_FALSE(may_be_left("sip:anna@198.51.100.7;maddr=203.0.113.66"));
  EXPECT_FALSE(may_be_left("sip:anna@phone.example.org"));
  EXPECT_FALSE(may_be_left("tel:+15550100"));
  binding.reg_id = "1";
  EXPECT_FALSE(may_be_left("sip:anna@198.51.100.7")) << "RFC 5626 7: the flow that was registered";
  binding.reg_id.clear();
  binding.path = "<sip:198.51.100.7;lr>";
  binding.contact_uri = "sip:anna@198.51.100.7";
  EXPECT_FALSE(way().hop.unsure);
  EXPECT_FALSE(way().hop.flow);
}

TEST_F(ContactWayTest, APathBecomesTheRouteAndLeadsToItsFirstProxy) {
  binding.path = "<sip:198.51.100.7:5070;transport=tcp;lr>, <sip:token@edge.example.net;lr;ob>";
  EXPECT_THAT(way().routes,
              ElementsAre("<sip:198.51.100.7:5070;transport=tcp;lr>", "<sip:token@edge.example.net;lr;ob>"));
  EXPECT_EQ(way().hop.remote, *base::Endpoint::parse("198.51.100.7:5070"));
  EXPECT_EQ(way().hop.connection, binding.flow.connection) << "the connection that the proxy holds open";
  binding.path = "<sip:198.51.100.7;lr>";
  EXPECT_EQ(way().hop.transport, sip::Transport::Udp);
  EXPECT_EQ(way().hop.listener, 0);
  EXPECT_EQ(way().hop.remote.port, 5060);
}

// RFC 3327 8: a Path is an instruction to send requests somewhere.
TEST_F(ContactWayTest, OnlyAVouchedPathMayNameAnotherMachine) {
  binding.path = "<sip:203.0.113.66;lr>";
  EXPECT_EQ(way().hop, binding.flow);
  binding.path_vouched = true;
  EXPECT_EQ(way().hop.remote, *base::Endpoint::parse("203.0.113.66:5060"));
  EXPECT_FALSE(way().hop.connection);

  binding.path = "<sip:edge.example.net;lr>";
  ASSERT_TRUE(way().name);
  EXPECT_EQ(way().name->host, "edge.example.net");
  binding.path_vouched = false;
  EXPECT_FALSE(way().name);
  EXPECT_EQ(way().hop, binding.flow);
}

TEST_F(ContactWayTest, TwoFlowsOfOnePhoneAreKnownAsOnePhone) {
  EXPECT_EQ(way().instance, "");
  binding.instance = "<urn:uuid:1>";
  const auto one = way().instance;
  binding.reg_id = "2";
  binding.contact_uri = "sip:anna@10.0.0.6";
  EXPECT_EQ(way().instance, one);
  binding.aor = "sip:bob@example.org";
  EXPECT_NE(way().instance, one);
}

}  // namespace
}  // namespace sbc::app
