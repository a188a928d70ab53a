#include "sbc/policy/http.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/json.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/sandbox.h"
#include "sbc/policy/waiting.h"

namespace sbc::policy {
namespace {

// What the client writes itself.
constexpr std::array<std::string_view, 8> kReserved = {"Host",    "Content-Length", "Content-Type", "Transfer-Encoding",
                                                       "Upgrade", "Connection",     "Expect",       "Proxy-Connection"};

bool is_token(std::string_view text) {
  const auto fits = [](char c) { return base::is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c); };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

bool is_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void read_request_headers(lua_State* lua, int index, Place place, HttpQuestion& out) {
  if (!lua_istable(lua, index)) raise(lua, place.what, ": headers must be a table, not a ", type_at(lua, index));
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    if (!is_string(lua, -2) || !is_string(lua, -1)) raise(lua, place.what, ": headers are texts by name");
    const std::string_view name = text_at(lua, -2);
    const std::string_view value = text_at(lua, -1);
    if (!is_token(name) || name.size() > kMaxHeaderName)
      raise(lua, place.what, ": ", Quoted{name}, " is no name of a header");
    if (!is_line(value) || value.size() > kMaxHeaderValue)
      raise(lua, place.what, ": the value of ", Quoted{name}, " is too long or has control characters");
    for (const std::string_view reserved : kReserved)
      if (base::equals_ignoring_case(name, reserved))
        raise(lua, place.what, ": the header ", Quoted{name}, " is not for policies to set");
    if (out.headers.size() >= kMaxHeaderOps) raise(lua, place.what, ": too many headers");
    out.headers.emplace_back(name, value);
    lua_pop(lua, 1);
  }
}

void read_options(lua_State* lua, int index, const char* what, bool post) {
  Engine& engine = engine_of(lua);
  HttpQuestion& question = std::get<HttpQuestion>(engine.question->what);
  if (post) question.json.emplace();
  if (lua_isnoneornil(lua, index)) {
    if (post) raise(lua, std::string_view(what), " needs { json = ... }");
    return;
  }
  if (!lua_istable(lua, index))
    raise(lua, std::string_view(what), ": options must be a table, not a ", type_at(lua, index));
  bool has_body = false;
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const int value = lua_gettop(lua);
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const Place place{.what = what, .field = key};
    if (key == "timeout") {
      engine.question->timeout = read_seconds(lua, value, place, 0.01, 60);
    } else if (key == "headers") {
      read_request_headers(lua, value, place, question);
    } else if (!post && key == "cache") {
      question.keep = read_seconds(lua, value, place, 0, 86'400);
    } else if (post && key == "json") {
      append_json(lua, value, *question.json, what);
      has_body = true;
    } else {
      expect_declared(lua, post ? "http.post has no option" : "http.get has no option", key,
                      post ? kHttpPostFields : kHttpGetFields);
    }
    lua_settop(lua, value - 1);
  }
  if (post && !has_body) raise(lua, std::string_view(what), " needs { json = ... }");
}

bool is_json(std::string_view content_type) {
  const std::string_view type = base::trim(content_type.substr(0, content_type.find(';')));
  return base::equals_ignoring_case(type, "application/json") ||
         (type.size() > 5 && base::equals_ignoring_case(type.substr(type.size() - 5), "+json"));
}

// { status = 200, json = ... } or { status = 200, body = "..." }; nil and a word when there is no answer.
int take_answer(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  Engine& engine = engine_of(lua);
  if (!engine.answer->found) return push_problem(lua, engine.answer->found.error().c_str());
  if (!std::holds_alternative<HttpAnswer>(*engine.answer->found)) return push_problem(lua, "failed");
  const HttpAnswer& answer = std::get<HttpAnswer>(*engine.answer->found);
  lua_createtable(lua, 0, 2);
  lua_pushinteger(lua, answer.status);
  lua_setfield(lua, -2, "status");
  if (answer.body.empty() || !is_json(answer.content_type)) {  // a 404 often says what its nothing would be
    push(lua, answer.body);
    lua_setfield(lua, -2, "body");
    return 1;
  }
  charge(lua, answer.body.size() / kMatchStepsPerInstruction);
  engine.parsed = json::parse(answer.body);
  if (!engine.parsed) return push_problem(lua, "bad_json");
  push_json(lua, *engine.parsed);
  engine.parsed = json::Value{};
  lua_setfield(lua, -2, "json");
  return 1;
}

int ask(lua_State* lua, const char* what, bool post) {
  Engine& engine = engine_of(lua);
  if (!is_string(lua, 1)) raise(lua, std::string_view(what), " takes a URL, not a ", type_at(lua, 1));
  const std::string_view url = text_at(lua, 1);
  if (url.size() > kMaxUrl || !is_line(url) || url.contains(' '))
    raise(lua, std::string_view(what),
          ": the URL is too long, or has blanks in it; http.escape() writes a part of one");
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    raise(lua, std::string_view(what), ": a URL begins with http:// or https://, not ", Quoted{url});
  engine.question.emplace(Question{.what = HttpQuestion{.url = std::string(url)}, .timeout = kUsualWait});
  lua_settop(lua, 2);
  read_options(lua, 2, what, post);
  return wait_for_answer(lua, take_answer);
}

int get(lua_State* lua) {
  return ask(lua, "http.get", false);
}

int post(lua_State* lua) {
  return ask(lua, "http.post", true);
}

// RFC 3986 2.3: everything that is not unreserved.
int escape(lua_State* lua) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (!is_string(lua, 1)) raise(lua, "http.escape takes a text, not a ", type_at(lua, 1));
  const std::string_view text = text_at(lua, 1);
  charge(lua, text.size() / kMatchStepsPerInstruction);
  std::string& out = engine_of(lua).text;
  out.clear();
  for (const char c : text) {
    if (base::is_alnum(c) || std::string_view("-._~").contains(c)) {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kHex[static_cast<unsigned char>(c) & 0xf]);
  }
  push(lua, out);
  return 1;
}

}  // namespace

void set_http(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "get", get);
  set_function(lua, "post", post);
  set_function(lua, "escape", escape);
  make_read_only(lua, "\"http\" has no");
  lua_setfield(lua, -2, "http");
}

}  // namespace sbc::policy
