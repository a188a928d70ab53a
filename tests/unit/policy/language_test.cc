// The language as it is declared is the one that runs.

#include "sbc/policy/language.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

std::string file(const std::string& name) {
  std::ifstream in(PARAPET_SOURCE_DIR "/policies/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Language, EveryHandlerHasItsShape) {
  for (const auto& handler : language().handlers)
    EXPECT_FALSE(handler.parameters.empty()) << handler.name << ": add it to kShapes of language.cc";
}

TEST(Language, EveryFunctionOfOursHasASignature) {
  const auto what = language();
  for (const char* name : {"location", "log", "ip", "counter", "tables", "dns", "http", "redis", "sql", "json", "timer",
                           "trunks", "groups", "realms"}) {
    const auto* library = what.find(std::string("lib.") + name);
    ASSERT_NE(library, nullptr) << name;
    for (const auto& field : library->fields)
      EXPECT_NE(field.type, "function") << name << "." << field.name << ": add it to kSignatures of language.cc";
  }
}

TEST(Language, EveryFactCanBeRead) {
  const auto what = language();
  ASSERT_NE(what.find("Call"), nullptr);
  EXPECT_GT(what.find("Call")->fields.size(), 20U);
  std::string body;
  for (const auto& field : what.find("Call")->fields) body += "do local x = call." + field.name + " end\n";
  for (const auto& field : what.find("Address")->fields) body += "do local x = call.from." + field.name + " end\n";
  for (const auto& field : what.find("Time")->fields) body += "assert(call.time." + field.name + " ~= nil)\n";
  EXPECT_EQ(error_of(body + "return drop()"), "");
}

// A value of the type, as a policy writes it; "": there is none that stands alone.
std::string sample(const std::string& name, const std::string& type) {
  if (name == "trunk" || name == "group" || name == "realm" || name == "contacts" || name == "uri") return "";
  if (name == "weight" || name == "draw_by" || name == "at_once") return "";  // of lists (choices_test.cc)
  if (name == "class") return "\"gold\"";
  if (type.starts_with("\"")) return type.substr(0, type.find('|'));
  if (name == "music_on_hold" || name == "ringback" || name == "welcome" || name == "announcement") return "\"closed\"";
  if (type.starts_with("string[]"))
    return name == "latch_from" ? "{ \"any\" }" : name == "deny" ? "{ \"video\" }" : "{ \"PCMA\" }";
  if (type.starts_with("string")) return "\"100\"";
  if (type == "integer") return "60";
  if (type == "boolean") return "true";
  return "{}";
}

std::string nat_error(const std::string& answer) {
  const auto host =
      load("return { on_invite = function() return drop() end, on_nat = function() return " + answer + " end }");
  return host->on_nat({}).error;
}

TEST(Language, EveryFieldOfADecisionIsTaken) {
  const auto what = language();
  for (const auto& [name, before, after] :
       {std::tuple{"Place", "route { trunk = \"carrier_a\", ", " }"},
        std::tuple{"CallerAs", "route { trunk = \"carrier_a\", from = { ", " } }"},
        std::tuple{"Codecs", "route { trunk = \"carrier_a\", codecs = { ", " } }"},
        std::tuple{"Record", "route { trunk = \"carrier_a\", record = { wav = true, ", " } }"},
        std::tuple{"RefusalOptions", "reject(404, nil, nil, { ", " })"}}) {
    std::string body;
    for (const auto& field : what.find(name)->fields) {
      const auto value = sample(field.name, field.type);
      if (!value.empty()) body += "do local x = " + std::string(before) + field.name + " = " + value + after + " end\n";
    }
    EXPECT_EQ(error_of(body + "return drop()"), "") << name;
    EXPECT_THAT(error_of("return " + std::string(before) + "nosuchfield = 1" + after), HasSubstr("\"nosuchfield\""));
  }
  std::string answer;
  for (const auto& field : what.find("NatTreatment")->fields)
    answer += field.name + " = " + sample(field.name, field.type) + ", ";
  EXPECT_EQ(nat_error("{ " + answer + " }"), "");
  for (const auto& field : what.find("ResponseChanges")->fields) {
    const auto value = field.name == "status" ? "180" : sample(field.name, field.type);
    const auto error = [&](const std::string& handler) {
      FakeLookup lookup;
      const auto host = load("return { on_invite = function() return drop() end, " + handler +
                             " = function() return change { " + field.name + " = " + value + " } end }");
      return handler == "on_answer" ? host->on_answer(call(), {}, lookup).error
                                    : host->on_provisional(call(), {}, lookup).error;
    };
    EXPECT_TRUE(error("on_answer").empty() || error("on_provisional").empty()) << field.name;
  }
}

// Each of the words that a field knows, and no other.
TEST(Language, EveryWordOfAFieldIsTaken) {
  const auto what = language();
  std::string body;
  for (const auto& field : what.find("Place")->fields) {
    if (!field.type.starts_with("\"")) continue;
    const auto place = "route { trunk = \"carrier_a\", " + field.name + " = ";
    for (std::size_t at = 0; at < field.type.size();) {
      const auto end = std::min(field.type.find('|', at), field.type.size());
      body += "do local x = " + place + field.type.substr(at, end - at) + " } end\n";
      at = end + 1;
    }
    body += "assert(not pcall(function() return " + place + "\"nosuchword\" } end))\n";
  }
  EXPECT_EQ(error_of(body + "return drop()"), "");
}

TEST(Language, EveryGlobalIsThere) {
  std::string body;
  for (const auto& global : language().globals) body += "do local x = " + global.name + " end\n";
  EXPECT_EQ(error_of(body + "return drop()"), "");
}

TEST(Stubs, AreThoseOfThisLanguage) {
  EXPECT_EQ(file("types/parapet.lua"), stubs(language())) << "run: sbcctl policy stubs --to policies";
  EXPECT_EQ(file(".luacheckrc"), luacheck_settings(language())) << "run: sbcctl policy stubs --to policies";
  EXPECT_EQ(file(".luarc.json"), luals_settings()) << "run: sbcctl policy stubs --to policies";
}

}  // namespace
}  // namespace sbc::policy::testing
