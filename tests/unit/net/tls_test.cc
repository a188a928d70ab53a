// Connections over TLS: whose they are, when they are used again, and what a stranger may cost.

#include <gmock/gmock.h>

#include "../tls/authority.h"
#include "fixture.h"

namespace sbc::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TlsTransport : public NetTest {
 protected:
  std::shared_ptr<const tls::Context> context(const std::string& names,
                                              tls::ClientCertificate asked = tls::ClientCertificate::None) {
    auto made = tls::Context::make({.pairs = {authority_.issue({.alternatives = names})},
                                    .client_certificate = asked,
                                    .client_ca = authority_.pem(),
                                    .server_ca = authority_.pem()});
    EXPECT_TRUE(made.has_value());
    return *made;
  }
  ListenerConfig secure(std::shared_ptr<const tls::Context> with) {
    return {.index = 0,
            .realm = "access",
            .transport = sip::Transport::Tls,
            .bind = at("127.0.0.1:0"),
            .certificates = std::move(with)};
  }
  static sip::Hop to(const Transports& far, const char* name) {
    return {.transport = sip::Transport::Tls,
            .listener = 0,
            .remote = far.local_endpoint(0),
            .connection = {},
            .tls_name = name};
  }

  tls::Authority authority_;
  Recorder far_;
  std::vector<loop::Fd> held_;
};

TEST_F(TlsTransport, MessagesCrossInBothDirectionsOverOneConnection) {
  const auto b = make(far_, {secure(context("DNS:far.example.com", tls::ClientCertificate::Optional))});
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "far.example.com"), base::share(request("one")), 1);
  a->send(to(*b, "far.example.com"), base::share(request("two")), 2);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 2; }));
  EXPECT_EQ(far_.messages[0].bytes, request("one"));
  ASSERT_NE(far_.messages[0].source.tls_peer, nullptr);
  EXPECT_THAT(*far_.messages[0].source.tls_peer, ElementsAre("near.example.com"));

  b->send(far_.messages[0].source.hop, base::share(request("back")), 3);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_THAT(*got_.messages[0].source.tls_peer, ElementsAre("far.example.com"));
  EXPECT_EQ(b->counters().tcp_accepted.value(), 1U);
  EXPECT_EQ(b->counters().open_over(sip::Transport::Tls).value(), 1);
  EXPECT_THAT(got_.failed, IsEmpty());
}

TEST_F(TlsTransport, NothingIsSaidToSomebodyElse) {
  const auto b = make(far_, {secure(context("DNS:far.example.com"))});
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "wanted.example.com"), base::share(request()), 7);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_THAT(got_.failed, ElementsAre(7U));
  EXPECT_THAT(far_.messages, IsEmpty());
  EXPECT_EQ(a->counters().tls_failure(tls::Failure::WrongName).value(), 1U);
  a->send(to(*b, ""), base::share(request()), 8);  // by its address, which the certificate does not have
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 2; }));
  EXPECT_THAT(far_.messages, IsEmpty());
}

// trap 66: a TLS connection is used again for the same verified identity only.
TEST_F(TlsTransport, AConnectionServesTheNamesOfItsCertificateOnly) {
  const auto b = make(far_, {secure(context("DNS:one.example.com,DNS:two.example.com"))});
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "one.example.com"), base::share(request()), 1);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 1; }));
  a->send(to(*b, "TWO.example.com"), base::share(request()), 2);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 2; }));
  EXPECT_EQ(b->counters().tcp_accepted.value(), 1U);
  a->send(to(*b, "three.example.com"), base::share(request()), 3);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_EQ(b->counters().tcp_accepted.value(), 2U);
  EXPECT_EQ(far_.messages.size(), 2U);
}

// RFC 5923 8.2, trap 66: a connection that the peer opened carries our requests for its own address, when its
// certificate names whom they are for.
TEST_F(TlsTransport, AnAliasedConnectionCarriesRequestsOfOurs) {
  const auto b = make(far_, {secure(context("DNS:far.example.com", tls::ClientCertificate::Optional))});
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "far.example.com"), base::share(request("one")), 1);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 1; }));
  const auto id = far_.messages[0].source.hop.connection;
  b->alias(id, a->local_endpoint(0).port);
  EXPECT_EQ(b->counters().tcp_aliases.value(), 1U);
  b->send(to(*a, "near.example.com"), base::share(request("back")), 2);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(b->counters().tcp_connected.value(), 0U);
  EXPECT_EQ(a->counters().tcp_accepted.value(), 0U);
  // Meant for somebody else at that address: a connection of its own, which then fails.
  b->send(to(*a, "other.example.com"), base::share(request("no")), 3);
  ASSERT_TRUE(turn_until([&] { return far_.failed.size() == 1; }));
  EXPECT_EQ(got_.messages.size(), 1U);
  // It is gone: a new one is opened.
  b->close(id);
  ASSERT_TRUE(turn_until([&] { return !got_.closed.empty(); }));
  b->send(to(*a, "near.example.com"), base::share(request("again")), 4);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 2; }));
  EXPECT_GE(a->counters().tcp_accepted.value(), 1U);
}

// The same for requests of another shard, by the shard that has it.
TEST_F(TlsTransport, AnAliasedConnectionCarriesRequestsOfOtherShards) {
  Aliases aliases;
  ListenerConfig listener = secure(context("DNS:far.example.com", tls::ClientCertificate::Optional));
  const auto make_shard = [&](Recorder& recorder, std::uint8_t index) {
    auto made = std::make_unique<Transports>(
        loop_, ::sbc::net::Setup{.shard = index, .aliases = &aliases, .listeners = {listener}, .limits = limits_},
        recorder);
    EXPECT_TRUE(made->start().has_value());
    return made;
  };
  Recorder other;
  auto b = make_shard(far_, 0);
  const auto c = make_shard(other, 1);
  other.foreign = [&b](std::uint8_t shard, const sip::Hop& hop, const base::SharedBytes& bytes, std::uint64_t token) {
    EXPECT_EQ(shard, 0);
    b->send(hop, bytes, token);
    return true;
  };
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "far.example.com"), base::share(request("one")), 1);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 1; }));
  const auto id = far_.messages[0].source.hop.connection;
  b->alias(id, a->local_endpoint(0).port);
  EXPECT_EQ(aliases.size(), 1U);
  c->send(to(*a, "near.example.com"), base::share(request("back")), 2);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(c->counters().foreign_sends.value(), 1U);
  EXPECT_EQ(a->counters().tcp_accepted.value(), 0U);
  // Meant for somebody else at that address: a connection of its own, which then fails.
  c->send(to(*a, "other.example.com"), base::share(request("no")), 3);
  ASSERT_TRUE(turn_until([&] { return other.failed.size() == 1; }));
  EXPECT_EQ(c->counters().foreign_sends.value(), 1U);
  // It is gone: that shard opens one of its own, and stays with it.
  b->close(id);
  EXPECT_EQ(aliases.size(), 0U);
  ASSERT_TRUE(turn_until([&] { return !got_.closed.empty(); }));
  for (const char* text : {"again", "and again"}) c->send(to(*a, "near.example.com"), base::share(request(text)), 4);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 3; }));
  EXPECT_EQ(c->counters().foreign_sends.value(), 1U);

  a->send(to(*b, "far.example.com"), base::share(request("two")), 5);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 2; }));
  b->alias(far_.messages[1].source.hop.connection, a->local_endpoint(0).port);
  EXPECT_EQ(aliases.size(), 1U);
  c->send(to(*a, "near.example.com"), base::share(request("still")), 6);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 4; }));
  EXPECT_EQ(c->counters().foreign_sends.value(), 1U) << "its own first";
  b.reset();
  EXPECT_EQ(aliases.size(), 0U);
}

TEST_F(TlsTransport, WithoutACertificateThereIsNoAlias) {
  const auto b = make(far_, {secure(context("DNS:far.example.com"))});  // asks for none
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "far.example.com"), base::share(request("one")), 1);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 1; }));
  b->alias(far_.messages[0].source.hop.connection, a->local_endpoint(0).port);
  EXPECT_EQ(b->counters().tcp_aliases.value(), 0U);
  b->send(to(*a, "near.example.com"), base::share(request("back")), 2);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(b->counters().tcp_connected.value(), 1U);
}

// TLS 1.3: the client has said its first words by the time that its certificate is refused.
TEST_F(TlsTransport, WhatWasSaidBeforeOurCertificateWasRefusedComesBack) {
  const tls::Authority stranger;
  const auto made = tls::Context::make({.pairs = {authority_.issue({.alternatives = "DNS:far.example.com"})},
                                        .client_certificate = tls::ClientCertificate::Required,
                                        .client_ca = stranger.pem(),
                                        .server_ca = authority_.pem()});
  ASSERT_TRUE(made.has_value());
  const auto b = make(far_, {secure(*made)});
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "far.example.com"), base::share(request()), 1);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_NE(got_.losses[0], Loss::Unsent);
  EXPECT_EQ(a->counters().tls_failure(tls::Failure::PeerRefused).value(), 1U);
  EXPECT_THAT(far_.messages, IsEmpty());
}

TEST_F(TlsTransport, NewCertificatesAreForNewConnections) {
  const auto b = make(far_, {secure(context("DNS:old.example.com"))});
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  a->send(to(*b, "old.example.com"), base::share(request()), 1);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 1; }));
  b->use_certificates(0, context("DNS:new.example.com"));
  a->send(to(*b, "old.example.com"), base::share(request()), 2);
  a->send(to(*b, "new.example.com"), base::share(request()), 3);
  ASSERT_TRUE(turn_until([&] { return far_.messages.size() == 3; }));
  EXPECT_NE(far_.messages[1].source.hop.connection, far_.messages[2].source.hop.connection);
  EXPECT_THAT(far_.closed, IsEmpty());
}

TEST_F(TlsTransport, AHandshakeThatDoesNotEndIsEnded) {
  limits_.handshake = base::milliseconds(50);
  const auto b = make(far_, {secure(context("DNS:far.example.com"))});
  const auto silent = connect(b->local_endpoint(0));
  ASSERT_TRUE(turn_until([&] { return silent->closed; }));
  EXPECT_EQ(b->counters().drop(Drop::TlsHandshakeSlow).value(), 1U);
}

TEST_F(TlsTransport, WhatIsNotTlsIsRefused) {
  const auto b = make(far_, {secure(context("DNS:far.example.com"))});
  const auto peer = connect(b->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return peer->closed; }));
  EXPECT_EQ(b->counters().tls_failure(tls::Failure::NotTls).value(), 1U);
  EXPECT_THAT(far_.messages, IsEmpty());
}

TEST_F(TlsTransport, WhatWaitsForAHandshakeIsBounded) {
  limits_.stream_output_bytes = 10'000;
  limits_.connect = limits_.handshake = base::milliseconds(200);
  // Somebody who accepts and never says anything.
  auto deaf = loop::StreamListener::listen_tcp(
      loop_, at("127.0.0.1:0"), {}, [this](loop::Fd fd, const base::Endpoint&) { held_.push_back(std::move(fd)); });
  ASSERT_TRUE(deaf.has_value());
  const auto a = make(got_, {secure(context("DNS:near.example.com"))});
  const sip::Hop hop{.transport = sip::Transport::Tls,
                     .listener = 0,
                     .remote = (*deaf)->local(),
                     .connection = {},
                     .tls_name = "far.example.com"};
  for (std::uint64_t token = 1; token <= 3; ++token) a->send(hop, base::share(request(std::string(4'000, 'x'))), token);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_THAT(got_.failed, ElementsAre(3U));
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 3; }));  // the others when the handshake is given up
}

TEST_F(TlsTransport, WithoutCertificatesThereIsNoTls) {
  const auto a = make(got_, {tcp("127.0.0.1:0")});
  const sip::Hop hop{.transport = sip::Transport::Tls, .listener = 0, .remote = at("127.0.0.1:9"), .connection = {}};
  a->send(hop, base::share(request()), 5);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_EQ(a->counters().drop(Drop::NoListener).value(), 1U);
}

}  // namespace
}  // namespace sbc::net
