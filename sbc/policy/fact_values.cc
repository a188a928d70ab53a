#include "sbc/policy/fact_values.h"

#include "sbc/policy/boxes.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/offer.h"

namespace sbc::policy {
namespace {

template <typename Value>
void set_value(lua_State* lua, const char* name, const Value& value) {
  push_value(lua, value);
  lua_setfield(lua, -2, name);
}

// By the names of kStreamFields (fields.h).
void push_stream(lua_State* lua, const StreamFacts& stream) {
  lua_createtable(lua, 0, static_cast<int>(kStreamFields.size()));
  set_value(lua, "line", stream.line);
  set_value(lua, "kind", stream.kind);
  set_value(lua, "party", stream.party);
  set_value(lua, "codec", stream.codec);
  set_value(lua, "packets", stream.packets);
  set_value(lua, "mos", stream.mos);
  set_value(lua, "loss", stream.loss);
  set_value(lua, "jitter_ms", stream.jitter_ms);
  set_value(lua, "round_trip_ms", stream.round_trip_ms);
  set_value(lua, "reported_mos", stream.reported_mos);
  set_value(lua, "reported_loss", stream.reported_loss);
  set_value(lua, "inside_ms", stream.inside_ms);
  set_value(lua, "longest_inside_ms", stream.longest_inside_ms);
}

// By the names of kSdpLineFields and kSdpFields (fields.h).
void push_sdp_line(lua_State* lua, const SdpLineFacts& line) {
  lua_createtable(lua, 0, static_cast<int>(kSdpLineFields.size()));
  set_value(lua, "kind", line.kind);
  set_value(lua, "transport", line.transport);
  set_value(lua, "port", line.port);
  set_value(lua, "codecs", line.codecs);
  set_value(lua, "direction", line.direction);
  set_value(lua, "security", line.security);
  set_value(lua, "host", line.host);
}

}  // namespace

void push_value(lua_State* lua, const std::string& value) {
  push(lua, value);
}
void push_value(lua_State* lua, bool value) {
  lua_pushboolean(lua, value ? 1 : 0);
}
void push_value(lua_State* lua, std::uint16_t value) {
  lua_pushinteger(lua, value);
}
void push_value(lua_State* lua, std::uint32_t value) {
  lua_pushinteger(lua, value);
}
void push_value(lua_State* lua, const std::optional<double>& value) {
  value ? lua_pushnumber(lua, *value) : lua_pushnil(lua);
}
void push_value(lua_State* lua, const std::optional<std::uint32_t>& value) {
  value ? lua_pushinteger(lua, *value) : lua_pushnil(lua);
}
void push_value(lua_State* lua, float value) {
  lua_pushnumber(lua, static_cast<lua_Number>(value));
}
void push_value(lua_State* lua, const Address& value) {
  push_facts(lua, FactKind::Address, &value);
}
void push_value(lua_State* lua, const std::vector<Address>& value) {
  lua_createtable(lua, static_cast<int>(value.size()), 0);
  for (std::size_t i = 0; i < value.size(); ++i) {
    push_facts(lua, FactKind::Address, &value[i]);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
}
void push_value(lua_State* lua, const std::vector<HeaderView>& value) {
  push_facts(lua, FactKind::Headers, &value);
}
void push_value(lua_State* lua, const std::vector<std::string>& value) {
  lua_createtable(lua, static_cast<int>(value.size()), 0);
  for (std::size_t i = 0; i < value.size(); ++i) {
    push(lua, value[i]);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
}

void push_value(lua_State* lua, const std::vector<StreamFacts>& value) {
  lua_createtable(lua, static_cast<int>(value.size()), 0);
  for (std::size_t i = 0; i < value.size(); ++i) {
    push_stream(lua, value[i]);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
}

void push_value(lua_State* lua, const OfferFacts& value) {
  std::optional<SdpFacts>& sdp = engine_of(lua).sdp;  // raising leaves by longjmp
  sdp = summary_of(value);
  if (!sdp) return lua_pushnil(lua);
  lua_createtable(lua, 0, static_cast<int>(kSdpFields.size()));
  set_value(lua, "kinds", sdp->kinds);
  set_value(lua, "codecs", sdp->codecs);
  set_value(lua, "direction", sdp->direction);
  set_value(lua, "security", sdp->security);
  set_value(lua, "ice", sdp->ice);
  set_value(lua, "host", sdp->host);
  lua_createtable(lua, static_cast<int>(sdp->lines.size()), 0);
  for (std::size_t i = 0; i < sdp->lines.size(); ++i) {
    push_sdp_line(lua, sdp->lines[i]);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
  lua_setfield(lua, -2, "lines");
}

// By the names of kRegistrationFields.
void push_value(lua_State* lua, const std::optional<RegistrationFacts>& value) {
  if (!value) return lua_pushnil(lua);
  lua_createtable(lua, 0, static_cast<int>(kRegistrationFields.size()));
  set_value(lua, "aor", value->aor);
  set_value(lua, "uri", value->uri);
  set_value(lua, "user_agent", value->user_agent);
  set_value(lua, "source_ip", value->source_ip);
  set_value(lua, "transport", value->transport);
  set_value(lua, "q", value->q);
  set_value(lua, "expires_in", value->expires_in);
}

void push_value(lua_State* lua, const std::vector<AttemptFacts>& value) {
  lua_createtable(lua, static_cast<int>(value.size()), 0);
  for (std::size_t i = 0; i < value.size(); ++i) {
    push_facts(lua, FactKind::Attempt, &value[i]);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
}

void push_value(lua_State* lua, const std::vector<CdrField>& value) {
  lua_createtable(lua, 0, static_cast<int>(value.size()));
  for (const CdrField& field : value) {
    push(lua, field.name);
    if (const auto* text = std::get_if<std::string>(&field.value)) {
      push(lua, *text);
    } else if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
      lua_pushinteger(lua, *whole);
    } else {
      lua_pushnumber(lua, std::get<double>(field.value));
    }
    lua_rawset(lua, -3);
  }
}

}  // namespace sbc::policy
