// location.lookup gives a list of contacts; both are userdata that name a range of Engine::contacts.

#include "sbc/policy/boxes.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

constexpr const char* kList = "contacts";
constexpr const char* kOne = "contact";

struct ContactBox {
  ContactRange range;
  std::uint64_t invocation;
};

void push_box(lua_State* lua, ContactRange range, const char* metatable) {
  auto* box = static_cast<ContactBox*>(lua_newuserdatauv(lua, sizeof(ContactBox), 0));
  *box = {.range = range, .invocation = engine_of(lua).invocation};
  luaL_setmetatable(lua, metatable);
}

const ContactRange& checked_range(lua_State* lua, int index, const char* metatable) {
  const auto* box = static_cast<const ContactBox*>(luaL_checkudata(lua, index, metatable));
  if (box->invocation != engine_of(lua).invocation) raise(lua, "contacts of an earlier event; look them up again");
  return box->range;
}

int index_list(lua_State* lua) {
  const ContactRange range = checked_range(lua, 1, kList);
  if (lua_isinteger(lua, 2) == 0) raise(lua, "contacts are numbered from 1; to read a field write contacts[1].field");
  const lua_Integer i = lua_tointeger(lua, 2);
  if (i < 1 || i > static_cast<lua_Integer>(range.count)) return 0;
  push_box(lua, {.first = range.first + static_cast<std::uint32_t>(i - 1), .count = 1}, kOne);
  return 1;
}

int length_of_list(lua_State* lua) {
  lua_pushinteger(lua, checked_range(lua, 1, kList).count);
  return 1;
}

int index_contact(lua_State* lua) {
  const Contact& contact = engine_of(lua).contacts[checked_range(lua, 1, kOne).first];
  luaL_checktype(lua, 2, LUA_TSTRING);
  const std::string_view name = text_at(lua, 2);
  expect_declared(lua, "a contact has no", name, kContactFields);
  if (name == "uri") {
    push(lua, contact.uri);
  } else if (name == "aor") {
    push(lua, contact.aor);
  } else if (name == "user_agent") {
    push(lua, contact.user_agent);
  } else if (name == "source_ip") {
    push(lua, contact.source_ip);
  } else if (name == "transport") {
    push(lua, contact.transport);
  } else if (name == "q") {
    lua_pushnumber(lua, static_cast<lua_Number>(contact.q));
  } else if (name == "expires_in") {
    lua_pushinteger(lua, contact.expires_in);
  }
  return 1;
}

int refuse_change(lua_State* lua) {
  raise(lua, "contacts cannot be changed");
}

void protect(lua_State* lua) {
  set_function(lua, "__newindex", refuse_change);
  lua_pushliteral(lua, "contacts");
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
}

}  // namespace

void register_contact_boxes(lua_State* lua) {
  luaL_newmetatable(lua, kList);
  set_function(lua, "__index", index_list);
  set_function(lua, "__len", length_of_list);
  protect(lua);
  luaL_newmetatable(lua, kOne);
  set_function(lua, "__index", index_contact);
  protect(lua);
}

void push_contacts(lua_State* lua, ContactRange range) {
  push_box(lua, range, kList);
}

bool contacts_at(lua_State* lua, int index, ContactRange& range) {
  const void* list = luaL_testudata(lua, index, kList);
  if (list == nullptr && luaL_testudata(lua, index, kOne) == nullptr) return false;
  range = checked_range(lua, index, list != nullptr ? kList : kOne);
  return true;
}

}  // namespace sbc::policy
