#pragma once
// Userdata of a policy: facts, contacts and decisions. A box holds a pointer or an index and the number of the
// invocation that it belongs to; used in a later one it is an error. Internal to the room.

#include <cstdint>
#include <lua.hpp>
#include <string_view>

#include "sbc/policy/facts.h"

namespace sbc::policy {

enum class FactKind : std::uint8_t {
  Invite,
  Register,
  Request,
  Leg,
  Attempt,
  Quality,
  End,
  Address,
  Headers,
  Response,
  Inside,
  Timer
};
inline constexpr std::size_t kFactKinds = 12;

// The name of the kind's metatable: "call"; and how an error about a missing field of it begins: "a call has no".
const char* name_of(FactKind kind);
const char* lacking(FactKind kind);

struct FactReader {
  void (*push)(lua_State* lua, const void* facts);
  std::string_view type;  // as LuaLS spells it
};
// One fact. Upvalue 1 of a metatable's __index has all of its kind, by name, as light userdata.
struct FactField {
  std::string_view name;
  FactReader reader;
};

// Makes the metatables; once per state. `facts.cc`, `contacts.cc` and `constructors.cc`.
void register_fact_boxes(lua_State* lua);
void register_contact_boxes(lua_State* lua);
void register_decision_boxes(lua_State* lua);

// Pushes a box for facts that outlive the invocation.   [-0, +1]
void push_facts(lua_State* lua, FactKind kind, const void* facts);
// What the box of facts at `index` stands for.
const void* part_of(lua_State* lua, int index);

// Contacts of the invocation, as a range of Engine::contacts.
struct ContactRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};
void push_contacts(lua_State* lua, ContactRange range);            // the list that location.lookup gives
bool contacts_at(lua_State* lua, int index, ContactRange& range);  // a list or one contact; false: neither

// Decisions, as an index into Engine::made.
int push_decision(lua_State* lua, std::size_t index);            // returns 1
bool decision_at(lua_State* lua, int index, std::size_t& made);  // false: not a decision

}  // namespace sbc::policy
