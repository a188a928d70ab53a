// codecs = { allow = { "PCMA", "PCMU" }, deny = { "video" }, order = {...}, force = {...}, ptime = 20, maxptime = 40 }.

#include <algorithm>
#include <array>
#include <span>

#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/readers.h"
#include "sbc/sdp/limits.h"

namespace sbc::policy {
namespace {

constexpr Bounds kPacketTimes{sdp::kMinPacketTime, sdp::kMaxPacketTime};

// Names of codecs as the border knows them; raising leaves by longjmp, so nothing is owned here.
void read_names(lua_State* lua, int index, Place place, const std::vector<std::string>& valid,
                std::vector<std::string>& out) {
  if (!lua_istable(lua, index))
    raise(lua, place.what, ": ", place.field, " must be a list such as { \"PCMA\", \"PCMU\" }, not a ",
          type_at(lua, index));
  const auto count = static_cast<lua_Integer>(lua_rawlen(lua, index));
  if (static_cast<std::size_t>(count) > valid.size())
    raise(lua, place.what, ": ", place.field, " names more codecs than there are");
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_rawgeti(lua, index, i);
    const std::string_view text = read_text(lua, lua_gettop(lua), place, kMaxUri);
    if (const auto name = sdp::name_among(valid, text)) {
      out.emplace_back(*name);
    } else {
      static thread_local std::array<std::string_view, 64> options;
      const std::size_t known = std::min(options.size(), valid.size());
      for (std::size_t n = 0; n < known; ++n) options[n] = valid[n];
      raise_unknown(lua, "there is no codec", text, std::span(options).first(known));
    }
    lua_pop(lua, 1);
  }
}

}  // namespace

void read_codecs(lua_State* lua, int index, Place place, sdp::CodecRules& out) {
  if (!lua_istable(lua, index))
    raise(lua, place.what, ": ", place.field, " must be a table such as { allow = { \"PCMA\" } }, not a ",
          type_at(lua, index));
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const int value = lua_gettop(lua);
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const Place at{place.what, key};
    expect_declared(lua, "codecs has no field", key, kCodecFields);
    if (key == "allow") {
      read_names(lua, value, at, sdp::codec_names(), out.allow);
    } else if (key == "deny") {
      read_names(lua, value, at, sdp::denied_names(), out.deny);
    } else if (key == "order") {
      read_names(lua, value, at, sdp::codec_names(), out.order);
    } else if (key == "force") {
      read_names(lua, value, at, sdp::codec_names(), out.force);
    } else if (key == "transcode") {
      read_names(lua, value, at, sdp::transcoded_names(), out.transcode);
    } else if (key == "ptime") {
      out.ptime = read_whole(lua, value, at, kPacketTimes);
    } else if (key == "maxptime") {
      out.maxptime = read_whole(lua, value, at, kPacketTimes);
    }
    lua_settop(lua, value - 1);
  }
}

}  // namespace sbc::policy
