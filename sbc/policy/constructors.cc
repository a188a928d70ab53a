#include "sbc/policy/constructors.h"

#include <algorithm>
#include <array>
#include <string>

#include "sbc/policy/boxes.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

constexpr const char* kMetatable = "decision";

struct DecisionBox {
  std::size_t index;
  std::uint64_t invocation;
};

std::size_t make(lua_State* lua, Made::Kind kind) {
  Engine& engine = engine_of(lua);
  if (engine.invocation == 0) raise(lua, name_of(kind), " can only be called while a handler runs");
  if (engine.made.size() >= kMaxDecisions)
    raise(lua, "more than ", static_cast<std::int64_t>(kMaxDecisions), " decisions are made in one event");
  Made& made = engine.made.emplace_back();
  made.kind = kind;
  where(lua, made.where);
  return engine.made.size() - 1;
}

// Wrong arguments otherwise pass unnoticed: reject(404, "text", {...}, extra).
void check_count(lua_State* lua, Made::Kind kind, int most) {
  if (lua_gettop(lua) > most)
    raise(lua, name_of(kind), " takes at most ", static_cast<std::int64_t>(most), " arguments, got ",
          static_cast<std::int64_t>(lua_gettop(lua)));
}

int route(lua_State* lua) {
  check_count(lua, Made::Kind::Route, 1);
  lua_settop(lua, 1);
  const std::size_t made = make(lua, Made::Kind::Route);
  if (lua_isnil(lua, 1)) raise(lua, "route: nil given; location.lookup gives nil when nobody is registered");
  read_route(lua, 1, "route", engine_of(lua).made[made]);
  return push_decision(lua, made);
}

// { announcement = "busy", cdr = { why = "blocked" } }.
void read_refusal_options(lua_State* lua, int index, std::string_view what, Made& made) {
  if (!lua_istable(lua, index)) raise(lua, what, ": the options must be a table, not a ", type_at(lua, index));
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    expect_declared(lua, "a refusal has no option", key, kRefusalFields);
    if (key == "announcement") {
      made.announcement = read_sound(lua, -1, {what, key});
    } else if (key == "cdr") {
      read_cdr(lua, lua_gettop(lua), {what, key}, made.cdr);
    }
    lua_pop(lua, 1);
  }
}

// (status, reason?, headers?), reject and give_up also (..., options?); the status may be left out where `standard` is
// not 0.
int refuse(lua_State* lua, Made::Kind kind, std::uint16_t standard) {
  const int most = kind == Made::Kind::Deny ? 3 : 4;
  check_count(lua, kind, most);
  lua_settop(lua, most);
  const std::size_t index = make(lua, kind);
  Made& made = engine_of(lua).made[index];
  const std::string_view what = name_of(kind);
  made.status = standard;
  if (kind == Made::Kind::Reject || !lua_isnil(lua, 1))
    made.status = static_cast<std::uint16_t>(read_whole(lua, 1, {what, "the status"}, {400, 699}));
  if (!lua_isnil(lua, 2)) made.reason = read_phrase(lua, 2, {what, "the reason"}, kMaxReason);
  if (!lua_isnil(lua, 3)) read_headers(lua, 3, {what, "headers"}, made.headers);
  if (most == 4 && !lua_isnil(lua, 4)) read_refusal_options(lua, 4, what, made);
  return push_decision(lua, index);
}

int reject(lua_State* lua) {
  return refuse(lua, Made::Kind::Reject, 0);
}
int deny(lua_State* lua) {
  return refuse(lua, Made::Kind::Deny, 403);
}
int give_up(lua_State* lua) {
  return refuse(lua, Made::Kind::GiveUp, 0);
}

// RFC 3261 19.1.1, RFC 3966: enough that a Contact can hold it between its angle brackets, and no more.
void check_contact(lua_State* lua, std::string_view uri) {
  constexpr std::array<std::string_view, 3> kSchemes = {"sip:", "sips:", "tel:"};
  const bool known = std::ranges::any_of(
      kSchemes, [uri](std::string_view scheme) { return uri.starts_with(scheme) && uri.size() > scheme.size(); });
  const bool plain = std::ranges::all_of(uri, [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f && c != '<' && c != '>' &&
           c != '"';
  });
  if (!known || !plain) raise(lua, "redirect: expected a URI such as sip:bob@example.net, got ", Quoted{uri});
}

// The URI on top of the stack, as one more of `out`. Of several the first ones are wanted most (RFC 3261 20.10).
void add_contact(lua_State* lua, int number, bool several, std::string& out) {
  const std::string_view uri = read_text(lua, -1, {"redirect", "a URI"}, kMaxUri);
  check_contact(lua, uri);
  out.append(out.empty() ? "<" : ", <").append(uri).append(">");
  if (several) out.append(number == 1 ? ";q=1.0" : ";q=0.").append(number == 1 ? "" : std::to_string(11 - number));
}

constexpr int kMaxRedirectTo = 8;  // as many as are followed of a redirection that comes from elsewhere
constexpr Bounds kRedirection{300, 302};

// (uri or list of URIs, status?, reason?, headers?): a refusal that says where to call instead.
int redirect(lua_State* lua) {
  if (lua_gettop(lua) > 4)
    raise(lua, "redirect takes at most 4 arguments, got ", static_cast<std::int64_t>(lua_gettop(lua)));
  lua_settop(lua, 4);
  const std::size_t index = make(lua, Made::Kind::Reject);
  Made& made = engine_of(lua).made[index];
  made.status = 302;
  if (!lua_isnil(lua, 2))
    made.status = static_cast<std::uint16_t>(read_whole(lua, 2, {"redirect", "the status"}, kRedirection));
  if (!lua_isnil(lua, 3)) made.reason = read_phrase(lua, 3, {"redirect", "the reason"}, kMaxReason);
  made.headers.push_back({"Contact", {}});
  if (!lua_istable(lua, 1)) {
    lua_pushvalue(lua, 1);
    add_contact(lua, 1, false, made.headers.front().value);
  } else {
    const auto count = static_cast<int>(std::min<lua_Unsigned>(lua_rawlen(lua, 1), kMaxRedirectTo + 1));
    if (count == 0 || count > kMaxRedirectTo)
      raise(lua, "redirect: expected 1 to ", static_cast<std::int64_t>(kMaxRedirectTo), " URIs");
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(lua, 1, i);
      add_contact(lua, i, count > 1, made.headers.front().value);
      lua_pop(lua, 1);
    }
  }
  if (!lua_isnil(lua, 4)) read_headers(lua, 4, {"redirect", "headers"}, made.headers);
  return push_decision(lua, index);
}

template <Made::Kind kind>
int plain(lua_State* lua) {
  check_count(lua, kind, 0);
  return push_decision(lua, make(lua, kind));
}

int accept(lua_State* lua) {
  check_count(lua, Made::Kind::Accept, 1);
  lua_settop(lua, 1);
  const std::size_t index = make(lua, Made::Kind::Accept);
  if (lua_isnil(lua, 1)) return push_decision(lua, index);
  if (!lua_istable(lua, 1)) raise(lua, "accept takes a table of options, not a ", type_at(lua, 1));
  Made& made = engine_of(lua).made[index];
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const Place place{.what = "accept", .field = key};
    expect_declared(lua, "accept has no option", key, kAcceptFields);
    if (key == "min_expires") {
      made.min_expires = read_whole(lua, -1, place, {1, kMaxExpires});
    } else if (key == "max_expires") {
      made.max_expires = read_whole(lua, -1, place, {1, kMaxExpires});
    } else if (key == "expires") {
      made.default_expires = read_whole(lua, -1, place, {1, kMaxExpires});
    } else if (key == "max_contacts") {
      made.max_contacts = read_whole(lua, -1, place, {1, kMaxContactsLimit});
    }
    lua_pop(lua, 1);
  }
  if (made.min_expires && made.max_expires && *made.min_expires > *made.max_expires)
    raise(lua, "accept: min_expires is greater than max_expires");
  return push_decision(lua, index);
}

constexpr std::uint16_t kFirstProgress = 180;  // what a caller can be told of a target that rings or gets on
constexpr std::uint16_t kLastProgress = 183;

// { status = 180, early_media = false, headers = {...} } in on_provisional, { headers = {...}, max_duration = 3600 } in
// on_answer.
int change(lua_State* lua) {
  check_count(lua, Made::Kind::Change, 1);
  lua_settop(lua, 1);
  const std::size_t index = make(lua, Made::Kind::Change);
  const Handler handler = engine_of(lua).handler;
  const bool provisional = handler == Handler::Provisional;
  if (!provisional && handler != Handler::Answer)
    raise(lua, "change is for on_provisional and on_answer, not for ", name_of(handler));
  if (!lua_istable(lua, 1)) raise(lua, "change takes a table such as { headers = {...} }, not a ", type_at(lua, 1));
  Made& made = engine_of(lua).made[index];
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const int value = lua_gettop(lua);
    const Place place{.what = "change", .field = key};
    if (provisional) {
      expect_declared(lua, "change has in on_provisional no field", key, kProvisionalFields);
    } else {
      expect_declared(lua, "change has in on_answer no field", key, kAnswerFields);
    }
    if (key == "status") {
      made.status = static_cast<std::uint16_t>(read_whole(lua, value, place, {kFirstProgress, kLastProgress}));
    } else if (key == "reason") {
      made.reason = read_phrase(lua, value, place, kMaxReason);
    } else if (key == "early_media") {
      made.early_media = read_boolean(lua, value, place);
    } else if (key == "headers") {
      read_header_ops(lua, value, place, made.changes);
      for (const HeaderOp& change : made.changes)
        if (change.kind == HeaderOp::Kind::Pass)
          raise(lua, place.what, ": ", place.field, ": ", change.name,
                " cannot be true: of a response nothing is passed by name, its headers can be copied");
    } else if (key == "max_duration") {
      made.max_duration_s = read_whole(lua, value, place, {1, kMaxDuration});
    }
    lua_settop(lua, value - 1);
  }
  return push_decision(lua, index);
}

int hide(lua_State* lua) {
  if (const Handler handler = engine_of(lua).handler; handler != Handler::Provisional && engine_of(lua).invocation != 0)
    raise(lua, "hide is for on_provisional, not for ", name_of(handler));
  return plain<Made::Kind::Hide>(lua);
}

// (status?, reason?)
int hang_up(lua_State* lua) {
  check_count(lua, Made::Kind::HangUp, 2);
  lua_settop(lua, 2);
  const std::size_t index = make(lua, Made::Kind::HangUp);
  Made& made = engine_of(lua).made[index];
  const std::string_view what = name_of(made.kind);
  if (!lua_isnil(lua, 1))
    made.status = static_cast<std::uint16_t>(read_whole(lua, 1, {what, "the status"}, {400, 699}));
  if (!lua_isnil(lua, 2)) made.reason = read_phrase(lua, 2, {what, "the reason"}, kMaxReason);
  return push_decision(lua, index);
}

int read_decision_field(lua_State* lua) {
  raise(lua, "a decision cannot be read; a handler returns it");
}

}  // namespace

std::string_view name_of(Made::Kind kind) {
  switch (kind) {
    case Made::Kind::Route:
      return "route";
    case Made::Kind::Reject:
      return "reject";
    case Made::Kind::Deny:
      return "deny";
    case Made::Kind::Challenge:
      return "challenge";
    case Made::Kind::Drop:
      return "drop";
    case Made::Kind::Accept:
      return "accept";
    case Made::Kind::Next:
      return "next_candidate";
    case Made::Kind::GiveUp:
      return "give_up";
    case Made::Kind::Follow:
      return "follow";
    case Made::Kind::Pass:
      return "pass";
    case Made::Kind::Change:
      return "change";
    case Made::Kind::Hide:
      return "hide";
    case Made::Kind::HangUp:
      return "hang_up";
  }
  return "decision";
}

void register_decision_boxes(lua_State* lua) {
  luaL_newmetatable(lua, kMetatable);
  set_function(lua, "__index", read_decision_field);
  set_function(lua, "__newindex", read_decision_field);
  lua_pushliteral(lua, "decision");
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
}

int push_decision(lua_State* lua, std::size_t index) {
  auto* box = static_cast<DecisionBox*>(lua_newuserdatauv(lua, sizeof(DecisionBox), 0));
  *box = {.index = index, .invocation = engine_of(lua).invocation};
  luaL_setmetatable(lua, kMetatable);
  return 1;
}

bool decision_at(lua_State* lua, int index, std::size_t& made) {
  const auto* box = static_cast<const DecisionBox*>(luaL_testudata(lua, index, kMetatable));
  if (box == nullptr) return false;
  if (box->invocation != engine_of(lua).invocation)
    raise(lua, "a decision of an earlier event was returned; make a new one each time");
  made = box->index;
  return true;
}

void set_decision_constructors(lua_State* lua) {
  set_function(lua, "route", route);
  set_function(lua, "reject", reject);
  set_function(lua, "redirect", redirect);
  set_function(lua, "deny", deny);
  set_function(lua, "give_up", give_up);
  set_function(lua, "accept", accept);
  set_function(lua, "challenge", plain<Made::Kind::Challenge>);
  set_function(lua, "drop", plain<Made::Kind::Drop>);
  set_function(lua, "next_candidate", plain<Made::Kind::Next>);
  set_function(lua, "follow", plain<Made::Kind::Follow>);
  set_function(lua, "pass", plain<Made::Kind::Pass>);
  set_function(lua, "change", change);
  set_function(lua, "hide", hide);
  set_function(lua, "hang_up", hang_up);
}

}  // namespace sbc::policy
