#pragma once
// Lua 5.4 source as a tree (manual, chapter 9). One kind of node: what its parts are, its kind says.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sbc::syntax {

enum class Kind : std::uint8_t {
  // Statements.
  Block,          // statements
  Local,          // Names, Values
  Assign,         // Values (targets: Name or Index), Values
  CallStatement,  // Call or MethodCall
  Do,             // Block
  While,          // condition, Block
  Repeat,         // Block, condition
  If,             // condition, Block, condition, Block, ..., and the Block of else when there is one
  NumericFor,     // Name, first, last, Block; a step stands before the Block
  GenericFor,     // Names, Values, Block
  Function,       // Name or Index, FunctionBody
  LocalFunction,  // Name, FunctionBody
  Return,         // expressions
  Break,
  Goto,   // text: the label
  Label,  // text
  // Expressions.
  Nil,
  True,
  False,
  Number,  // text as written
  String,  // text: its value
  Vararg,
  FunctionBody,  // Names (the parameters; the last may be Vararg), Block
  Name,          // text
  Index,         // object, key; a.b has a String for key
  Call,          // callee, arguments
  MethodCall,    // text: the method; object, arguments
  Table,         // Items and Fields
  Unary,         // text: operator; operand
  Binary,        // text: operator; left, right
  Paren,         // expression
  // Parts of others.
  Names,      // Name; in Local its text may have an attribute as its part (Attribute)
  Values,     // expressions
  Item,       // value, in its order
  Field,      // key, value
  Attribute,  // text: "const" or "close"
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
  Kind kind = Kind::Block;
  int line = 0;      // on which it begins; of a call: of its opening parenthesis
  int end_line = 0;  // FunctionBody: of its "end"; otherwise 0
  std::string text;
  std::vector<NodePtr> parts;

  const Node& part(std::size_t i) const { return *parts[i]; }
  const Node& last() const { return *parts.back(); }
};

}  // namespace sbc::syntax
