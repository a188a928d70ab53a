#include "sbc/policy/reading.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/policy/engine.h"

namespace sbc::policy {
namespace {

// What stays on the side of whoever sent it: who reads an explanation is not to learn it.
bool is_secret(std::string_view header) {
  return base::equals_ignoring_case(header, "Authorization") ||
         base::equals_ignoring_case(header, "Proxy-Authorization");
}

void append_short(std::string& out, std::string_view text) {
  const std::size_t room = kMaxReadText - std::min(out.size(), kMaxReadText);
  out.append(text.substr(0, room));
  if (text.size() > room) out.append("...");
}

// Without conversions, which would change the value itself, and without anything that can raise.
void append_plain(lua_State* lua, int index, std::string& out) {
  std::array<char, 40> text;
  switch (lua_type(lua, index)) {
    case LUA_TSTRING:
      append_short(out, text_at(lua, index));
      break;
    case LUA_TBOOLEAN:
      out.append(lua_toboolean(lua, index) != 0 ? "true" : "false");
      break;
    case LUA_TNUMBER:
      if (lua_isinteger(lua, index) != 0)
        std::snprintf(text.data(), text.size(), "%lld", static_cast<long long>(lua_tointeger(lua, index)));
      else
        std::snprintf(text.data(), text.size(), "%.6g", lua_tonumber(lua, index));
      out.append(text.data());
      break;
    case LUA_TNIL:
      out.append("nil");
      break;
    default:
      out.append(type_at(lua, index));
  }
}

// A list by its values, another table by its fields.
void append_table(lua_State* lua, std::string& out) {
  const int table = lua_gettop(lua);
  bool first = true;
  lua_pushnil(lua);
  while (lua_next(lua, table) != 0 && out.size() < kMaxReadText) {
    if (!first) out.append(", ");
    first = false;
    if (is_string(lua, -2)) {
      append_short(out, text_at(lua, -2));
      out.append("=");
    }
    append_plain(lua, -1, out);
    lua_pop(lua, 1);
  }
  lua_settop(lua, table);
  if (first) out.append("none");
}

// Of Reading::name; null: it was read before, or there is no room.
Read* new_read(lua_State* lua, Reading& reading) {
  const auto same = [&reading](const Read& read) { return read.what == reading.name; };
  if (std::ranges::any_of(reading.reads, same)) return nullptr;
  if (reading.reads.size() >= kMaxReads) {
    ++reading.left_out;
    ++engine_of(lua).counters.reads_left_out;
    return nullptr;
  }
  if (reading.reads.empty()) reading.reads.reserve(16);  // more than most handlers read
  Read& read = reading.reads.emplace_back();
  read.what.assign(reading.name);
  where(lua, read.where);
  return &read;
}

void note_value(lua_State* lua, Reading& reading, bool secret) {
  if (lua_checkstack(lua, 4) == 0) return;
  Read* read = new_read(lua, reading);
  if (read == nullptr) return;
  if (secret && !lua_isnil(lua, -1)) {
    read->value.assign("***");
  } else if (lua_istable(lua, -1)) {
    append_table(lua, read->value);
  } else {
    append_plain(lua, -1, read->value);
  }
}

}  // namespace

void note_fact(lua_State* lua, FactKind kind, const void* facts, std::string_view field) {
  Reading& reading = engine_of(lua).reading;
  std::string_view front = name_of(kind);
  for (const auto& [at, name] : reading.addresses)
    if (at == facts && kind == FactKind::Address) front = name;
  reading.name.assign(front);
  if (kind == FactKind::Headers) {
    append_short(reading.name.append("[\""), field);
    reading.name.append("\"]");
    return note_value(lua, reading, is_secret(field));
  }
  append_short(reading.name.append("."), field);
  if (lua_type(lua, -1) == LUA_TFUNCTION) return;
  if (lua_type(lua, -1) != LUA_TUSERDATA) return note_value(lua, reading, false);
  // What is read of it is noted by itself, under the name by which it was reached.
  const void* part = part_of(lua, -1);
  const auto known = [part](const auto& address) { return address.first == part; };
  if (reading.addresses.size() < kMaxReads && std::ranges::none_of(reading.addresses, known))
    reading.addresses.emplace_back(part, reading.name);
}

void note_asked(lua_State* lua, std::string_view what, std::string_view argument) {
  Reading& reading = engine_of(lua).reading;
  reading.name.assign(what).append("(");
  append_short(reading.name, argument);
  reading.name.append(")");
  note_value(lua, reading, is_secret(argument));
}

void note_question(lua_State* lua, std::string_view refused) {
  Engine& engine = engine_of(lua);
  // What follows the path may be a key of the service.
  const std::string text = text_of(*engine.question);
  engine.reading.name.clear();
  append_short(engine.reading.name, std::string_view(text).substr(0, text.find('?')));
  Read* read = new_read(lua, engine.reading);
  engine.reading.asked = read != nullptr && refused.empty();
  if (read != nullptr) read->value.assign(refused);
}

void note_answer(Engine& engine) {
  if (!std::exchange(engine.reading.asked, false)) return;
  engine.reading.reads.back().value = text_of(engine.answer->found);
}

}  // namespace sbc::policy
