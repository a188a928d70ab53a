#include "sbc/policy/state.h"

#include <algorithm>

#include "sbc/policy/constructors.h"
#include "sbc/policy/loader.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

constexpr std::array<std::string_view, kHandlerCount> kHandlerNames = {
    "on_invite",        "on_register", "on_request", "on_nat",         "on_failure",
    "on_media_quality", "on_end",      "on_screen",  "on_provisional", "on_answer",
    "on_reinvite",      "on_refer",    "on_info",    "on_dtmf",        "on_timer"};

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
  if (auto first = take_idle()) give_back(std::move(first));
}

}  // namespace sbc::policy
