#include "sbc/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/table/table.h"

#include "temp_config.h"

namespace sbc::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LoadConfig, OneRealmOneRelayAndAPolicyAreEnough) {
  const auto config = load(kSmall);
  ASSERT_NE(config, nullptr);
  ASSERT_EQ(config->listeners.size(), 1U);
  EXPECT_EQ(config->listeners[0].realm, "access");
  EXPECT_EQ(config->listeners[0].transport, sip::Transport::Udp);
  EXPECT_EQ(config->listeners[0].host, "192.0.2.1");
  EXPECT_EQ(config->relays.at(0).socket_path, "/run/parapet/relay.sock");
  EXPECT_EQ(config->relays.at(0).controller, "sbc");
  EXPECT_EQ(config->admin.text(), "127.0.0.1:9580");
  EXPECT_EQ(config->transactions.t1, base::milliseconds(500));
  EXPECT_EQ(config->calls->media_timeout_ms, 60'000U);
  EXPECT_GE(config->shards, 1U);
  ASSERT_NE(config->routes, nullptr);
  ASSERT_NE(config->routes->realm("access"), nullptr);
  EXPECT_EQ(config->routes->realm("access")->media_network, "access");
  ASSERT_EQ(config->calls->faces.size(), 1U);
  EXPECT_EQ(config->calls->faces[0].sent_by, "192.0.2.1") << "the usual port is not written";
}

TEST(LoadConfig, TheShippedFileIsValid) {
  const auto config = load_config(std::string(PARAPET_SOURCE_DIR) + "/deploy/config/sbc.toml");
  ASSERT_TRUE(config.has_value()) << config.error();
}

TEST(LoadConfig, APolicyIsLookedForBesideTheFile) {
  const TempConfig file(kSmall);
  const auto config = load_config(file.path());
  ASSERT_TRUE(config.has_value()) << config.error();
  EXPECT_EQ((*config)->policy_file, file.path().substr(0, file.path().rfind('/')) + "/default.lua");
}

TEST(LoadConfig, EnumLooksUnderTheNamesThatItIsGiven) {
  EXPECT_THAT(load(kSmall)->policy_lookups.enum_suffixes, IsEmpty());
  const auto config = load(std::string(kSmall) + "[policy.enum]\nsuffixes = [\"E164.arpa.\", \"enum.example\"]\n");
  ASSERT_NE(config, nullptr);
  EXPECT_THAT(config->policy_lookups.enum_suffixes, ElementsAre("e164.arpa", "enum.example"));
  EXPECT_EQ(config->policy_lookups.enum_breaker, lookup::BreakerRule{});
  EXPECT_THAT(error_of(std::string(kSmall) + "[policy.enum]\nsuffixes = [\"e 164\"]\n"),
              HasSubstr("policy.enum.suffixes: expected names of the DNS"));
}

TEST(LoadConfig, PoliciesMayAskForNamesThatItNames) {
  EXPECT_THAT(load(kSmall)->policy_lookups.dns_domains, IsEmpty());
  const auto config =
      load(std::string(kSmall) + "[policy.dns]\ndomains = [\"RBL.example.net.\"]\nfailures = 3\npause = \"1m\"\n");
  ASSERT_NE(config, nullptr);
  EXPECT_THAT(config->policy_lookups.dns_domains, ElementsAre("rbl.example.net"));
  EXPECT_EQ(config->policy_lookups.dns_breaker, (lookup::BreakerRule{.failures = 3, .pause = base::minutes(1)}));
  EXPECT_THAT(error_of(std::string(kSmall) + "[policy.dns]\ndomains = [\"*\"]\n"),
              HasSubstr("policy.dns.domains: expected names of the DNS such as \"example.net\", got \"*\""));
}

TEST(LoadConfig, TablesAreReadWithIt) {
  const std::string folder = testing::TempDir();
  std::ofstream(folder + "parapet_rates.csv") << "prefix;trunk\n43;carrier_a\n4366;carrier_b\n";
  std::ofstream(folder + "parapet_days.json") << R"([{"day":"2026-12-25","name":"Christmas"}])";
  std::ofstream(folder + "parapet_bad.csv") << "a,b\n1\n";
  const auto config = load(std::string(kSmall) +
                           "[policy.table.rates]\nfile = \"parapet_rates.csv\"\nseparator = \";\"\n"
                           "[policy.table.days]\nfile = \"parapet_days.json\"\nkey = \"day\"\n");
  ASSERT_NE(config, nullptr);
  const auto& tables = config->policy_environment.tables;
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables.find("rates")->second->now()->rows(), 2U);
  EXPECT_TRUE(tables.find("days")->second->now()->find("2026-12-25"));

  EXPECT_THAT(error_of(std::string(kSmall) + "[policy.table.x]\nfile = \"parapet_bad.csv\"\n"),
              HasSubstr("parapet_bad.csv: line 2: expected 2 cells, got 1"));
  EXPECT_THAT(error_of(std::string(kSmall) + "[policy.table.x]\nfile = \"nosuch.csv\"\n"),
              HasSubstr("policy.table.x.file: expected a file that can be read"));
  EXPECT_THAT(error_of(std::string(kSmall) + "[policy.table.x]\nfile = \"rates.xls\"\n"),
              HasSubstr("expected a file ....csv or ....json"));
  EXPECT_THAT(error_of(std::string(kSmall) + "[policy.table.x]\nfile = \"parapet_days.json\"\n"),
              HasSubstr("which member is the key"));
  for (const char* name : {"parapet_rates.csv", "parapet_days.json", "parapet_bad.csv"})
    std::filesystem::remove(folder + name);
}

TEST(LoadConfig, DecisionsAreRecordedWhenAFileIsNamed) {
  EXPECT_EQ(load(kSmall)->policy_record.file, "");
  const auto with = [](const std::string& more) {
    std::string text(kSmall);
    const auto at = text.find("[policy]\n") + 9;
    return text.insert(at, more);
  };
  const auto config = load(with("record = \"/var/lib/decisions\"\nrecord_limit = \"5M\"\n"));
  EXPECT_EQ(config->policy_record.file, "/var/lib/decisions");
  EXPECT_EQ(config->policy_record.limit, 5U << 20);
  EXPECT_THAT(error_of(with("record = \"decisions\"\n")),
              HasSubstr("policy.record: expected an absolute path, got \"decisions\""));
  EXPECT_THAT(error_of(with("record_limit = \"1M\"\n")), HasSubstr("policy.record_limit"));
}

TEST(LoadConfig, WhatIsAdvertisedIsWhatPeersSee) {
  const auto config = load(R"([realm.access]
domain = "sip.example.net"
media_security = "none"
  [[realm.access.listener]]
  bind = "0.0.0.0:5070"
  advertise = "203.0.113.9"
  [[realm.access.listener]]
  transport = "tcp"
  bind = "[2001:db8::1]:5060"
  advertise = "sbc.example.net:5090"
[relay.main]
socket = "/s"
[policy]
file = "/p.lua"
)");
  ASSERT_NE(config, nullptr);
  ASSERT_EQ(config->calls->faces.size(), 2U);
  EXPECT_EQ(config->calls->faces[0].sent_by, "203.0.113.9:5070");
  EXPECT_EQ(config->calls->faces[1].sent_by, "sbc.example.net:5090");
  EXPECT_EQ(config->calls->faces[1].address.text(), "2001:db8::1");
  EXPECT_EQ(config->calls->domains.at("access"), "sip.example.net");
}

TEST(LoadConfig, TrunksKeepTheOrderOfTheirTargets) {
  const auto config = load(std::string(kSmall) + R"([trunk.carrier]
realm = "access"
targets = ["192.0.2.20:5080", "192.0.2.21"]
sources = ["192.0.2.16/28"]
[group.all]
trunks = ["carrier"]
)");
  ASSERT_NE(config, nullptr);
  const auto* trunk = config->routes->trunk("carrier");
  ASSERT_NE(trunk, nullptr);
  ASSERT_EQ(trunk->targets.size(), 2U);
  EXPECT_EQ(trunk->targets[0].endpoint.text(), "192.0.2.20:5080");
  EXPECT_EQ(trunk->targets[1].endpoint.text(), "192.0.2.21:5060");
  EXPECT_LT(trunk->targets[0].priority, trunk->targets[1].priority);
  EXPECT_THAT(config->policy_environment.trunks, ElementsAre("carrier"));
  EXPECT_THAT(config->policy_environment.groups, ElementsAre("all"));
}

TEST(LoadConfig, RedirectionsAreRefusedUnlessSomebodySaysOtherwise) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto plain = load(std::string(kSmall) + trunk);
  ASSERT_NE(plain, nullptr);
  EXPECT_EQ(plain->routes->realm("access")->on_redirect, policy::OnRedirect::Refuse);
  EXPECT_FALSE(plain->routes->trunk("carrier")->on_redirect);
  const auto config = load(std::string(kSmall) + trunk + "redirects = \"follow\"\nredirect_to = [\"carrier\"]\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->trunk("carrier")->on_redirect, policy::OnRedirect::Follow);
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "redirects = \"folow\"\n"), HasSubstr("trunk.carrier.redirects"));
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "redirect_to = [\"x\"]\n"), HasSubstr("redirect_to"));
}

TEST(LoadConfig, MusicOnHoldIsTheTrunksOrItsRealms) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto config = load(std::string(kSmall) + trunk + "music_on_hold = \"tone:425/200,0/5000\"\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->trunk("carrier")->music_on_hold, "tone:425/200,0/5000");
  EXPECT_EQ(config->routes->realm("access")->music_on_hold, "");
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "music_on_hold = \"../x\"\n"),
              HasSubstr("trunk.carrier.music_on_hold: expected the name of a sound"));
}

TEST(LoadConfig, TheLongestDurationIsTheTrunksOrItsRealms) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto plain = load(std::string(kSmall) + trunk);
  ASSERT_NE(plain, nullptr);
  EXPECT_EQ(plain->routes->realm("access")->max_duration, base::Duration{});
  EXPECT_FALSE(plain->routes->trunk("carrier")->max_duration);
  const auto config = load(std::string(kSmall) + trunk + "max_duration = \"2h\"\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->trunk("carrier")->max_duration, base::hours(2));
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "max_duration = \"8d\"\n"),
              HasSubstr("trunk.carrier.max_duration"));
}

TEST(LoadConfig, PoliciesMayAskNobodyUnlessItIsNamed) {
  const auto plain = load(kSmall);
  ASSERT_NE(plain, nullptr);
  EXPECT_TRUE(plain->policy_lookups.http.allow.empty());
  EXPECT_EQ(plain->policy_limits.wait, base::seconds(5));
  const auto config =
      load(std::string(kSmall) + "wait = \"200ms\"\nwaiting = 7\n[policy.http]\nallow = [\"http://db.example/v1/\"]\n" +
           "failures = 9\nmax_body = \"1k\"\n");
  ASSERT_NE(config, nullptr);
  EXPECT_TRUE(config->policy_lookups.http.allow.allows(*http::parse_url("http://db.example/v1/a")));
  EXPECT_EQ(config->policy_lookups.http.breaker.failures, 9U);
  EXPECT_EQ(config->policy_lookups.http.body_bytes, 1024U);
  EXPECT_EQ(config->policy_limits.wait, base::milliseconds(200));
  EXPECT_EQ(config->policy_limits.waiting, 7U);
  EXPECT_THAT(
      error_of(std::string(kSmall) + "[policy.http]\nallow = [\"ftp://db.example/\"]\n"),
      HasSubstr("policy.http.allow: expected the beginnings of URLs, got \"ftp://db.example/\" begins neither"));
  EXPECT_THAT(error_of(std::string(kSmall) + "[policy.http]\nalow = []\n"), HasSubstr("did you mean \"allow\"?"));
}

TEST(LoadConfig, WhatRanIsNotKeptAmongTheLibraries) {
  const std::string small(kSmall);
  EXPECT_EQ(load(small + "history = \"/var/lib/parapet/policies\"\n")->policy_history, "/var/lib/parapet/policies");
  EXPECT_THAT(error_of(small + "history = \"kept\"\n"), HasSubstr("policy.history: expected an absolute path"));
  for (const std::string below : {"", "kept", "lib/../kept/here"})
    EXPECT_THAT(error_of(small + "history = \"" + testing::TempDir() + below + "\"\n"),
                HasSubstr("policy.history: expected a folder that is not below the one of policy.file"));
}

TEST(LoadConfig, CallsAreExplainedWhenSomebodyWantsIt) {
  const auto plain = load(kSmall);
  ASSERT_NE(plain, nullptr);
  EXPECT_EQ(plain->policy_explain, 0U);
  EXPECT_EQ(plain->policy_explain_log, "");
  EXPECT_EQ(load(std::string(kSmall) + "explain = 256\n")->policy_explain, 256U);
  EXPECT_EQ(load(std::string(kSmall) + "explain = 10000\n")->policy_explain, kMaxExplanations);
  EXPECT_THAT(error_of(std::string(kSmall) + "explain = 10001\n"), HasSubstr("policy.explain"));
  EXPECT_THAT(error_of(std::string(kSmall) + "explain = 0\nexplain_log = \"/tmp/x\"\n"),
              HasSubstr("policy.explain_log: expected policy.explain to be more than 0"));
  EXPECT_THAT(error_of(std::string(kSmall) + "explain = 1\nexplain_log = \"x\"\n"),
              HasSubstr("expected an absolute path, got \"x\""));
}

TEST(LoadConfig, WhatATrunkTakesForOffersIsItsOwnOrItsRealms) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto config = load(std::string(kSmall) + "[media]\noffer_codecs = [\"opus\", \"PCMA\"]\n" + trunk +
                           "late_offer = \"offer\"\npreconditions = \"refuse\"\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->realm("access")->late_offer, policy::LateOffer::Pass);
  EXPECT_EQ(config->routes->trunk("carrier")->late_offer, policy::LateOffer::Offer);
  EXPECT_EQ(config->routes->trunk("carrier")->preconditions, policy::Preconditions::Refuse);
  EXPECT_THAT(config->calls->offer_codecs, ElementsAre("opus", "PCMA"));
  const auto error = error_of(std::string(kSmall) + "[media]\noffer_codecs = [\"PCMX\"]\n");
  EXPECT_THAT(error, HasSubstr("media.offer_codecs: expected a codec"));
}

TEST(LoadConfig, ARealmMarksItsMediaAndSignalling) {
  const auto plain = load(kSmall);
  ASSERT_NE(plain, nullptr);
  const route::Marks& standard = plain->routes->realm("access")->marks;
  EXPECT_EQ(standard.audio, 46) << "EF";
  EXPECT_EQ(standard.video, 34) << "AF41";
  EXPECT_EQ(plain->listeners.at(0).dscp, 40) << "CS5";
  const auto config = load(std::string(kSmall) + "[realm.access.dscp]\nvideo = 12\nsignalling = 0\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->realm("access")->marks.audio, 46);
  EXPECT_EQ(config->routes->realm("access")->marks.video, 12);
  EXPECT_EQ(config->listeners.at(0).dscp, 0);
  EXPECT_THAT(error_of(std::string(kSmall) + "[realm.access.dscp]\naudio = 64\n"),
              HasSubstr("realm.access.dscp.audio"));
  EXPECT_THAT(error_of(std::string(kSmall) + "[realm.access.dscp]\nvoice = 46\n"),
              HasSubstr("realm.access.dscp.voice"));
}

TEST(LoadConfig, RecordingIsTheTrunksOwnOrItsRealms) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto config =
      load(std::string(kSmall) + trunk + "record = { wav = true, pcap = true, required = true, control = true }\n");
  ASSERT_NE(config, nullptr);
  EXPECT_FALSE(config->routes->realm("access")->record.wanted());
  EXPECT_EQ(config->routes->trunk("carrier")->record,
            (policy::Recording{.wav = true, .pcap = true, .required = true, .control = true}));
  const auto error = [&](const std::string& record) {
    return error_of(std::string(kSmall) + trunk + "record = { " + record + " }\n");
  };
  EXPECT_THAT(error("wave = true"), HasSubstr("trunk.carrier.record"));
  EXPECT_THAT(error("required = true"), HasSubstr("expected wav = true, pcap = true or siprec"));
  EXPECT_THAT(error("siprec = \"carrier\", early = true"), HasSubstr("expected wav = true or pcap = true"));
  EXPECT_THAT(error("announcement = \"recorded\""), HasSubstr("expected wav = true, pcap = true or siprec"));
  EXPECT_THAT(error("wav = true, announcement = \"../x\""), HasSubstr("trunk.carrier.record.announcement"));
  const auto told =
      load(std::string(kSmall) + trunk + "record = { wav = true, early = true, announcement = \"recorded\" }\n");
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->routes->trunk("carrier")->record,
            (policy::Recording{.wav = true, .early = true, .announcement = "recorded"}));
}

TEST(LoadConfig, ARecordingServerIsATrunkOrGroup) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto config = load(std::string(kSmall) + trunk + "record = { siprec = \"carrier\", required = true }\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->trunk("carrier")->record, (policy::Recording{.siprec = "carrier", .required = true}));
  EXPECT_THAT(
      error_of(std::string(kSmall) + trunk + "record = { siprec = \"nobody\" }\n"),
      testing::AllOf(HasSubstr("trunk.carrier.record"), HasSubstr("expected a trunk or group, got \"nobody\"")));
}

TEST(LoadConfig, CodecsAreTheTrunksOwnOrItsRealms) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto config =
      load(std::string(kSmall) + trunk + "codecs = { allow = [\"pcma\", \"PCMU\"], deny = [\"video\"], ptime = 20 }\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->realm("access")->codecs, nullptr);
  ASSERT_TRUE(config->routes->trunk("carrier")->codecs);
  const sdp::CodecRules wanted{.allow = {"PCMA", "PCMU"}, .deny = {"video"}, .ptime = 20};
  EXPECT_EQ(**config->routes->trunk("carrier")->codecs, wanted);
  const auto error = [&](const std::string& codecs) {
    return error_of(std::string(kSmall) + trunk + "codecs = { " + codecs + " }\n");
  };
  EXPECT_THAT(error("allow = [\"PCMX\"]"), HasSubstr("trunk.carrier.codecs.allow: expected a codec, got \"PCMX\""));
  EXPECT_THAT(error("order = [\"opsu\"]"), HasSubstr("did you mean \"opus\""));
  EXPECT_THAT(error("force = [\"video\"]"), HasSubstr("expected a codec"));
  EXPECT_THAT(error("alow = [\"PCMA\"]"), HasSubstr("allow"));
  EXPECT_THAT(error("ptime = 40, maxptime = 20"), HasSubstr("no more than maxptime"));
  EXPECT_THAT(error("ptime = 1000"), HasSubstr("from 5 to 200"));
}

TEST(LoadConfig, MediaInTheClearHasToBeAskedFor) {
  std::string text = kSmall;
  const std::string key = "  media_security = \"none\"\n";
  text.erase(text.find(key), key.size());
  EXPECT_THAT(error_of(text), testing::AllOf(HasSubstr("sbc.toml:1:1: realm.access: media_security is missing"),
                                             HasSubstr("\"dtls\"")));
}

TEST(LoadConfig, MediaIsProtectedAsRealmAndTrunkSay) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto config = load(std::string(kSmall) + "[media]\nsrtp_suites = [\"AES_CM_128_HMAC_SHA1_32\"]\n" + trunk +
                           "media_security = \"sdes\"\nsdes_in_clear = true\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->realm("access")->media_security, policy::MediaSecurity::None);
  EXPECT_FALSE(config->routes->realm("access")->sdes_in_clear);
  EXPECT_EQ(config->routes->trunk("carrier")->media_security, policy::MediaSecurity::Sdes);
  EXPECT_EQ(config->routes->trunk("carrier")->sdes_in_clear, true);
  EXPECT_THAT(config->calls->srtp_suites, ElementsAre(sdp::Suite::AesCm128HmacSha1_32));
  EXPECT_THAT(error_of(std::string(kSmall) + "[media]\nsrtp_suites = [\"F8_128\"]\n"),
              HasSubstr("media.srtp_suites: expected a suite"));
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "media_security = \"sde\"\n"), HasSubstr("sdes"));
}

TEST(LoadConfig, OffersHaveFeedbackAsRealmAndTrunkSay) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  const auto usual = load(std::string(kSmall) + trunk);
  ASSERT_NE(usual, nullptr);
  EXPECT_EQ(usual->routes->realm("access")->rtcp_feedback, route::RtcpFeedback::AsOffered);
  EXPECT_EQ(usual->routes->trunk("carrier")->rtcp_feedback, std::nullopt);
  const auto config = load(std::string(kSmall) + trunk + "rtcp_feedback = \"never\"\n");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->routes->trunk("carrier")->rtcp_feedback, route::RtcpFeedback::Never);
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "rtcp_feedback = true\n"), HasSubstr("rtcp_feedback"));
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "rtcp_feedback = \"alway\"\n"), HasSubstr("always"));
}

// --- mistakes ---------------------------------------------------------------------------------------------------

TEST(LoadConfig, AMistypedKeyIsNamedWithItsPlaceAndTheNearestKey) {
  const auto error = error_of(std::string(kSmall) + "[timers]\nfirst_respons = \"8s\"\n");
  EXPECT_THAT(error, HasSubstr("sbc.toml:10:1: timers.first_respons: "));
  EXPECT_THAT(error, HasSubstr("first_response"));
}

TEST(LoadConfig, AMistypedTableIsNamedWithTheNearest) {
  const auto error = error_of(std::string(kSmall) + "[timer]\nt1 = \"500ms\"\n");
  EXPECT_THAT(error, HasSubstr("sbc.toml:9:"));
  EXPECT_THAT(error, HasSubstr("timers"));
}

TEST(LoadConfig, AWrongValueSaysWhatWasExpectedAndGot) {
  const auto error = error_of(std::string(kSmall) + "[log]\nlevel = \"infos\"\n");
  EXPECT_THAT(error, HasSubstr("sbc.toml:10:"));
  EXPECT_THAT(error, HasSubstr("log.level: expected "));
  EXPECT_THAT(error, HasSubstr("infos"));
}

TEST(LoadConfig, AllMistakesAreReportedAtOnce) {
  const auto error = error_of(std::string(kSmall) +
                              "[timers]\nt1 = \"1ms\"\ntimer_c = \"10s\"\n[media]\ntimeout = 5\n[limits]\ncalls = 0\n");
  for (const char* key : {"timers.t1", "timers.timer_c", "media.timeout", "limits.calls"})
    EXPECT_THAT(error, HasSubstr(key));
}

TEST(LoadConfig, ClassesHaveALimitOverAllThreads) {
  const TempConfig file(std::string(kSmall) + "[process]\nshards = 4\n[limits.class.gold]\ncalls = 3\n");
  const auto config = load_config(file.path());
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ((*config)->calls->classes.at("gold"), 3U);
  EXPECT_EQ((*config)->policy_environment.classes, std::vector<std::string>{"gold"});
  EXPECT_THAT(error_of(std::string(kSmall) + "[limits.class.gold]\n"), HasSubstr("limits.class.gold.calls"));
}

TEST(LoadConfig, AWildcardNeedsAnAdvertisedAddress) {
  std::string text = kSmall;
  text.replace(text.find("192.0.2.1:"), 10, "0.0.0.0:");
  EXPECT_THAT(error_of(text), HasSubstr("advertise"));
}

TEST(LoadConfig, WhatIsMissingIsSaid) {
  EXPECT_THAT(error_of("[relay.main]\nsocket = \"/s\"\n[policy]\nfile = \"x\"\n"), HasSubstr("[realm.<name>]"));
  EXPECT_THAT(error_of("[realm.a]\n[[realm.a.listener]]\nbind = \"192.0.2.1:5060\"\n[policy]\nfile = \"x\"\n"),
              HasSubstr("[relay.<name>]"));
  EXPECT_THAT(error_of("[realm.a]\n[relay.main]\nsocket = \"/s\"\n[policy]\nfile = \"x\"\n"),
              testing::AllOf(HasSubstr("listener"), HasSubstr("realm.a: media_security is missing")));
  EXPECT_THAT(error_of("[realm.a]\n[[realm.a.listener]]\nbind = \"192.0.2.1:5060\"\n[relay.main]\nsocket = \"/s\"\n"),
              HasSubstr("policy"));
}

TEST(LoadConfig, ProbesAreATableOfTheTrunk) {
  const auto text = std::string(kSmall) + "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  EXPECT_FALSE(load(text)->routes->trunk("carrier")->probe);
  const auto usual = load(text + "[trunk.carrier.probe]\n");
  ASSERT_NE(usual, nullptr);
  const auto& rules = usual->routes->trunk("carrier")->probe;
  ASSERT_TRUE(rules);
  EXPECT_EQ(rules->interval, base::seconds(30));
  EXPECT_TRUE(rules->up.contains(404));
  EXPECT_FALSE(rules->up.contains(408));
  EXPECT_FALSE(rules->up.contains(500));
  const auto own =
      load(text + "[trunk.carrier.probe]\ninterval = \"2s\"\nup = [\"200\"]\ndown_after = 1\nup_after = 5\n");
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own->routes->trunk("carrier")->probe->timeout, base::seconds(2)) << "no more than the interval";
  EXPECT_FALSE(own->routes->trunk("carrier")->probe->up.contains(404));
  EXPECT_THAT(error_of(text + "[trunk.carrier.probe]\nup = [\"fine\"]\n"),
              HasSubstr("trunk.carrier.probe.up: expected a status"));
  EXPECT_THAT(error_of(text + "[trunk.carrier.probe]\ninterval = \"2s\"\ntimeout = \"3s\"\n"),
              HasSubstr("trunk.carrier.probe.timeout: expected no more than interval"));
  EXPECT_THAT(error_of(text + "[trunk.carrier.probe]\nintervall = \"2s\"\n"), HasSubstr("intervall"));
}

TEST(LoadConfig, ATrunkOfAnUnknownRealmIsNamedWithTheNearest) {
  const auto error = error_of(std::string(kSmall) + "[trunk.carrier]\nrealm = \"acces\"\ntargets = [\"192.0.2.20\"]\n");
  EXPECT_THAT(error, HasSubstr("sbc.toml:10:9: trunk.carrier.realm: expected the name of a [realm.<name>] table"));
  EXPECT_THAT(error, HasSubstr("got \"acces\"; did you mean \"access\"?"));
}

TEST(LoadConfig, ATargetThatItsRealmCannotReachSaysWhatToAdd) {
  const auto error =
      error_of(std::string(kSmall) + "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20;transport=tcp\"]\n");
  EXPECT_THAT(error,
              HasSubstr("sbc.toml:11:11: trunk.carrier.targets: expected targets that realm \"access\" reaches"));
  EXPECT_THAT(error, HasSubstr("add a [[realm.access.listener]] with transport = \"tcp\""));
}

TEST(LoadConfig, ATrunkOfAGroupThatIsNotThereIsNamedWithItsPlace) {
  const std::string trunk = "[trunk.carrier]\nrealm = \"access\"\ntargets = [\"192.0.2.20\"]\n";
  EXPECT_THAT(
      error_of(std::string(kSmall) + trunk + "[group.all]\ntrunks = [\"carier\"]\n"),
      HasSubstr("sbc.toml:13:10: group.all.trunks: expected the name of a [trunk.<name>] table, got \"carier\"; "
                "did you mean \"carrier\"?"));
  EXPECT_THAT(error_of(std::string(kSmall) + trunk + "[[group.all.member]]\ntrunk = \"carier\"\n"),
              HasSubstr("did you mean \"carrier\"?"));
}

TEST(LoadConfig, TwoListenersOnOneAddressAreRefused) {
  const auto other = [](const std::string& transport, const std::string& bind) {
    return std::string(kSmall) + "[realm.core]\nmedia_security = \"none\"\n[[realm.core.listener]]\ntransport = \"" +
           transport + "\"\nbind = \"" + bind + "\"\n";
  };
  EXPECT_THAT(
      error_of(other("udp", "192.0.2.1:5060")),
      HasSubstr("sbc.toml:13:8: realm.core.listener[1].bind: expected an address and port that no other listener "
                "has, got 192.0.2.1:5060, which is a listener of realm \"access\" already"));
  EXPECT_THAT(error_of(other("udp", "0.0.0.0:5060") + "advertise = \"192.0.2.1\"\n"), HasSubstr("no other listener"));
  EXPECT_NE(load(other("tcp", "192.0.2.1:5060")), nullptr);
  EXPECT_NE(load(other("udp", "192.0.2.1:5080")), nullptr);
}

TEST(LoadConfig, AUserWithoutANameIsToldOnce) {
  const auto error = error_of(std::string(kSmall) + "[[user]]\npassword = \"x\"\n");
  EXPECT_THAT(error, HasSubstr("user[1].name: missing"));
  EXPECT_EQ(error.find("expected a user name"), std::string::npos) << error;
}

TEST(LoadConfig, AUserWithoutAnySecretIsRefusedAndTheSecretOfAnotherIsNotShown) {
  const auto error = error_of(std::string(kSmall) +
                              "[[user]]\nname = \"alice\"\ndomain = \"d\"\n[[user]]\nname = \"bob\"\ndomain = "
                              "\"d\"\nha1_md5 = \"verysecret\"\n");
  EXPECT_THAT(error, HasSubstr("password"));
  EXPECT_THAT(error, HasSubstr("ha1_md5"));
  EXPECT_EQ(error.find("verysecret"), std::string::npos);
}

TEST(LoadConfig, ARegistrarNeedsADomain) {
  EXPECT_THAT(error_of(std::string(kSmall) + "[realm.access.registrar]\nmax_contacts = 3\n"), HasSubstr("domains"));
}

TEST(LoadConfig, AFileThatIsNotThereOrNoTomlIsAnError) {
  EXPECT_FALSE(load_config("/nonexistent/sbc.toml").has_value());
  EXPECT_THAT(error_of("[realm\n"), HasSubstr("sbc.toml:1"));
}

// --- reload -----------------------------------------------------------------------------------------------------

TEST(RestartNeeded, NothingForTheSameFile) {
  EXPECT_THAT(restart_needed(*load(kSmall), *load(kSmall)), IsEmpty());
}

TEST(LoadConfig, TheLeakGuardCountsUnlessItIsToldOtherwise) {
  EXPECT_EQ(load(kSmall)->calls->leak_guard, leak::Mode::Count);
  const std::pair<const char*, leak::Mode> modes[] = {
      {"off", leak::Mode::Off}, {"count", leak::Mode::Count}, {"log", leak::Mode::Log}, {"scrub", leak::Mode::Scrub}};
  for (const auto& [word, mode] : modes) {
    const auto config = load(std::string(kSmall) + "[leak_guard]\nmode = \"" + word + "\"\n");
    ASSERT_NE(config, nullptr) << word;
    EXPECT_EQ(config->calls->leak_guard, mode) << word;
  }
}

TEST(RestartNeeded, NothingForWhatAReloadCanChange) {
  const auto before = load(kSmall);
  const auto after = load(std::string(kSmall) + R"([log]
level = "debug"
[media]
timeout = "30s"
[timers]
ring = "2m"
first_response = "4s"
[leak_guard]
mode = "log"
[limits]
calls = 5
retry_after = 3
[trunk.carrier]
realm = "access"
targets = ["192.0.2.20"]
[[user]]
name = "alice"
domain = "example.org"
password = "x"
)");
  ASSERT_NE(after, nullptr);
  EXPECT_THAT(restart_needed(*before, *after), IsEmpty());
}

TEST(Config, TheControlSocketIsOffUnlessItHasAnAbsolutePath) {
  EXPECT_EQ(load(kSmall)->control, "");
  EXPECT_EQ(load(std::string(kSmall) + "[admin]\ncontrol = \"/run/parapet-sbc/control\"\n")->control,
            "/run/parapet-sbc/control");
  EXPECT_THAT(error_of(std::string(kSmall) + "[admin]\ncontrol = \"control\"\n"),
              HasSubstr("admin.control: expected an absolute path, got \"control\""));
  EXPECT_THAT(error_of(std::string(kSmall) + "[admin]\ncontrol = \"/" + std::string(107, 'x') + "\"\n"),
              HasSubstr("expected at most 107 bytes, got 108"));
}

TEST(RestartNeeded, NamesEachKeyThatNeedsIt) {
  const auto before = load(kSmall);
  const std::pair<const char*, const char*> changes[] = {
      {"[process]\ninstance = \"other\"\n", "process.instance"},
      {"[process]\nshards = 63\n", "process.shards"},
      {"[admin]\nlisten = \"127.0.0.1:9999\"\n", "admin.listen"},
      {"[admin]\ncontrol = \"/run/parapet-sbc/control\"\n", "admin.control"},
      {"[log]\nfile = \"/tmp/x\"\n", "log.file"},
      {"[log]\nformat = \"json\"\n", "log.format"},
      {"[[realm.access.listener]]\ntransport = \"tcp\"\nbind = \"192.0.2.1:5060\"\n", "realm.*.listener"},
      {"[relay.second]\nsocket = \"/t\"\n", "relay.*"},
      {"[timers]\nt2 = \"5s\"\n", "timers.t1, t2, t4, timer_c"},
      {"[timers]\ntrying_after = \"0s\"\n", "timers.trying_after"},
      {"[limits]\nregistrations = 7\n", "limits.registrations"},
      {"[limits]\ntransactions = 1000\n", "limits.transactions"},
      {"[limits]\nconnections = 7\n", "limits.connections"},
      {"[limits]\nconnections_per_source = 7\n", "limits.connections_per_source"},
  };
  for (const auto& [text, key] : changes) {
    // A listener belongs into its realm, the other tables may stand anywhere.
    const auto after = load(std::string(kSmall) + text);
    ASSERT_NE(after, nullptr) << text;
    EXPECT_THAT(restart_needed(*before, *after), testing::Contains(key)) << text;
  }
}

TEST(RestartNeeded, WhenAnAdvertisedAddressChanges) {
  std::string text = kSmall;
  text.insert(text.find("[relay.main]"), "  advertise = \"203.0.113.1\"\n");
  EXPECT_THAT(restart_needed(*load(kSmall), *load(text)), ElementsAre("realm.*.listener"));
}

}  // namespace
}  // namespace sbc::app
