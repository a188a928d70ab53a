#include "sbc/policy/tables.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/reading.h"
#include "sbc/policy/sandbox.h"
#include "sbc/table/source.h"

namespace sbc::policy {
namespace {

struct PushCell {
  lua_State* lua;
  void operator()(std::monostate) const { lua_pushnil(lua); }
  void operator()(bool value) const { lua_pushboolean(lua, value ? 1 : 0); }
  void operator()(std::int64_t value) const { lua_pushinteger(lua, value); }
  void operator()(double value) const { lua_pushnumber(lua, value); }
  void operator()(std::string_view value) const { push(lua, value); }
};

[[noreturn]] void raise_no_table(lua_State* lua, std::string_view name) {
  const auto& tables = engine_of(lua).environment.tables;
  std::array<std::string_view, kMaxTables> names;
  std::size_t count = 0;
  for (const auto& [known, table] : tables)
    if (count < names.size()) names[count++] = known;
  raise_unknown(lua, "there is no table", name, std::span(names).first(count));
}

// Held by the engine: what owns memory may not live on the stack here.
const table::Table& table_argument(lua_State* lua, const char* what) {
  const std::string_view name = read_text(lua, 1, {what, "the table"}, kMaxPlaceName);
  const auto& tables = engine_of(lua).environment.tables;
  const auto found = tables.find(name);
  if (found == tables.end()) raise_no_table(lua, name);
  engine_of(lua).table = found->second->now();
  return *engine_of(lua).table;
}

// A table of the row's cells by the names of their columns.
void push_row(lua_State* lua, const table::Table& table, std::size_t row) {
  const auto& columns = table.columns();
  charge(lua, columns.size());
  lua_createtable(lua, 0, static_cast<int>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    push(lua, columns[i]);
    std::visit(PushCell{lua}, table.cell(row, i));
    lua_rawset(lua, -3);
  }
}

// The row that was found, or nil, is on top of the stack.
void note_row(lua_State* lua, std::string_view what) {
  Engine& engine = engine_of(lua);
  if (!engine.noting) return;
  engine.text.assign(text_at(lua, 1)).append(", ").append(text_at(lua, 2));
  note_asked(lua, what, engine.text);
}

// tables.find("customers", call.auth_user): the row, or nil.
int find(lua_State* lua) {
  const table::Table& table = table_argument(lua, "tables.find");
  const auto row = table.find(read_text(lua, 2, {"tables.find", "the key"}, kMaxTableKey));
  if (row)
    push_row(lua, table, *row);
  else
    lua_pushnil(lua);
  note_row(lua, "tables.find");
  return 1;
}

// tables.prefix("rates", "+436601234567"): the row with the longest key that the text begins with, and that key.
int prefix(lua_State* lua) {
  const table::Table& table = table_argument(lua, "tables.prefix");
  const auto row = table.longest_prefix(read_text(lua, 2, {"tables.prefix", "the text"}, kMaxTableKey));
  if (!row) {
    lua_pushnil(lua);
    note_row(lua, "tables.prefix");
    return 1;
  }
  push_row(lua, table, *row);
  note_row(lua, "tables.prefix");
  push(lua, table.key(*row));
  return 2;
}

}  // namespace

void set_tables(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "find", find);
  set_function(lua, "prefix", prefix);
  make_read_only(lua, "\"tables\" has no");
  lua_setfield(lua, -2, "tables");
}

}  // namespace sbc::policy
