// Facts as JSON and back: every field that a policy can read, and every byte of it.

#include "sbc/retell/facts.h"

#include <algorithm>

#include "sbc/json/write.h"
#include "sbc/policy/language.h"
#include "sbc/retell/fields.h"

#include "../policy/support.h"

namespace sbc::retell {
namespace {

using policy::testing::FakeLookup;

// Gives every field a value that no other has.
struct Filler {
  std::uint32_t last = 100;
  std::string next(const char* name) { return std::string(name) + "-" + std::to_string(++last); }

  template <typename Member>
  void operator()(const char* name, Member& member) {
    fill(name, member);
  }
  void time(const char*, base::WallTime& now, std::int32_t& offset) {
    now.seconds = 1'795'226'400;
    offset = -3600;
  }
  void fill(const char* name, std::string& out) { out = next(name); }
  void fill(const char*, bool& out) { out = true; }
  template <std::unsigned_integral Number>
  void fill(const char*, Number& out) {
    out = static_cast<Number>(++last);
  }
  void fill(const char*, float& out) { out = 0.3F; }
  void fill(const char*, std::optional<double>& out) { out = static_cast<double>(++last) / 7; }
  void fill(const char*, std::optional<std::uint32_t>& out) { out = ++last; }
  void fill(const char* name, policy::OfferFacts& out) {
    auto sdp = std::make_shared<policy::SdpFacts>();
    fill(name, *sdp);
    out.said = std::move(sdp);
  }
  void fill(const char* name, std::optional<policy::RegistrationFacts>& out) { fill(name, out.emplace()); }
  void fill(const char*, std::vector<policy::CdrField>& out) {
    out = {{"account", next("cdr")}, {"price", 0.25}, {"units", std::int64_t{12}}};
  }
  void fill(const char*, std::vector<policy::HeaderView>& out) {
    out = {{"Subject", "lunch"}, {"Diversion", "<sip:x@y>"}, {"Diversion", "<sip:z@y>"}};
  }
  template <typename Element>
  void fill(const char* name, std::vector<Element>& out) {
    out.resize(2);
    for (auto& element : out) fill(name, element);
  }
  template <typename Facts>
    requires std::is_aggregate_v<Facts>
  void fill(const char*, Facts& out) {
    each(*this, out);
  }
};

template <typename Facts>
Facts filled() {
  Facts facts;
  Filler filler;
  each(filler, facts);
  return facts;
}

std::vector<std::string> names_of(const json::Value& value) {
  std::vector<std::string> names;
  for (const auto& [name, one] : std::get<json::Members>(value.what)) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

// What a policy reads of a class: its functions only say in another way what its fields say.
std::vector<std::string> names_of(const char* language_class) {
  std::vector<std::string> names;
  const auto language = policy::language();
  for (const auto& field : language.find(language_class)->fields)
    if (!field.type.starts_with("fun(")) names.push_back(field.name);
  std::ranges::sort(names);
  return names;
}

// Lua that writes all of a value of that type.
std::string told(const policy::Language& language, std::string_view type, const std::string& value) {
  if (type.ends_with("[]"))
    return "each(" + value + ", function(x) return " + told(language, type.substr(0, type.size() - 2), "x") + " end)";
  if (type == "Headers")
    return "each(header_values('Diversion'), tostring) .. tostring(" + value + ".Subject) .. tostring(" + value +
           ".To)";
  if (type == "CdrFields")
    return "tostring(" + value + ".account) .. tostring(" + value + ".price) .. tostring(" + value + ".units)";
  if (type.ends_with("?") && language.find(type.substr(0, type.size() - 1)) != nullptr)
    return "(" + value + " and " + told(language, type.substr(0, type.size() - 1), value) + " or 'nil')";
  const auto* shape = language.find(type);
  if (shape == nullptr) return "tostring(" + value + ")";
  std::string text = "''";
  for (const auto& field : shape->fields)
    if (!field.type.starts_with("fun("))
      text += " .. '" + field.name + "=' .. " + told(language, field.type, value + "." + field.name) + " .. ';'";
  return text;
}

// A policy whose handler fails with all that it can read of what it is told.
std::unique_ptr<policy::Host> teller(const char* handler) {
  const auto language = policy::language();
  const auto shape = std::ranges::find(language.handlers, handler, &policy::HandlerShape::name);
  std::string text =
      "local function each(list, show) local out = '' for i = 1, #list do out = out .. '[' .. show(list[i]) .. ']' end "
      "return out end\nreturn { on_invite = function() end, " +
      std::string(handler) + " = function(first, second)\n";
  text += std::string(shape->parameters[0].type == "Leg" ? "" : "local header_values = first.header_values\n") +
          "local a = " + told(language, shape->parameters[0].type, "first") + "\nlocal b = ''\n";
  if (shape->parameters.size() > 1) text += "b = " + told(language, shape->parameters[1].type, "second") + "\n";
  return policy::testing::load(text + "error(a .. '|' .. b) end }");
}

template <typename Facts>
Owned<Facts> again(const Facts& facts) {
  const auto text = json::text_of(to_json(facts));
  const auto parsed = json::parse(text);
  EXPECT_TRUE(parsed) << text;
  auto back = read<Facts>(*parsed);
  EXPECT_TRUE(back) << back.error();
  EXPECT_EQ(json::text_of(to_json(back->facts)), text);
  return *std::move(back);
}

// The names, and what a policy reads before and after.
template <typename Facts, typename Ask>
void expect_all(const char* of, const Facts& facts, Ask&& ask) {
  EXPECT_EQ(names_of(to_json(facts)), names_of(of)) << of;
  const auto back = again(facts);
  const std::string before = ask(facts);
  EXPECT_TRUE(before.contains("|")) << before;
  EXPECT_EQ(before, ask(back.facts)) << of;
  EXPECT_NE(before, ask(Facts{})) << of;
}

TEST(Facts, OfEveryKindAreWholeAgain) {
  FakeLookup lookup;
  const auto host = [](const char* handler) { return teller(handler); };
  expect_all("Call", filled<policy::InviteFacts>(),
             [&](const auto& facts) { return host("on_invite")->on_invite(facts, lookup).error; });
  expect_all("Registration", filled<policy::RegisterFacts>(),
             [&](const auto& facts) { return host("on_register")->on_register(facts, lookup).error; });
  expect_all("Request", filled<policy::RequestFacts>(),
             [&](const auto& facts) { return host("on_request")->on_request(facts, lookup).error; });
  expect_all("Leg", filled<policy::LegFacts>(), [&](const auto& facts) { return host("on_nat")->on_nat(facts).error; });
  const policy::InviteFacts call;
  expect_all("Attempt", filled<policy::AttemptFacts>(),
             [&](const auto& facts) { return host("on_failure")->on_failure(call, facts, lookup).error; });
  expect_all("Quality", filled<policy::QualityFacts>(),
             [&](const auto& facts) { return host("on_media_quality")->on_media_quality(call, facts, lookup).error; });
  expect_all("Ending", filled<policy::EndFacts>(),
             [&](const auto& facts) { return host("on_end")->on_end(call, facts, lookup).error; });
  expect_all("Response", filled<policy::ResponseFacts>(),
             [&](const auto& facts) { return host("on_answer")->on_answer(call, facts, lookup).error; });
  expect_all("Event", filled<policy::InsideFacts>(), [&](const auto& facts) {
    return host("on_info")->on_inside(policy::Handler::Info, call, facts, lookup).error;
  });
  expect_all("Timer", filled<policy::TimerFacts>(),
             [&](const auto& facts) { return host("on_timer")->on_timer(call, facts, lookup).error; });
}

TEST(Facts, InsideOthersAreWholeToo) {
  const auto value_in = [](const json::Value& of, const char* name) { return *json::member(of, name); };
  const auto call = to_json(filled<policy::InviteFacts>());
  EXPECT_EQ(names_of(value_in(call, "from")), names_of("Address"));
  const auto streams = value_in(to_json(filled<policy::EndFacts>()), "streams");
  EXPECT_EQ(names_of(std::get<json::List>(streams.what).front()), names_of("Stream"));

  policy::Contact contact;
  Filler filler;
  each(filler, contact);
  contact.token = 77;
  const auto contacts = to_json(std::vector{contact});
  EXPECT_EQ(names_of(std::get<json::List>(contacts.what).front()), names_of("Contact"));
  const auto back = read_contacts(*json::parse(json::text_of(contacts)));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(json::text_of(to_json(*back)), json::text_of(contacts));
  EXPECT_EQ(back->front().q, 0.3F);
  EXPECT_EQ(back->front().token, 0U);
}

TEST(Facts, KeepEveryByteOfAMessage) {
  policy::InviteFacts facts;
  const std::string latin = "caf\xe9 \"\\\x01";
  facts.from.display = std::string("\xff\0\xc3", 3);
  facts.headers = {{"Subject", latin}, {"X-Plain", "caf\xc3\xa9"}};
  const auto back = again(facts);
  EXPECT_EQ(back.facts.from.display, facts.from.display);
  EXPECT_EQ(back.facts.headers.at(0).value, latin);
  EXPECT_EQ(back.facts.headers.at(1).value, "caf\xc3\xa9");
  EXPECT_TRUE(json::text_of(to_json(facts)).contains(R"(["Subject",{"bytes":"636166e920225c01"}])"));
}

TEST(Facts, NeverHoldCredentials) {
  policy::RegisterFacts facts;
  facts.headers = {{"Authorization", "Digest response=\"abc\""}, {"proxy-authorization", "Digest x"}, {"Subject", "s"}};
  const auto text = json::text_of(to_json(facts));
  EXPECT_FALSE(text.contains("Digest")) << text;
  const auto back = read<policy::RegisterFacts>(to_json(facts));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->facts.headers.at(0).value, kMark);
  EXPECT_EQ(back->facts.headers.at(1).value, kMark);
  EXPECT_EQ(back->facts.headers.at(2).value, "s");
}

TEST(Facts, SayWhatIsWrongAndWhere) {
  const auto error = [](const char* text) { return read<policy::InviteFacts>(*json::parse(text)).error(); };
  EXPECT_EQ(error("[]"), "call: expected an object");
  EXPECT_EQ(error(R"({"realm": 5})"), "call.realm: expected a text");
  EXPECT_EQ(error(R"({"from": {"port": 65536}})"), "call.from.port: expected a number from 0 to 65535");
  EXPECT_EQ(error(R"({"from": {"port": -1}})"), "call.from.port: expected a number from 0 to 65535");
  EXPECT_EQ(error(R"({"tls_peer": ["a", 1]})"), "call.tls_peer[2]: expected a text");
  EXPECT_EQ(error(R"({"headers": [["a"]]})"), "call.headers[1]: expected a header field, [name, value]");
  EXPECT_EQ(error(R"({"time": {"unix": "x"}})"),
            "call.time.unix: expected a number from -9223372036854775808 to 9223372036854775807");
  EXPECT_EQ(error(R"({"ruri": {"bytes": "6"}})"), "call.ruri: expected a text");
  EXPECT_EQ(error(R"({"emergency": 1})"), "call.emergency: expected true or false");
  const auto end = read<policy::EndFacts>(*json::parse(R"({"streams": [{"mos": "x"}]})"));
  EXPECT_EQ(end.error(), "ending.streams[1].mos: expected a number or null");
}

TEST(Facts, OfAnotherVersionAreReadAsFarAsTheyGo) {
  const auto facts = read<policy::InviteFacts>(*json::parse(R"({"realm": "access", "mood": "good"})"));
  ASSERT_TRUE(facts) << facts.error();
  EXPECT_EQ(facts->facts.realm, "access");
  EXPECT_EQ(facts->facts.source_port, 0);
}

}  // namespace
}  // namespace sbc::retell
