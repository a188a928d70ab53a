#pragma once
// The words of Lua 5.4 source (manual, 3.1).

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "sbc/syntax/error.h"

namespace sbc::syntax {

struct Token {
  enum class Kind : std::uint8_t {
    Name,
    Keyword,  // and the marks: text says which
    Number,   // text as written
    String,   // text is its value, escapes resolved
    End,
  };
  Kind kind = Kind::End;
  int line = 1;
  std::string text;

  bool is(std::string_view word) const { return kind == Kind::Keyword && text == word; }
  std::string shown() const;  // for errors: "end", the end of the file
};

// Reads from left to right; comments and a first line with # are passed over.
class Scanner {
 public:
  explicit Scanner(std::string_view source);  // a view: outlives the object
  std::expected<Token, Error> next();

 private:
  std::expected<bool, Error> skip();
  std::expected<Token, Error> string(char quote);
  std::expected<std::string, Error> long_text(std::string_view what);
  std::expected<Token, Error> number();
  std::expected<void, Error> escape(std::string& out);
  int long_level() const;
  char at(std::size_t ahead = 0) const { return place_ + ahead < source_.size() ? source_[place_ + ahead] : '\0'; }
  std::unexpected<Error> wrong(std::string text) const { return std::unexpected(Error{line_, std::move(text)}); }
  bool newline();

  std::string_view source_;
  std::size_t place_ = 0;
  int line_ = 1;
};

}  // namespace sbc::syntax
