// record = { wav = true, pcap = true, announcement = "recorded" }; {}: not recorded.

#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/readers.h"

namespace sbc::policy {

Recording read_recording(lua_State* lua, int index, Place place) {
  if (!lua_istable(lua, index))
    raise(lua, place.what, ": ", place.field, " must be a table such as { wav = true }, not a ", type_at(lua, index));
  Recording out;
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const int value = lua_gettop(lua);
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const Place at{place.what, key};
    expect_declared(lua, "record has no field", key, kRecordFields);
    if (key == "wav")
      out.wav = read_boolean(lua, value, at);
    else if (key == "pcap")
      out.pcap = read_boolean(lua, value, at);
    else if (key == "siprec")
      out.siprec = read_text(lua, value, at, kMaxPlaceName);
    else if (key == "required")
      out.required = read_boolean(lua, value, at);
    else if (key == "control")
      out.control = read_boolean(lua, value, at);
    else if (key == "early")
      out.early = read_boolean(lua, value, at);
    else if (key == "announcement")
      out.announcement = read_sound(lua, value, at);
    lua_settop(lua, value - 1);
  }
  if ((out.required || !out.announcement.empty()) && !out.wanted())
    raise(lua, place.what, ": ", place.field, ": required and announcement want wav, pcap or siprec beside them");
  if (out.early && !out.to_files()) raise(lua, place.what, ": ", place.field, ": early wants wav or pcap beside it");
  return out;
}

}  // namespace sbc::policy
