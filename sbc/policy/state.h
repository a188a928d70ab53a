#pragma once
// The Lua state of a Host and how one handler is run in it. Internal to the room.

#include <array>
#include <expected>
#include <string>
#include <string_view>

#include "sbc/policy/boxes.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/host.h"

namespace sbc::policy {

struct Argument {
  FactKind kind;
  const void* facts;
};

// One invocation on its way through Lua.
struct Run {
  int handler_reference;
  std::array<Argument, 2> arguments;
  int argument_count;
  void (*read)(lua_State* lua, const Run& run);  // the answer on top of the stack into `out`
  void* out;
  int status = LUA_OK;
  std::string error;
};

class Host::State {
 public:
  State(const Limits& limits, const Environment& environment, const Fallback& fallback) : fallback_(fallback) {
    engine_.limits = limits;
    engine_.environment = environment;
  }
  ~State() {
    engine_.memory.set_ceiling({});
    if (lua_ != nullptr) lua_close(lua_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::expected<void, PolicyError> load(const Bundle& bundle);

  bool has(Handler handler) const { return reference(handler) != LUA_NOREF; }
  const std::string& where(Handler handler) const { return where_[static_cast<std::size_t>(handler)]; }
  const Fallback& fallback() const { return fallback_; }
  Engine& engine() { return engine_; }
  const Engine& engine() const { return engine_; }

  struct Call {
    Handler handler;
    std::array<Argument, 2> arguments;
    int argument_count;
    void (*read)(lua_State* lua, const Run& run);
    Lookup* lookup;
    std::string_view default_host;
  };
  // True when the handler ran and `out` was filled; otherwise `error` says why not.
  bool run(const Call& call, void* out, std::string& error);

 private:
  static int load_all(lua_State* lua);
  void take_handlers(lua_State* lua, const Bundle& bundle);
  void prepare_invocations();
  int reference(Handler handler) const { return references_[static_cast<std::size_t>(handler)]; }

  Engine engine_;
  Fallback fallback_;
  lua_State* lua_ = nullptr;
  lua_State* thread_ = nullptr;
  std::array<int, kHandlerCount> references_ = {LUA_NOREF, LUA_NOREF, LUA_NOREF, LUA_NOREF,
                                                LUA_NOREF, LUA_NOREF, LUA_NOREF};
  std::array<std::string, kHandlerCount> where_;  // "default.lua:12"
  Memory::Ceiling ceiling_;                       // of one invocation
};

}  // namespace sbc::policy
