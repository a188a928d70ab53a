#include "sbc/tls/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "sbc/tls/limits.h"

#include "authority.h"

namespace sbc::tls {
namespace {

using State = Session::State;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Pipe {
  std::unique_ptr<Session> server;
  std::unique_ptr<Session> client;
  std::string at_server;  // plaintext that came out
  std::string at_client;

  // Until neither has anything to say.
  void run() {
    for (;;) {
      const std::string up = client->take_output();
      const std::string down = server->take_output();
      if (up.empty() && down.empty()) return;
      if (!up.empty()) server->feed(up, at_server);
      if (!down.empty()) client->feed(down, at_client);
    }
  }
};

class TlsSession : public testing::Test {
 protected:
  static std::shared_ptr<const Context> make(const ContextOptions& options) {
    auto made = Context::make(options);
    EXPECT_TRUE(made.has_value()) << made.error().text;
    return *made;
  }
  KeyPair pair(const std::string& alternatives) { return authority_.issue({.alternatives = alternatives}); }
  ContextOptions options(const std::string& alternatives = "DNS:example.com") {
    return {.pairs = {pair(alternatives)},
            .client_certificate = ClientCertificate::None,
            .client_ca = authority_.pem(),
            .server_ca = authority_.pem()};
  }
  Pipe meet(std::shared_ptr<const Context> server, std::shared_ptr<const Context> client, Wanted wanted) {
    Pipe pipe{.server = Session::server(std::move(server)),
              .client = Session::client(std::move(client), std::move(wanted)),
              .at_server = {},
              .at_client = {}};
    pipe.run();
    return pipe;
  }
  Pipe meet(const ContextOptions& server, Wanted wanted = {.name = "example.com", .address = {}}) {
    return meet(make(server), make(options("DNS:client.example.net")), std::move(wanted));
  }

  Authority authority_;
};

TEST_F(TlsSession, BytesCrossInBothDirections) {
  Pipe pipe = meet(options());
  ASSERT_EQ(pipe.client->state(), State::Open) << pipe.client->failure_text();
  ASSERT_EQ(pipe.server->state(), State::Open) << pipe.server->failure_text();
  const std::string large(200'000, 'x');
  EXPECT_TRUE(pipe.client->encrypt("OPTIONS"));
  EXPECT_TRUE(pipe.server->encrypt(large));
  pipe.run();
  EXPECT_EQ(pipe.at_server, "OPTIONS");
  EXPECT_EQ(pipe.at_client, large);
}

TEST_F(TlsSession, EveryCutOfTheBytesGivesTheSame) {
  Pipe pipe{.server = Session::server(make(options())),
            .client = Session::client(make(options()), {.name = "example.com", .address = {}}),
            .at_server = {},
            .at_client = {}};
  for (int round = 0; round < 6; ++round) {
    for (const char c : pipe.client->take_output()) pipe.server->feed({&c, 1}, pipe.at_server);
    for (const char c : pipe.server->take_output()) pipe.client->feed({&c, 1}, pipe.at_client);
  }
  EXPECT_EQ(pipe.client->state(), State::Open);
  EXPECT_EQ(pipe.server->state(), State::Open);
}

TEST_F(TlsSession, GoodByeClosesTheOtherSide) {
  Pipe pipe = meet(options());
  pipe.client->close();
  EXPECT_FALSE(pipe.client->encrypt("late"));
  pipe.run();
  EXPECT_EQ(pipe.server->state(), State::Closed);
}

struct NameCase {
  const char* alternatives;
  const char* wanted;
  bool right;
};

// RFC 5922 7.1, 7.2.
TEST_F(TlsSession, TheServerIsWhoWasWantedOrNobody) {  // trap 67: sips, SNI, and the names of certificates.
  const NameCase cases[] = {
      {"DNS:example.com", "example.com", true},
      {"DNS:example.com", "EXAMPLE.com", true},
      {"DNS:foo.example.com", "example.com", false},
      {"DNS:example.com", "foo.example.com", false},
      {"DNS:*.example.com", "foo.example.com", false},  // no wildcard of any form
      {"DNS:.example.com", "foo.example.com", false},
      {"URI:sip:example.com", "example.com", true},
      {"URI:SIP:example.com:5061", "example.com", true},
      {"URI:sip:alice@example.com", "example.com", false},  // a user, not a domain
      {"URI:sips:example.com", "example.com", false},       // the scheme is not "sip"
      {"URI:https:example.com", "example.com", false},
      {"URI:sip:other.com,DNS:example.com", "example.com", false},  // a sip URI shuts DNS names out
      {"URI:sip:alice@other.com,DNS:example.com", "example.com", true},
  };
  for (const auto& c : cases) {
    const Pipe pipe = meet(options(c.alternatives), {.name = c.wanted, .address = {}});
    EXPECT_EQ(pipe.client->state(), c.right ? State::Open : State::Failed) << c.alternatives << " for " << c.wanted;
    if (!c.right) {
      EXPECT_EQ(pipe.client->failure(), Failure::WrongName) << c.alternatives;
    }
  }
}

TEST_F(TlsSession, TheCommonNameCountsOnlyWithoutAlternativeNames) {
  ContextOptions server = options();
  server.pairs = {authority_.issue({.common_name = "example.com"})};
  EXPECT_EQ(meet(server).client->state(), State::Open);
  server.pairs = {authority_.issue({.common_name = "example.com", .alternatives = "DNS:other.com"})};
  EXPECT_EQ(meet(server).client->failure(), Failure::WrongName);
}

TEST_F(TlsSession, AnAddressIsAskedForByItself) {
  const Wanted wanted{.name = "", .address = *base::IpAddress::parse("192.0.2.7")};
  EXPECT_EQ(meet(options("IP:192.0.2.7"), wanted).client->state(), State::Open);
  EXPECT_EQ(meet(options("IP:192.0.2.8,DNS:192.0.2.7"), wanted).client->failure(), Failure::WrongName);
  const Wanted v6{.name = "", .address = *base::IpAddress::parse("2001:db8::7")};
  EXPECT_EQ(meet(options("IP:2001:db8::7"), v6).client->state(), State::Open);
}

TEST_F(TlsSession, ExpiredAndUnknownAndMisusedCertificatesAreRefused) {
  ContextOptions server = options();
  server.pairs = {authority_.issue({.alternatives = "DNS:example.com", .from = -7200, .to = -3600})};
  const Pipe expired = meet(server);
  EXPECT_EQ(expired.client->failure(), Failure::Expired);
  EXPECT_EQ(expired.server->failure(), Failure::PeerRefused);  // the alert arrives

  server.pairs = {Authority().issue({.alternatives = "DNS:example.com"})};
  EXPECT_EQ(meet(server).client->failure(), Failure::Untrusted);

  server.pairs = {authority_.issue({.alternatives = "DNS:example.com", .usage = "clientAuth"})};
  EXPECT_EQ(meet(server).client->failure(), Failure::Untrusted);
}

TEST_F(TlsSession, AClientIsKnownByItsVerifiedCertificateOnly) {
  ContextOptions server = options();
  const Pipe none = meet(server);
  EXPECT_EQ(none.server->state(), State::Open);
  EXPECT_FALSE(none.server->has_peer());
  EXPECT_THAT(none.server->peer().domains, IsEmpty());

  server.client_certificate = ClientCertificate::Required;
  const Pipe known = meet(server);
  ASSERT_EQ(known.server->state(), State::Open) << known.server->failure_text();
  EXPECT_TRUE(known.server->has_peer());
  EXPECT_THAT(known.server->peer().domains, ElementsAre("client.example.net"));

  server.client_ca = Authority().pem();
  EXPECT_EQ(meet(server).server->failure(), Failure::Untrusted);
}

// A client of our own always has a certificate; this one is a stranger's.
class Stranger {
 public:
  Stranger(int lowest, int highest) : ctx_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(ctx_, 0);
    SSL_CTX_set_min_proto_version(ctx_, lowest);
    SSL_CTX_set_max_proto_version(ctx_, highest);
    ssl_ = SSL_new(ctx_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
  }
  ~Stranger() {
    SSL_free(ssl_);
    SSL_CTX_free(ctx_);
  }
  void server_name(const char* name) { SSL_set_tlsext_host_name(ssl_, name); }
  void run(Session& server) {
    std::string plain;
    for (int round = 0; round < 6; ++round) {
      SSL_do_handshake(ssl_);
      std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
      if (!bytes.empty()) {
        BIO_read(SSL_get_wbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
        server.feed(bytes, plain);
      }
      const std::string back = server.take_output();
      BIO_write(SSL_get_rbio(ssl_), back.data(), static_cast<int>(back.size()));
    }
  }
  std::vector<std::string> server_names() const {
    const X509* const certificate = SSL_get0_peer_certificate(ssl_);
    return certificate == nullptr ? std::vector<std::string>{} : identity_of(*certificate).domains;
  }

 private:
  SSL_CTX* ctx_;
  SSL* ssl_;
};

TEST_F(TlsSession, ARequiredCertificateThatIsNotShownEndsTheHandshake) {
  for (const auto& [asked, state] :
       {std::pair{ClientCertificate::Required, State::Failed}, {ClientCertificate::Optional, State::Open}}) {
    ContextOptions with = options();
    with.client_certificate = asked;
    const auto server = Session::server(make(with));
    Stranger(TLS1_2_VERSION, TLS1_3_VERSION).run(*server);
    EXPECT_EQ(server->state(), state);
    EXPECT_EQ(server->failure(), state == State::Open ? Failure::None : Failure::NoCertificate);
    EXPECT_FALSE(server->has_peer());
  }
}

TEST_F(TlsSession, NothingBelowTls12) {
  const auto old = Session::server(make(options()));
  Stranger(TLS1_VERSION, TLS1_1_VERSION).run(*old);
  EXPECT_EQ(old->failure(), Failure::Version) << old->failure_text();
  const auto oldest_allowed = Session::server(make(options()));
  Stranger(TLS1_2_VERSION, TLS1_2_VERSION).run(*oldest_allowed);
  EXPECT_EQ(oldest_allowed->state(), State::Open) << oldest_allowed->failure_text();
}

TEST_F(TlsSession, SniChoosesTheCertificate) {  // trap 67: sips, SNI, and the names of certificates.
  ContextOptions with = options("DNS:first.example.com");
  with.pairs.push_back(pair("URI:sip:second.example.com"));
  with.client_certificate = ClientCertificate::Optional;
  const auto context = make(with);
  for (const auto& [asked, got] : {std::pair{"first.example.com", "first.example.com"},
                                   {"SECOND.example.com", "second.example.com"},
                                   {"third.example.com", "first.example.com"}}) {
    const auto server = Session::server(context);
    Stranger stranger(TLS1_2_VERSION, TLS1_3_VERSION);
    stranger.server_name(asked);
    stranger.run(*server);
    EXPECT_THAT(stranger.server_names(), ElementsAre(got)) << asked;
  }
  // Whichever it was, clients are verified by the same authorities.
  const Pipe pipe = meet(with, {.name = "second.example.com", .address = {}});
  EXPECT_THAT(pipe.server->peer().domains, ElementsAre("client.example.net")) << pipe.server->failure_text();
}

TEST_F(TlsSession, OtherProtocolsAndEndlessHandshakesAreRefused) {
  std::string plain;
  const auto sip = Session::server(make(options()));
  sip->feed("OPTIONS sip:example.com SIP/2.0\r\n", plain);
  EXPECT_EQ(sip->failure(), Failure::NotTls) << sip->failure_text();

  const auto endless = Session::server(make(options()));
  // A client hello that says it is 16 MiB long, in records of 1 KiB.
  std::string record("\x16\x03\x01\x04\x00\x01\xff\xff\xff", 9);
  record.resize(5 + 1024, 'x');
  for (int i = 0; i < 100 && endless->state() == State::Handshaking; ++i) endless->feed(record, plain);
  EXPECT_EQ(endless->state(), State::Failed);
  EXPECT_TRUE(plain.empty());

  const auto late = Session::server(make(options()));
  late->feed(std::string(kHandshakeBytes + 1, '\x16'), plain);
  EXPECT_EQ(late->failure(), Failure::TooLong);
}

TEST_F(TlsSession, TheContextOfASessionOutlivesItsReplacement) {
  auto context = make(options());
  Pipe pipe = meet(context, make(options()), {.name = "example.com", .address = {}});
  context = make(options("DNS:other.com"));
  pipe.client->encrypt("still there");
  pipe.run();
  EXPECT_EQ(pipe.at_server, "still there");
}

TEST_F(TlsSession, WrongFilesAreNamed) {
  using Part = ContextError::Part;
  const auto fails = [](const ContextOptions& with, Part part, const char* text, std::size_t pair = 0) {
    const auto made = Context::make(with);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().part, part);
    EXPECT_EQ(made.error().pair, pair);
    EXPECT_THAT(made.error().text, HasSubstr(text));
  };
  ContextOptions with = options();
  with.pairs.front().certificate = "no PEM";
  fails(with, Part::Certificate, "found none");
  with = options();
  with.pairs.front().key.clear();
  fails(with, Part::Key, "found none");
  with = options();
  with.pairs.push_back(pair("DNS:second"));
  with.pairs.back().key = pair("DNS:third").key;
  fails(with, Part::Key, "does not belong", 1);
  with = options();
  with.client_certificate = ClientCertificate::Required;
  with.client_ca.clear();
  fails(with, Part::ClientCa, "found none");
  with = options();
  with.server_ca = "nothing";
  fails(with, Part::ServerCa, "found none");
}

TEST_F(TlsSession, TheFirstCertificateToEndIsTheOneThatCounts) {
  ContextOptions with = options();
  const std::int64_t hour = make(with)->expires();
  with.pairs.push_back(authority_.issue({.alternatives = "DNS:short", .to = 60}));
  EXPECT_NEAR(static_cast<double>(hour - make(with)->expires()), 3540, 30);
}

}  // namespace
}  // namespace sbc::tls
