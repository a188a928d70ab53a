#pragma once
// Where a source text is no Lua, and what was expected there.

#include <string>

namespace sbc::syntax {

struct Error {
  int line = 0;
  std::string text;  // `expected "then", got "end"`
};

}  // namespace sbc::syntax
