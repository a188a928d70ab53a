// Loading a policy, from texts and from a folder.

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kMinimal = "return { on_invite = function() return drop() end }";

struct Wrong {
  const char* text;
  int line;
  const char* why;
};

TEST(Load, MistakesAreNamedWithFileAndLine) {
  const Wrong cases[] = {
      {"return {\n  on_invite = function(\n}", 3, "expected near"},
      {"\nlocal x = nil\nx.y = 1", 3, "attempt to index"},
      {"return 1", 1, "must return a table of handlers"},
      {"", 1, "must return a table of handlers"},
      {"return {}", 1, "no handler \"on_invite\""},
      {"return {\n on_invite = function() end,\n on_invit = function() end }", 3, "did you mean \"on_invite\"?"},
      {"return {\n on_invite = function() end,\n on_bye = 1 }", 3, "there is no handler \"on_bye\""},
      {"return {\n\n on_invite = 'x' }", 3, "on_invite must be a function, not a string"},
      {"local n = require 'lib.nubmers'", 1, "no file \"lib/nubmers.lua\""},
      {"local n = require '../etc/passwd'", 1, "is no module name"},
      {"local n = require '/etc/passwd'", 1, "is no module name"},
      {"local n = require 'lib..x'", 1, "is no module name"},
      {"local n = require ''", 1, "is no module name"},
      {"\nreject(404)", 2, "only be called while a handler runs"},
      {"\nlocation.lookup('x')", 2, "not available here"},
      {"while true do end", 1, "the budget of"},
  };
  Limits limits;
  limits.load_instructions = 1'000'000;
  for (const Wrong& c : cases) {
    const auto host = try_load(c.text, environment(), limits);
    ASSERT_FALSE(host.has_value()) << c.text;
    EXPECT_EQ(host.error().file, "p.lua") << c.text;
    EXPECT_EQ(host.error().line, c.line) << c.text << " -> " << host.error().message();
    EXPECT_THAT(host.error().text, HasSubstr(c.why)) << c.text;
  }
}

TEST(Load, TakesNoMoreMemoryThanAllowed) {
  Limits limits;
  limits.load_memory_bytes = 4U << 20;
  const auto host = try_load("local t = {} for i = 1, 1e7 do t[i] = i .. 'x' end " + std::string(kMinimal), {}, limits);
  ASSERT_FALSE(host.has_value());
  EXPECT_THAT(host.error().message(), HasSubstr("p.lua: loading takes more than"));
}

TEST(Load, LargeTablesAreFineAndDoNotShrinkTheBudgetOfCalls) {
  FakeLookup lookup;
  const auto host = load(
      "local t = {} for i = 1, 100000 do t['4366' .. i] = true end\n"
      "return { on_invite = function(call) local x = {} for i = 1, 2000 do x[i] = call.call_id .. i end\n"
      "  return t['43665'] and drop() or reject(404) end }");
  for (int i = 0; i < 200; ++i) ASSERT_EQ(host->on_invite(call(), lookup).error, "");
}

TEST(Load, RequireRunsAFileOnceAndNamesItsErrors) {
  FakeLookup lookup;
  const auto with = [](const std::string& main, const std::string& library) {
    return Host::load(Bundle("p.lua", {{"p.lua", main}, {"lib/a.lua", library}}));
  };
  const auto host = with(
      "local a, b = require 'lib.a', require 'lib.a'\n"
      "return { on_invite = function() return reject(404, tostring(a == b) .. a.x) end }",
      "return { x = 'y' }");
  ASSERT_TRUE(host.has_value()) << host.error().message();
  EXPECT_EQ((*host)->on_invite(call(), lookup).decision.reason, "truey");

  const std::string main = "local a = require 'lib.a'\n" + std::string(kMinimal);
  auto wrong = with(main, "\n\nreturn qwertz");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().message(), "lib/a.lua:3: there is no \"qwertz\"");
  wrong = with(main, "local a = require 'lib.a'");
  EXPECT_EQ(wrong.error().message(), "lib/a.lua:1: require: \"lib.a\" requires itself");
  wrong = with(main, "local a = 1");
  EXPECT_THAT(wrong.error().message(), HasSubstr("p.lua:1: require: \"lib.a\" returns nothing"));
}

TEST(Load, RequireInsideAHandlerIsAnError) {
  FakeLookup lookup;
  const auto host = load_body("return require 'lib.a'");
  EXPECT_THAT(host->on_invite(call(), lookup).error, HasSubstr("only while the policy loads"));
}

TEST(Load, HandlersOfALibraryNameTheirOwnFile) {
  FakeLookup lookup;
  const auto host = Host::load(Bundle("p.lua", {{"p.lua", "local h = require 'lib.h'\nreturn { on_invite = h.invite }"},
                                                {"lib/h.lua", "\nreturn { invite = function() error({}) end }"}}));
  ASSERT_TRUE(host.has_value());
  EXPECT_EQ((*host)->on_invite(call(), lookup).error, "lib/h.lua:2: the handler raised a table");
}

TEST(Load, FallbackStatusIsTheConfiguredOne) {
  FakeLookup lookup;
  const auto host = Host::load(Bundle("p.lua", {{"p.lua", "return { on_invite = function() end }"}}), {}, {},
                               {.invite_status = 503, .register_status = 500});
  EXPECT_EQ((*host)->on_invite(call(), lookup).decision.status, 503);
}

class Folder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "policyXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  std::filesystem::path path_;
};

TEST_F(Folder, IsReadWithItsLibraries) {
  write("p.lua", kMinimal);
  write("other.lua", "another policy");
  write("lib/a.lua", "return {}");
  write("lib/notes.txt", "no Lua");
  std::filesystem::create_symlink("/etc/passwd", path_ / "lib/b.lua");
  const auto bundle = Bundle::read((path_ / "p.lua").string());
  ASSERT_TRUE(bundle.has_value()) << bundle.error().message();
  EXPECT_EQ(bundle->main(), "p.lua");
  EXPECT_NE(bundle->find("lib/a.lua"), nullptr);
  EXPECT_EQ(bundle->files().size(), 2U);
  EXPECT_TRUE(Host::load(*bundle).has_value());
}

TEST_F(Folder, ThatIsMissingIsAnError) {
  const auto bundle = Bundle::read((path_ / "none.lua").string());
  ASSERT_FALSE(bundle.has_value());
  EXPECT_THAT(bundle.error().message(), HasSubstr("none.lua: cannot be read"));
}

TEST_F(Folder, HasALimitOfFiles) {
  write("p.lua", kMinimal);
  for (std::size_t i = 0; i < kMaxFiles; ++i) write("lib/f" + std::to_string(i) + ".lua", "return {}");
  EXPECT_TRUE(Bundle::read((path_ / "p.lua").string()).has_value());
  write("lib/one_more.lua", "return {}");
  EXPECT_FALSE(Bundle::read((path_ / "p.lua").string()).has_value());
}

}  // namespace
}  // namespace sbc::policy::testing
