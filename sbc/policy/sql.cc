#include <algorithm>
#include <array>
#include <cmath>

#include "sbc/policy/engine.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/sandbox.h"
#include "sbc/policy/stores.h"
#include "sbc/policy/waiting.h"

namespace sbc::policy {
namespace {

[[noreturn]] void raise_no_query(lua_State* lua, std::string_view name) {
  const auto& queries = engine_of(lua).environment.queries;
  std::array<std::string_view, kMaxQueries> names;
  const std::size_t count = std::min(queries.size(), names.size());
  std::copy_n(queries.begin(), count, names.begin());
  raise_unknown(lua, "there is no query", name, std::span(names).first(count));
}

void append_parameter(lua_State* lua, int index, std::vector<SqlParameter>& out) {
  switch (lua_type(lua, index)) {
    case LUA_TNIL:
      out.emplace_back(std::monostate{});
      return;
    case LUA_TBOOLEAN:
      out.emplace_back(lua_toboolean(lua, index) != 0);
      return;
    case LUA_TNUMBER:
      if (lua_isinteger(lua, index) != 0) {
        out.emplace_back(std::int64_t{lua_tointeger(lua, index)});
      } else if (std::isfinite(lua_tonumber(lua, index))) {
        out.emplace_back(double{lua_tonumber(lua, index)});
      } else {
        raise(lua, "sql.query: no database has such a number");
      }
      return;
    case LUA_TSTRING:
      // PostgreSQL has no such texts, and what SQLite makes of them differs from function to function.
      if (text_at(lua, index).contains('\0')) raise(lua, "sql.query: a text has a zero byte in it");
      out.emplace_back(std::string(text_at(lua, index)));
      return;
    default:
      raise(lua, "sql.query: a parameter is a text, a number, a boolean or nil, not a ", type_at(lua, index));
  }
}

// sql.query("route_of", call.to.user, 43): a list of rows, each a table by column; empty when there are none.
int sql_query(lua_State* lua) {
  Engine& engine = engine_of(lua);
  const std::string_view name = read_text(lua, 1, {"sql.query", "the query"}, kMaxPlaceName);
  if (std::ranges::find(engine.environment.queries, name) == engine.environment.queries.end())
    raise_no_query(lua, name);
  const int count = lua_gettop(lua);
  if (count - 1 > static_cast<int>(kMaxParameters))
    raise(lua, "sql.query: expected at most ", static_cast<std::int64_t>(kMaxParameters), " parameters, got ",
          std::int64_t{count - 1});
  engine.question.emplace(Question{.what = SqlQuestion{.query = std::string(name)}, .timeout = kUsualWait});
  auto& parameters = std::get<SqlQuestion>(engine.question->what).parameters;
  std::size_t bytes = 0;
  for (int i = 2; i <= count; ++i) {
    if (is_string(lua, i)) bytes += text_at(lua, i).size();
    append_parameter(lua, i, parameters);
  }
  if (bytes > kMaxWordBytes) raise(lua, "sql.query: the parameters are too long");
  charge(lua, bytes / kMatchStepsPerInstruction);
  return wait_for_answer(lua, take_value);
}

}  // namespace

void set_sql(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "query", sql_query);
  make_read_only(lua, "\"sql\" has no");
  lua_setfield(lua, -2, "sql");
}

}  // namespace sbc::policy
