#include "sbc/policy/state.h"

#include <algorithm>

#include "sbc/policy/constructors.h"
#include "sbc/policy/loader.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

constexpr std::array<std::string_view, kHandlerCount> kHandlerNames = {
    "on_invite", "on_register", "on_request", "on_nat", "on_failure", "on_media_quality", "on_end"};

int finish_invoke(lua_State* lua, int /*status*/, lua_KContext context) {
  const Run& run = *reinterpret_cast<const Run*>(context);
  run.read(lua, run);
  return 0;
}

// Builds the facts, calls the handler and reads its answer, all where errors are caught.
int invoke(lua_State* lua) {
  const Run& run = *static_cast<const Run*>(lua_touserdata(lua, 1));
  lua_rawgeti(lua, LUA_REGISTRYINDEX, run.handler_reference);
  for (int i = 0; i < run.argument_count; ++i) {
    const Argument& argument = run.arguments[static_cast<std::size_t>(i)];
    push_facts(lua, argument.kind, argument.facts);
  }
  const auto context = reinterpret_cast<lua_KContext>(&run);
  lua_callk(lua, run.argument_count, 1, context, finish_invoke);
  return finish_invoke(lua, LUA_OK, context);
}

int finish_guarded(lua_State* lua, int status, lua_KContext context) {
  Run& run = *reinterpret_cast<Run*>(context);
  run.status = status == LUA_YIELD ? LUA_OK : status;
  if (run.status == LUA_OK) return 0;
  if (is_string(lua, -1)) {
    run.error = text_at(lua, -1);
  } else {
    run.error.assign("the handler raised a ").append(type_at(lua, -1));
  }
  return 0;
}

// The protected call is inside the coroutine: a look-up may suspend the handler, and an error unwinds (and runs what is
// to be closed) while the budget still counts.
int guarded(lua_State* lua) {
  void* run = lua_touserdata(lua, 1);
  lua_pushcfunction(lua, invoke);
  lua_pushlightuserdata(lua, run);
  const auto context = reinterpret_cast<lua_KContext>(run);
  return finish_guarded(lua, lua_pcallk(lua, 1, 0, 0, context, finish_guarded), context);
}

}  // namespace

std::string_view name_of(Handler handler) {
  return kHandlerNames[static_cast<std::size_t>(handler)];
}

int Host::State::load_all(lua_State* lua) {
  State& state = *static_cast<State*>(lua_touserdata(lua, 1));
  const Bundle& bundle = *state.engine_.bundle;
  lua_settop(lua, 0);
  register_fact_boxes(lua);
  register_contact_boxes(lua);
  register_decision_boxes(lua);
  push_environment(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kEnvironmentKey);
  set_decision_constructors(lua);
  set_world(lua);
  set_require(lua);
  lua_pop(lua, 1);

  run_file(lua, *bundle.find(bundle.main()));
  state.take_handlers(lua, bundle);
  state.thread_ = lua_newthread(lua);
  luaL_ref(lua, LUA_REGISTRYINDEX);

  // Lua's table of strings doubles when it is full. It would be refused that inside an invocation (kMaxRuntimeBlock)
  // and collect garbage at every new string from then on; so let it grow now to what invocations need.
  for (std::size_t i = 0; i < std::min(state.engine_.limits.memory_bytes, kStringHeadroom) / 40; ++i) {
    lua_pushfstring(lua, "headroom %d", static_cast<int>(i));
    lua_pop(lua, 1);
  }
  return 0;
}

// The table that the main file returned is on top.
void Host::State::take_handlers(lua_State* lua, const Bundle& bundle) {
  const char* main = bundle.main().c_str();
  if (!lua_istable(lua, -1))
    luaL_error(lua, "%s:1: the policy must return a table of handlers, not a %s", main, luaL_typename(lua, -1));
  lua_pushnil(lua);
  while (lua_next(lua, -2) != 0) {
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const auto known = std::find(kHandlerNames.begin(), kHandlerNames.end(), key);
    int line = 1;
    const char* source = main;
    lua_Debug record{};
    if (lua_isfunction(lua, -1)) {
      lua_pushvalue(lua, -1);
      lua_getinfo(lua, ">S", &record);
      if (record.linedefined > 0) line = record.linedefined;
      if (record.linedefined > 0) source = record.short_src;
    } else {
      const std::string_view text = bundle.find(bundle.main())->text;
      const std::size_t at = text.find(key);
      if (at != std::string_view::npos)
        line += static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    }
    std::string& text = engine_.text;
    text.assign(source).append(":");
    append(text, static_cast<std::int64_t>(line));
    if (known == kHandlerNames.end()) {
      text.append(": there is no handler");
      lua_pushlstring(lua, text.data(), text.size());
      raise_unknown(lua, text_at(lua, -1), key, kHandlerNames);
    }
    if (!lua_isfunction(lua, -1))
      raise(lua, std::string_view(lua_pushlstring(lua, text.data(), text.size())), ": ", key,
            " must be a function, not a ", type_at(lua, -2));
    const auto index = static_cast<std::size_t>(known - kHandlerNames.begin());
    where_[index] = text;
    references_[index] = luaL_ref(lua, LUA_REGISTRYINDEX);
  }
  if (!has(Handler::Invite)) luaL_error(lua, "%s:1: the policy has no handler \"on_invite\"", main);
  lua_pop(lua, 1);
}

std::expected<void, PolicyError> Host::State::load(const Bundle& bundle) {
  const auto wrong = [&bundle](std::string text) {
    return std::unexpected(PolicyError{.file = bundle.main(), .line = 0, .text = std::move(text)});
  };
  if (bundle.find(bundle.main()) == nullptr) return wrong("the bundle does not hold its main file");
  if (engine_.limits.instructions < kMinInstructions || engine_.limits.memory_bytes < kMinMemoryBytes)
    return wrong("the budget is below " + std::to_string(kMinInstructions) + " instructions or " +
                 std::to_string(kMinMemoryBytes) + " bytes");
  engine_.memory.set_ceiling({.in_use = engine_.limits.load_memory_bytes});
  lua_ = lua_newstate(Memory::allocate, &engine_.memory);
  if (lua_ == nullptr) return wrong("no memory for a Lua state");
  attach(lua_, engine_);
  engine_.bundle = &bundle;
  grant(lua_, engine_, engine_.limits.load_instructions);
  lua_pushcfunction(lua_, load_all);  // light: takes no memory
  lua_pushlightuserdata(lua_, this);
  const int status = lua_pcall(lua_, 1, 0, 0);
  engine_.bundle = nullptr;
  lua_sethook(lua_, nullptr, 0, 0);
  if (status == LUA_ERRMEM)
    return wrong("loading takes more than " + std::to_string(engine_.limits.load_memory_bytes) + " bytes of memory");
  if (status != LUA_OK)
    return std::unexpected(is_string(lua_, -1) ? to_policy_error(text_at(lua_, -1), bundle.main())
                                               : PolicyError{bundle.main(), 0, "an error without a text"});
  prepare_invocations();
  return {};
}

void Host::State::prepare_invocations() {
  lua_settop(lua_, 0);
  lua_gc(lua_, LUA_GCCOLLECT);
  const std::size_t loaded = engine_.memory.in_use();
  const std::size_t budget = engine_.limits.memory_bytes;
  // Generational: what was loaded is old and is not walked again for each call's short-lived values. The next young
  // collection comes well before the budget is filled with garbage.
  const std::size_t percent = std::clamp<std::size_t>(budget * 40 / std::max<std::size_t>(loaded, 1), 1, 100);
  lua_gc(lua_, LUA_GCGEN, static_cast<int>(percent), 100);
  ceiling_ = {.in_use = loaded + budget, .volume = budget * kAllocationFactor, .block = kMaxRuntimeBlock};
  engine_.log.clear();
}

bool Host::State::run(const Call& call, void* out, std::string& error) {
  const auto index = static_cast<std::size_t>(call.handler);
  ++engine_.counters.invocations[index];
  ++engine_.invocation;
  engine_.lookup = call.lookup;
  engine_.default_host = call.default_host;
  engine_.lookups = 0;
  engine_.made.clear();
  engine_.contacts.clear();
  engine_.log.clear();
  engine_.memory.set_ceiling(ceiling_);
  grant(thread_, engine_, engine_.limits.instructions);

  Run run{.handler_reference = references_[index],
          .arguments = call.arguments,
          .argument_count = call.argument_count,
          .read = call.read,
          .out = out,
          .status = LUA_OK,
          .error = {}};
  lua_pushcfunction(thread_, guarded);
  lua_pushlightuserdata(thread_, &run);
  int results = 0;
  const int status = lua_resume(thread_, lua_, 1, &results);
  if (status == LUA_OK) {
    lua_settop(thread_, 0);
  } else {
    run.status = status == LUA_YIELD ? LUA_ERRRUN : status;
    run.error = status == LUA_YIELD ? "the handler was suspended" : "the handler could not be run";
    lua_resetthread(thread_);
    lua_settop(thread_, 0);
  }
  engine_.lookup = nullptr;
  if (run.status == LUA_OK) return true;

  ++engine_.counters.failures[index];
  if (engine_.out_of_instructions) ++engine_.counters.out_of_instructions;
  if (engine_.out_of_memory || run.status == LUA_ERRMEM) ++engine_.counters.out_of_memory;
  if (run.status == LUA_ERRMEM)
    run.error = std::string(name_of(call.handler)) + " needs more memory than its budget of " +
                std::to_string(engine_.limits.memory_bytes) + " bytes";
  error = has_position(run.error) ? std::move(run.error) : where_[index] + ": " + run.error;
  return false;
}

}  // namespace sbc::policy
