#pragma once
// Reading what a policy wrote into a constructor's table. Each raises a Lua error that says what was expected, what
// came and what it belongs to. Internal to the room.

#include <cstdint>
#include <lua.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"

namespace sbc::policy {

// The value at `index`, which is field `field` of `what` ("route").
struct Place {
  std::string_view what;
  std::string_view field;
};

struct Bounds {
  std::int64_t least;
  std::int64_t most;
};

std::uint32_t read_whole(lua_State* lua, int index, Place place, Bounds bounds);
bool read_boolean(lua_State* lua, int index, Place place);
base::Duration read_seconds(lua_State* lua, int index, Place place, double least, double most);
std::string_view read_text(lua_State* lua, int index, Place place, std::size_t most);

// The name of a sound of the relay, or tones (media-relay/control/sound.h); "": none.
std::string_view read_sound(lua_State* lua, int index, Place place);
// A user part; a number such as 4311234 is taken too.
std::string_view read_user_part(lua_State* lua, int index, Place place);
// A reason phrase: one line.
std::string_view read_phrase(lua_State* lua, int index, Place place, std::size_t most);

// headers = { ["X-Name"] = "value" | {"one", "two"} | { add = "value" } | false | true, ["X-Tenant-*"] = false | true
// }.
void read_header_ops(lua_State* lua, int index, Place place, std::vector<HeaderOp>& out);
void read_headers(lua_State* lua, int index, Place place, std::vector<Header>& out);  // of a response: no removal

// codecs = {...} (codecs.cc).
void read_codecs(lua_State* lua, int index, Place place, sdp::CodecRules& out);

// record = { wav = true, pcap = true, required = true } (recording.cc).
Recording read_recording(lua_State* lua, int index, Place place);

// cdr = { account = "4711", price = 0.02 } (cdr.cc). Appends to `out`.
void read_cdr(lua_State* lua, int index, Place place, std::vector<CdrField>& out);

// route{...} and what the elements of its list may be (candidates.cc): `made.candidates`, and what is of the whole.
struct Made;
void read_route(lua_State* lua, int index, std::string_view what, Made& made);

}  // namespace sbc::policy
