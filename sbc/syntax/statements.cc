// Statements (manual, 3.3).

#include "sbc/syntax/parser.h"
#include "sbc/syntax/parsing.h"

namespace sbc::syntax {

NodePtr Parser::statements() {
  NodePtr block = make(Kind::Block, token_.line);
  const Level level(*this);
  while (ok() && !block_ends()) {
    if (take(";")) continue;
    if (at("return")) {
      block->parts.push_back(return_statement());
      break;
    }
    block->parts.push_back(statement());
  }
  return block;
}

NodePtr Parser::statement() {
  const int line = token_.line;
  if (at("if")) return if_statement();
  if (at("for")) return for_statement();
  if (at("function")) return function_statement();
  if (at("local")) return local_statement();
  if (take("break")) return make(Kind::Break, line);
  if (take("do")) return make_of(Kind::Do, line, block_until_end("do", line));
  if (take("while")) {
    NodePtr condition = expression();
    need("do");
    return make_of(Kind::While, line, std::move(condition), block_until_end("while", line));
  }
  if (take("repeat")) {
    NodePtr block = statements();
    close("until", "repeat", line);
    return make_of(Kind::Repeat, line, std::move(block), expression());
  }
  if (take("goto")) return make(Kind::Goto, line, take_name().text);
  if (take("::")) {
    NodePtr label = make(Kind::Label, line, take_name().text);
    need("::");
    return label;
  }
  return expression_statement();
}

NodePtr Parser::if_statement() {
  const int line = token_.line;
  NodePtr node = make(Kind::If, line);
  do {
    advance();  // if, elseif
    node->parts.push_back(expression());
    need("then");
    node->parts.push_back(statements());
  } while (at("elseif"));
  if (take("else")) node->parts.push_back(statements());
  close("end", "if", line);
  return node;
}

NodePtr Parser::for_statement() {
  const int line = token_.line;
  advance();
  NodePtr first = name();
  if (take("=")) {
    NodePtr node = make_of(Kind::NumericFor, line, std::move(first), expression());
    need(",");
    node->parts.push_back(expression());
    if (take(",")) node->parts.push_back(expression());
    need("do");
    node->parts.push_back(block_until_end("for", line));
    return node;
  }
  NodePtr names = make_of(Kind::Names, line, std::move(first));
  while (take(",")) names->parts.push_back(name());
  if (!at("in")) expected("\"=\" or \"in\"");
  need("in");
  NodePtr values = expressions(Kind::Values);
  need("do");
  return make_of(Kind::GenericFor, line, std::move(names), std::move(values), block_until_end("for", line));
}

NodePtr Parser::local_statement() {
  const int line = token_.line;
  advance();
  if (take("function")) {
    NodePtr called = name();
    return make_of(Kind::LocalFunction, line, std::move(called), function_body(line, false));
  }
  NodePtr names = make(Kind::Names, line);
  do {
    NodePtr one = name();
    if (take("<")) {
      const Token attribute = take_name();
      if (ok() && attribute.text != "const" && attribute.text != "close")
        fail("there is no attribute \"" + attribute.text + "\"; there is const, close");
      one->parts.push_back(make(Kind::Attribute, attribute.line, attribute.text));
      need(">");
    }
    names->parts.push_back(std::move(one));
  } while (take(","));
  NodePtr values = take("=") ? expressions(Kind::Values) : make(Kind::Values, line);
  return make_of(Kind::Local, line, std::move(names), std::move(values));
}

NodePtr Parser::function_statement() {
  const int line = token_.line;
  advance();
  NodePtr target = name();
  bool method = false;
  for (int links = 0; ok() && !method && (at(".") || at(":")); ++links) {
    if (links > kMaxChain) fail("more than " + std::to_string(kMaxChain) + " fields in a row");
    method = at(":");
    advance();
    target = dotted(std::move(target), take_name());
  }
  return make_of(Kind::Function, line, std::move(target), function_body(line, method));
}

NodePtr Parser::return_statement() {
  NodePtr node = make(Kind::Return, token_.line);
  advance();
  if (!block_ends() && !at(";")) node->parts = std::move(expressions(Kind::Values)->parts);
  take(";");
  if (ok() && !block_ends()) expected("the end of the block: return is its last statement");
  return node;
}

NodePtr Parser::expression_statement() {
  const int line = token_.line;
  NodePtr first = suffixed();
  if (at("=") || at(",")) {
    NodePtr targets = make(Kind::Values, line);
    targets->parts.push_back(std::move(first));
    while (take(",")) targets->parts.push_back(suffixed());
    for (const auto& target : targets->parts)
      if (ok() && target->kind != Kind::Name && target->kind != Kind::Index) fail("this cannot be assigned to");
    need("=");
    return make_of(Kind::Assign, line, std::move(targets), expressions(Kind::Values));
  }
  if (ok() && first->kind != Kind::Call && first->kind != Kind::MethodCall)
    expected("a statement: a value alone is none; after it \"=\" or \"(\"");
  return make_of(Kind::CallStatement, line, std::move(first));
}

std::expected<NodePtr, Error> parse(std::string_view source) {
  if (source.size() > kMaxSource) return std::unexpected(Error{1, "the file is too large"});
  return Parser(source).whole();
}

}  // namespace sbc::syntax
