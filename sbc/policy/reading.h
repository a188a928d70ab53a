#pragma once
// Notes what a handler reads (Host::note_reads). Internal to the room.

#include <lua.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sbc/policy/boxes.h"
#include "sbc/policy/reads.h"

namespace sbc::policy {

// What one invocation has read so far.
struct Reading {
  std::vector<Read> reads;
  std::size_t left_out = 0;  // beyond kMaxReads
  // Addresses that were reached through a fact, by where they are: "call.from".
  std::vector<std::pair<const void*, std::string>> addresses;
  std::string name;    // scratch: raising leaves by longjmp
  bool asked = false;  // the last of `reads` waits for its answer
  void clear() {
    asked = false;
    reads.clear();
    addresses.clear();
    left_out = 0;
  }
};

// The field of `facts` was read; its value is on top of the stack.   [-0, +0]
void note_fact(lua_State* lua, FactKind kind, const void* facts, std::string_view field);
// `what("argument")` was asked; the answer is on top of the stack.   [-0, +0]
void note_asked(lua_State* lua, std::string_view what, std::string_view argument);
// Engine::question is asked now, or cannot be ("busy"); and its answer, Engine::answer, has come.
void note_question(lua_State* lua, std::string_view refused);
struct Engine;
void note_answer(Engine& engine);

}  // namespace sbc::policy
