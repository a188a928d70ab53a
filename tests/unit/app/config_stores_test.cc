// [policy.redis], [policy.database.<name>] and [policy.sql.<name>].

#include <gmock/gmock.h>

#include "temp_config.h"

namespace sbc::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Config> load(const std::string& more) {
  const TempConfig file(std::string(kSmall) + more);
  auto config = load_config(file.path());
  EXPECT_TRUE(config.has_value()) << config.error();
  return config ? *config : nullptr;
}

std::string error_of(const std::string& more) {
  const TempConfig file(std::string(kSmall) + more);
  auto config = load_config(file.path());
  return config ? "none" : config.error();
}

TEST(StoresOfTheConfiguration, NoneUnlessTheyAreNamed) {
  const auto config = load("");
  ASSERT_NE(config, nullptr);
  EXPECT_FALSE(config->policy_lookups.redis.configured());
  EXPECT_TRUE(config->policy_lookups.databases.empty());
  EXPECT_TRUE(config->policy_environment.queries.empty());
}

TEST(StoresOfTheConfiguration, Redis) {
  const auto config = load(
      "[policy.redis]\nserver = \"127.0.0.1:6380\"\npassword = \"geheim\"\nwrites = true\ntimeout = \"200ms\"\n"
      "failures = 9\n");
  ASSERT_NE(config, nullptr);
  const auto& redis = config->policy_lookups.redis;
  ASSERT_EQ(redis.servers.size(), 1U);
  EXPECT_EQ(redis.servers[0].text(), "127.0.0.1:6380");
  EXPECT_TRUE(redis.writes);
  EXPECT_EQ(redis.timeout, base::milliseconds(200));
  EXPECT_EQ(redis.rules.breaker.failures, 9U);
  EXPECT_EQ(load("[policy.redis]\nserver = \"/run/redis.sock\"\n")->policy_lookups.redis.path, "/run/redis.sock");
  EXPECT_FALSE(load("[policy.redis]\nserver = \"localhost\"\n")->policy_lookups.redis.writes);
  EXPECT_THAT(error_of("[policy.redis]\nserver = \"redis:x\"\n"),
              HasSubstr("policy.redis.server: expected an address"));
  EXPECT_THAT(error_of("[policy.redis]\nwrites = true\n"), HasSubstr("policy.redis.server"));
  EXPECT_THAT(error_of("[policy.redis]\nserver = \"127.0.0.1\"\nusername = \"x\"\n"), HasSubstr("expected a password"));
}

TEST(StoresOfTheConfiguration, RedisByTls) {
  const auto tls = [](const std::string& more) {
    const auto config = load("[policy.redis]\n" + more);
    return config != nullptr ? config->policy_lookups.redis.tls : redis::Tls{};
  };
  EXPECT_FALSE(tls("server = \"localhost:6379\"\n").wanted());
  EXPECT_TRUE(tls("server = \"rediss://localhost:6380\"\n").wanted());
  EXPECT_EQ(tls("server = \"rediss://localhost:6380\"\n").name, "localhost");
  EXPECT_EQ(tls("server = \"127.0.0.1:6380\"\ntls = true\n").name, "") << "its address must be in the certificate";
  EXPECT_EQ(tls("server = \"localhost\"\ntls = true\ntls_name = \"redis.example.org\"\n").name, "redis.example.org");
  const std::string front = "[policy.redis]\nserver = \"127.0.0.1:6380\"\n";
  EXPECT_THAT(error_of(front + "tls_name = \"x\"\n"), HasSubstr("policy.redis.tls_name: expected tls = true"));
  EXPECT_THAT(error_of(front + "tls = true\nca = \"/no/such/file\"\n"), HasSubstr("expected a readable file"));
  EXPECT_THAT(error_of(front + "tls = true\nkey = \"/no/such/file\"\n"), HasSubstr("expected certificate and key"));
  EXPECT_THAT(error_of("[policy.redis]\nserver = \"/run/redis.sock\"\ntls = true\n"), HasSubstr("Unix socket"));
  EXPECT_THAT(error_of("[policy.redis]\nserver = \"rediss://localhost\"\ntls = false\n"), HasSubstr("expected true"));
}

constexpr const char* kDatabase = "[policy.database.numbers]\nsqlite = \"numbers.db\"\n";

TEST(StoresOfTheConfiguration, Databases) {
  const auto config =
      load(std::string(kDatabase) +
           "[policy.database.crm]\npostgres = \"host=127.0.0.1 dbname=crm\"\npassword = \"geheim\"\n"
           "[policy.sql.route]\ndatabase = \"numbers\"\nquery = \"SELECT 1\"\ncache = \"10s\"\nmost_rows = 5\n"
           "[policy.sql.customer]\ndatabase = \"crm\"\nquery = \"SELECT $1\"\n");
  ASSERT_NE(config, nullptr);
  EXPECT_THAT(config->policy_environment.queries, ElementsAre("route", "customer"));
  const auto& databases = config->policy_lookups.databases;
  ASSERT_EQ(databases.size(), 2U);
  EXPECT_TRUE(databases[0].path.starts_with('/')) << "beside the configuration";
  EXPECT_TRUE(databases[0].path.ends_with("/numbers.db"));
  ASSERT_EQ(databases[0].queries.size(), 1U);
  EXPECT_EQ(databases[0].queries[0].keep, base::seconds(10));
  EXPECT_EQ(databases[0].queries[0].most_rows, 5U);
  EXPECT_TRUE(databases[1].path.empty());
  EXPECT_THAT(databases[1].connection, ::testing::Contains(std::pair<std::string, std::string>("password", "geheim")));
}

TEST(StoresOfTheConfiguration, MistakesAreNamed) {
  EXPECT_THAT(error_of("[policy.database.x]\n"), HasSubstr("expected either sqlite or postgres"));
  EXPECT_THAT(error_of("[policy.database.x]\nsqlite = \"a\"\npostgres = \"host=127.0.0.1\"\n"),
              HasSubstr("expected either sqlite or postgres"));
  EXPECT_THAT(error_of("[policy.database.x]\npostgres = \"host=127.0.0.1 password=geheim\"\n"),
              HasSubstr("policy.database.x.postgres: expected the password as password"));
  EXPECT_THAT(error_of("[policy.database.x]\npostgres = \"host=192.0.2.5\"\n"), HasSubstr("expected sslmode"));
  EXPECT_THAT(error_of(std::string(kDatabase) + "[policy.sql.q]\ndatabase = \"number\"\nquery = \"SELECT 1\"\n"),
              HasSubstr("did you mean \"numbers\"?"));
  EXPECT_THAT(error_of(std::string(kDatabase) + "[policy.sql.q]\ndatabase = \"numbers\"\n"),
              HasSubstr("policy.sql.q.query"));
}

}  // namespace
}  // namespace sbc::app
