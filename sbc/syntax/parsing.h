#pragma once
// Recursive descent, as Lua's own parser. A mistake is kept in `error_` and ends the walk: every step looks at `ok()`.
// Internal to the room.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sbc/syntax/error.h"
#include "sbc/syntax/limits.h"
#include "sbc/syntax/token.h"
#include "sbc/syntax/tree.h"

namespace sbc::syntax {

class Parser {
 public:
  explicit Parser(std::string_view source) : scanner_(source) { advance(); }

  std::expected<NodePtr, Error> whole() {
    NodePtr block = statements();
    if (ok() && token_.kind != Token::Kind::End) expected("a statement");
    if (!ok()) return std::unexpected(*error_);
    return block;
  }

 private:
  bool ok() const { return !error_; }
  bool at(std::string_view word) const { return token_.is(word); }
  bool take(std::string_view word) {
    if (!at(word)) return false;
    advance();
    return true;
  }
  void fail(std::string text) {
    if (ok()) error_ = Error{token_.line, std::move(text)};
    token_ = {.kind = Token::Kind::End, .line = token_.line, .text = {}};  // nothing more fits
  }
  void expected(std::string_view what) { fail("expected " + std::string(what) + ", got " + token_.shown()); }
  void need(std::string_view word) {
    if (!take(word)) expected("\"" + std::string(word) + "\"");
  }
  // The end of what began at `line` with `opening`.
  void close(std::string_view word, std::string_view opening, int line) {
    if (take(word)) return;
    std::string what = "\"" + std::string(word) + "\"";
    if (line != token_.line) what += " for the \"" + std::string(opening) + "\" of line " + std::to_string(line);
    expected(what);
  }
  void advance() {
    if (!ok()) return;
    auto token = ahead_ ? std::expected<Token, Error>(*std::exchange(ahead_, std::nullopt)) : scanner_.next();
    if (token) {
      token_ = *std::move(token);
    } else {
      error_ = token.error();
      token_ = {.kind = Token::Kind::End, .line = error_->line, .text = {}};
    }
  }
  // The token behind the current one.
  bool next_is(std::string_view word) {
    if (!ahead_) {
      auto token = scanner_.next();
      if (!token) {
        error_ = token.error();
        return false;
      }
      ahead_ = *std::move(token);
    }
    return ahead_->is(word);
  }

  static NodePtr make(Kind kind, int line, std::string text = {}) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->line = line;
    node->text = std::move(text);
    return node;
  }
  template <typename... Parts>
  static NodePtr make_of(Kind kind, int line, Parts... parts) {
    NodePtr node = make(kind, line);
    (node->parts.push_back(std::move(parts)), ...);
    return node;
  }
  NodePtr name() {
    NodePtr node = make(Kind::Name, token_.line, token_.text);
    if (token_.kind != Token::Kind::Name) {
      expected("a name");
    } else {
      advance();
    }
    return node;
  }
  bool block_ends() const {
    return token_.kind == Token::Kind::End || at("end") || at("else") || at("elseif") || at("until");
  }

  NodePtr statements();
  NodePtr statement();
  NodePtr if_statement();
  NodePtr for_statement();
  NodePtr local_statement();
  NodePtr function_statement();
  NodePtr return_statement();
  NodePtr expression_statement();
  NodePtr block_until_end(std::string_view opening, int line) {
    NodePtr block = statements();
    close("end", opening, line);
    return block;
  }

  NodePtr expressions(Kind kind);
  NodePtr expression(int limit = 0);
  NodePtr simple();
  NodePtr suffixed();
  NodePtr primary();
  NodePtr table();
  NodePtr function_body(int line, bool method);
  void arguments(Node& call);
  static NodePtr dotted(NodePtr object, const Token& key) {
    return make_of(Kind::Index, key.line, std::move(object), make(Kind::String, key.line, key.text));
  }
  Token take_name() {
    Token token = token_;
    name();
    return token;
  }

  // Counts how deep the parser is; too deep is a mistake.
  struct Level {
    explicit Level(Parser& parser) : owner(parser) {
      if (++owner.depth_ > kMaxDepth) owner.fail("nested deeper than " + std::to_string(kMaxDepth) + " levels");
    }
    ~Level() { --owner.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Parser& owner;
  };

  Scanner scanner_;
  Token token_;
  std::optional<Token> ahead_;
  std::optional<Error> error_;
  int depth_ = 0;
};

}  // namespace sbc::syntax
