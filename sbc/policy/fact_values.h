#pragma once
// How the value of a fact becomes one of Lua's.   [-0, +1]   Internal to the room.

#include <cstdint>
#include <lua.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sbc/policy/facts.h"

namespace sbc::policy {

void push_value(lua_State* lua, const std::string& value);
void push_value(lua_State* lua, bool value);
void push_value(lua_State* lua, std::uint16_t value);
void push_value(lua_State* lua, std::uint32_t value);
void push_value(lua_State* lua, const std::optional<double>& value);
void push_value(lua_State* lua, const std::optional<std::uint32_t>& value);
void push_value(lua_State* lua, float value);
void push_value(lua_State* lua, const Address& value);
void push_value(lua_State* lua, const std::vector<Address>& value);
void push_value(lua_State* lua, const std::vector<HeaderView>& value);
void push_value(lua_State* lua, const std::vector<std::string>& value);
void push_value(lua_State* lua, const std::vector<StreamFacts>& value);
void push_value(lua_State* lua, const OfferFacts& value);
void push_value(lua_State* lua, const std::optional<RegistrationFacts>& value);
void push_value(lua_State* lua, const std::vector<AttemptFacts>& value);
void push_value(lua_State* lua, const std::vector<CdrField>& value);

}  // namespace sbc::policy
