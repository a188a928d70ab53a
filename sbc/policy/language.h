#pragma once
// What a policy finds in the language, said in words: handlers, facts, fields of decisions and globals, with their
// types. Read from the engine itself (the metatables of its facts, the lists of fields.h, the globals of its
// sandbox), so that what is checked before it runs and what editors are told is what will run.
//
// Types are spelled as LuaLS has them: string, integer, number, boolean, nil, any, function, table, names of classes,
// "a"|"b" (one of these texts), T[] (a list), T? (or nil), fun(a: T, b?: T): T, T.

#include <string>
#include <string_view>
#include <vector>

namespace sbc::policy {

struct Member {
  std::string name;
  std::string type;
};

struct Class {
  std::string name;   // "Call"
  std::string lacks;  // how an error about a missing field begins: "a call has no"
  std::vector<Member> fields;
  bool written = false;  // a table that policies write: every field may be left out
  bool open = false;     // has fields that are not listed: any text may be a key
};

struct HandlerShape {
  std::string name;
  std::vector<Member> parameters;
  std::string returns;
};

struct Language {
  std::vector<Class> classes;
  std::vector<HandlerShape> handlers;
  std::vector<Member> globals;

  const Class* find(std::string_view name) const;
};

Language language();

// A file for editors with LuaLS: the classes, handlers and globals that are not Lua's own.
std::string stubs(const Language& language);
// A configuration of luacheck that knows the same globals, and in tests those of `sbcctl policy test`.
std::string luacheck_settings(const Language& language);
// A configuration of LuaLS (.luarc.json): what of Lua there is, and where the stubs are.
std::string luals_settings();

}  // namespace sbc::policy
