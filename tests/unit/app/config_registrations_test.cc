// What the configuration says of registrations, ours and other people's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/app/trunk_registrar.h"

#include "temp_config.h"

namespace sbc::app {
namespace {

using testing::HasSubstr;

const std::string kTrunk = R"([trunk.carrier]
realm = "access"
targets = ["192.0.2.9:5060"]
username = "border"
password = "s3cret"
)";

std::string loaded(const std::string& text) {
  const TempConfig file(kSmall + text);
  const auto config = load_config(file.path());
  return config ? "" : config.error();
}

TEST(Registrations, TakeWhatIsNotGivenFromTheAddressAndTheTrunk) {
  const TempConfig file(kSmall + kTrunk +
                        "[[registration]]\ntrunk = \"carrier\"\naor = \"sip:+43130@carrier.example\"\n");
  const auto config = load_config(file.path());
  ASSERT_TRUE(config) << config.error();
  ASSERT_EQ((*config)->registrations.size(), 1U);
  const auto& made = (*config)->registrations[0];
  EXPECT_EQ(made.registrar, "sip:carrier.example");
  EXPECT_EQ(made.user, "+43130");
  EXPECT_EQ(made.expires, 3600U);
  ASSERT_TRUE(made.account);
  EXPECT_EQ(made.account->username, "border");
}

TEST(Registrations, MistakesAreNamedWithTheirKey) {
  const struct {
    std::string keys, error;
  } cases[] = {
      {"trunk = \"carier\"\naor = \"sip:1@carrier.example\"\n", "registration[1].trunk: expected a trunk"},
      {"trunk = \"carrier\"\n", "aor"},
      {"trunk = \"carrier\"\naor = \"carrier.example\"\n", "aor: expected a sip URI with a user part"},
      {"trunk = \"carrier\"\naor = \"sip:1@c.example>;x\"\n", "aor: expected a sip URI with a user part"},
      {"trunk = \"carrier\"\naor = \"sip:1@c.example\"\nregistrar = \"sip:1@c.example\"\n",
       "registrar: expected a sip URI without a user part"},
      {"trunk = \"carrier\"\naor = \"sip:1@c.example\"\nexpires = \"59s\"\n", "expires"},
      {"trunk = \"carrier\"\naor = \"sip:1@c.example\"\nretry = \"2h\"\n", "retry"},
      {"trunk = \"carrier\"\naor = \"sip:1@c.example\"\n[[registration]]\ntrunk = \"carrier\"\naor = "
       "\"sip:1@c.example\"\n",
       "is there twice"},
  };
  for (const auto& c : cases) EXPECT_THAT(loaded(kTrunk + "[[registration]]\n" + c.keys), HasSubstr(c.error)) << c.keys;
}

TEST(Registrations, TheLineIsTheSameAfterARestartAndCannotBeGuessed) {
  registrar::TrunkRegistration one;
  one.trunk = "carrier";
  one.aor = "sip:1@c.example";
  one.account = auth::Account{"border", auth::Secret::from_password("s3cret"), ""};
  auto other = one;
  other.account->secret = auth::Secret::from_password("else");
  EXPECT_EQ(line_of(one, {1, 2}), line_of(one, {3, 4}));
  EXPECT_NE(line_of(one, {1, 2}), line_of(other, {1, 2}));
  other = one;
  other.aor = "sip:2@c.example";
  EXPECT_NE(line_of(one, {1, 2}), line_of(other, {1, 2}));
  one.account.reset();
  EXPECT_NE(line_of(one, {1, 2}), line_of(one, {3, 4}));
}

TEST(Registrars, KnowTheirKeys) {
  const std::string realm =
      "[realm.phones]\ndomains = [\"example.org\"]\nmedia_security = \"none\"\n[[realm.phones.listener]]\nbind = "
      "\"192.0.2.2:5060\"\n";
  const TempConfig file(
      kSmall + kTrunk + realm +
      "[realm.phones.registrar]\nflow_timer = \"120s\"\nsilent_phones = \"unbind\"\nsilent_after = 5\n"
      "mode = \"relay\"\nupstream = \"carrier\"\nupstream_path = \"required\"\nclosed_flow = \"keep\"\n");
  const auto config = load_config(file.path());
  ASSERT_TRUE(config) << config.error();
  const auto* phones = (*config)->realm("phones");
  EXPECT_EQ(phones->registration.flow_timer, 120U);
  EXPECT_EQ(phones->registration.silence.action, registrar::SilencePolicy::Action::Unbind);
  EXPECT_EQ(phones->registration.silence.misses, 5U);
  EXPECT_EQ(phones->relay->path, registrar::UpstreamPath::Required);
  EXPECT_TRUE(phones->relay->keep_closed);
  EXPECT_THAT(loaded(realm + "[realm.phones.registrar]\nsilent_phones = \"unbound\"\n"), HasSubstr("\"unbind\""));
  EXPECT_THAT(loaded(realm + "[realm.phones.registrar]\nupstream_path = \"yes\"\n"), HasSubstr("upstream_path"));
}

}  // namespace
}  // namespace sbc::app
