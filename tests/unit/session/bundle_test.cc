// Flows of a session that share a transport: one pair of ports, one worker, one certificate.

#include <gtest/gtest.h>

#include "media-relay/control/check.h"

#include "rig.h"

namespace session {
namespace {

using namespace control;

SessionSpec bundle() {
  SessionSpec spec = audio(2);
  HalfSpec& half = spec.flows[0].a;
  half.rtcp_mux = true;
  const std::vector<std::byte> password(24, std::byte{'p'});
  half.ice = Ice{"ours", base::Secret(password), "them"};
  half.dtls = Dtls{DtlsRole::Passive, "1", {}};
  spec.flows[1].kind = "video";
  spec.flows[1].a.shared = SharedTransport{0, {96}};
  return spec;
}

struct Web : Rig {
  Web() {
    hello(1);
    sessions.use(std::shared_ptr(secure::Identity::make(1'700'000'000).value()));
  }
};

TEST(SessionBundle, AGuestIsToldTheAddressOfItsTransport) {
  Web rig;
  const auto opened = get<Opened>(rig.ask(1, Open{"s", bundle()}));
  ASSERT_EQ(opened.flows.size(), 2U);
  EXPECT_EQ(opened.flows[1].a, opened.flows[0].a);
  EXPECT_NE(opened.flows[1].b.rtp, opened.flows[0].b.rtp);
  EXPECT_FALSE(opened.flows[1].a.fingerprint.empty());
  EXPECT_EQ(rig.binds, 3U);
  std::size_t shared = 0;
  for (const auto& [flow, spec] : rig.specs) shared += spec.a.shared && spec.a.payload_types.test(96);
  EXPECT_EQ(shared, 1U);
  rig.ask(1, Close{"s", ""});
  rig.check_books();
}

// RFC 9143 9.2.
TEST(SessionBundle, NamesOfLinesReachTheirFlows) {
  Web rig;
  SessionSpec named = bundle();
  named.flows[0].a.mid = MediaId{4, "a0", {0}};
  named.flows[1].a.mid = MediaId{4, "v0", {}};
  get<Opened>(rig.ask(1, Open{"s", named}));
  std::size_t found = 0;
  for (const auto& [flow, spec] : rig.specs) {
    if (spec.a.mid == flow::MediaId{4, "a0"}) found += spec.a.payload_types.test(0);
    if (spec.a.mid == flow::MediaId{4, "v0"}) found += spec.a.shared;
  }
  EXPECT_EQ(found, 2U);
  rig.ask(1, Close{"s", ""});
  rig.check_books();
}

TEST(SessionBundle, ALineThatLeavesTheBundleGetsPortsOfItsOwn) {
  Web rig;
  const auto opened = get<Opened>(rig.ask(1, Open{"s", bundle()}));
  EXPECT_EQ(get<Modified>(rig.ask(1, Modify{"s", bundle()})).flows, opened.flows);
  SessionSpec apart = bundle();
  apart.flows[1].a.shared.reset();
  const auto modified = get<Modified>(rig.ask(1, Modify{"s", apart}));
  EXPECT_EQ(modified.flows[0], opened.flows[0]);
  EXPECT_NE(modified.flows[1].a.rtp, opened.flows[0].a.rtp);
  rig.ask(1, Close{"s", ""});
  rig.check_books();
}

// RFC 9143 7.4: the answer to our offer says that it is one transport; the other side has been told its ports.
TEST(SessionBundle, ALineThatJoinsTheBundleKeepsItsOtherPorts) {
  Web rig;
  SessionSpec apart = bundle();
  apart.flows[1].a = apart.flows[0].a;
  const auto opened = get<Opened>(rig.ask(1, Open{"s", apart}));
  EXPECT_NE(opened.flows[1].a.rtp, opened.flows[0].a.rtp);
  const auto binds = rig.binds;
  const auto modified = get<Modified>(rig.ask(1, Modify{"s", bundle()}));
  EXPECT_EQ(rig.binds, binds);
  EXPECT_EQ(modified.flows[0], opened.flows[0]);
  EXPECT_EQ(modified.flows[1].a, opened.flows[0].a);
  EXPECT_EQ(modified.flows[1].b, opened.flows[1].b);
  EXPECT_EQ(rig.sessions.ports(0, rig.now).quarantined, 1U);
  EXPECT_TRUE(rig.removing.empty());
  EXPECT_EQ(get<Modified>(rig.ask(1, Modify{"s", bundle()})).flows, modified.flows);
  rig.ask(1, Close{"s", ""});
  rig.check_books();
}

TEST(SessionBundle, WhatCannotBeSharedIsABadSpec) {
  const auto code = [](auto change) {
    SessionSpec spec = bundle();
    change(spec);
    const auto problem = problem_with(spec);
    return problem ? std::optional(problem->code) : std::nullopt;
  };
  EXPECT_EQ(code([](SessionSpec&) {}), std::nullopt);
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].a.shared->flow = 1; }), ErrorCode::BadSpec);  // itself
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].a.shared->flow = 7; }), ErrorCode::BadSpec);  // nobody
  EXPECT_EQ(code([](SessionSpec& s) { std::swap(s.flows[0], s.flows[1]); }), ErrorCode::BadSpec);
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[0].a.ice.reset(); }), ErrorCode::BadSpec);
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].a.network = "core"; }), ErrorCode::BadSpec);
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].a.dtls = s.flows[0].a.dtls; }), ErrorCode::BadSpec);
}

}  // namespace
}  // namespace session
