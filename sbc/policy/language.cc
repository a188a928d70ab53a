#include "sbc/policy/language.h"

#include <algorithm>
#include <array>
#include <span>

#include "media-relay/base/text.h"

#include "sbc/policy/boxes.h"
#include "sbc/policy/constructors.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/loader.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

// What C functions take and give cannot be read from them.
constexpr std::array<Declared, 59> kSignatures = {{
    {"route", "fun(places: Place|Contacts|Contact): Route"},
    {"reject", "fun(status: integer, reason?: string, headers?: HeaderValues, options?: RefusalOptions): Reject"},
    {"redirect", "fun(to: string|string[], status?: integer, reason?: string, headers?: HeaderValues): Redirect"},
    {"deny", "fun(status?: integer, reason?: string, headers?: HeaderValues): Reject"},
    {"give_up", "fun(status?: integer, reason?: string, headers?: HeaderValues, options?: RefusalOptions): GiveUp"},
    {"challenge", "fun(): Challenge"},
    {"drop", "fun(): Drop"},
    {"accept", "fun(options?: AcceptOptions): Accept"},
    {"next_candidate", "fun(): Next"},
    {"follow", "fun(): Follow"},
    {"pass", "fun(): Pass"},
    {"change", "fun(changes: ResponseChanges): Change"},
    {"hide", "fun(): Hide"},
    {"hang_up", "fun(status?: integer, reason?: string): HangUp"},
    {"timer.set", "fun(name: string, seconds: integer)"},
    {"timer.cancel", "fun(name: string)"},
    {"location.lookup", "fun(address: string): Contacts?"},
    {"location.known", "fun(address: string): boolean"},
    {"location.calls", "fun(address: string): integer"},
    {"log.debug", "fun(...: any)"},
    {"log.info", "fun(...: any)"},
    {"log.warning", "fun(...: any)"},
    {"log.error", "fun(...: any)"},
    {"ip.inside", "fun(address: string, ...: string): boolean"},
    {"ip.is_private", "fun(address: string): boolean"},
    {"counter.incr", "fun(name: string, window: integer, amount?: integer): integer"},
    {"counter.get", "fun(name: string, window: integer): integer"},
    {"tables.find", "fun(table: string, key: string): any"},
    {"tables.prefix", "fun(table: string, text: string): any, string?"},
    {"dns.lookup",
     "fun(name: string, type?: \"A\"|\"AAAA\"|\"SRV\"|\"TXT\", options?: DnsOptions): (string|SrvRecord)[]?, string?"},
    {"dns.enum", "fun(number: string, options?: EnumOptions): EnumRecord[]?, string?"},
    {"http.get", "fun(url: string, options?: HttpGetOptions): HttpAnswer?, string?"},
    {"http.post", "fun(url: string, options: HttpPostOptions): HttpAnswer?, string?"},
    {"http.escape", "fun(text: string): string"},
    {"redis.get", "fun(key: string|integer, options?: RedisOptions): string?, string?"},
    {"redis.hget", "fun(key: string|integer, field: string|integer, options?: RedisOptions): string?, string?"},
    {"redis.hgetall", "fun(key: string|integer, options?: RedisOptions): table?, string?"},
    {"redis.command", "fun(command: string, ...: string|number|RedisOptions): any, string?"},
    {"sql.query", "fun(query: string, ...: string|number|boolean|nil): table[]?, string?"},
    {"json.decode", "fun(text: string): any, string?"},
    {"json.encode", "fun(value: any): string"},
    {"trunks.names", "string[]"},
    {"trunks.exists", "fun(name: string): boolean"},
    {"trunks.calls", "fun(name: TrunkName): integer"},
    {"groups.names", "string[]"},
    {"groups.exists", "fun(name: string): boolean"},
    {"realms.names", "string[]"},
    {"realms.exists", "fun(name: string): boolean"},
    {"realms.calls", "fun(name: RealmName): integer"},
    {"require", "fun(name: string): any"},
    // Of Lua's own, those whose result is worth knowing.
    {"tostring", "fun(value: any): string"},
    {"type", "fun(value: any): string"},
    {"string.format", "fun(format: string, ...: any): string"},
    {"string.lower", "fun(text: string|number): string"},
    {"string.upper", "fun(text: string|number): string"},
    {"string.sub", "fun(text: string|number, first: integer, last?: integer): string"},
    {"string.rep", "fun(text: string|number, count: integer, between?: string): string"},
    {"string.len", "fun(text: string|number): integer"},
    {"string.reverse", "fun(text: string|number): string"},
}};

// Facts that are one of a few texts.
struct Words {
  FactKind kind;
  std::string_view field;
  std::string_view type;
};
constexpr std::string_view kTransports = R"("UDP"|"TCP"|"TLS"|"WS"|"WSS")";
constexpr std::array<Words, 15> kWords = {{
    {FactKind::Invite, "transport", kTransports},
    {FactKind::Register, "transport", kTransports},
    {FactKind::Request, "transport", kTransports},
    {FactKind::Leg, "transport", kTransports},
    {FactKind::Leg, "side", R"("caller"|"callee"|"registration")"},
    {FactKind::Attempt, "cause", R"("response"|"timeout"|"transport")"},
    {FactKind::Attempt, "usual", R"("next"|"stop"|"follow"|"pass")"},
    {FactKind::Quality, "event", R"("low"|"recovered"|"silent")"},
    {FactKind::Quality, "party", R"("caller"|"callee")"},
    {FactKind::End, "cause",
     R"("bye"|"cancel"|"rejected"|"media_timeout"|"timeout"|"max_duration"|"hung_up"|"error"|"shutdown")"},
    {FactKind::End, "ended_by", R"("caller"|"callee"|"border")"},
    {FactKind::End, "silent", R"("caller"|"callee"|"")"},
    {FactKind::Inside, "event", R"("reinvite"|"refer"|"info"|"dtmf")"},
    {FactKind::Inside, "party", R"("caller"|"callee")"},
    {FactKind::Inside, "hold", R"("hold"|"resume"|"")"},
}};

struct Shape {
  Handler handler;
  std::string_view first, first_type;
  std::string_view second, second_type;
  std::string_view returns;
};
constexpr std::array<Shape, kHandlerCount> kShapes = {{
    {Handler::Invite, "call", "Call", "", "", "Route|Reject|Redirect|Challenge|Drop"},
    {Handler::Register, "reg", "Registration", "", "", "Accept|Reject|Challenge|Drop"},
    {Handler::Request, "request", "Request", "", "", "Accept|Route|Reject|Redirect|Challenge|Drop"},
    {Handler::Nat, "leg", "Leg", "", "", "NatTreatment|nil"},
    {Handler::Failure, "call", "Call", "attempt", "Attempt", "Next|GiveUp|Reject|Redirect|Route|Follow|Pass|nil"},
    {Handler::MediaQuality, "call", "Call", "quality", "Quality", "any"},
    {Handler::End, "call", "Call", "ending", "Ending", "any"},
    {Handler::Screen, "request", "Request", "", "", "Accept|Reject|Drop|nil"},
    {Handler::Provisional, "call", "Call", "response", "Response", "Change|Hide|nil"},
    {Handler::Answer, "call", "Call", "response", "Response", "Change|HangUp|nil"},
    {Handler::Reinvite, "call", "Call", "event", "Event", "Accept|Reject|HangUp|nil"},
    {Handler::Refer, "call", "Call", "event", "Event", "Accept|Reject|HangUp|nil"},
    {Handler::Info, "call", "Call", "event", "Event", "Accept|Reject|HangUp|nil"},
    {Handler::Dtmf, "call", "Call", "event", "Event", "HangUp|nil"},
    {Handler::Timer, "call", "Call", "due", "Timer", "HangUp|nil"},
}};

constexpr std::array<Declared, 10> kTimeFields = {{{"year", "integer"},
                                                   {"month", "integer"},
                                                   {"day", "integer"},
                                                   {"hour", "integer"},
                                                   {"minute", "integer"},
                                                   {"second", "integer"},
                                                   {"weekday", "integer"},
                                                   {"date", "string"},
                                                   {"clock", "string"},
                                                   {"unix", "integer"}}};
constexpr std::array<std::string_view, 14> kDecisions = {"Route",    "Reject", "Redirect", "GiveUp", "Challenge",
                                                         "Drop",     "Accept", "Next",     "Follow", "Pass",
                                                         "Contacts", "Change", "Hide",     "HangUp"};
// Whose fields and functions LuaLS knows from Lua itself.
constexpr std::array<std::string_view, 4> kLibraries = {"string", "table", "math", "utf8"};

std::string class_name(std::string_view metatable) {
  std::string name(metatable);
  if (!name.empty() && name[0] >= 'a') name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

std::string_view signature_of(std::string_view path) {
  const auto found = std::ranges::find(kSignatures, path, &Declared::name);
  return found != kSignatures.end() ? found->type : "function";
}

// Names of the table on top that are texts, in order.
std::vector<std::string> keys(lua_State* lua) {
  std::vector<std::string> names;
  lua_pushnil(lua);
  while (lua_next(lua, -2) != 0) {
    if (is_string(lua, -2)) names.emplace_back(text_at(lua, -2));
    lua_pop(lua, 1);
  }
  std::ranges::sort(names);
  return names;
}

// The facts of a kind, from the metatable by which the engine reads them.
void add_facts(lua_State* lua, FactKind kind, Language& out) {
  Class facts{.name = class_name(name_of(kind)), .lacks = lacking(kind), .fields = {}};
  luaL_getmetatable(lua, name_of(kind));
  lua_getfield(lua, -1, "__index");
  if (lua_getupvalue(lua, -1, 1) == nullptr) {
    facts.open = true;  // headers: any name
  } else {
    for (const auto& name : keys(lua)) {
      lua_getfield(lua, -1, name.c_str());
      const auto* field = static_cast<const FactField*>(lua_touserdata(lua, -1));
      const auto words =
          std::ranges::find_if(kWords, [&](const Words& w) { return w.kind == kind && w.field == name; });
      facts.fields.push_back({name, std::string(words != kWords.end() ? words->type : field->reader.type)});
      lua_pop(lua, 1);
    }
  }
  lua_settop(lua, 0);
  out.classes.push_back(std::move(facts));
}

void add_class(Language& out, std::string name, std::string lacks, std::span<const Declared> fields, bool written) {
  Class added{.name = std::move(name), .lacks = std::move(lacks), .fields = {}, .written = written};
  for (const Declared& field : fields) added.fields.push_back({std::string(field.name), std::string(field.type)});
  out.classes.push_back(std::move(added));
}

void add_written(Language& out) {
  add_class(out, "Contact", "a contact has no", kContactFields, false);
  add_class(out, "Stream", "a stream has no", kStreamFields, false);
  add_class(out, "Sdp", "an offer has no", kSdpFields, false);
  add_class(out, "SdpLine", "a line of an offer has no", kSdpLineFields, false);
  add_class(out, "CallerRegistration", "a registration of the caller has no", kRegistrationFields, false);
  add_class(out, "Time", "a time has no", kTimeFields, false);
  add_class(out, "EnumRecord", "a record has no", kEnumRecordFields, false);
  add_class(out, "SrvRecord", "a record has no", kSrvRecordFields, false);
  add_class(out, "HttpAnswer", "an answer has no", kHttpAnswerFields, false);
  add_class(out, "Place", "route has no field", kPlaceFields, true);
  add_class(out, "CallerAs", "from has no field", kFromFields, true);
  out.classes.push_back({.name = "CdrFields", .lacks = "", .fields = {}, .written = true, .open = true});
  add_class(out, "Codecs", "codecs has no field", kCodecFields, true);
  add_class(out, "Record", "record has no field", kRecordFields, true);
  add_class(out, "AcceptOptions", "accept has no option", kAcceptFields, true);
  add_class(out, "RefusalOptions", "reject has no option", kRefusalFields, true);
  add_class(out, "EnumOptions", "dns.enum has no option", kEnumFields, true);
  add_class(out, "DnsOptions", "dns.lookup has no option", kDnsFields, true);
  add_class(out, "HttpGetOptions", "http.get has no option", kHttpGetFields, true);
  add_class(out, "HttpPostOptions", "http.post has no option", kHttpPostFields, true);
  add_class(out, "RedisOptions", "redis has no option", kRedisFields, true);
  add_class(out, "ResponseChanges", "change has no field", kChangeFields, true);
  add_class(out, "NatTreatment", "on_nat: the answer has no field", kNatFields, true);
  for (const char* name : {"HeaderChanges", "HeaderValues"})
    out.classes.push_back({.name = name, .lacks = "", .fields = {}, .written = true, .open = true});
  for (const auto name : kDecisions)
    out.classes.push_back({.name = std::string(name), .lacks = "a decision has no", .fields = {}});
  for (auto& one : out.classes)
    if (one.name == "Contacts") one.lacks = "contacts are numbered from 1; contacts have no";
}

// The globals, as the sandbox has them: functions, and tables behind a read-only view.
void add_globals(lua_State* lua, Language& out) {
  for (const auto& name : keys(lua)) {
    lua_getfield(lua, -1, name.c_str());
    if (!lua_istable(lua, -1)) {
      out.globals.push_back({name, std::string(signature_of(name))});
      lua_pop(lua, 1);
      continue;
    }
    Class library{.name = "lib." + name, .lacks = "\"" + name + "\" has no", .fields = {}};
    lua_getmetatable(lua, -1);
    lua_getfield(lua, -1, "__index");
    library.open = lua_getmetatable(lua, -1) == 0;  // settings: what is missing is nil
    if (!library.open) lua_pop(lua, 1);
    if (!library.open)
      for (const auto& field : keys(lua)) {
        lua_getfield(lua, -1, field.c_str());
        const auto signature = signature_of(name + "." + field);
        const bool function = lua_isfunction(lua, -1);
        library.fields.push_back({field, std::string(function || signature != "function" ? signature : "any")});
        lua_pop(lua, 1);
      }
    lua_pop(lua, 3);
    out.globals.push_back({name, library.name});
    out.classes.push_back(std::move(library));
  }
}

bool is_library(std::string_view name) {
  return std::ranges::find(kLibraries, name) != kLibraries.end();
}

// Lua's own: editors know it.
bool is_own(const Member& global) {
  return global.type == "function" || is_library(global.name) || global.name == "require" ||
         global.name == "tostring" || global.name == "type";
}

}  // namespace

const Class* Language::find(std::string_view name) const {
  const auto found = std::ranges::find(classes, name, &Class::name);
  return found != classes.end() ? &*found : nullptr;
}

Language language() {
  Language out;
  Engine engine;
  lua_State* lua = luaL_newstate();
  if (lua == nullptr) return out;
  attach(lua, engine);
  register_fact_boxes(lua);
  register_contact_boxes(lua);
  register_decision_boxes(lua);
  for (std::size_t kind = 0; kind < kFactKinds; ++kind) add_facts(lua, static_cast<FactKind>(kind), out);
  add_written(out);
  push_environment(lua);
  lua_pop(lua, 1);
  set_decision_constructors(lua);
  set_world(lua);
  set_require(lua);
  add_globals(lua, out);
  lua_close(lua);
  for (std::size_t i = 0; i < kHandlerCount; ++i) {
    const auto handler = static_cast<Handler>(i);
    HandlerShape shape{.name = std::string(name_of(handler)), .parameters = {}, .returns = "any"};
    const auto found = std::ranges::find(kShapes, handler, &Shape::handler);
    if (found != kShapes.end()) {
      shape.parameters.push_back({std::string(found->first), std::string(found->first_type)});
      if (!found->second.empty())
        shape.parameters.push_back({std::string(found->second), std::string(found->second_type)});
      shape.returns = found->returns;
    }
    out.handlers.push_back(std::move(shape));
  }
  return out;
}

std::string stubs(const Language& language) {
  std::string text =
      "---@meta\n"
      "-- What a policy of Parapet finds in the language, for editors with LuaLS. Written by\n"
      "-- `sbcctl policy stubs`; a test says when it is old.\n\n"
      "---@alias TrunkName string\n---@alias GroupName string\n---@alias RealmName string\n"
      "---@alias ClassName string\n";
  for (const auto& one : language.classes) {
    if (one.name.starts_with("lib.") && is_library(one.name.substr(4))) continue;
    const bool settings = one.name == "lib.settings";
    text += "\n---@class " + one.name + "\n";
    for (const auto& field : one.fields)
      text += "---@field " + field.name + (one.written ? "? " : " ") + field.type + "\n";
    if (one.name == "Place") text += "---@field [integer] Place|Contacts|Contact\n";
    if (one.name == "Contacts") text += "---@field [integer] Contact\n";
    if (one.name == "Headers") text += "---@field [string] string?\n";
    if (one.name == "HeaderChanges") text += "---@field [string] string|string[]|boolean|{ add: string|string[] }\n";
    if (one.name == "CdrFields") text += "---@field [string] string|number\n";
    if (one.name == "HeaderValues") text += "---@field [string] string|string[]\n";
    if (settings) text += "---@field [string] string|number|boolean|nil\n";
  }
  text += "\n---@class Policy\n";
  for (const auto& handler : language.handlers) {
    text += "---@field " + handler.name + (handler.name == "on_invite" ? " fun(" : "? fun(");
    for (std::size_t i = 0; i < handler.parameters.size(); ++i)
      text += (i == 0 ? "" : ", ") + handler.parameters[i].name + ": " + handler.parameters[i].type;
    text += "): " + handler.returns + "\n";
  }
  text += "\n";
  for (const auto& global : language.globals) {
    if (is_own(global)) continue;
    text += "---@type " + global.type + "\n" + global.name + " = nil\n";
  }
  return text;
}

std::string luacheck_settings(const Language& language) {
  std::string text =
      "-- luacheck for policies: Lua 5.4 without what the sandbox leaves out. Written by `sbcctl policy stubs`.\n"
      "std = \"none\"\nmax_line_length = 120\nread_globals = {\n";
  for (const auto& global : language.globals) text += "  \"" + global.name + "\",\n";
  return text +
         "}\nexclude_files = { \"types\" }\n"
         "files[\"**/*_test.lua\"] = {\n"
         "  std = \"lua54\",\n  max_line_length = 140,\n"
         "  globals = { \"test\", \"call\", \"register\", \"request\", \"expect\" },\n}\n";
}

std::string luals_settings() {
  return R"({
  "runtime.version": "Lua 5.4",
  "runtime.path": ["?.lua"],
  "runtime.builtin": {
    "coroutine": "disable", "debug": "disable", "ffi": "disable", "io": "disable", "os": "disable", "package": "disable"
  },
  "workspace.library": ["types"],
  "diagnostics.globals": ["test", "call", "register", "request", "expect"]
}
)";
}

}  // namespace sbc::policy
