// The Lua state of one test file. Functions that a test calls do their work in C++ frames that have returned before
// anything is raised: `error_` holds the text meanwhile.

#include <cstring>
#include <lua.hpp>
#include <optional>

#include "sbc/policy/memory.h"
#include "sbc/simulate/limits.h"
#include "sbc/simulate/play.h"
#include "sbc/trial/limits.h"
#include "sbc/trial/lua_value.h"
#include "sbc/trial/scene_value.h"
#include "sbc/trial/trial.h"

namespace sbc::trial {
namespace {

class Runner {
 public:
  Runner(const Ground& ground, std::string_view only) : ground_(ground), only_(only) {
    memory_.set_ceiling({.in_use = kMaxMemory});
    lua_ = lua_newstate(policy::Memory::allocate, &memory_);
  }
  ~Runner() {
    if (lua_ != nullptr) lua_close(lua_);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  Result run(const std::string& name, const std::string& text) {
    if (lua_ == nullptr) return {.passed = 0, .scenes = 0, .failures = {{"", name, "no memory for a Lua state"}}};
    open();
    lua_sethook(lua_, too_long, LUA_MASKCOUNT, kMaxInstructions);
    const std::string chunk = "@" + name;
    lua_pushcfunction(lua_, add_trace);
    int status = luaL_loadbufferx(lua_, text.data(), text.size(), chunk.c_str(), "t");
    if (status == LUA_OK) status = lua_pcall(lua_, 0, 0, 1);
    if (status != LUA_OK) fail("", error_text(status));
    return std::move(result_);
  }

 private:
  static Runner& of(lua_State* lua) { return *static_cast<Runner*>(lua_touserdata(lua, lua_upvalueindex(1))); }

  // What tests find: Lua without the system, and six functions.
  void open() {
    for (const auto& [name, function] : std::initializer_list<luaL_Reg>{{"_G", luaopen_base},
                                                                        {"string", luaopen_string},
                                                                        {"table", luaopen_table},
                                                                        {"math", luaopen_math},
                                                                        {"utf8", luaopen_utf8}}) {
      luaL_requiref(lua_, name, function, 1);
      lua_pop(lua_, 1);
    }
    for (const char* name : {"dofile", "loadfile", "load", "collectgarbage"}) {
      lua_pushnil(lua_);
      lua_setglobal(lua_, name);
    }
    for (const auto& [name, function] : std::initializer_list<luaL_Reg>{{"test", test},
                                                                        {"call", call},
                                                                        {"register", ask<registration_from>},
                                                                        {"request", ask<request_from>},
                                                                        {"expect", expect},
                                                                        {"require", require}}) {
      lua_pushlightuserdata(lua_, this);
      lua_pushcclosure(lua_, function, 1);
      lua_setglobal(lua_, name);
    }
  }

  // From then on at each instruction, so that no pcall goes on behind it.
  static void too_long(lua_State* lua, lua_Debug* /*record*/) {
    lua_sethook(lua, too_long, LUA_MASKCOUNT, 1);
    luaL_where(lua, 0);
    lua_pushliteral(lua, "this file of tests takes too long");
    lua_concat(lua, 2);
    lua_error(lua);
  }

  const char* error_text(int status) {
    if (status == LUA_ERRMEM) return "this file of tests takes too much memory";
    const char* text = lua_tostring(lua_, -1);
    return text != nullptr ? text : "an error without a text";
  }

  bool may_play() {
    return ++result_.scenes <= kMaxScenes ||
           note("more than " + std::to_string(kMaxScenes) + " calls in one file of tests");
  }

  // An error that is a text keeps it; anything else becomes one.
  static int add_trace(lua_State* lua) {
    if (lua_type(lua, 1) == LUA_TSTRING) return 1;
    lua_pushfstring(lua, "a %s was raised", luaL_typename(lua, 1));
    return 1;
  }

  // "file:12: text" is taken apart.
  void fail(const std::string& name, std::string text) {
    Failure failure{.test = name, .where = {}, .text = {}};
    const auto colon = text.find(": ");
    if (colon != std::string::npos && text.substr(0, colon).contains(".lua:")) {
      failure.where = text.substr(0, colon);
      text.erase(0, colon + 2);
    }
    failure.text = std::move(text);
    if (last_) failure.text += "\n" + told(*last_);
    result_.failures.push_back(std::move(failure));
  }

  // test(name, function)
  static int test(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TSTRING);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    Runner& self = of(lua);
    const char* name = lua_tostring(lua, 1);
    if (!self.only_.empty() && !std::string_view(name).contains(self.only_)) return 0;
    lua_pushcfunction(lua, add_trace);
    lua_insert(lua, 2);
    const int status = lua_pcall(lua, 0, 0, 2);
    self.end_test(name, status == LUA_OK ? nullptr : self.error_text(status));
    return 0;
  }

  void end_test(const char* name, const char* error) {
    if (error != nullptr) {
      fail(name, error);
    } else {
      ++result_.passed;
    }
    last_.reset();
    counters_ = policy::RateWindows(simulate::kMaxCounters);
  }

  // call { to = "bob", ... }: what became of it.
  static int call(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    Runner& self = of(lua);
    if (!self.play(lua)) return self.raise(lua);
    return 1;
  }

  bool play(lua_State* lua) {
    const auto value = read(lua, 1);
    if (!value) return note("call: " + value.error());
    static const Record nothing;
    auto scene = scene_from(value->record() != nullptr ? *value->record() : nothing, ground_);
    if (!scene) return note(scene.error());
    if (!may_play()) return false;
    scene->counters = &counters_;
    last_ = simulate::play(ground_.setting, ground_.host, *scene);
    if (!scene->may_leak && !last_->leaks.empty())
      return note("call: " + last_->leaks.front() + "; a scene where that is meant says may_leak = true");
    if (last_->decisions.empty() && !last_->problem.empty()) return note("call: " + last_->problem);
    push(lua, value_of(*last_));
    return true;
  }

  // register { user = "alice" }, request { method = "MESSAGE", to = "bob" }: what the policy says to it.
  using From = std::expected<simulate::Request, std::string> (*)(const Record& fields, const Ground& ground);
  template <From from>
  static int ask(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    Runner& self = of(lua);
    if (!self.hear(lua, from)) return self.raise(lua);
    return 1;
  }

  bool hear(lua_State* lua, From from) {
    const auto value = read(lua, 1);
    if (!value) return note(value.error());
    static const Record nothing;
    auto request = from(value->record() != nullptr ? *value->record() : nothing, ground_);
    if (!request) return note(request.error());
    if (!may_play()) return false;
    request->scene.counters = &counters_;
    const auto heard = simulate::hear(ground_.setting, ground_.host, *request);
    if (!heard.problem.empty()) return note(heard.problem);
    push(lua, value_of(heard));
    return true;
  }

  // expect(actual, expected, what?)
  static int expect(lua_State* lua) {
    if (lua_gettop(lua) < 2) return luaL_error(lua, "expect takes what there is and what should be");
    Runner& self = of(lua);
    if (!self.compare(lua)) return self.raise(lua);
    return 0;
  }

  bool compare(lua_State* lua) {
    const auto actual = read(lua, 1);
    const auto expected = read(lua, 2);
    if (!actual || !expected) return note("expect: " + (actual ? expected.error() : actual.error()));
    std::vector<std::string> lines;
    differences(*expected, *actual, "", lines);
    if (lines.empty()) return true;
    std::string text = lua_type(lua, 3) == LUA_TSTRING ? std::string(lua_tostring(lua, 3)) + ": " : "";
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n    ") + lines[i];
    return note(std::move(text));
  }

  // The libraries of the policy, each once.
  static int require(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TSTRING);
    lua_settop(lua, 1);
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, "parapet.required");
    lua_pushvalue(lua, 1);
    if (lua_rawget(lua, -2) != LUA_TNIL) return 1;
    lua_pop(lua, 1);
    Runner& self = of(lua);
    if (!self.load(lua)) return self.raise(lua);
    lua_call(lua, 0, 1);
    lua_pushvalue(lua, 1);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, 2);
    return 1;
  }

  bool load(lua_State* lua) {
    std::string path = lua_tostring(lua, 1);
    for (char& c : path)
      if (c == '.') c = '/';
    path += ".lua";
    const auto* file = ground_.bundle.find(path);
    if (file == nullptr) return note("require: the policy folder has no file \"" + path + "\"");
    const std::string chunk = "@" + path;
    if (luaL_loadbufferx(lua, file->text.data(), file->text.size(), chunk.c_str(), "t") == LUA_OK) return true;
    return note(lua_tostring(lua, -1));
  }

  bool note(std::string text) {
    error_ = std::move(text);
    return false;
  }
  // The error that was noted, at the line that called.
  int raise(lua_State* lua) {
    luaL_where(lua, 1);
    lua_pushlstring(lua, error_.data(), error_.size());
    lua_concat(lua, 2);
    return lua_error(lua);
  }

  const Ground& ground_;
  std::string_view only_;
  policy::Memory memory_;
  lua_State* lua_ = nullptr;
  Result result_;
  std::optional<simulate::Story> last_;  // of the test that runs
  policy::RateWindows counters_{simulate::kMaxCounters};
  std::string error_;
};

}  // namespace

Result run(const Ground& ground, const std::string& name, const std::string& text, std::string_view only) {
  return Runner(ground, only).run(name, text);
}

}  // namespace sbc::trial
