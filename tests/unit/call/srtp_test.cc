// SRTP with keys in SDP (RFC 4568) on one leg, on both, or where the peer has it (RFC 8643).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/parser.h"

#include "places.h"

namespace sbc::call::test {
namespace {

using policy::MediaSecurity;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSuite = "AES_CM_128_HMAC_SHA1_80";

struct Modes {
  MediaSecurity a = MediaSecurity::None;
  MediaSecurity b = MediaSecurity::None;
  bool in_clear = true;
};

void configure(Rig& rig, const Modes& modes) {
  const auto on_realm = [&modes](route::Realm& realm) {
    realm.media_security = modes.a;
    realm.sdes_in_clear = modes.in_clear;
  };
  change_places(rig, on_realm, [&modes](route::Trunk& trunk) { trunk.media_security = modes.b; });
}

std::string line(int tag, char fill, const char* suite = kSuite) {
  // 30 bytes of one value: 40 letters.
  return "a=crypto:" + std::to_string(tag) + " " + suite + " inline:" + std::string(40, fill) + "\r\n";
}

std::string secure_sdp(const Peer& peer, int port, const std::string& crypto, const char* profile = "RTP/SAVP",
                       int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " " + profile + " 0\r\n" + crypto;
}

std::vector<sdp::Crypto> cryptos(const sip::MessagePtr& message) {
  const auto session = sdp::parse_shared(message->body());
  return session ? sdp::cryptos_of(**session, (*session)->media.at(0)) : std::vector<sdp::Crypto>{};
}

// What the callee answers to an offer: the line of this suite, with a key of its own.
std::string answer_line(const sip::MessagePtr& offer, char fill) {
  for (const auto& crypto : cryptos(offer))
    if (sdp::name_of(crypto.suite) == kSuite) return line(static_cast<int>(crypto.tag), fill);
  ADD_FAILURE() << "no line of ours in " << offer->body();
  return {};
}

const control::FlowSpec& flow(Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

base::Secret key_of(const std::string& crypto_line) {
  return sdp::parse_crypto(crypto_line.substr(9, crypto_line.size() - 11))->keys.at(0).key_and_salt;
}

// The caller speaks SRTP, the callee does not.
void connect(Rig& rig, const std::string& offered) {
  rig.a.invite({.body = secure_sdp(rig.a, 4000, offered)});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
}

TEST(Sdes, OnTheCallersLegMeetsPlainRtpOnTheOther) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes});
  const std::string theirs = line(3, 'Q');
  rig.a.invite({.body = secure_sdp(rig.a, 4000, line(1, 'X', "F8_128_HMAC_SHA1_80") + theirs)});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_THAT(std::string(invite->body()), HasSubstr(" RTP/AVP 0\r\n"));
  EXPECT_THAT(std::string(invite->body()), Not(HasSubstr("crypto")));
  // trap 45: nothing passes before the keys are agreed on; the callee may not be heard in clear by the caller.
  EXPECT_TRUE(flow(rig).a.srtp.has_value());
  EXPECT_FALSE(flow(rig).b.srtp.has_value());
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_THAT(std::string(accepted->body()), HasSubstr(" RTP/SAVP 8 0\r\n"));
  const auto ours = cryptos(accepted);
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(ours[0].tag, 3U);  // trap 42
  EXPECT_NE(ours[0].keys[0].key_and_salt, key_of(theirs));
  rig.a.ack();

  ASSERT_TRUE(flow(rig).a.srtp);
  EXPECT_EQ(flow(rig).a.srtp->send->suite, kSuite);
  EXPECT_EQ(flow(rig).a.srtp->send->keys.at(0).key_and_salt, ours[0].keys[0].key_and_salt);
  EXPECT_EQ(flow(rig).a.srtp->receive->keys.at(0).key_and_salt, key_of(theirs));
  EXPECT_EQ(rig.calls.counters().skipped_keys[static_cast<std::size_t>(sdp::CryptoFault::Suite)], 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(Sdes, OnTheCalleesLegIsOfferedAndAskedFor) {
  Rig rig;
  configure(rig, {.b = MediaSecurity::Sdes});
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_THAT(std::string(invite->body()), HasSubstr(" RTP/SAVP 8 0\r\n"));
  const auto offered = cryptos(invite);
  ASSERT_EQ(offered.size(), 4U) << "the suites of the configuration";
  EXPECT_EQ(offered[0].suite, sdp::Suite::AeadAes256Gcm);
  const std::string answer = answer_line(invite, 'Q');
  rig.b.answer(200, secure_sdp(rig.b, 6000, answer));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_THAT(std::string(accepted->body()), HasSubstr(" RTP/AVP 0\r\n"));
  EXPECT_THAT(std::string(accepted->body()), Not(HasSubstr("crypto")));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.srtp);
  ASSERT_TRUE(flow(rig).b.srtp);
  EXPECT_EQ(flow(rig).b.srtp->send->keys.at(0).key_and_salt, offered.back().keys[0].key_and_salt);
  EXPECT_EQ(flow(rig).b.srtp->receive->keys.at(0).key_and_salt, key_of(answer));
  rig.b.bye();
  end_well(rig);
}

TEST(Sdes, NothingOfOneSidesKeysReachesTheOther) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes, .b = MediaSecurity::Sdes});
  rig.a.invite({.body = secure_sdp(rig.a, 4000, line(1, 'Q'))});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  rig.b.answer(200, secure_sdp(rig.b, 6000, answer_line(invite, 'R')));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  rig.a.ack();
  for (const auto& text : rig.said_to(rig.b)) EXPECT_THAT(text, Not(HasSubstr(std::string(40, 'Q'))));
  for (const auto& text : rig.said_to(rig.a)) EXPECT_THAT(text, Not(HasSubstr(std::string(40, 'R'))));
  for (const auto& ours : cryptos(invite))
    for (const auto& toward_a : cryptos(accepted)) EXPECT_NE(ours.keys[0], toward_a.keys[0]);
  for (const auto& note : rig.notes) EXPECT_THAT(note.text, Not(HasSubstr("inline:")));
  rig.a.bye();
  end_well(rig);
}

TEST(Sdes, RefusesAnOfferInClearAndOneWithoutUsableKeys) {
  for (const bool secure : {false, true}) {
    Rig rig;
    configure(rig, {.a = MediaSecurity::Sdes});
    rig.a.invite(
        {.body = secure ? secure_sdp(rig.a, 4000, line(1, 'Q', "F8_128_HMAC_SHA1_80")) : sdp(rig.a.ip(), 4000)});
    EXPECT_TRUE(rig.a.has("488"));
    EXPECT_FALSE(rig.b.has("INVITE"));
    end_well(rig);
  }
}

TEST(Sdes, ARealmWithoutItRefusesSecureMedia) {
  Rig rig;
  configure(rig, {});
  rig.a.invite({.body = secure_sdp(rig.a, 4000, line(1, 'Q'))});
  EXPECT_TRUE(rig.a.has("488"));
  end_well(rig);
}

TEST(Sdes, AnAnswerInClearEndsTheCall) {
  Rig rig;
  configure(rig, {.b = MediaSecurity::Sdes});
  rig.a.invite();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  for (const auto& spec : rig.relay.history)
    for (const auto& f : spec.flows) EXPECT_TRUE(f.b.srtp) << "never in clear";
  end_well(rig);
}

TEST(Sdes, AnAnswerWithOurOwnKeyEndsTheCall) {
  Rig rig;
  configure(rig, {.b = MediaSecurity::Sdes});
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  rig.b.answer(200, secure_sdp(rig.b, 6000, "a=crypto:" + sdp::crypto_value(cryptos(invite).at(3)) + "\r\n"));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  end_well(rig);
}

// RFC 4568 7.1: the signalling must protect the keys.
TEST(Sdes, KeysAreNotSaidInClearUnlessTheOperatorWantsIt) {
  {
    Rig rig;
    configure(rig, {.a = MediaSecurity::Sdes, .in_clear = false});
    rig.a.invite({.body = secure_sdp(rig.a, 4000, line(1, 'Q'))});
    EXPECT_TRUE(rig.a.has("488"));
    end_well(rig);
  }
  {
    Rig rig;
    configure(rig, {.b = MediaSecurity::Sdes, .in_clear = false});
    rig.a.invite();
    EXPECT_TRUE(rig.a.has("488"));
    EXPECT_FALSE(rig.b.has("INVITE"));
    end_well(rig);
  }
  {
    Rig rig;
    configure(rig, {.b = MediaSecurity::BestEffort, .in_clear = false});
    rig.a.invite();
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_THAT(std::string(invite->body()), Not(HasSubstr("crypto")));
    EXPECT_THAT(std::string(invite->body()), HasSubstr("a=fingerprint:sha-256 ")) << "which is no secret";
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    rig.a.ack();
    rig.a.bye();
    end_well(rig);
  }
}

// trap 39: RTP/AVP with a=crypto. RFC 8643 3.1, 3.2: the answerer takes the keys or leaves them.
TEST(BestEffort, OffersKeysAndTakesWhatIsAnswered) {
  for (const bool taken : {true, false}) {
    Rig rig;
    configure(rig, {.b = MediaSecurity::BestEffort});
    rig.a.invite();
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_THAT(std::string(invite->body()), HasSubstr(" RTP/AVP 8 0\r\n"));
    EXPECT_EQ(cryptos(invite).size(), 4U);
    EXPECT_TRUE(flow(rig).b.dtls) << "not known yet: nothing passes";
    rig.b.answer(200, taken ? secure_sdp(rig.b, 6000, answer_line(invite, 'Q'), "RTP/AVP") : sdp(rig.b.ip(), 6000));
    ASSERT_TRUE(rig.a.has("200 INVITE"));
    rig.a.ack();
    EXPECT_FALSE(flow(rig).b.dtls || flow(rig).b.rtcp_mux);
    EXPECT_EQ(flow(rig).b.srtp.has_value(), taken);
    EXPECT_EQ(flow(rig).b.srtp && flow(rig).b.srtp->receive, taken);
    rig.a.bye();
    end_well(rig);
  }
}

// trap 39
TEST(BestEffort, TakesEveryKindOfOffer) {
  const struct {
    const char* profile;
    bool keys;
    bool secure;
  } kCases[] = {{"RTP/AVP", false, false},
                {"RTP/AVP", true, true},
                {"RTP/AVPF", true, true},
                {"RTP/SAVP", true, true},
                {"RTP/SAVPF", true, true}};
  for (const auto& c : kCases) {
    Rig rig;
    configure(rig, {.a = MediaSecurity::BestEffort});
    rig.a.invite({.body = secure_sdp(rig.a, 4000, c.keys ? line(1, 'Q') : "", c.profile)});
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr) << c.profile;
    EXPECT_THAT(std::string(invite->body()),
                HasSubstr(std::string(c.profile).ends_with('F') ? "RTP/AVPF" : "RTP/AVP "));
    rig.b.answer(200, secure_sdp(rig.b, 6000, "", std::string(c.profile).ends_with('F') ? "RTP/AVPF" : "RTP/AVP"));
    const auto accepted = rig.a.take("200 INVITE");
    ASSERT_NE(accepted, nullptr);
    EXPECT_THAT(std::string(accepted->body()), HasSubstr(std::string(" ") + c.profile + " 0\r\n"));
    EXPECT_EQ(cryptos(accepted).size(), c.secure ? 1U : 0U) << c.profile;
    EXPECT_EQ(flow(rig).a.srtp.has_value(), c.secure);
    rig.a.ack();
    rig.a.bye();
    end_well(rig);
  }
}

// trap 39: one stream in two lines, RTP/SAVP and RTP/AVP. Both would be two streams for the callee.
TEST(BestEffort, OfAStreamThatIsOfferedTwiceTheLineWithKeysIsTakenAndTheOtherRefused) {
  const auto port_of = [](const sip::MessagePtr& message, std::size_t index) {
    const auto session = sdp::parse_shared(message->body());
    return session && (*session)->media.size() == 2 ? (*session)->media[index].port : 1;
  };
  const struct {
    MediaSecurity mode;
    bool secure_first;
    std::string keys;
    bool secure;
  } kCases[] = {{MediaSecurity::BestEffort, true, line(1, 'Q'), true},
                {MediaSecurity::BestEffort, false, line(1, 'Q'), true},
                {MediaSecurity::BestEffort, true, line(1, 'Q', "F8_128_HMAC_SHA1_80"), false},  // of no use
                {MediaSecurity::None, true, line(1, 'Q'), false},
                {MediaSecurity::Sdes, false, line(1, 'Q'), true}};
  for (const auto& c : kCases) {
    Rig rig;
    configure(rig, {.a = c.mode});
    const std::string secure = "m=audio 4000 RTP/SAVP 0\r\n" + c.keys, clear = "m=audio 4000 RTP/AVP 0\r\n";
    const std::string head =
        "v=0\r\no=- 1 1 IN IP4 " + rig.a.ip() + "\r\ns=-\r\nc=IN IP4 " + rig.a.ip() + "\r\nt=0 0\r\n";
    rig.a.invite({.body = head + (c.secure_first ? secure + clear : clear + secure)});
    const std::size_t taken = c.secure == c.secure_first ? 0 : 1;
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_NE(port_of(invite, taken), 0);
    EXPECT_EQ(port_of(invite, 1 - taken), 0) << "the callee gets one stream";
    ASSERT_EQ(rig.relay.sessions.begin()->second.flows.size(), 1U);
    std::string lines[2] = {"m=audio 0 RTP/AVP 0\r\n", "m=audio 0 RTP/AVP 0\r\n"};
    lines[taken] = "m=audio 6000 RTP/AVP 0\r\n";
    rig.b.answer(200, "v=0\r\no=- 1 1 IN IP4 " + rig.b.ip() + "\r\ns=-\r\nc=IN IP4 " + rig.b.ip() + "\r\nt=0 0\r\n" +
                          lines[0] + lines[1]);
    const auto accepted = rig.a.take("200 INVITE");
    ASSERT_NE(accepted, nullptr);
    EXPECT_NE(port_of(accepted, taken), 0);
    EXPECT_EQ(port_of(accepted, 1 - taken), 0);
    EXPECT_EQ(flow(rig).a.srtp.has_value(), c.secure);
    rig.a.ack();
    rig.a.bye();
    end_well(rig);
  }
}

TEST(BestEffort, RefusesSecureMediaWithoutKeys) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::BestEffort});
  rig.a.invite({.body = secure_sdp(rig.a, 4000, "")});
  EXPECT_TRUE(rig.a.has("488"));
  end_well(rig);
}

TEST(Sdes, TheKeysOfThe200CountWhenTheyAreNotThoseOfThe183) {  // trap 26
  Rig rig;
  configure(rig, {.b = MediaSecurity::Sdes});
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  const std::string early = answer_line(invite, 'E'), late = answer_line(invite, 'L');
  rig.b.answer(183, secure_sdp(rig.b, 6000, early));
  ASSERT_TRUE(flow(rig).b.srtp && flow(rig).b.srtp->receive);
  EXPECT_EQ(flow(rig).b.srtp->receive->keys.at(0).key_and_salt, key_of(early));
  rig.b.answer(200, secure_sdp(rig.b, 6998, late, "RTP/SAVP", 2));
  ASSERT_TRUE(flow(rig).b.srtp && flow(rig).b.srtp->receive);
  EXPECT_EQ(flow(rig).b.srtp->receive->keys.at(0).key_and_salt, key_of(late));
  EXPECT_EQ(flow(rig).b.remote_rtp.value_or(base::Endpoint{}).port, 6998);
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

// trap 41: hold and resume with the same key: the relay is told the same keys, and goes on with its counters.
TEST(Sdes, AReInviteWithTheSameKeyKeepsOurs) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes, .b = MediaSecurity::Sdes});
  rig.a.invite({.body = secure_sdp(rig.a, 4000, line(1, 'Q'))});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  const std::string answer = answer_line(invite, 'R');
  rig.b.answer(200, secure_sdp(rig.b, 6000, answer));
  const auto accepted = rig.a.take("200 INVITE");
  rig.a.ack();
  const auto before = flow(rig);

  rig.a.reinvite(secure_sdp(rig.a, 4000, line(1, 'Q') + "a=sendonly\r\n", "RTP/SAVP", 2));
  const auto hold = rig.b.take("INVITE");
  ASSERT_NE(hold, nullptr);
  ASSERT_FALSE(cryptos(hold).empty());
  EXPECT_EQ(cryptos(hold)[0].keys, cryptos(invite).back().keys) << "what protects the line now comes first";
  rig.b.answer(200, secure_sdp(rig.b, 6000, line(1, 'R') + "a=recvonly\r\n", "RTP/SAVP", 2));
  const auto held = rig.a.take("200 INVITE");
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(cryptos(held), cryptos(accepted));
  rig.a.ack();
  EXPECT_EQ(flow(rig).a.srtp, before.a.srtp);
  EXPECT_EQ(flow(rig).b.srtp, before.b.srtp);
  EXPECT_FALSE(flow(rig).a.send);
  rig.a.bye();
  end_well(rig);
}

// RFC 4568 7.1.4: another key of the peer's, another one of ours. Until the exchange is complete the old ones hold.
TEST(Sdes, AReInviteWithAnotherKeyGetsAnotherOfOurs) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes});
  connect(rig, line(1, 'Q'));
  const auto accepted = rig.a.take("200 INVITE");
  const auto before = flow(rig);
  rig.a.reinvite(secure_sdp(rig.a, 4000, line(1, 'S'), "RTP/SAVP", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  EXPECT_EQ(flow(rig).a.srtp, before.a.srtp);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto changed = rig.a.take("200 INVITE");
  ASSERT_NE(changed, nullptr);
  EXPECT_NE(cryptos(changed), cryptos(accepted));
  rig.a.ack();
  EXPECT_EQ(flow(rig).a.srtp->receive->keys.at(0).key_and_salt, key_of(line(1, 'S')));
  EXPECT_EQ(flow(rig).a.srtp->send->keys.at(0).key_and_salt, cryptos(changed).at(0).keys[0].key_and_salt);
  rig.a.bye();
  end_well(rig);
}

TEST(Sdes, AReInviteThatFailsLeavesTheKeysAsTheyWere) {  // trap 41
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes});
  connect(rig, line(1, 'Q'));
  const auto before = flow(rig);
  const std::size_t told = rig.relay.history.size();
  rig.a.reinvite(secure_sdp(rig.a, 4000, line(1, 'S'), "RTP/SAVP", 2));
  rig.b.answer(488);
  EXPECT_TRUE(rig.a.has("488"));
  EXPECT_EQ(flow(rig).a.srtp, before.a.srtp);
  for (std::size_t i = told; i < rig.relay.history.size(); ++i)
    EXPECT_EQ(rig.relay.history[i].flows.at(0).a.srtp, before.a.srtp) << "counters of the old keys were given up";
  rig.a.bye();
  end_well(rig);
}

TEST(Sdes, AReInviteInClearIsRefused) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes});
  connect(rig, line(1, 'Q'));
  const auto before = flow(rig);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendrecv", 2));
  EXPECT_TRUE(rig.a.has("488"));
  EXPECT_EQ(flow(rig).a.srtp, before.a.srtp);
  rig.a.bye();
  end_well(rig);
}

// RFC 4568 7.1.4: another relay knows nothing of the counters, so nothing passes under the old keys and both legs get
// new ones of ours.
TEST(Sdes, AnotherRelaySessionHasOtherKeys) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes, .b = MediaSecurity::Sdes});
  rig.a.invite({.body = secure_sdp(rig.a, 4000, line(1, 'Q'))});
  rig.b.answer(200, secure_sdp(rig.b, 6000, answer_line(rig.b.take("INVITE"), 'R')));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  const auto before = flow(rig);
  rig.a.clear();
  rig.b.clear();

  rig.session_lost();
  rig.pass(base::milliseconds(100));
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_EQ(flow(rig).a.srtp, control::Srtp{});
  EXPECT_EQ(flow(rig).b.srtp, control::Srtp{});
  const auto to_a = rig.a.take("INVITE");
  ASSERT_NE(to_a, nullptr);
  // Not everybody can change the suite within a call: that of before comes first.
  const auto offered = [](const sip::MessagePtr& invite) {
    std::vector<std::string> suites;
    for (const auto& crypto : cryptos(invite)) suites.emplace_back(sdp::name_of(crypto.suite));
    return suites;
  };
  const testing::Matcher<std::vector<std::string>> in_order =
      testing::ElementsAre(kSuite, "AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_256_CM_HMAC_SHA1_80");
  EXPECT_THAT(offered(to_a), in_order);
  rig.a.answer(200, secure_sdp(rig.a, 4000, answer_line(to_a, 'Q'), "RTP/SAVP", 2));
  EXPECT_EQ(flow(rig).b.srtp, control::Srtp{}) << "the callee does not know the new place yet";
  const auto to_b = rig.b.take("INVITE");
  ASSERT_NE(to_b, nullptr);
  EXPECT_THAT(offered(to_b), in_order);
  rig.b.answer(200, secure_sdp(rig.b, 6000, answer_line(to_b, 'R'), "RTP/SAVP", 2));
  for (const auto* half : {&flow(rig).a, &flow(rig).b}) {
    ASSERT_TRUE(half->srtp && half->srtp->send && half->srtp->receive);
    EXPECT_NE(half->srtp->send, before.a.srtp->send);
    EXPECT_NE(half->srtp->send, before.b.srtp->send);
  }
  rig.a.bye();
  end_well(rig);
}

TEST(Sdes, ALateOfferIsMadeAndAnswered) {
  Rig rig;
  configure(rig, {.a = MediaSecurity::Sdes, .b = MediaSecurity::Sdes});
  rig.a.invite({});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, secure_sdp(rig.b, 6000, line(4, 'R')));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(cryptos(accepted).size(), 4U);
  rig.a.ack(secure_sdp(rig.a, 4000, answer_line(accepted, 'Q')));
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  ASSERT_EQ(cryptos(ack).size(), 1U);
  EXPECT_EQ(cryptos(ack)[0].tag, 4U);
  EXPECT_EQ(flow(rig).b.srtp->send->keys.at(0).key_and_salt, cryptos(ack)[0].keys[0].key_and_salt);
  EXPECT_EQ(flow(rig).a.srtp->receive->keys.at(0).key_and_salt, key_of(line(1, 'Q')));
  rig.b.bye();
  end_well(rig);
}

TEST(Sdes, ThePolicyDecidesForAPlaceOfARoute) {
  Rig rig;
  configure(rig, {});
  policy::InviteDecision decision;
  policy::Candidate candidate;
  candidate.kind = policy::Candidate::Kind::Trunk;
  candidate.name = "t1";
  candidate.media_security = MediaSecurity::Sdes;
  decision.kind = policy::InviteDecision::Kind::Route;
  decision.candidates.push_back(candidate);
  rig.advisor.decision = decision;
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_THAT(std::string(invite->body()), HasSubstr(" RTP/SAVP 8 0\r\n"));
  rig.a.cancel();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
