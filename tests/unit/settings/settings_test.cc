#include "media-relay/settings/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "media-relay/settings/limits.h"

namespace settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

File parsed(std::string_view text) {
  auto file = File::parse(text, "t.toml");
  EXPECT_TRUE(file.has_value()) << full(file.error());
  return std::move(*file);
}

std::string finished(File& file) {
  const auto done = file.finish();
  return done ? "" : full(done.error());
}

// The errors that reading `text` with `read` leaves.
template <typename F>
std::string errors_of(std::string_view text, F&& read) {
  File file = parsed(text);
  read(file.root());
  return finished(file);
}

TEST(Settings, ReadsEveryKindOfValue) {
  File file = parsed(R"(
    name = "edge"
    port = 5060
    ratio = 0.5
    on = true
    wait = "1h30m"
    quick = "200ms"
    buffer = "64k"
    plain = 12
    bind = "[2001:db8::1]:5061"
    ip = "192.0.2.1"
    net = "192.0.2.0/24"
    words = ["a", "b"]
    nets = ["10.0.0.0/8", "::1"]
    targets = ["192.0.2.1:5060"]
  )");
  Table t = file.root();
  EXPECT_EQ("edge", t.text("name"));
  EXPECT_EQ(5060, t.integer("port", {1, 65535}));
  EXPECT_EQ(0.5, t.number("ratio", 0, 1, 0));
  EXPECT_TRUE(t.boolean("on"));
  EXPECT_EQ(base::minutes(90), t.duration("wait", {}));
  EXPECT_EQ(base::milliseconds(200), t.duration("quick", {}));
  EXPECT_EQ(65536u, t.size("buffer", 0, 1u << 20, 0));
  EXPECT_EQ(12u, t.size("plain", 0, 1u << 20, 0));
  EXPECT_EQ("[2001:db8::1]:5061", t.endpoint("bind").text());
  EXPECT_EQ("192.0.2.1", t.address("ip").text());
  EXPECT_EQ("192.0.2.0/24", t.prefix("net").text());
  EXPECT_THAT(t.texts("words"), ElementsAre("a", "b"));
  EXPECT_EQ(2u, t.prefixes("nets").size());
  EXPECT_EQ(1u, t.endpoints("targets").size());
  EXPECT_EQ("", finished(file));
}

TEST(Settings, UsesFallbacksForWhatIsMissing) {
  File file = parsed("");
  Table t = file.root();
  EXPECT_EQ("x", t.text("a", "x"));
  EXPECT_EQ(7, t.integer("b", {1, 9}, 7));
  EXPECT_TRUE(t.boolean("c", true));
  EXPECT_EQ(base::seconds(3), t.duration("d", {}, base::seconds(3)));
  EXPECT_EQ(9u, t.size("e", 0, 10, 9));
  EXPECT_EQ(std::nullopt, t.maybe_text("f"));
  EXPECT_EQ(std::nullopt, t.maybe_integer("g", {}));
  EXPECT_EQ(std::nullopt, t.maybe_endpoint("h"));
  EXPECT_EQ(std::nullopt, t.maybe_secret("i"));
  EXPECT_TRUE(t.texts("j").empty());
  EXPECT_TRUE(t.tables("k").empty());
  EXPECT_FALSE(t.table("l").present());
  EXPECT_EQ(4, t.table("l").integer("m", {}, 4));
  EXPECT_EQ("", finished(file));
}

TEST(Settings, ErrorsNameFileLineColumnKeyAndBothSides) {
  EXPECT_EQ("t.toml:2:8: realm.access.port: expected integer from 1 to 65535, got \"x\"\n",
            errors_of("[realm.access]\nport = \"x\"\n",
                      [](Table t) { t.table("realm").table("access").integer("port", {1, 65535}); }));
}

TEST(Settings, RefusesValuesOutsideTheirRangeAndTakesItsEnds) {
  const auto port = [](Table t) { t.integer("p", {1, 65535}); };
  EXPECT_EQ("", errors_of("p = 1", port));
  EXPECT_EQ("", errors_of("p = 65535", port));
  EXPECT_THAT(errors_of("p = 0", port), HasSubstr("got 0"));
  EXPECT_THAT(errors_of("p = 65536", port), HasSubstr("got 65536"));
  EXPECT_THAT(errors_of("p = 1.5", port), HasSubstr("got 1.5"));
  const auto wait = [](Table t) { t.duration("w", {base::seconds(1), base::minutes(1)}); };
  EXPECT_EQ("", errors_of("w = \"1s\"", wait));
  EXPECT_EQ("", errors_of("w = \"60s\"", wait));
  EXPECT_THAT(errors_of("w = \"999ms\"", wait), HasSubstr("from 1s to 1m, got \"999ms\""));
  EXPECT_THAT(errors_of("w = \"61s\"", wait), HasSubstr("got \"61s\""));
  EXPECT_THAT(errors_of("w = 30", wait), HasSubstr("such as \"30s\""));
  const auto size = [](Table t) { t.size("s", 1024, 1u << 20, 2048); };
  EXPECT_EQ("", errors_of("s = \"1k\"", size));
  EXPECT_EQ("", errors_of("s = \"1M\"", size));
  EXPECT_THAT(errors_of("s = 1023", size), HasSubstr("got 1023"));
  EXPECT_THAT(errors_of("s = \"1G\"", size), HasSubstr("got \"1G\""));
  EXPECT_THAT(errors_of("s = \"18446744073709551615G\"", size), HasSubstr("expected size"));
  EXPECT_THAT(errors_of("s = \"k\"", size), HasSubstr("expected size"));
}

TEST(Settings, ReportsEveryKindOfWrongType) {
  const std::string errors = errors_of(R"(a = 1
b = "yes"
c = "192.0.2.1"
d = "host:1"
e = "300.0.0.0/8"
f = "x"
g = ["10.0.0.0/8", "bad", 7]
h = 1979-05-27
i = {}
)",
                                       [](Table t) {
                                         t.text("a");
                                         t.boolean("b");
                                         t.endpoint("c");
                                         t.address("d");
                                         t.prefix("e");
                                         t.texts("f");
                                         t.prefixes("g");
                                         t.text("h");
                                         t.tables("i");
                                       });
  EXPECT_THAT(errors, HasSubstr("t.toml:1:5: a: expected text, got 1\n"));
  EXPECT_THAT(errors, HasSubstr("t.toml:2:5: b: expected true or false, got \"yes\"\n"));
  EXPECT_THAT(errors, HasSubstr("t.toml:3:5: c: expected address and port"));
  EXPECT_THAT(errors, HasSubstr("t.toml:4:5: d: expected IP address"));
  EXPECT_THAT(errors, HasSubstr("t.toml:5:5: e: expected network"));
  EXPECT_THAT(errors, HasSubstr("t.toml:6:5: f: expected a list, got \"x\"\n"));
  EXPECT_THAT(errors, HasSubstr("g[2]: expected network"));
  EXPECT_THAT(errors, HasSubstr("g[3]: expected network"));
  EXPECT_THAT(errors, HasSubstr("h: expected text, got a date or time\n"));
  EXPECT_THAT(errors, HasSubstr("i: expected a list of tables ([[i]]), got a table\n"));
}

TEST(Settings, MissingRequiredKeysAreReportedAtTheirTable) {
  EXPECT_EQ("t.toml:2:1: admin.bind: missing, but required\n",
            errors_of("\n[admin]\n", [](Table t) { t.table("admin").endpoint("bind"); }));
  EXPECT_THAT(errors_of("", [](Table t) { t.required_table("admin").endpoint("bind"); }),
              testing::AllOf(HasSubstr("admin: missing table, but required\n"), HasSubstr("admin.bind: missing")));
}

TEST(Settings, UnknownKeysAreReportedWithTheNearestValidOne) {
  EXPECT_EQ(
      "t.toml:1:1: nmae: unknown key; did you mean \"name\"?\n"
      "t.toml:3:1: admin.bnid: unknown key; did you mean \"bind\"?\n"
      "t.toml:4:2: whatever: unknown table\n",
      errors_of("nmae = 1\n[admin]\nbnid = 2\n[whatever]\nx = 1\n", [](Table t) {
        t.text("name", "");
        t.table("admin").maybe_endpoint("bind");
      }));
}

TEST(Settings, UnknownKeysAreFoundInListsOfTables) {
  const std::string errors = errors_of("[[trunk]]\nname = \"a\"\n[[trunk]]\nnam = \"b\"\n", [](Table t) {
    for (Table& trunk : t.tables("trunk")) trunk.text("name", "");
  });
  EXPECT_EQ("t.toml:4:1: trunk[2].nam: unknown key; did you mean \"name\"?\n", errors);
}

TEST(Settings, CollectsAllErrorsUpToALimit) {
  const auto count = [](std::size_t keys) {
    std::string text;
    for (std::size_t i = 0; i < keys; ++i) text += "k" + std::to_string(i) + " = 1\n";
    File file = parsed(text);
    file.root();
    return file.finish().error();
  };
  EXPECT_EQ(kMostErrors, count(kMostErrors).size());
  const Errors errors = count(kMostErrors + 5);
  EXPECT_EQ(kMostErrors + 1, errors.size());
  EXPECT_EQ("5 more errors", errors.back().text);
}

TEST(Settings, GivesNamedTablesInFileOrder) {
  File file = parsed("[realm.zeta]\na = 1\n[realm.alpha]\na = 2\n[realm.\"with space\"]\na = \"x\"\n");
  std::vector<std::string> names;
  for (auto& [name, table] : file.root().named_tables("realm")) {
    names.push_back(name);
    table.integer("a", {});
  }
  EXPECT_THAT(names, ElementsAre("zeta", "alpha", "with space"));
  EXPECT_EQ("t.toml:6:5: realm.\"with space\".a: expected integer, got \"x\"\n", finished(file));
}

TEST(Settings, ReadsWordsAndSuggestsTheNearest) {
  enum class Kind { Udp, Tcp };
  static constexpr std::array<std::pair<std::string_view, Kind>, 2> kWords{{{"udp", Kind::Udp}, {"tcp", Kind::Tcp}}};
  const auto read = [](Table& t, std::optional<Kind> fallback) {
    return t.one_of<Kind>("k", std::span<const std::pair<std::string_view, Kind>>(kWords), fallback);
  };
  EXPECT_EQ("", errors_of("k = \"tcp\"", [&](Table t) { EXPECT_EQ(Kind::Tcp, read(t, std::nullopt)); }));
  EXPECT_EQ("", errors_of("", [&](Table t) { EXPECT_EQ(Kind::Tcp, read(t, Kind::Tcp)); }));
  EXPECT_EQ("t.toml:1:5: k: expected one of \"udp\", \"tcp\", got \"tpc\"; did you mean \"tcp\"?\n",
            errors_of("k = \"tpc\"", [&](Table t) { read(t, std::nullopt); }));
  EXPECT_THAT(errors_of("", [&](Table t) { read(t, std::nullopt); }), HasSubstr("k: missing, but required"));
}

TEST(Settings, CallersReportWhatOnlyTheyKnow) {
  const std::vector<std::string> realms{"access", "core"};
  EXPECT_EQ("t.toml:1:9: realm: no such realm \"acess\"; did you mean \"access\"?\n",
            errors_of("realm = \"acess\"", [&](Table t) {
              const std::string got = t.text("realm");
              t.fail("realm", "no such realm \"" + got + "\"", got, realms);
            }));
}

TEST(Settings, SyntaxErrorsNameTheirPlace) {
  const auto file = File::parse("a = 1\nb = \n", "t.toml");
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(full(file.error()), testing::StartsWith("t.toml:2:")) << full(file.error());
  EXPECT_FALSE(File::parse("a = 1\na = 2\n", "t.toml").has_value());
  EXPECT_FALSE(File::parse("\xff\xfe\x00", "t.toml").has_value());
}

class SettingsFileTest : public testing::Test {
 protected:
  SettingsFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parapet-settings-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~SettingsFileTest() override { std::filesystem::remove_all(directory_); }
  std::string write(const std::string& name, std::string_view text) const {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string directory_;
};

TEST_F(SettingsFileTest, LoadsFilesAndReportsThoseItCannotRead) {
  auto file = File::load(write("a.toml", "x = 1\n"));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(1, file->root().integer("x", {}));
  const auto missing = File::load(directory_ + "/none.toml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(directory_ + "/none.toml: cannot be read: No such file or directory\n", full(missing.error()));
  EXPECT_FALSE(File::load(directory_).has_value());
}

TEST_F(SettingsFileTest, FileSizeIsLimited) {
  EXPECT_TRUE(File::load(write("fits", "#" + std::string(kMostFileBytes - 1, 'x'))).has_value());
  EXPECT_FALSE(File::load(write("large", "#" + std::string(kMostFileBytes, 'x'))).has_value());
}

TEST_F(SettingsFileTest, SecretsComeFromFilesAndTheEnvironmentAndAreNeverShown) {
  ::setenv("PARAPET_TEST_SECRET", "from-env", 1);
  const std::string path = write("secret", "from-file\n");
  File file = parsed("a = \"plain\"\nb = \"env:PARAPET_TEST_SECRET\"\nc = \"file:" + path +
                     "\"\nd = \"env:PARAPET_TEST_NONE\"\ne = \"file:/nowhere\"\nf = 77123\n");
  Table t = file.root();
  EXPECT_EQ("plain", t.secret("a"));
  EXPECT_EQ("from-env", t.secret("b"));
  EXPECT_EQ("from-file", t.maybe_secret("c"));
  t.secret("d");
  t.secret("e");
  t.secret("f");
  t.secret("g");
  const std::string errors = finished(file);
  EXPECT_THAT(errors, HasSubstr("d: environment variable \"PARAPET_TEST_NONE\" is not set"));
  EXPECT_THAT(errors, HasSubstr("e: file \"/nowhere\" cannot be read: No such file"));
  EXPECT_THAT(errors, HasSubstr("f: expected text, file:<path> or env:<name>"));
  EXPECT_THAT(errors, testing::Not(HasSubstr("77123")));
  EXPECT_THAT(errors, HasSubstr("g: missing, but required"));
}

TEST_F(SettingsFileTest, SecretFilesAreLimited) {
  const std::string fits = write("fits", std::string(kMostSecretBytes, 'x'));
  const std::string large = write("large", std::string(kMostSecretBytes + 1, 'x'));
  EXPECT_EQ("", errors_of("s = \"file:" + fits + "\"", [](Table t) { t.secret("s"); }));
  EXPECT_THAT(errors_of("s = \"file:" + large + "\"", [](Table t) { t.secret("s"); }), HasSubstr("is too large"));
}

TEST(ParseDuration, TakesNumbersWithUnitsOnly) {
  EXPECT_EQ(base::milliseconds(200), parse_duration("200ms"));
  EXPECT_EQ(base::Duration::zero(), parse_duration("0s"));
  EXPECT_EQ(base::hours(49), parse_duration("2d1h"));
  for (const char* bad : {"", "5", "s", "-1s", "1.5s", "1 s", "1x", "99999999999s", "4000000000d4000000000d"})
    EXPECT_EQ(std::nullopt, parse_duration(bad)) << bad;
}

}  // namespace
}  // namespace settings
