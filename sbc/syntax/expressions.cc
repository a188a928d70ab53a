// Expressions (manual, 3.4).

#include <array>

#include "sbc/syntax/parser.h"
#include "sbc/syntax/parsing.h"

namespace sbc::syntax {
namespace {

struct Priority {
  std::string_view mark;
  int left;
  int right;  // lower than left: associates to the right
};
// Manual, 3.4.8, as Lua's lparser.c has them.
constexpr std::array<Priority, 21> kBinary = {
    {{"or", 1, 1},  {"and", 2, 2}, {"<", 3, 3},   {">", 3, 3},   {"<=", 3, 3},   {">=", 3, 3},  {"~=", 3, 3},
     {"==", 3, 3},  {"|", 4, 4},   {"~", 5, 5},   {"&", 6, 6},   {"<<", 7, 7},   {">>", 7, 7},  {"..", 9, 8},
     {"+", 10, 10}, {"-", 10, 10}, {"*", 11, 11}, {"/", 11, 11}, {"//", 11, 11}, {"%", 11, 11}, {"^", 14, 13}}};
constexpr int kUnary = 12;

}  // namespace

NodePtr Parser::expressions(Kind kind) {
  NodePtr list = make(kind, token_.line);
  do list->parts.push_back(expression());
  while (take(","));
  return list;
}

NodePtr Parser::expression(int limit) {
  const Level level(*this);
  NodePtr left;
  if (at("not") || at("#") || at("-") || at("~")) {
    left = make(Kind::Unary, token_.line, token_.text);
    advance();
    left->parts.push_back(expression(kUnary));
  } else {
    left = simple();
  }
  for (int links = 0; ok(); ++links) {
    if (links > kMaxChain) fail("more than " + std::to_string(kMaxChain) + " operators in a row");
    const auto* found = kBinary.begin();
    while (found != kBinary.end() && !at(found->mark)) ++found;
    if (found == kBinary.end() || found->left <= limit) break;
    NodePtr node = make(Kind::Binary, token_.line, token_.text);
    advance();
    node->parts.push_back(std::move(left));
    node->parts.push_back(expression(found->right));
    left = std::move(node);
  }
  return left;
}

NodePtr Parser::simple() {
  const int line = token_.line;
  if (token_.kind == Token::Kind::Number || token_.kind == Token::Kind::String) {
    NodePtr node = make(token_.kind == Token::Kind::Number ? Kind::Number : Kind::String, line, token_.text);
    advance();
    return node;
  }
  if (take("nil")) return make(Kind::Nil, line);
  if (take("true")) return make(Kind::True, line);
  if (take("false")) return make(Kind::False, line);
  if (take("...")) return make(Kind::Vararg, line);
  if (at("{")) return table();
  if (take("function")) return function_body(line, false);
  return suffixed();
}

NodePtr Parser::primary() {
  const int line = token_.line;
  if (take("(")) {
    NodePtr inner = expression();
    close(")", "(", line);
    return make_of(Kind::Paren, line, std::move(inner));
  }
  if (token_.kind == Token::Kind::Name) return name();
  expected("a value or a statement");
  return make(Kind::Nil, line);
}

NodePtr Parser::suffixed() {
  NodePtr node = primary();
  for (int links = 0; ok(); ++links) {
    const int line = token_.line;
    if (links > kMaxChain) fail("more than " + std::to_string(kMaxChain) + " fields and calls in a row");
    if (take(".")) {
      node = dotted(std::move(node), take_name());
    } else if (take("[")) {
      NodePtr key = expression();
      close("]", "[", line);
      node = make_of(Kind::Index, line, std::move(node), std::move(key));
    } else if (take(":")) {
      NodePtr call = make(Kind::MethodCall, line, take_name().text);
      call->parts.push_back(std::move(node));
      arguments(*call);
      node = std::move(call);
    } else if (at("(") || at("{") || token_.kind == Token::Kind::String) {
      NodePtr call = make(Kind::Call, line);
      call->parts.push_back(std::move(node));
      arguments(*call);
      node = std::move(call);
    } else {
      break;
    }
  }
  return node;
}

void Parser::arguments(Node& call) {
  const int line = token_.line;
  if (at("{") || token_.kind == Token::Kind::String) {
    call.parts.push_back(simple());
    return;
  }
  if (!take("(")) return expected("the arguments of the call");
  if (take(")")) return;
  const NodePtr list = expressions(Kind::Values);
  for (auto& argument : list->parts) call.parts.push_back(std::move(argument));
  close(")", "(", line);
}

NodePtr Parser::table() {
  const int line = token_.line;
  NodePtr node = make(Kind::Table, line);
  need("{");
  while (ok() && !at("}")) {
    const int at_line = token_.line;
    if (take("[")) {
      NodePtr key = expression();
      close("]", "[", at_line);
      need("=");
      node->parts.push_back(make_of(Kind::Field, at_line, std::move(key), expression()));
    } else if (token_.kind == Token::Kind::Name && next_is("=")) {
      NodePtr key = make(Kind::String, at_line, token_.text);
      advance();
      advance();
      node->parts.push_back(make_of(Kind::Field, at_line, std::move(key), expression()));
    } else {
      node->parts.push_back(make_of(Kind::Item, at_line, expression()));
    }
    if (!take(",") && !take(";")) break;
  }
  close("}", "{", line);
  return node;
}

NodePtr Parser::function_body(int line, bool method) {
  NodePtr names = make(Kind::Names, line);
  if (method) names->parts.push_back(make(Kind::Name, line, "self"));
  need("(");
  if (!at(")")) {
    do {
      if (at("...")) {
        names->parts.push_back(make(Kind::Vararg, token_.line));
        advance();
        break;
      }
      names->parts.push_back(name());
    } while (take(","));
  }
  need(")");
  NodePtr block = statements();
  const int end_line = token_.line;
  close("end", "function", line);
  NodePtr node = make_of(Kind::FunctionBody, line, std::move(names), std::move(block));
  node->end_line = end_line;
  return node;
}

bool is_integer(std::string_view numeral) {
  const bool hex = numeral.starts_with("0x") || numeral.starts_with("0X");
  return numeral.find_first_of(hex ? ".pP" : ".eE") == std::string_view::npos;
}

}  // namespace sbc::syntax
