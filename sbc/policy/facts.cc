// Facts as userdata: nothing is copied into Lua until a handler reads it.

#include <array>
#include <concepts>
#include <ctime>
#include <span>
#include <type_traits>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/policy/boxes.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/fact_values.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/reading.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

struct FactBox {
  const void* facts;
  std::uint64_t invocation;
};

constexpr std::array<const char*, kFactKinds> kMetatables = {"call",    "registration", "request", "leg",
                                                             "attempt", "quality",      "ending",  "address",
                                                             "headers", "response",     "event",   "timer"};

const char* metatable_of(FactKind kind) {
  return kMetatables[static_cast<std::size_t>(kind)];
}

// ---- how a fact is read, and of which type it is -----------------------------------------------------------------

template <typename Facts, auto member>
void read_member(lua_State* lua, const void* facts) {
  push_value(lua, static_cast<const Facts*>(facts)->*member);
}

// The type that a policy sees, as LuaLS spells it (language.h).
constexpr std::string_view type_of(const std::string*) {
  return "string";
}
constexpr std::string_view type_of(const bool*) {
  return "boolean";
}
template <std::unsigned_integral Number>
constexpr std::string_view type_of(const Number*) {
  return "integer";
}
constexpr std::string_view type_of(const std::optional<double>*) {
  return "number?";
}
constexpr std::string_view type_of(const std::optional<std::uint32_t>*) {
  return "integer?";
}
constexpr std::string_view type_of(const OfferFacts*) {
  return "Sdp?";
}
constexpr std::string_view type_of(const std::optional<RegistrationFacts>*) {
  return "CallerRegistration?";
}
constexpr std::string_view type_of(const std::vector<AttemptFacts>*) {
  return "Attempt[]";
}
constexpr std::string_view type_of(const std::vector<CdrField>*) {
  return "CdrFields";
}
constexpr std::string_view type_of(const Address*) {
  return "Address";
}
constexpr std::string_view type_of(const std::vector<Address>*) {
  return "Address[]";
}
constexpr std::string_view type_of(const std::vector<HeaderView>*) {
  return "Headers";
}
constexpr std::string_view type_of(const std::vector<std::string>*) {
  return "string[]";
}
constexpr std::string_view type_of(const std::vector<StreamFacts>*) {
  return "Stream[]";
}

// How a fact is read, and of which type it is.
template <typename Facts, auto member>
constexpr FactReader push_member{
    read_member<Facts, member>,
    type_of(static_cast<const std::remove_reference_t<decltype(std::declval<Facts>().*member)>*>(nullptr))};

using Field = FactField;

// ---- values that are computed -----------------------------------------------------------------------------------

void set_number(lua_State* lua, const char* name, lua_Integer value) {
  lua_pushinteger(lua, value);
  lua_setfield(lua, -2, name);
}

// The operator's local time of the request as a table.
void push_time(lua_State* lua, const RequestFacts& facts) {
  const std::time_t local = static_cast<std::time_t>(facts.now.seconds + facts.utc_offset_seconds);
  std::tm parts{};
  gmtime_r(&local, &parts);
  lua_createtable(lua, 0, 10);
  set_number(lua, "unix", facts.now.seconds);
  set_number(lua, "year", parts.tm_year + 1900);
  set_number(lua, "month", parts.tm_mon + 1);
  set_number(lua, "day", parts.tm_mday);
  set_number(lua, "hour", parts.tm_hour);
  set_number(lua, "minute", parts.tm_min);
  set_number(lua, "second", parts.tm_sec);
  set_number(lua, "weekday", parts.tm_wday == 0 ? 7 : parts.tm_wday);  // ISO 8601: Monday is 1
  std::array<char, 32> text;
  push(lua, {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)});
  lua_setfield(lua, -2, "date");
  push(lua, {text.data(), std::strftime(text.data(), text.size(), "%H:%M", &parts)});
  lua_setfield(lua, -2, "clock");
}

const void* facts_of(lua_State* lua, FactKind kind, int index) {
  const auto* box = static_cast<const FactBox*>(luaL_checkudata(lua, index, metatable_of(kind)));
  if (box->invocation != engine_of(lua).invocation)
    raise(lua, "this ", std::string_view(metatable_of(kind)), " belongs to an earlier event; facts cannot be kept");
  return box->facts;
}

// call.header_values(name): every value, in order. Upvalue 1: the headers box.
int header_values(lua_State* lua) {
  const auto& headers =
      *static_cast<const std::vector<HeaderView>*>(facts_of(lua, FactKind::Headers, lua_upvalueindex(1)));
  luaL_checktype(lua, 1, LUA_TSTRING);
  const std::string_view name = text_at(lua, 1);
  lua_newtable(lua);
  lua_Integer count = 0;
  for (const HeaderView& header : headers) {
    if (!base::equals_ignoring_case(header.name, name)) continue;
    push(lua, header.value);
    lua_rawseti(lua, -2, ++count);
  }
  if (engine_of(lua).noting) note_asked(lua, "header_values", name);
  return 1;
}

template <typename Facts>
void read_header_values(lua_State* lua, const void* facts) {
  push_value(lua, static_cast<const Facts*>(facts)->headers);
  lua_pushcclosure(lua, header_values, 1);
}
template <typename Facts>
constexpr FactReader push_header_values{read_header_values<Facts>, "fun(name: string): string[]"};

// Upvalue 1: whether the registration is authenticated.
int challenge_unless_authenticated(lua_State* lua) {
  Engine& engine = engine_of(lua);
  if (engine.made.size() >= kMaxDecisions) raise(lua, "too many decisions are made in one event");
  Made& made = engine.made.emplace_back();
  made.kind = lua_toboolean(lua, lua_upvalueindex(1)) != 0 ? Made::Kind::Accept : Made::Kind::Challenge;
  where(lua, made.where);
  return push_decision(lua, engine.made.size() - 1);
}

template <typename Facts>
void read_challenge_sugar(lua_State* lua, const void* facts) {
  lua_pushboolean(lua, static_cast<const Facts*>(facts)->authenticated ? 1 : 0);
  lua_pushcclosure(lua, challenge_unless_authenticated, 1);
}
template <typename Facts>
constexpr FactReader push_challenge_sugar{read_challenge_sugar<Facts>, "fun(): Accept|Challenge"};

template <typename Facts>
void read_time_of(lua_State* lua, const void* facts) {
  push_time(lua, *static_cast<const Facts*>(facts));
}
template <typename Facts>
constexpr FactReader push_time_of{read_time_of<Facts>, "Time"};

// ---- the fields of each kind ------------------------------------------------------------------------------------

template <typename Facts>
constexpr std::array kRequestFields = {
    Field{"realm", push_member<Facts, &Facts::realm>},
    Field{"trunk", push_member<Facts, &Facts::trunk>},
    Field{"method", push_member<Facts, &Facts::method>},
    Field{"call_id", push_member<Facts, &Facts::call_id>},
    Field{"ruri", push_member<Facts, &Facts::ruri>},
    Field{"source_ip", push_member<Facts, &Facts::source_ip>},
    Field{"source_port", push_member<Facts, &Facts::source_port>},
    Field{"transport", push_member<Facts, &Facts::transport>},
    Field{"tls_peer", push_member<Facts, &Facts::tls_peer>},
    Field{"user_agent", push_member<Facts, &Facts::user_agent>},
    Field{"from", push_member<Facts, &Facts::from>},
    Field{"to", push_member<Facts, &Facts::to>},
    Field{"to_header", push_member<Facts, &Facts::to_header>},
    Field{"authenticated", push_member<Facts, &Facts::authenticated>},
    Field{"auth_user", push_member<Facts, &Facts::auth_user>},
    Field{"behind_nat", push_member<Facts, &Facts::behind_nat>},
    Field{"recent_failures", push_member<Facts, &Facts::recent_failures>},
    Field{"time", push_time_of<Facts>},
    Field{"headers", push_member<Facts, &Facts::headers>},
    Field{"header_values", push_header_values<Facts>},
};

template <typename Facts>
constexpr std::array kSenderFields = {
    Field{"registered_source", push_member<Facts, &Facts::registered_source>},
    Field{"registered_aor", push_member<Facts, &Facts::registered_aor>},
};

constexpr std::array kOutsideFields = {
    Field{"target_party", push_member<RequestFacts, &RequestFacts::target_party>},
};

constexpr std::array kInviteFields = {
    Field{"referred_by", push_member<InviteFacts, &InviteFacts::referred_by>},
    Field{"replaces", push_member<InviteFacts, &InviteFacts::replaces>},
    Field{"emergency", push_member<InviteFacts, &InviteFacts::emergency>},
    Field{"has_sdp", push_member<InviteFacts, &InviteFacts::has_sdp>},
    Field{"sdp", push_member<InviteFacts, &InviteFacts::sdp>},
    Field{"registration", push_member<InviteFacts, &InviteFacts::registration>},
    Field{"attempts", push_member<InviteFacts, &InviteFacts::attempts>},
};

constexpr std::array kRegisterFields = {
    Field{"contacts", push_member<RegisterFacts, &RegisterFacts::contacts>},
    Field{"removes_all", push_member<RegisterFacts, &RegisterFacts::removes_all>},
    Field{"expires", push_member<RegisterFacts, &RegisterFacts::expires>},
    Field{"challenge_unless_authenticated", push_challenge_sugar<RegisterFacts>},
};

constexpr std::array kLegFields = {
    Field{"side", push_member<LegFacts, &LegFacts::side>},
    Field{"realm", push_member<LegFacts, &LegFacts::realm>},
    Field{"trunk", push_member<LegFacts, &LegFacts::trunk>},
    Field{"source_ip", push_member<LegFacts, &LegFacts::source_ip>},
    Field{"transport", push_member<LegFacts, &LegFacts::transport>},
    Field{"contact_host", push_member<LegFacts, &LegFacts::contact_host>},
    Field{"media_host", push_member<LegFacts, &LegFacts::media_host>},
    Field{"user_agent", push_member<LegFacts, &LegFacts::user_agent>},
    Field{"behind_nat", push_member<LegFacts, &LegFacts::behind_nat>},
};

constexpr std::array kAttemptFields = {
    Field{"number", push_member<AttemptFacts, &AttemptFacts::number>},
    Field{"target", push_member<AttemptFacts, &AttemptFacts::target>},
    Field{"realm", push_member<AttemptFacts, &AttemptFacts::realm>},
    Field{"trunk", push_member<AttemptFacts, &AttemptFacts::trunk>},
    Field{"group", push_member<AttemptFacts, &AttemptFacts::group>},
    Field{"cause", push_member<AttemptFacts, &AttemptFacts::cause>},
    Field{"status", push_member<AttemptFacts, &AttemptFacts::status>},
    Field{"reason", push_member<AttemptFacts, &AttemptFacts::reason>},
    Field{"retry_after", push_member<AttemptFacts, &AttemptFacts::retry_after>},
    Field{"rang", push_member<AttemptFacts, &AttemptFacts::rang>},
    Field{"early_media", push_member<AttemptFacts, &AttemptFacts::early_media>},
    Field{"remaining", push_member<AttemptFacts, &AttemptFacts::remaining>},
    Field{"elapsed_ms", push_member<AttemptFacts, &AttemptFacts::elapsed_ms>},
    Field{"contacts", push_member<AttemptFacts, &AttemptFacts::contacts>},
    Field{"usual", push_member<AttemptFacts, &AttemptFacts::usual>},
    Field{"next", push_member<AttemptFacts, &AttemptFacts::next>},
    Field{"pdd_ms", push_member<AttemptFacts, &AttemptFacts::pdd_ms>},
    Field{"rung_ms", push_member<AttemptFacts, &AttemptFacts::rung_ms>},
};

constexpr std::array kResponseFields = {
    Field{"number", push_member<ResponseFacts, &ResponseFacts::number>},
    Field{"target", push_member<ResponseFacts, &ResponseFacts::target>},
    Field{"realm", push_member<ResponseFacts, &ResponseFacts::realm>},
    Field{"trunk", push_member<ResponseFacts, &ResponseFacts::trunk>},
    Field{"group", push_member<ResponseFacts, &ResponseFacts::group>},
    Field{"status", push_member<ResponseFacts, &ResponseFacts::status>},
    Field{"reason", push_member<ResponseFacts, &ResponseFacts::reason>},
    Field{"has_sdp", push_member<ResponseFacts, &ResponseFacts::has_sdp>},
    Field{"reliable", push_member<ResponseFacts, &ResponseFacts::reliable>},
    Field{"elapsed_ms", push_member<ResponseFacts, &ResponseFacts::elapsed_ms>},
    Field{"user_agent", push_member<ResponseFacts, &ResponseFacts::user_agent>},
    Field{"headers", push_member<ResponseFacts, &ResponseFacts::headers>},
    Field{"header_values", push_header_values<ResponseFacts>},
};

constexpr std::array kInsideFields = {
    Field{"event", push_member<InsideFacts, &InsideFacts::event>},
    Field{"party", push_member<InsideFacts, &InsideFacts::party>},
    Field{"method", push_member<InsideFacts, &InsideFacts::method>},
    Field{"content_type", push_member<InsideFacts, &InsideFacts::content_type>},
    Field{"body", push_member<InsideFacts, &InsideFacts::body>},
    Field{"digit", push_member<InsideFacts, &InsideFacts::digit>},
    Field{"duration_ms", push_member<InsideFacts, &InsideFacts::duration_ms>},
    Field{"has_sdp", push_member<InsideFacts, &InsideFacts::has_sdp>},
    Field{"unchanged", push_member<InsideFacts, &InsideFacts::unchanged>},
    Field{"hold", push_member<InsideFacts, &InsideFacts::hold>},
    Field{"refer_to", push_member<InsideFacts, &InsideFacts::refer_to>},
    Field{"elapsed_ms", push_member<InsideFacts, &InsideFacts::elapsed_ms>},
    Field{"headers", push_member<InsideFacts, &InsideFacts::headers>},
    Field{"header_values", push_header_values<InsideFacts>},
};

constexpr std::array kTimerFields = {
    Field{"name", push_member<TimerFacts, &TimerFacts::name>},
    Field{"number", push_member<TimerFacts, &TimerFacts::number>},
    Field{"elapsed_ms", push_member<TimerFacts, &TimerFacts::elapsed_ms>},
};

constexpr std::array kQualityFields = {
    Field{"event", push_member<QualityFacts, &QualityFacts::event>},
    Field{"party", push_member<QualityFacts, &QualityFacts::party>},
    Field{"trunk", push_member<QualityFacts, &QualityFacts::trunk>},
    Field{"codec", push_member<QualityFacts, &QualityFacts::codec>},
    Field{"mos", push_member<QualityFacts, &QualityFacts::mos>},
    Field{"loss", push_member<QualityFacts, &QualityFacts::loss>},
    Field{"jitter_ms", push_member<QualityFacts, &QualityFacts::jitter_ms>},
    Field{"round_trip_ms", push_member<QualityFacts, &QualityFacts::round_trip_ms>},
    Field{"reported_mos", push_member<QualityFacts, &QualityFacts::reported_mos>},
    Field{"reported_loss", push_member<QualityFacts, &QualityFacts::reported_loss>},
    Field{"worst_mos", push_member<QualityFacts, &QualityFacts::worst_mos>},
    Field{"falls", push_member<QualityFacts, &QualityFacts::falls>},
    Field{"elapsed_ms", push_member<QualityFacts, &QualityFacts::elapsed_ms>},
};

constexpr std::array kEndFields = {
    Field{"answered", push_member<EndFacts, &EndFacts::answered>},
    Field{"status", push_member<EndFacts, &EndFacts::status>},
    Field{"reason", push_member<EndFacts, &EndFacts::reason>},
    Field{"cause", push_member<EndFacts, &EndFacts::cause>},
    Field{"ended_by", push_member<EndFacts, &EndFacts::ended_by>},
    Field{"trunk", push_member<EndFacts, &EndFacts::trunk>},
    Field{"setup_ms", push_member<EndFacts, &EndFacts::setup_ms>},
    Field{"duration_ms", push_member<EndFacts, &EndFacts::duration_ms>},
    Field{"caller_mos", push_member<EndFacts, &EndFacts::caller_mos>},
    Field{"callee_mos", push_member<EndFacts, &EndFacts::callee_mos>},
    Field{"caller_loss", push_member<EndFacts, &EndFacts::caller_loss>},
    Field{"callee_loss", push_member<EndFacts, &EndFacts::callee_loss>},
    Field{"caller_worst_mos", push_member<EndFacts, &EndFacts::caller_worst_mos>},
    Field{"callee_worst_mos", push_member<EndFacts, &EndFacts::callee_worst_mos>},
    Field{"streams", push_member<EndFacts, &EndFacts::streams>},
    Field{"silent", push_member<EndFacts, &EndFacts::silent>},
    Field{"pdd_ms", push_member<EndFacts, &EndFacts::pdd_ms>},
    Field{"rung_ms", push_member<EndFacts, &EndFacts::rung_ms>},
    Field{"class", push_member<EndFacts, &EndFacts::call_class>},
    Field{"cdr", push_member<EndFacts, &EndFacts::cdr>},
};

constexpr std::array kAddressFields = {
    Field{"uri", push_member<Address, &Address::uri>},         Field{"scheme", push_member<Address, &Address::scheme>},
    Field{"user", push_member<Address, &Address::user>},       Field{"host", push_member<Address, &Address::host>},
    Field{"port", push_member<Address, &Address::port>},       Field{"aor", push_member<Address, &Address::aor>},
    Field{"display", push_member<Address, &Address::display>},
};

// ---- metamethods ------------------------------------------------------------------------------------------------

constexpr std::array<const char*, kFactKinds> kHasNo = {
    "a call has no",     "a registration has no", "a request has no", "a leg has no",
    "an attempt has no", "a quality has no",      "an ending has no", "an address has no",
    "headers have no",   "a response has no",     "an event has no",  "a timer has no"};

// The error of a field that does not exist. The names are in static storage because raising leaves by longjmp.
[[noreturn]] void raise_unknown_fact(lua_State* lua, FactKind kind) {
  static thread_local std::array<std::string_view, 64> names;
  if (!is_string(lua, 2)) raise(lua, "a fact has a name, not a ", type_at(lua, 2));
  std::size_t count = 0;
  lua_pushnil(lua);
  while (lua_next(lua, lua_upvalueindex(1)) != 0) {
    if (count < names.size()) names[count++] = text_at(lua, -2);
    lua_pop(lua, 1);
  }
  raise_unknown(lua, kHasNo[static_cast<std::size_t>(kind)], text_at(lua, 2), std::span(names).first(count));
}

// Upvalues: a table from name to Field*, the kind. Runs for every fact that is read, hence no luaL_checkudata: the
// metatable is out of a policy's reach, so the first argument can be nothing else.
int index_facts(lua_State* lua) {
  const auto kind = static_cast<FactKind>(lua_tointeger(lua, lua_upvalueindex(2)));
  const auto* box = static_cast<const FactBox*>(lua_touserdata(lua, 1));
  if (box->invocation != engine_of(lua).invocation) facts_of(lua, kind, 1);  // raises
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(1));
  const auto* field = static_cast<const Field*>(lua_touserdata(lua, -1));
  if (field == nullptr) raise_unknown_fact(lua, kind);
  field->reader.push(lua, box->facts);
  if (engine_of(lua).noting) note_fact(lua, kind, box->facts, field->name);
  return 1;
}

int index_headers(lua_State* lua) {
  const auto& headers = *static_cast<const std::vector<HeaderView>*>(facts_of(lua, FactKind::Headers, 1));
  luaL_checktype(lua, 2, LUA_TSTRING);
  const std::string_view name = text_at(lua, 2);
  for (const HeaderView& header : headers) {
    if (!base::equals_ignoring_case(header.name, name)) continue;
    push(lua, header.value);
    if (engine_of(lua).noting) note_fact(lua, FactKind::Headers, &headers, name);
    return 1;
  }
  lua_pushnil(lua);
  if (engine_of(lua).noting) note_fact(lua, FactKind::Headers, &headers, name);
  return 1;
}

// Upvalue 1: index of the next header.
int next_header(lua_State* lua) {
  const auto& headers = *static_cast<const std::vector<HeaderView>*>(facts_of(lua, FactKind::Headers, 1));
  const auto i = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(1)));
  if (i >= headers.size()) return 0;
  lua_pushinteger(lua, static_cast<lua_Integer>(i + 1));
  lua_replace(lua, lua_upvalueindex(1));
  push(lua, headers[i].name);
  push(lua, headers[i].value);
  return 2;
}

int header_pairs(lua_State* lua) {
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_header, 1);
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int refuse_change(lua_State* lua) {
  raise(lua, "facts cannot be changed; say it in the decision");
}

void make_metatable(lua_State* lua, FactKind kind, std::initializer_list<std::span<const Field>> parts) {
  luaL_newmetatable(lua, metatable_of(kind));
  if (kind == FactKind::Headers) {
    set_function(lua, "__index", index_headers);
    set_function(lua, "__pairs", header_pairs);
  } else {
    lua_newtable(lua);
    for (std::span<const Field> part : parts) {
      for (const Field& field : part) {
        push(lua, field.name);
        lua_pushlightuserdata(lua, const_cast<Field*>(&field));  // Lua knows no const; only read again
        lua_rawset(lua, -3);
      }
    }
    lua_pushinteger(lua, static_cast<lua_Integer>(kind));
    lua_pushcclosure(lua, index_facts, 2);
    lua_setfield(lua, -2, "__index");
  }
  set_function(lua, "__newindex", refuse_change);
  lua_pushliteral(lua, "facts");
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
}

}  // namespace

const char* name_of(FactKind kind) {
  return metatable_of(kind);
}
const char* lacking(FactKind kind) {
  return kHasNo[static_cast<std::size_t>(kind)];
}

void register_fact_boxes(lua_State* lua) {
  make_metatable(lua, FactKind::Invite, {kRequestFields<InviteFacts>, kSenderFields<InviteFacts>, kInviteFields});
  make_metatable(lua, FactKind::Register, {kRequestFields<RegisterFacts>, kRegisterFields});
  make_metatable(lua, FactKind::Request, {kRequestFields<RequestFacts>, kSenderFields<RequestFacts>, kOutsideFields});
  make_metatable(lua, FactKind::Leg, {kLegFields});
  make_metatable(lua, FactKind::Attempt, {kAttemptFields});
  make_metatable(lua, FactKind::Quality, {kQualityFields});
  make_metatable(lua, FactKind::End, {kEndFields});
  make_metatable(lua, FactKind::Address, {kAddressFields});
  make_metatable(lua, FactKind::Headers, {});
  make_metatable(lua, FactKind::Response, {kResponseFields});
  make_metatable(lua, FactKind::Inside, {kInsideFields});
  make_metatable(lua, FactKind::Timer, {kTimerFields});
}

const void* part_of(lua_State* lua, int index) {
  return static_cast<const FactBox*>(lua_touserdata(lua, index))->facts;
}

void push_facts(lua_State* lua, FactKind kind, const void* facts) {
  auto* box = static_cast<FactBox*>(lua_newuserdatauv(lua, sizeof(FactBox), 0));
  *box = {.facts = facts, .invocation = engine_of(lua).invocation};
  luaL_setmetatable(lua, metatable_of(kind));
}

}  // namespace sbc::policy
