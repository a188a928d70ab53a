#pragma once
// Generic parameters, `name[=value]` separated by ';' (RFC 3261 25.1 generic-param), and quoted strings.

#include <optional>
#include <string>
#include <string_view>

#include "sbc/sip/error.h"

namespace sbc::sip {

struct Param {
  std::string_view name;
  std::string_view value;  // raw: a quoted value keeps its quotes
  bool has_value = false;
  std::string_view text;  // the whole parameter as written
};

// Walks `a=1;b;c="x;y"`; a leading ';' is allowed. Blanks around ';' and '=' are skipped (RFC 3261 SEMI, EQUAL).
// next(): false at the end or at an error; error() tells which.
class ParamReader {
 public:
  explicit ParamReader(std::string_view params) : text_(params) {}
  bool next(Param& out);
  const std::optional<Error>& error() const { return error_; }

 private:
  bool fail(std::string_view expected);
  bool take_quoted();
  void skip_blanks();

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;
  std::optional<Error> error_;
};

// First parameter of that name (any case). "" when it has no value; nullopt when absent. Stops at malformed text.
std::optional<std::string_view> find_param(std::string_view params, std::string_view name);

// "a \"b\"" -> a "b"; text without quotes is returned as it is (RFC 3261 25.1 quoted-string).
std::string unquote(std::string_view text);
// a "b" -> "a \"b\"", quotes included. Control bytes other than TAB become blanks, so that no line can be injected.
std::string quote(std::string_view text);

}  // namespace sbc::sip
