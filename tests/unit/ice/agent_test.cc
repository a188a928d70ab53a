#include "media-relay/ice/agent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "checks.h"

namespace ice {
namespace {

using testing::CheckBuilder;

constexpr std::string_view kPassword = "our-password-of-24-bytes";
constexpr std::string_view kOther = "other-password-24-bytes!";
const base::Endpoint kPeer = *base::Endpoint::parse("192.0.2.1:32853");
const base::Endpoint kElsewhere = *base::Endpoint::parse("198.51.100.9:4000");

base::Secret secret(std::string_view text) {
  return base::Secret(std::as_bytes(std::span(text)));
}
Parameters parameters(std::string remote = "them") {
  return {"ours", secret(kPassword), std::move(remote)};
}

class IceAgent : public ::testing::Test {
 protected:
  static CheckBuilder good(bool nominate = false, std::uint32_t priority = 100) {
    CheckBuilder b;
    b.username("ours:them").priority(priority).controlling();
    if (nominate) b.use_candidate();
    return b;
  }
  static std::string sealed(CheckBuilder b, std::string_view password = kPassword) {
    return b.integrity(password).fingerprint().take();
  }
  Outcome give(const std::string& message, const base::Endpoint& from = kPeer) {
    const Outcome outcome = agent_.on_stun(std::as_bytes(std::span(message)), from, now_,
                                           std::as_writable_bytes(std::span(room_)), events_);
    response_.assign(room_.data(), outcome.response_bytes);
    return outcome;
  }
  std::uint16_t type() const { return response_.empty() ? std::uint16_t{0} : stun::get16(response_, 0); }
  // Of an error response.
  unsigned code() const {
    const std::size_t at = response_.find(std::string_view("\x00\x09\x00\x04", 4));
    return at == std::string::npos
               ? 0
               : static_cast<unsigned>(response_[at + 6]) * 100 + static_cast<unsigned>(response_[at + 7]);
  }

  base::Instant now_{base::seconds(1000)};
  Agent agent_{parameters(), now_};
  std::vector<Event> events_;
  std::array<char, stun::ResponseWriter::kMaxBytes> room_{};
  std::string response_;
};

// RFC 5769 2.1 with its password; the peer there says that it is controlled, which a lite agent answers with 487.
TEST_F(IceAgent, TheSampleRequestIsAuthentic) {
  const std::string sample(
      "\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\x80\x22\x00\x10STUN test client"
      "\x00\x24\x00\x04\x6e\x00\x01\xff\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\x00\x06\x00\x09"
      "evtj:"
      "h6vY\x20\x20\x20\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71"
      "\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf",
      108);
  agent_ = Agent({"evtj", secret("VOkJxbRl1RmTxUk/WvJxBt"), "h6vY"}, now_);
  EXPECT_EQ(give(sample).refusal, Refusal::RoleConflict);
  agent_ = Agent({"evtj", secret("VOkJxbRl1RmTxUk/WvJxBu"), "h6vY"}, now_);
  EXPECT_EQ(give(sample).refusal, Refusal::Unauthentic);
}

// RFC 8445 7.3: short-term credentials for the request and the response, FINGERPRINT, the mapped address.
TEST_F(IceAgent, AnAuthenticCheckIsAnsweredInKind) {
  EXPECT_FALSE(give(sealed(good())).refusal);
  EXPECT_EQ(type(), stun::kBindingSuccess);
  EXPECT_EQ(response_.substr(4, 16), std::string("\x21\x12\xa4\x42transaction!"));
  // As the peer would check it: by the same rules, so the request's reader cannot be used for the type.
  const std::string_view body = std::string_view(response_).substr(0, response_.size() - 8 - 24);
  std::string covered(body);
  covered[3] = static_cast<char>(body.size() - 20 + 24);
  const auto expected =
      secure::HmacSha1(std::as_bytes(std::span(kPassword))).of(std::as_bytes(std::span(std::string_view(covered))));
  EXPECT_EQ(response_.substr(body.size() + 4, 20),
            std::string_view(reinterpret_cast<const char*>(expected.data()), expected.size()));
  EXPECT_TRUE(agent_.is_valid(kPeer));
  EXPECT_FALSE(agent_.is_valid(kElsewhere));
  EXPECT_EQ(agent_.state(), State::Waiting);
}

TEST_F(IceAgent, WhoDoesNotKnowThePasswordIsNotHeard) {
  give(sealed(good(true), kOther));
  EXPECT_EQ(code(), 401U);
  CheckBuilder stranger;
  stranger.username("ours:stranger").priority(1).use_candidate();
  give(sealed(stranger));
  EXPECT_EQ(code(), 401U);
  for (const std::string_view name : {"ours", "ours:", "our:them", "ourss:them", "them:ours"}) {
    CheckBuilder b;
    EXPECT_EQ(give(sealed(b.username(name).use_candidate())).refusal, Refusal::WrongUser) << name;
  }
  give(good(true).fingerprint().take());
  EXPECT_EQ(code(), 400U);
  CheckBuilder anonymous;
  give(sealed(anonymous.priority(1).use_candidate()));
  EXPECT_EQ(code(), 400U);
  EXPECT_FALSE(agent_.is_valid(kPeer));
  EXPECT_TRUE(events_.empty());
}

TEST_F(IceAgent, ErrorsToStrangersAreRationed) {
  std::size_t answered = 0;
  for (int i = 0; i < 100; ++i) answered += give(sealed(good(), kOther), kElsewhere).response_bytes != 0;
  EXPECT_EQ(answered, kMaxErrorsPerSecond);
  EXPECT_EQ(agent_.refusals()[static_cast<std::size_t>(Refusal::Unauthentic)], 100U);
  EXPECT_FALSE(give(sealed(good())).refusal);  // the peer is not held up by them
  EXPECT_NE(response_.size(), 0U);
  now_ += base::seconds(1);
  EXPECT_NE(give(sealed(good(), kOther), kElsewhere).response_bytes, 0U);
}

TEST_F(IceAgent, OnlyWholeFingerprintedRequestsAreAnswered) {
  EXPECT_EQ(give(good().integrity(kPassword).take()).refusal, Refusal::NoFingerprint);
  EXPECT_EQ(give(sealed(good()) + "x").refusal, Refusal::Malformed);
  EXPECT_EQ(give(std::string("\x00\x01", 2)).refusal, Refusal::Malformed);
  CheckBuilder long_one;
  long_one.username("ours:them").attribute(0x8022, std::string(600, 'x'));
  EXPECT_EQ(give(sealed(long_one)).refusal, Refusal::TooLong);
  CheckBuilder response(stun::kBindingSuccess);
  EXPECT_EQ(give(sealed(response.username("ours:them"))).refusal, Refusal::NotARequest);
  EXPECT_TRUE(response_.empty());
}

// RFC 8445 section 11: a keep-alive is no check.
TEST_F(IceAgent, IndicationsAreIgnored) {
  CheckBuilder indication(stun::kBindingIndication);
  EXPECT_FALSE(give(indication.fingerprint().take()).refusal);
  EXPECT_TRUE(response_.empty());
  EXPECT_FALSE(agent_.is_valid(kPeer));
}

TEST_F(IceAgent, AnAttributeThatMustBeUnderstoodIsNot) {
  EXPECT_EQ(give(sealed(good(true).attribute(0x7001, "x"))).refusal, Refusal::UnknownAttribute);
  EXPECT_EQ(code(), 420U);
  EXPECT_FALSE(give(sealed(good().attribute(0xc057, "cost"))).refusal);
}

// trap 46: RFC 8445 7.3.1.1. We are controlled, always.
TEST_F(IceAgent, APeerThatIsControlledTooIsTold) {
  CheckBuilder b;
  b.username("ours:them").priority(1).controlled().use_candidate();
  EXPECT_EQ(give(sealed(b)).refusal, Refusal::RoleConflict);
  EXPECT_EQ(code(), 487U);
  EXPECT_TRUE(events_.empty());
  EXPECT_FALSE(give(sealed(good(true))).refusal);  // repaired
  EXPECT_EQ(agent_.state(), State::Connected);
}

TEST_F(IceAgent, TheNominatedPairIsWhereMediaGoes) {
  give(sealed(good()), kElsewhere);
  EXPECT_TRUE(agent_.selected().empty());
  give(sealed(good(true)));
  EXPECT_EQ(agent_.selected(), kPeer);
  EXPECT_EQ(events_, std::vector<Event>{Selected{kPeer}});
  give(sealed(good(true)));
  EXPECT_EQ(events_.size(), 1U);  // told once
  EXPECT_TRUE(agent_.is_valid(kElsewhere));
}

// RFC 5245 8.1.1.2: aggressive nomination nominates all pairs, the highest is selected.
TEST_F(IceAgent, OfManyNominatedPairsTheHighestIsSelected) {
  give(sealed(good(true, 100)));
  give(sealed(good(true, 50)), kElsewhere);
  EXPECT_EQ(agent_.selected(), kPeer);
  give(sealed(good(true, 200)), kElsewhere);
  EXPECT_EQ(agent_.selected(), kElsewhere);
}

TEST_F(IceAgent, APeerThatMovesToAWorsePathIsFollowed) {
  give(sealed(good(true, 100)));
  now_ += kNominationHold;
  give(sealed(good(true, 50)), kElsewhere);
  EXPECT_EQ(agent_.selected(), kElsewhere);
}

// RFC 8445 7.3: checks that come before the answer are answered, and concluded when it is there.
TEST_F(IceAgent, ANominationBeforeTheAnswerCountsWhenTheAnswerNamesTheSamePeer) {
  agent_ = Agent(parameters(""), now_);
  EXPECT_FALSE(give(sealed(good(true))).refusal);
  EXPECT_EQ(type(), stun::kBindingSuccess);
  EXPECT_EQ(agent_.state(), State::Waiting);
  agent_.set(parameters(), now_, events_);
  EXPECT_EQ(agent_.selected(), kPeer);

  agent_ = Agent(parameters(""), now_);
  give(sealed(good(true)));
  agent_.set(parameters("else"), now_, events_);
  EXPECT_EQ(agent_.state(), State::Waiting);
}

// trap 46: RFC 8445 section 9: the old pair is used until a new one is nominated.
TEST_F(IceAgent, ARestartKeepsTheOldPairUntilANewOneIsNominated) {
  give(sealed(good(true)));
  agent_.set({"new1", secret(kOther), "nova"}, now_, events_);
  EXPECT_EQ(agent_.selected(), kPeer);
  EXPECT_FALSE(give(sealed(good(true))).refusal);              // consent under the old credentials
  EXPECT_FALSE(give(sealed(good(true)), kElsewhere).refusal);  // but nothing is chosen by them
  EXPECT_EQ(agent_.selected(), kPeer);
  CheckBuilder b;
  b.username("new1:nova").priority(1).controlling().use_candidate();
  EXPECT_FALSE(give(sealed(b, kOther), kElsewhere).refusal);
  EXPECT_EQ(agent_.selected(), kElsewhere);
  EXPECT_FALSE(agent_.is_valid(kPeer));
  EXPECT_EQ(give(sealed(good(true))).refusal, Refusal::WrongUser);
}

TEST_F(IceAgent, TheSameCredentialsAreNoRestart) {
  give(sealed(good(true)));
  agent_.set(parameters(), now_, events_);
  EXPECT_EQ(events_.size(), 1U);
  EXPECT_EQ(agent_.selected(), kPeer);
}

// RFC 7675 5.1.
TEST_F(IceAgent, APeerThatStopsAskingForConsentIsSentNothingMore) {
  give(sealed(good(true)));
  for (int i = 0; i < 3; ++i) {
    now_ += base::seconds(5);
    give(sealed(good()));
  }
  ASSERT_NE(agent_.next_deadline(), base::kNever);
  while (agent_.next_deadline() != base::kNever && events_.size() < 2) {
    now_ = agent_.next_deadline();
    agent_.on_deadline(now_, events_);
  }
  EXPECT_EQ(now_ - base::Instant(base::seconds(1015)), kConsentExpiry);
  EXPECT_EQ(events_.back(), Event(ConsentLost{}));
  EXPECT_TRUE(agent_.selected().empty());
  EXPECT_FALSE(agent_.is_valid(kPeer));
  // "the same ICE credentials MUST NOT be used on the affected 5-tuple again"
  EXPECT_EQ(give(sealed(good(true))).refusal, Refusal::Expired);
  agent_.set({"new1", secret(kOther), "nova"}, now_, events_);
  CheckBuilder b;
  b.username("new1:nova").priority(1).controlling().use_candidate();
  EXPECT_FALSE(give(sealed(b, kOther)).refusal);
  EXPECT_EQ(agent_.selected(), kPeer);
}

TEST_F(IceAgent, APeerOfTheOldKindThatAsksForNoConsentIsNotMeasuredByIt) {
  give(sealed(good(true)));
  now_ += base::milliseconds(500);
  give(sealed(good(true)));  // a retransmission
  EXPECT_EQ(agent_.next_deadline(), base::kNever);
}

TEST_F(IceAgent, SourcesAreLimited) {
  for (std::uint16_t port = 1000; port < 1000 + kMaxSources + 1; ++port) {
    now_ += base::milliseconds(1);
    give(sealed(good()), {kPeer.ip, port});
  }
  EXPECT_FALSE(agent_.is_valid({kPeer.ip, 1000}));
  EXPECT_TRUE(agent_.is_valid({kPeer.ip, 1001}));
  EXPECT_TRUE(agent_.is_valid({kPeer.ip, 1000 + kMaxSources}));
}

TEST(IceParameters, AreChecked) {
  EXPECT_EQ(check(parameters()), "");
  EXPECT_EQ(check(parameters("")), "");
  EXPECT_NE(check({"abc", secret(kPassword), ""}), "");
  EXPECT_NE(check({"a:cd", secret(kPassword), ""}), "");
  EXPECT_NE(check({"abcd", secret("short"), ""}), "");
  EXPECT_NE(check({"abcd", secret(kPassword), std::string(257, 'a')}), "");
}

TEST(IceRefusals, HaveNames) {
  EXPECT_EQ(name_of(Refusal::Malformed), "malformed");
  EXPECT_EQ(name_of(Refusal::RoleConflict), "role_conflict");
}

}  // namespace
}  // namespace ice
