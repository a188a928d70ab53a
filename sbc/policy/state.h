#pragma once
// The Lua state of a Host and how one handler is run in it. Internal to the room.

#include <array>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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
  Handler handler = Handler::Invite;
  int handler_reference = LUA_NOREF;
  std::array<Argument, 2> arguments{};
  int argument_count = 0;
  void (*read)(lua_State* lua, const Run& run) = nullptr;  // the answer on top of the stack into `out`
  void* out = nullptr;
  int status = LUA_OK;
  std::string error;
};

// What of the Engine belongs to an invocation that waits.
struct Shelf {
  std::uint64_t invocation = 0;
  std::string_view default_host;
  std::size_t lookups = 0;
  std::size_t counted = 0;
  std::size_t questions = 0;
  std::int64_t remaining = 0;
  int armed = 0;
  std::uint32_t granted = 0;
  bool out_of_instructions = false;
  bool out_of_memory = false;
  base::Duration wait_left{};
  std::vector<Made> made;
  std::vector<Contact> contacts;
  std::vector<LogLine> log;
  std::vector<TimerOp> timers;
  Reading reading;
  std::size_t volume = 0;  // allocated so far
  std::size_t held = 0;    // of that, at most
};

// One invocation and the coroutine that it runs in. Lua has its address.
struct Invocation {
  Handler handler = Handler::Invite;
  lua_State* thread = nullptr;
  int thread_reference = LUA_NOREF;
  Run run{};
  Shelf shelf{};
};

class Host::State {
 public:
  State(const Limits& limits, const Environment& environment, const Fallback& fallback) : fallback_(fallback) {
    engine_.limits = limits;
    engine_.environment = environment;
    references_.fill(LUA_NOREF);
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
    Patience patience = Patience::None;
  };
  struct Resumption {
    Handler handler;
    std::uint64_t ticket;
    Answer answer;
    Lookup* lookup;
  };
  enum class Ran : std::uint8_t {
    Done,    // `out` was filled
    Failed,  // `error` says why
    Waits,   // for the answer to engine().question; its ticket is engine().invocation
  };
  Ran run(const Call& call, void* out, std::string& error);
  Ran resume(const Resumption& what, void* out, std::string& error);
  void abandon(std::uint64_t ticket);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  static int load_all(lua_State* lua);
  void take_handlers(lua_State* lua, const Bundle& bundle);
  void prepare_invocations();
  int reference(Handler handler) const { return references_[static_cast<std::size_t>(handler)]; }

  // invocations.cc
  std::unique_ptr<Invocation> take_idle();
  void give_back(std::unique_ptr<Invocation> invocation);
  void begin(Invocation& invocation, const Call& call, void* out);
  Ran go(std::unique_ptr<Invocation> invocation, int arguments, std::string& error);
  std::string failure_of(Invocation& invocation);
  void shelve(std::unique_ptr<Invocation> invocation);
  std::unique_ptr<Invocation> unshelve(std::uint64_t ticket);
  Memory::Ceiling ceiling() const;

  Engine engine_;
  Fallback fallback_;
  lua_State* lua_ = nullptr;
  std::array<int, kHandlerCount> references_{};
  std::array<std::string, kHandlerCount> where_;  // "default.lua:12"
  Memory::Ceiling ceiling_;                       // of one invocation while none waits
  std::size_t held_ = 0;                          // by those that wait, at most
  std::uint64_t last_invocation_ = 0;
  std::vector<std::unique_ptr<Invocation>> idle_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Invocation>> waiting_;
};

}  // namespace sbc::policy
