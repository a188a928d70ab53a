#include "sbc/policy/answers.h"

#include <array>

#include "sbc/policy/boxes.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/readers.h"

namespace sbc::policy {
namespace {

struct Expectation {
  std::string_view handler;
  std::string_view answers;
};

// The decision on top of the stack. Raises when it is something else.
Made& made_on_top(lua_State* lua, Expectation expected) {
  std::size_t index = 0;
  if (!decision_at(lua, -1, index))
    raise(lua, expected.handler, " must return ", expected.answers, ", not ",
          lua_isnil(lua, -1) ? std::string_view("nothing") : type_at(lua, -1));
  return engine_of(lua).made[index];
}

[[noreturn]] void raise_unfit(lua_State* lua, const Made& made, Expectation expected) {
  raise(lua, std::string_view(made.where), ": ", expected.handler, " cannot answer ", name_of(made.kind),
        "; it answers ", expected.answers);
}

// A redirection is a refusal that says where to call instead: a call's, or another request's.
void refuse_redirection(lua_State* lua, const Made& made, Expectation expected) {
  if (made.kind == Made::Kind::Reject && made.status < 400)
    raise(lua, std::string_view(made.where), ": ", expected.handler, " cannot answer redirect; it answers ",
          expected.answers);
}

template <typename Decision>
void take_cdr(lua_State* lua, Made& made, Decision& out) {
  if constexpr (requires { out.cdr; })
    out.cdr = std::move(made.cdr);
  else if (!made.cdr.empty())
    raise(lua, std::string_view(made.where), ": only on_invite and on_failure can have a cdr: others have no record");
}

// The places of a route, with what is of the whole of it.
template <typename Decision>
void take_route(lua_State* lua, Made& made, Decision& out) {
  take_cdr(lua, made, out);
  if constexpr (requires { out.call_class; })
    out.call_class = std::move(made.call_class);
  else if (!made.call_class.empty())
    raise(lua, std::string_view(made.where), ": only on_invite can give a class: there the call is admitted");
  out.candidates = std::move(made.candidates);
}

// Status, reason and headers of a refusal.
template <typename Decision>
void take_refusal(lua_State* lua, Made& made, Decision& out) {
  if constexpr (requires { out.announcement; })
    out.announcement = std::move(made.announcement);
  else if (!made.announcement.empty())
    raise(lua, std::string_view(made.where), ": only on_invite and on_failure can have an announcement");
  take_cdr(lua, made, out);
  out.status = made.status;
  out.reason = std::move(made.reason);
  out.headers = std::move(made.headers);
}

// What accept{...} says of a registration fits nowhere else.
void refuse_options(lua_State* lua, const Made& made, Expectation expected) {
  if (made.min_expires || made.max_expires || made.default_expires || made.max_contacts)
    raise(lua, std::string_view(made.where), ": ", expected.handler, " takes accept without options");
}

KeepAlive read_keep_alive(lua_State* lua, int index, Place place) {
  static constexpr std::array<std::string_view, 4> kMethods = {"none", "options", "crlf", "stun"};
  const std::string_view text = read_text(lua, index, place, kMaxUri);
  for (std::size_t i = 0; i < kMethods.size(); ++i)
    if (text == kMethods[i]) return static_cast<KeepAlive>(i);
  raise_unknown(lua, "on_nat: keep_alive knows no", text, kMethods);
}

void read_latch_from(lua_State* lua, int index, const LegFacts& leg, std::vector<base::Prefix>& out) {
  if (!lua_istable(lua, index))
    raise(lua, "on_nat: latch_from must be a list of networks, not a ", type_at(lua, index));
  const auto count = static_cast<lua_Integer>(lua_rawlen(lua, index));
  if (count == 0) raise(lua, "on_nat: latch_from names nothing; \"any\" lets every source be learned");
  for (lua_Integer i = 1; i <= count; ++i) {
    if (out.size() >= kMaxLatchSources)
      raise(lua, "on_nat: more than ", static_cast<std::int64_t>(kMaxLatchSources), " networks in latch_from");
    lua_rawgeti(lua, index, i);
    std::string_view text = read_text(lua, -1, {"on_nat", "a network of latch_from"}, kMaxUri);
    if (text == "any") {
      out.insert(out.end(), {base::Prefix{base::IpAddress::v4(0), 0}, *base::Prefix::parse("::/0")});
      lua_pop(lua, 1);
      continue;
    }
    if (text == "source") text = leg.source_ip;
    if (text == "media") text = leg.media_host;
    const std::optional<base::Prefix> prefix = base::Prefix::parse(text);
    if (!prefix)
      raise(lua, "on_nat: latch_from expects networks, \"source\", \"media\" or \"any\", got ",
            Quoted{text_at(lua, -1)});
    out.push_back(*prefix);
    lua_pop(lua, 1);
  }
}

}  // namespace

void read_answer(lua_State* lua, InviteDecision& out) {
  constexpr Expectation kExpected{.handler = "on_invite", .answers = "route, reject, redirect, challenge or drop"};
  Made& made = made_on_top(lua, kExpected);
  switch (made.kind) {
    case Made::Kind::Route:
      out.kind = InviteDecision::Kind::Route;
      take_route(lua, made, out);
      break;
    case Made::Kind::Reject:
    case Made::Kind::Deny:
      out.kind = InviteDecision::Kind::Reject;
      take_refusal(lua, made, out);
      break;
    case Made::Kind::Challenge:
      out.kind = InviteDecision::Kind::Challenge;
      break;
    case Made::Kind::Drop:
      out.kind = InviteDecision::Kind::Drop;
      break;
    case Made::Kind::Accept:
    case Made::Kind::Next:
    case Made::Kind::GiveUp:
    case Made::Kind::Follow:
    case Made::Kind::Pass:
    case Made::Kind::Change:
    case Made::Kind::Hide:
    case Made::Kind::HangUp:
      raise_unfit(lua, made, kExpected);
  }
  out.where = made.where;
}

void read_answer(lua_State* lua, RegisterDecision& out) {
  constexpr Expectation kExpected{.handler = "on_register", .answers = "accept, deny, reject, challenge or drop"};
  Made& made = made_on_top(lua, kExpected);
  switch (made.kind) {
    case Made::Kind::Accept:
      out.kind = RegisterDecision::Kind::Accept;
      out.min_expires = made.min_expires;
      out.max_expires = made.max_expires;
      out.default_expires = made.default_expires;
      out.max_contacts = made.max_contacts;
      break;
    case Made::Kind::Reject:
    case Made::Kind::Deny:
      refuse_redirection(lua, made, kExpected);
      out.kind = RegisterDecision::Kind::Deny;
      take_refusal(lua, made, out);
      break;
    case Made::Kind::Challenge:
      out.kind = RegisterDecision::Kind::Challenge;
      break;
    case Made::Kind::Drop:
      out.kind = RegisterDecision::Kind::Drop;
      break;
    case Made::Kind::Route:
    case Made::Kind::Next:
    case Made::Kind::GiveUp:
    case Made::Kind::Follow:
    case Made::Kind::Pass:
    case Made::Kind::Change:
    case Made::Kind::Hide:
    case Made::Kind::HangUp:
      raise_unfit(lua, made, kExpected);
  }
  out.where = made.where;
}

void read_answer(lua_State* lua, RequestDecision& out) {
  constexpr Expectation kExpected{.handler = "on_request",
                                  .answers = "accept, route, reject, redirect, challenge or drop"};
  Made& made = made_on_top(lua, kExpected);
  switch (made.kind) {
    case Made::Kind::Accept:
      out.kind = RequestDecision::Kind::Accept;
      break;
    case Made::Kind::Route:
      out.kind = RequestDecision::Kind::Route;
      take_route(lua, made, out);
      break;
    case Made::Kind::Reject:
    case Made::Kind::Deny:
      out.kind = RequestDecision::Kind::Reject;
      take_refusal(lua, made, out);
      break;
    case Made::Kind::Challenge:
      out.kind = RequestDecision::Kind::Challenge;
      break;
    case Made::Kind::Drop:
      out.kind = RequestDecision::Kind::Drop;
      break;
    case Made::Kind::Next:
    case Made::Kind::GiveUp:
    case Made::Kind::Follow:
    case Made::Kind::Pass:
    case Made::Kind::Change:
    case Made::Kind::Hide:
    case Made::Kind::HangUp:
      raise_unfit(lua, made, kExpected);
  }
  out.where = made.where;
}

void read_answer(lua_State* lua, FailureDecision& out) {
  constexpr Expectation kExpected{.handler = "on_failure",
                                  .answers = "next_candidate, give_up, reject, redirect, route, follow, pass or nil"};
  if (lua_isnil(lua, -1)) {
    out.kind = FailureDecision::Kind::Usual;
    return;
  }
  Made& made = made_on_top(lua, kExpected);
  switch (made.kind) {
    case Made::Kind::Next:
      out.kind = FailureDecision::Kind::Next;
      break;
    case Made::Kind::GiveUp:
    case Made::Kind::Reject:
    case Made::Kind::Deny:
      out.kind = FailureDecision::Kind::GiveUp;
      take_refusal(lua, made, out);
      break;
    case Made::Kind::Route:
      out.kind = FailureDecision::Kind::Route;
      take_route(lua, made, out);
      break;
    case Made::Kind::Follow:
      out.kind = FailureDecision::Kind::Follow;
      break;
    case Made::Kind::Pass:
      out.kind = FailureDecision::Kind::Pass;
      break;
    case Made::Kind::Accept:
    case Made::Kind::Challenge:
    case Made::Kind::Drop:
    case Made::Kind::Change:
    case Made::Kind::Hide:
    case Made::Kind::HangUp:
      raise_unfit(lua, made, kExpected);
  }
  out.where = made.where;
}

void read_answer(lua_State* lua, ScreenDecision& out) {
  constexpr Expectation kExpected{.handler = "on_screen", .answers = "accept, reject, drop or nil"};
  if (lua_isnil(lua, -1)) return;
  Made& made = made_on_top(lua, kExpected);
  switch (made.kind) {
    case Made::Kind::Accept:
      refuse_options(lua, made, kExpected);
      out.kind = ScreenDecision::Kind::Accept;
      break;
    case Made::Kind::Reject:
    case Made::Kind::Deny:
      refuse_redirection(lua, made, kExpected);
      out.kind = ScreenDecision::Kind::Reject;
      take_refusal(lua, made, out);
      break;
    case Made::Kind::Drop:
      out.kind = ScreenDecision::Kind::Drop;
      break;
    case Made::Kind::Route:
    case Made::Kind::Challenge:
    case Made::Kind::Next:
    case Made::Kind::GiveUp:
    case Made::Kind::Follow:
    case Made::Kind::Pass:
    case Made::Kind::Change:
    case Made::Kind::Hide:
    case Made::Kind::HangUp:
      raise_unfit(lua, made, kExpected);
  }
  out.where = made.where;
}

// change and hide look at the handler when they are made: what is here fits it.
void read_answer(lua_State* lua, Handler handler, ResponseDecision& out) {
  const Expectation expected{
      .handler = name_of(handler),
      .answers = handler == Handler::Provisional ? "change, hide or nil" : "change, hang_up or nil"};
  if (lua_isnil(lua, -1)) return;
  Made& made = made_on_top(lua, expected);
  switch (made.kind) {
    case Made::Kind::Change:
      out.kind = ResponseDecision::Kind::Change;
      break;
    case Made::Kind::Hide:
      out.kind = ResponseDecision::Kind::Hide;
      break;
    case Made::Kind::HangUp:
      if (handler == Handler::Provisional) raise_unfit(lua, made, expected);
      out.kind = ResponseDecision::Kind::HangUp;
      break;
    case Made::Kind::Route:
    case Made::Kind::Reject:
    case Made::Kind::Deny:
    case Made::Kind::Challenge:
    case Made::Kind::Drop:
    case Made::Kind::Accept:
    case Made::Kind::Next:
    case Made::Kind::GiveUp:
    case Made::Kind::Follow:
    case Made::Kind::Pass:
      raise_unfit(lua, made, expected);
  }
  out.status = made.status;
  out.reason = std::move(made.reason);
  out.early_media = made.early_media;
  out.headers = std::move(made.changes);
  out.max_duration_s = made.max_duration_s;
  out.where = made.where;
}

void read_answer(lua_State* lua, Handler handler, InsideDecision& out) {
  const bool digit = handler == Handler::Dtmf;
  const Expectation expected{.handler = name_of(handler),
                             .answers = digit ? "hang_up or nil" : "accept, reject, hang_up or nil"};
  if (lua_isnil(lua, -1)) return;
  Made& made = made_on_top(lua, expected);
  switch (made.kind) {
    case Made::Kind::Accept:
      if (digit) raise_unfit(lua, made, expected);
      refuse_options(lua, made, expected);
      break;
    case Made::Kind::Reject:
    case Made::Kind::Deny:
      if (digit) raise_unfit(lua, made, expected);
      refuse_redirection(lua, made, expected);
      out.kind = InsideDecision::Kind::Reject;
      take_refusal(lua, made, out);
      break;
    case Made::Kind::HangUp:
      out.kind = InsideDecision::Kind::HangUp;
      out.status = made.status;
      out.reason = std::move(made.reason);
      break;
    case Made::Kind::Route:
    case Made::Kind::Challenge:
    case Made::Kind::Drop:
    case Made::Kind::Next:
    case Made::Kind::GiveUp:
    case Made::Kind::Follow:
    case Made::Kind::Pass:
    case Made::Kind::Change:
    case Made::Kind::Hide:
      raise_unfit(lua, made, expected);
  }
  out.where = made.where;
}

void read_answer(lua_State* lua, Handler handler, TimerDecision& out) {
  const Expectation expected{.handler = name_of(handler), .answers = "hang_up or nil"};
  if (lua_isnil(lua, -1)) return;
  Made& made = made_on_top(lua, expected);
  if (made.kind != Made::Kind::HangUp) raise_unfit(lua, made, expected);
  out.kind = TimerDecision::Kind::HangUp;
  out.status = made.status;
  out.reason = std::move(made.reason);
  out.where = made.where;
}

// { symmetric_signalling = true, latch = "learn", latch_from = { "source", "192.0.2.0/24" } }; what is left out, and
// nil as a whole, keeps the usual.
void read_nat_answer(lua_State* lua, const LegFacts& leg, NatDecision& out) {
  if (lua_isnil(lua, -1)) return;
  const int answer = lua_gettop(lua);
  if (!lua_istable(lua, answer))
    raise(lua, "on_nat must return a table such as { latch = \"learn\" }, not a ", type_at(lua, answer));
  lua_pushnil(lua);
  while (lua_next(lua, answer) != 0) {
    const int value = lua_gettop(lua);
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const Place place{.what = "on_nat", .field = key};
    expect_declared(lua, "on_nat: the answer has no field", key, kNatFields);
    if (key == "symmetric_signalling") {
      out.symmetric_signalling = read_boolean(lua, value, place);
    } else if (key == "latch") {
      const std::string_view latch = read_text(lua, value, place, kMaxUri);
      if (latch != "learn" && latch != "strict" && latch != "hear")
        raise(lua, "on_nat: latch must be \"learn\", \"strict\" or \"hear\", not ", Quoted{latch});
      out.latch = latch == "learn" ? Latch::Learn : latch == "hear" ? Latch::Hear : Latch::Strict;
    } else if (key == "latch_from") {
      read_latch_from(lua, value, leg, out.latch_from);
    } else if (key == "keep_alive") {
      out.keep_alive = read_keep_alive(lua, value, place);
    } else if (key == "keep_alive_interval") {
      out.keep_alive_s = read_whole(lua, value, place, {kMinKeepAlive, kMaxKeepAlive});
    }
    lua_settop(lua, value - 1);
  }
}

}  // namespace sbc::policy
