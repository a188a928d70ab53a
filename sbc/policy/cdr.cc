#include "sbc/policy/cdr.h"

#include <algorithm>
#include <cmath>

#include "media-relay/base/text.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/readers.h"

namespace sbc::policy {
namespace {

void check_cdr_name(lua_State* lua, std::string_view what, std::string_view name) {
  if (name.size() > kMaxCdrName || !is_cdr_name(name))
    raise(lua, what, ": cdr: ", Quoted{name}, " is no name of a field; expected up to ",
          static_cast<std::int64_t>(kMaxCdrName), " of a-z, 0-9 and _");
  if (std::ranges::find(kOwnRecordFields, name) != kOwnRecordFields.end())
    raise(lua, what, ": cdr: the record has a field ", Quoted{name}, " of its own");
}

// The value on top of the stack.
void read_cdr_value(lua_State* lua, Place place, CdrField::Value& out) {
  if (lua_isinteger(lua, -1) != 0) {
    out = static_cast<std::int64_t>(lua_tointeger(lua, -1));
  } else if (lua_type(lua, -1) == LUA_TNUMBER) {
    const double number = lua_tonumber(lua, -1);
    if (!std::isfinite(number)) raise(lua, place.what, ": cdr: ", place.field, " is not a finite number");
    out = number;
  } else if (is_string(lua, -1)) {
    out.emplace<std::string>(read_phrase(lua, -1, place, kMaxCdrValue));
  } else {
    raise(lua, place.what, ": cdr: ", place.field, " must be a text or a number, not a ", type_at(lua, -1));
  }
}

}  // namespace

bool is_cdr_name(std::string_view name) {
  const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && small(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return small(c) || base::is_digit(c) || c == '_'; });
}

std::size_t merge(std::vector<CdrField>& fields, const std::vector<CdrField>& more) {
  std::size_t left_out = 0;
  for (const CdrField& field : more) {
    const auto found = std::ranges::find(fields, field.name, &CdrField::name);
    if (found != fields.end()) {
      found->value = field.value;
    } else if (fields.size() < kMaxCdrFields) {
      fields.push_back(field);
    } else {
      ++left_out;
    }
  }
  return left_out;
}

void read_cdr(lua_State* lua, int index, Place place, std::vector<CdrField>& out) {
  if (!lua_istable(lua, index))
    raise(lua, place.what, ": ", place.field, " must be a table such as { account = \"4711\" }, not a ",
          type_at(lua, index));
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    if (!is_string(lua, -2))
      raise(lua, place.what, ": ", place.field, " is keyed by names of fields, not by a ", type_at(lua, -2));
    const std::string_view name = text_at(lua, -2);
    check_cdr_name(lua, place.what, name);
    if (out.size() >= kMaxCdrFields)
      raise(lua, place.what, ": cdr: more than ", static_cast<std::int64_t>(kMaxCdrFields), " fields");
    CdrField& field = out.emplace_back();
    field.name = name;
    read_cdr_value(lua, {place.what, name}, field.value);
    lua_pop(lua, 1);
  }
  // A Lua table has no order; the record has one.
  std::ranges::sort(out, {}, &CdrField::name);
}

}  // namespace sbc::policy
