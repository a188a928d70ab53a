// Lua 5.4 source as a tree (manual, chapters 3 and 9).

#include "sbc/syntax/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "sbc/syntax/limits.h"

namespace sbc::syntax {
namespace {

// The tree in one line: (kind "text" parts...), kinds that carry no meaning here left out.
std::string written(const Node& node) {
  switch (node.kind) {
    case Kind::Name:
    case Kind::Number:
      return node.text;
    case Kind::String:
      return "'" + node.text + "'";
    case Kind::Nil:
      return "nil";
    case Kind::True:
      return "true";
    case Kind::False:
      return "false";
    case Kind::Vararg:
      return "...";
    default:
      break;
  }
  std::string text = "(" + (node.text.empty() ? std::to_string(static_cast<int>(node.kind)) : node.text);
  for (const auto& part : node.parts) text += " " + written(*part);
  return text + ")";
}

std::string expression(const std::string& source) {
  const auto tree = parse("return " + source);
  if (!tree) return std::to_string(tree.error().line) + ": " + tree.error().text;
  return written((*tree)->part(0).part(0));
}

std::string error_of(const std::string& source) {
  const auto tree = parse(source);
  return tree ? "none" : std::to_string(tree.error().line) + ": " + tree.error().text;
}

// Manual, 3.4.8.
TEST(Parser, OperatorsBindAsTheManualSays) {
  EXPECT_EQ(expression("a or b and c"), "(or a (and b c))");
  EXPECT_EQ(expression("1 + 2 * 3 - 4"), "(- (+ 1 (* 2 3)) 4)");
  EXPECT_EQ(expression("a .. b .. c"), "(.. a (.. b c))");
  EXPECT_EQ(expression("2 ^ 3 ^ 2"), "(^ 2 (^ 3 2))");
  EXPECT_EQ(expression("-x ^ 2"), "(- (^ x 2))");
  EXPECT_EQ(expression("2 ^ -x"), "(^ 2 (- x))");
  EXPECT_EQ(expression("not a == b"), "(== (not a) b)");
  EXPECT_EQ(expression("a < b and c <= d"), "(and (< a b) (<= c d))");
  EXPECT_EQ(expression("1 << 2 | 3 & 4 ~ 5"), "(| (<< 1 2) (~ (& 3 4) 5))");
  EXPECT_EQ(expression("#t // 2 % 3"), "(% (// (# t) 2) 3)");
}

// Manual, 3.1.
TEST(Parser, StringsHaveTheirValue) {
  EXPECT_EQ(expression(R"("a\tb\x41\065\u{20AC}\z
       c")"),
            "'a\tbAA\u20ACc'");
  EXPECT_EQ(expression("[[\nline\r\nnext]]"), "'line\nnext'");
  EXPECT_EQ(expression("[==[ ]] ]=] ]==]"), "' ]] ]=] '");
  EXPECT_EQ(expression(R"('it\'s' .. "\u{7FFFFFFF}")"), "(.. 'it's' '\xFD\xBF\xBF\xBF\xBF\xBF')");
}

TEST(Parser, NumeralsAreIntegersOrFloats) {
  for (const char* text : {"0", "42", "0xff", "0XA0"}) EXPECT_TRUE(is_integer(text)) << text;
  for (const char* text : {"3.", ".5", "1e3", "0x1p4", "0x.8"}) {
    EXPECT_FALSE(is_integer(text)) << text;
    EXPECT_EQ(expression(text), text);
  }
  EXPECT_EQ(error_of("return 3x"), "1: \"3x\" is no number");
  EXPECT_EQ(error_of("return 0x"), "1: \"0x\" is no number");
  EXPECT_EQ(error_of("return 1..2"), "1: \"1..2\" is no number") << "as Lua reads it";
}

TEST(Parser, EveryStatementIsRead) {
  const auto tree = parse(R"(#!/usr/bin/lua
-- a comment --[[ that ends with its line ]]
--[==[ and one
of two ]==]
local a <const>, b = 1, 2
local function f(x, ...) return x, ... end
function t.u:m(y) self.z = y end
if a then b() elseif c then d() else e() end
while a do break end
repeat local z = 1 until z
for i = 1, 10, 2 do end
for k, v in pairs(t) do goto next; ::next:: end
do ; end
t[1], t.x = f"text", f{ 1, x = 2, [3] = 4; 5 }
t:m "text"
return
)");
  ASSERT_TRUE(tree) << tree.error().line << ": " << tree.error().text;
  const auto& parts = (*tree)->parts;
  const Kind expected[] = {Kind::Local, Kind::LocalFunction, Kind::Function,      Kind::If,
                           Kind::While, Kind::Repeat,        Kind::NumericFor,    Kind::GenericFor,
                           Kind::Do,    Kind::Assign,        Kind::CallStatement, Kind::Return};
  ASSERT_EQ(parts.size(), std::size(expected));
  for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(parts[i]->kind, expected[i]) << i;
  EXPECT_EQ(parts[0]->line, 5);
  EXPECT_EQ(parts[0]->part(0).part(0).part(0).text, "const");
  EXPECT_EQ(parts[1]->part(1).end_line, 6);
  EXPECT_EQ(parts[2]->part(1).part(0).part(0).text, "self");
  EXPECT_EQ(parts[9]->part(1).part(1).part(1).parts.size(), 4U);
}

TEST(Parser, AMistakeSaysWhereAndWhatWasExpected) {
  EXPECT_EQ(error_of("if a then\n  b()\n"), "3: expected \"end\" for the \"if\" of line 1, got the end of the file");
  EXPECT_EQ(error_of("local x = {\n 1,\n 2\nlocal y"), "4: expected \"}\" for the \"{\" of line 1, got \"local\"");
  EXPECT_EQ(error_of("if a b"), "1: expected \"then\", got \"b\"");
  EXPECT_EQ(error_of("return 1\nx()"), "2: expected the end of the block: return is its last statement, got \"x\"");
  EXPECT_EQ(error_of("x = \"abc\n"), "1: the string has no end on this line");
  EXPECT_EQ(error_of("--[[ abc\n\n"), "1: the comment that begins here has no end");
  EXPECT_EQ(error_of("local x <close2> = 1"), "1: there is no attribute \"close2\"; there is const, close");
  EXPECT_EQ(error_of("f() = 1"), "1: this cannot be assigned to");
  EXPECT_EQ(error_of("x\n= 1 +"), "2: expected a value or a statement, got the end of the file");
  EXPECT_EQ(error_of("x = 1 $ 2"), "1: unexpected \"$\"");
  EXPECT_EQ(error_of("x = '\\q'"), "1: there is no escape \\q");
  EXPECT_EQ(error_of("x.y"),
            "1: expected a statement: a value alone is none; after it \"=\" or \"(\", got the end of the file");
}

TEST(Parser, DepthIsLimited) {
  const auto nested = [](int depth) {
    return "return " + std::string(static_cast<std::size_t>(depth), '(') + "1" +
           std::string(static_cast<std::size_t>(depth), ')');
  };
  EXPECT_EQ(error_of(nested(kMaxDepth - 2)), "none");
  EXPECT_EQ(error_of(nested(kMaxDepth + 1)), "1: nested deeper than 200 levels");
  EXPECT_EQ(error_of(nested(100'000)), "1: nested deeper than 200 levels");
}

TEST(Parser, ChainsAreLimited) {
  const auto chain = [](int links, const std::string& link) {
    std::string text = "return x";
    for (int i = 0; i < links; ++i) text += link;
    return text;
  };
  EXPECT_EQ(error_of(chain(kMaxChain, " + 1")), "none");
  EXPECT_EQ(error_of(chain(kMaxChain + 1, " + 1")), "1: more than 1000 operators in a row");
  EXPECT_EQ(error_of(chain(kMaxChain, ".y")), "none");
  EXPECT_EQ(error_of(chain(kMaxChain + 1, ".y")), "1: more than 1000 fields and calls in a row");
}

}  // namespace
}  // namespace sbc::syntax
