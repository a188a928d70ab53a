#include "sbc/database/conninfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace sbc::database {
namespace {

using testing::HasSubstr;

std::vector<base::IpAddress> resolve(const std::string& name) {
  if (name != "db.example.net") return {};
  return {*base::IpAddress::parse("192.0.2.5"), *base::IpAddress::parse("192.0.2.6")};
}

std::map<std::string, std::string> read(const std::string& text, const std::string& password = "") {
  const auto read = read_conninfo(text, password, resolve);
  EXPECT_TRUE(read) << (read ? "" : read.error());
  return read ? std::map<std::string, std::string>(read->begin(), read->end()) : std::map<std::string, std::string>();
}

std::string error_of(const std::string& text) {
  const auto read = read_conninfo(text, "", resolve);
  return read ? "none" : read.error();
}

TEST(Conninfo, NamesGetAnAddress) {
  auto options = read("host=db.example.net dbname=numbers user=me sslmode=verify-full", "secret");
  EXPECT_EQ(options["host"], "db.example.net") << "the certificate has this name";
  EXPECT_EQ(options["hostaddr"], "192.0.2.5");
  EXPECT_EQ(options["password"], "secret");
  EXPECT_EQ(options["dbname"], "numbers");
  EXPECT_EQ(options["port"], "5432");
  options = read("postgresql://me@db.example.net,127.0.0.1:5433/numbers?sslmode=require");
  EXPECT_EQ(options["hostaddr"], "192.0.2.5,127.0.0.1");
  EXPECT_THAT(error_of("host=nowhere.example.net sslmode=disable"), HasSubstr("has no address"));
}

TEST(Conninfo, ASocketNeedsNone) {
  EXPECT_FALSE(read("host=/run/postgresql dbname=numbers").contains("hostaddr"));
  EXPECT_EQ(read("dbname=numbers")["host"], "/var/run/postgresql") << "and nothing comes from the environment";
}

TEST(Conninfo, AnotherMachineIsNotReachedInTheClearByAccident) {
  EXPECT_THAT(error_of("host=db.example.net"), HasSubstr("expected sslmode"));
  EXPECT_EQ(read("host=db.example.net sslmode=disable")["sslmode"], "disable");
  EXPECT_EQ(read("host=127.0.0.1")["sslmode"], "prefer");
}

TEST(Conninfo, PasswordsStandElsewhere) {
  const std::string error = error_of("host=127.0.0.1 password=geheim");
  EXPECT_THAT(error, HasSubstr("expected the password as password"));
  EXPECT_THAT(error, Not(HasSubstr("geheim")));
  EXPECT_THAT(error_of("postgresql://me:geheim@127.0.0.1/x"), HasSubstr("expected the password as password"));
  // Nor does a mistake beside it bring it into the log.
  for (const char* wrong : {"postgresql://me:geheim@[2001:db8::5/x", "host=127.0.0.1 password=abc geheim",
                            "postgresql://me:geh%zzgeheim@127.0.0.1/x"})
    EXPECT_THAT(error_of(wrong), testing::AllOf(HasSubstr("expected a connection string"), Not(HasSubstr("geheim"))));
}

TEST(Conninfo, WhatIsNoneSaysSo) {
  EXPECT_THAT(error_of("host"), HasSubstr("expected a connection string of PostgreSQL"));
  EXPECT_THAT(error_of("hots=127.0.0.1"), HasSubstr("hots"));
}

}  // namespace
}  // namespace sbc::database
