// Where REGISTERs go upstream: by the health of the registrar's places, as calls do.

#include "sbc/app/upstream_ways.h"

#include <gtest/gtest.h>

#include "sbc/resolve/settings.h"
#include "sbc/sip/parser.h"

#include "temp_config.h"

namespace sbc::app {
namespace {

using base::seconds;

constexpr const char* kSides = R"(
[[realm.access.listener]]
bind = "192.0.2.1:5060"
[realm.access]
domains = ["example.org"]
media_security = "none"
[realm.access.registrar]
mode = "relay"
upstream = "far"
[realm.core]
media_security = "none"
[[realm.core.listener]]
bind = "203.0.113.1:5060"
[trunk.far]
realm = "core"
targets = ["203.0.113.9:5060", "203.0.113.8:5060", "registrar.invalid"]
[relay.main]
socket = "/run/parapet/relay.sock"
[policy]
file = "default.lua"
)";

class UpstreamWaysTest : public ::testing::Test {
 protected:
  UpstreamWaysTest() {
    ways.ask({.health = health, .resolver = resolver, .names = names});
    ways.use(config);
  }

  std::string told() {
    std::string list;
    for (const auto& way : ways.of("access", now)) list += (list.empty() ? "" : " ") + way.hop.remote.ip.text();
    return list;
  }
  static sip::Hop at(const char* remote) { return {sip::Transport::Udp, 1, *base::Endpoint::parse(remote), {}}; }
  void answer(const char* from, int status, const std::string& headers = {}) {
    const auto parsed = sip::parse("SIP/2.0 " + std::to_string(status) +
                                   " X\r\nVia: SIP/2.0/UDP 203.0.113.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
                                   "To: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n" +
                                   headers + "Content-Length: 0\r\n\r\n");
    ASSERT_TRUE(parsed.ok());
    ways.answered(at(from), *parsed.message, now);
  }

  std::shared_ptr<const Config> config = load(kSides);
  base::SeededRandom random{1};
  loop::EventLoop events;
  resolve::Resolver resolver{events, config->dns, random};
  TrunkNames names{resolver};
  route::TrunkHealth health;
  UpstreamWays ways;
  base::Instant now{base::hours(1)};
};

constexpr const char* kFirst = "203.0.113.9:5060";

TEST_F(UpstreamWaysTest, AllInTheOrderOfTheConfigurationAndNamesWhenTheyAreKnown) {
  EXPECT_TRUE(ways.contains("access"));
  EXPECT_FALSE(ways.contains("core"));
  EXPECT_EQ(told(), "203.0.113.9 203.0.113.8");
}

// trap 17: RFC 3261 21.5.4.
TEST_F(UpstreamWaysTest, RetryAfterOf503HoldsThatOneForItsTime) {
  EXPECT_EQ(told(), "203.0.113.9 203.0.113.8");
  answer(kFirst, 503, "Retry-After: 60\r\n");
  EXPECT_EQ(told(), "203.0.113.8");
  EXPECT_EQ(health.state(sip::Transport::Udp, *base::Endpoint::parse(kFirst), now), route::TrunkHealth::State::Busy)
      << "for calls as well";
  answer(kFirst, 200);
  EXPECT_EQ(told(), "203.0.113.8") << "what was on its way changes nothing";
  now += seconds(62);
  EXPECT_EQ(told(), "203.0.113.9 203.0.113.8");
  answer(kFirst, 503);
  answer(kFirst, 500, "Retry-After: 60\r\n");
  EXPECT_EQ(told(), "203.0.113.9 203.0.113.8");
}

TEST_F(UpstreamWaysTest, WhoIsSilentComesLastUntilItAnswers) {
  EXPECT_EQ(told(), "203.0.113.9 203.0.113.8");
  ways.failed(at(kFirst), true, now);
  EXPECT_EQ(told(), "203.0.113.8 203.0.113.9");
  answer(kFirst, 401);
  EXPECT_EQ(told(), "203.0.113.9 203.0.113.8");
}

TEST_F(UpstreamWaysTest, WhomTheProbesHaveFoundDownIsPassedOverWhileThereIsAnother) {
  const route::TrunkHealth::Key first{sip::Transport::Udp, *base::Endpoint::parse(kFirst)};
  const route::TrunkHealth::Key second{sip::Transport::Udp, *base::Endpoint::parse("203.0.113.8:5060")};
  health.watch({first, second});
  health.apply({.key = first, .kind = route::TrunkHealth::Change::Kind::Down}, now);
  EXPECT_EQ(told(), "203.0.113.8");
  health.apply({.key = second, .kind = route::TrunkHealth::Change::Kind::Down}, now);
  now += seconds(1);
  EXPECT_EQ(told(), "203.0.113.9 203.0.113.8") << "a probe is no REGISTER";
}

}  // namespace
}  // namespace sbc::app
