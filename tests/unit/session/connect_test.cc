// ICE and DTLS in a session's spec: the certificate that is told and shown, what is refused, what is told of peers.

#include <gtest/gtest.h>

#include "rig.h"

namespace session {
namespace {

using namespace control;

SessionSpec web() {
  SessionSpec spec = audio();
  HalfSpec& half = spec.flows[0].a;
  half.rtcp_mux = true;
  const std::vector<std::byte> password(24, std::byte{'p'});
  half.ice = Ice{"ours", base::Secret(password), ""};
  half.dtls = Dtls{DtlsRole::Passive, "1", {}};
  return spec;
}

std::shared_ptr<const secure::Identity> identity() {
  return secure::Identity::make(1'700'000'000).value();
}

TEST(SessionConnect, TheCertificateThatIsToldIsTheOneThatIsShown) {
  Rig rig;
  rig.hello(1);
  const auto first = identity();
  rig.sessions.use(first);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", web()}));
  EXPECT_EQ(opened.flows[0].a.fingerprint, secure::text_of(first->fingerprint()));
  EXPECT_EQ(opened.flows[0].b.fingerprint, "");
  // Renewed for those that come; this one has told its peer.
  rig.sessions.use(identity());
  SessionSpec answered = web();
  answered.flows[0].a.ice->remote_ufrag = "them";
  answered.flows[0].a.dtls->fingerprints = {{"SHA-256", std::string(32, 'f')}};
  const auto modified = get<Modified>(rig.ask(1, Modify{"s", answered}));
  EXPECT_EQ(modified.flows, opened.flows);
  ASSERT_EQ(rig.specs.size(), 1U);
  const flow::HalfSpec& half = rig.specs.begin()->second.a;
  EXPECT_EQ(half.dtls->identity, first);
  EXPECT_EQ(half.dtls->parameters.fingerprints.at(0).value.size(), 32U);
  EXPECT_EQ(half.ice->remote_ufrag, "them");
}

TEST(SessionConnect, WhatCannotBeIsABadSpec) {
  Rig rig;
  rig.hello(1);
  EXPECT_EQ(get<Error>(rig.ask(1, Open{"s", web()})).code, ErrorCode::BadSpec);  // no certificate
  rig.sessions.use(identity());
  SessionSpec wrong = web();
  wrong.flows[0].a.dtls->fingerprints = {{"sha-1", std::string(20, 'f')}};
  EXPECT_EQ(get<Error>(rig.ask(1, Open{"s", wrong})).code, ErrorCode::BadSpec);
  wrong.flows[0].a.dtls->fingerprints = {{"sha-256", std::string(31, 'f')}};
  EXPECT_EQ(get<Error>(rig.ask(1, Open{"s", wrong})).code, ErrorCode::BadSpec);
  wrong = web();
  wrong.flows[0].a.rtcp_mux = false;
  EXPECT_EQ(get<Error>(rig.ask(1, Open{"s", wrong})).code, ErrorCode::BadSpec);
  wrong = web();
  wrong.flows[0].a.ice->local_ufrag = "no";
  EXPECT_EQ(get<Error>(rig.ask(1, Open{"s", wrong})).code, ErrorCode::BadSpec);
  EXPECT_EQ(rig.ports_in_use(), 0U);
}

TEST(SessionConnect, WhatBecomesOfAPeerIsTold) {
  Rig rig;
  rig.hello(1);
  rig.sessions.use(identity());
  rig.ask(1, Subscribe{kAllEvents});
  rig.ask(1, Open{"s", web()});
  const FlowHandle flow = FlowHandle::unpack(rig.specs.begin()->first);
  const auto source = endpoint("203.0.113.5:4000");
  for (const flow::Event& event : std::initializer_list<flow::Event>{
           flow::IceConnected{flow::Side::A, source}, flow::Secured{flow::Side::A, secure::Suite::AeadAes128Gcm},
           flow::NotSecured{flow::Side::B, secure::DtlsFailure::Fingerprint}, flow::ConsentLost{flow::Side::A},
           flow::NotSecured{flow::Side::A}}) {
    Actions out;
    rig.sessions.on_flow_event(flow, event, out);
    rig.act(std::move(out));
  }
  ASSERT_EQ(rig.events.size(), 5U);
  EXPECT_EQ(rig.events[0].event, Event(PeerChanged{"s", 0, HalfSide::A, PeerChange::IceConnected, source, ""}));
  EXPECT_EQ(rig.events[1].event,
            Event(PeerChanged{"s", 0, HalfSide::A, PeerChange::Secured, std::nullopt, "AEAD_AES_128_GCM"}));
  EXPECT_EQ(rig.events[2].event,
            Event(PeerChanged{"s", 0, HalfSide::B, PeerChange::NotSecured, std::nullopt, "fingerprint"}));
  EXPECT_EQ(rig.events[3].event, Event(PeerChanged{"s", 0, HalfSide::A, PeerChange::ConsentLost, std::nullopt, ""}));
  EXPECT_EQ(rig.events[4].event, Event(PeerChanged{"s", 0, HalfSide::A, PeerChange::Closed, std::nullopt, ""}));
  for (const std::uint64_t count : rig.sessions.counters().peer_changes) EXPECT_EQ(count, 1U);
}

}  // namespace
}  // namespace session
