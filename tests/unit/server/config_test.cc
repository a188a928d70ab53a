#include "media-relay/server/config.h"

#include <gtest/gtest.h>

namespace server {
namespace {

constexpr const char* kSmall = "[network.access]\nbind = \"192.0.2.1\"\n";

std::string error_of(const std::string& text) {
  const auto config = parse_config(text, "relay.toml");
  EXPECT_FALSE(config.has_value()) << text;
  return config ? "" : config.error();
}

TEST(Config, OneNetworkIsEnough) {
  const auto config = parse_config(kSmall, "relay.toml");
  ASSERT_TRUE(config.has_value()) << config.error();
  ASSERT_EQ(config->session.networks.size(), 1U);
  const session::Network& network = config->session.networks[0];
  EXPECT_EQ(network.name, "access");
  EXPECT_EQ(network.advertised, network.bind);
  EXPECT_EQ(network.first_port, 16384);
  EXPECT_EQ(network.last_port, 32767);
  EXPECT_EQ(config->control_mode, 0660U);
  EXPECT_EQ(config->session.lease, base::seconds(60));
  EXPECT_GE(config->session.workers, 1U);
}

TEST(Config, CheckpointsNeedTheirPlaceAndTheirTime) {
  const std::string shutdown = std::string(kSmall) + "[shutdown]\n";
  const auto config = parse_config(shutdown + "snapshot = \"/run/x\"\ncheckpoint = \"2s\"\n", "relay.toml");
  ASSERT_TRUE(config.has_value()) << config.error();
  EXPECT_EQ(config->checkpoint, base::seconds(2));
  EXPECT_EQ(parse_config(kSmall, "relay.toml")->checkpoint, base::Duration{});
  EXPECT_NE(error_of(shutdown + "checkpoint = \"2s\"\n").find("shutdown.snapshot"), std::string::npos);
  for (const char* wrong : {"6s", "20ms"})
    EXPECT_NE(error_of(shutdown + "snapshot = \"/run/x\"\ncheckpoint = \"" + wrong + "\"\n").find("checkpoint"),
              std::string::npos);
}

// trap 53
TEST(Config, PortsRestForTwiceTheTimeInWhichAPeerNoticesThatItIsAlone) {
  const auto rest = [](const std::string& more) {
    return parse_config(std::string(kSmall) + more, "relay.toml")->session.quarantine;
  };
  EXPECT_EQ(rest(""), base::seconds(120)) << "twice the minute that sbc waits for media, and the lease";
  EXPECT_EQ(rest("[media]\ntimeout = \"5m\"\n"), base::minutes(10));
  EXPECT_EQ(rest("[control]\nlease = \"2m\"\n"), base::minutes(4));
  EXPECT_EQ(rest("[media]\ntimeout = \"5h\"\n"), base::hours(1));
  EXPECT_EQ(rest("[media]\nquarantine = \"10s\"\n"), base::seconds(10));
}

TEST(Config, EverythingCanBeSaid) {
  const auto config = parse_config(R"(
[control]
socket = "/tmp/x.sock"
mode = "0600"
lease = "20s"
longest_lease = "2m"
[network.access]
bind = "0.0.0.0"
advertised = "198.51.100.1"
first_port = 20000
last_port = 29999
[network.core6]
bind = "2001:db8::1"
[workers]
count = 3
pin = false
[media]
timeout = "20s"
quarantine = "40s"
latch_window = "5s"
srtp_engine = "libsrtp"
dscp = 34
receive_buffer = "128k"
[limits]
sessions = 100
[metrics]
listen = "[::1]:9999"
[log]
level = "warn"
format = "json"
file = "/tmp/x.log"
[shutdown]
drain = "3s"
[recording]
directory = "/var/lib/parapet/recordings"
flows = 20
)",
                                   "relay.toml");
  ASSERT_TRUE(config.has_value()) << config.error();
  EXPECT_EQ(config->control_mode, 0600U);
  EXPECT_EQ(config->session.longest_lease, base::minutes(2));
  EXPECT_EQ(config->session.networks.size(), 2U);
  EXPECT_EQ(config->session.workers, 3U);
  EXPECT_FALSE(config->pin_workers);
  EXPECT_EQ(config->session.srtp_engine, secure::Engine::Libsrtp);
  EXPECT_EQ(config->session.dscp, 34);
  EXPECT_EQ(config->sockets.receive_buffer, 128 * 1024);
  EXPECT_EQ(config->session.max_sessions, 100U);
  EXPECT_EQ(config->metrics.text(), "[::1]:9999");
  EXPECT_EQ(config->drain, base::seconds(3));
  EXPECT_EQ(config->recordings, "/var/lib/parapet/recordings");
  EXPECT_EQ(config->session.max_recordings, 20U);
}

TEST(Config, MistakesNameLineKeyAndTheNearestKey) {
  const std::string error = error_of(std::string(kSmall) + "[media]\ntimout = \"20s\"\n");
  EXPECT_NE(error.find("relay.toml:4:"), std::string::npos) << error;
  EXPECT_NE(error.find("media.timout"), std::string::npos) << error;
  EXPECT_NE(error.find("timeout"), std::string::npos) << error;
}

TEST(Config, WhatCannotWorkIsRefused) {
  EXPECT_NE(error_of("").find("at least one [network"), std::string::npos);
  EXPECT_NE(error_of("[network.a]\nbind = \"0.0.0.0\"\n").find("advertised"), std::string::npos);
  EXPECT_NE(error_of("[network.a]\nbind = \"10.0.0.1\"\nadvertised = \"::1\"\n").find("family"), std::string::npos);
  EXPECT_NE(error_of("[network.a]\nbind = \"10.0.0.1\"\nfirst_port = 20001\nlast_port = 20002\n").find("pair"),
            std::string::npos);
  EXPECT_NE(error_of("[network.a]\nbind = \"10.0.0.1\"\nlast_port = 65536\n").find("65535"), std::string::npos);
  EXPECT_NE(error_of(std::string(kSmall) + "[control]\nmode = \"0999\"\n").find("octal"), std::string::npos);
  EXPECT_NE(error_of(std::string(kSmall) + "[control]\nlease = \"2m\"\nlongest_lease = \"1m\"\n").find("longest_lease"),
            std::string::npos);
  EXPECT_NE(error_of(std::string(kSmall) + "[limits]\nsessions = 0\n").find("limits.sessions"), std::string::npos);
}

TEST(Config, NetworksOnOneAddressShareARangeOrKeepApart) {
  const std::string a = "[network.a]\nbind = \"10.0.0.1\"\nfirst_port = 20000\nlast_port = 20999\n";
  const auto b = [](int first, int last, const char* bind = "10.0.0.1") {
    return "[network.b]\nbind = \"" + std::string(bind) +
           "\"\nadvertised = \"10.0.0.1\"\nfirst_port = " + std::to_string(first) +
           "\nlast_port = " + std::to_string(last) + "\n";
  };
  EXPECT_TRUE(parse_config(a + b(20000, 20999), "x").has_value());
  EXPECT_TRUE(parse_config(a + b(21000, 21999), "x").has_value());
  EXPECT_TRUE(parse_config(a + b(20500, 21999, "10.0.0.2"), "x").has_value());
  EXPECT_FALSE(parse_config(a + b(20500, 21999), "x").has_value());
  EXPECT_FALSE(parse_config(a + b(20000, 20999, "0.0.0.0"), "x").has_value());
}

TEST(Config, SoundsHaveADirectoryAndALimit) {
  const auto config =
      parse_config(std::string(kSmall) + "[sounds]\ndirectory = \"/srv/sounds\"\nmemory = \"8M\"\n", "x");
  ASSERT_TRUE(config.has_value()) << config.error();
  EXPECT_EQ(config->sounds, "/srv/sounds");
  EXPECT_EQ(config->sound_bytes, std::size_t{8} << 20);
  EXPECT_NE(error_of(std::string(kSmall) + "[sounds]\ndirectory = \"sounds\"\n").find("sounds.directory"),
            std::string::npos);
  EXPECT_NE(error_of(std::string(kSmall) + "[sounds]\nmemory = \"1k\"\n").find("sounds.memory"), std::string::npos);
}

TEST(Config, ReloadTellsWhatNeedsARestart) {
  const auto running = parse_config(kSmall, "x");
  EXPECT_TRUE(needs_restart(*running, *parse_config(std::string(kSmall) + "[log]\nlevel = \"debug\"\n", "x")).empty());
  EXPECT_EQ(needs_restart(*running, *parse_config("[network.access]\nbind = \"192.0.2.2\"\n[shutdown]\ndrain = \"1s\"\n"
                                                  "[limits]\nsessions = 5\n",
                                                  "x")),
            (std::vector<std::string>{"network", "limits.sessions", "shutdown.drain"}));
}

}  // namespace
}  // namespace server
