#pragma once
// Walks a policy as it would run and says of which type each value is. Internal to the room.
//
// The types of parameters of the policy's own functions are those of all arguments that any call gives them, found in
// rounds; findings are reported in the last one.

#include "sbc/check/program.h"
#include "sbc/check/written.h"

namespace sbc::check {

class Inference {
 public:
  Inference(Program& program, Types& types) : program_(program), types_(types) {}

  // One round over all files. `report`: the last one.
  void round(bool report);
  // What was seen becomes what parameters are. False: it was so already.
  bool learn();
  // Parameters are not known after all.
  void give_up();

 private:
  using Node = syntax::Node;
  using Kind = syntax::Kind;

  // infer.cc: statements
  void walk_file(const File& file);
  void block(const Node& node);
  void statement(const Node& node);
  void body(const Node& node);
  void local(const Node& node);
  void assign(const Node& node);
  void assign_to(const Node& target, const Type& value);
  void generic_for(const Node& node);
  void answer(const Node& node);

  // infer_values.cc
  Type value(const Node& node, bool called = false);
  Type compute(const Node& node, bool called);
  Type name(const Node& node, bool called);
  Type index(const Node& node, bool called);
  Type member(const Node& at, const Type& object, const std::string& key);
  Type unary(const Node& node);
  Type binary(const Node& node);
  void compare(const Node& node, const Type& left, const Type& right);
  void want_operand(const Node& at, const Type& type, std::string_view what);
  Type table(const Node& node);

  // infer_calls.cc
  Type call(const Node& node);
  Type method_call(const Node& node);
  Type take_module(const Node& node);
  void record(const Function& function, const Node& node);
  void check_arguments(const Node& node, const Signature& signature, std::size_t first);
  void check_value(const Node& node, const Type& wanted, const std::string& what, std::string_view spelling = {});
  void check_table(const Node& node, const policy::Class& wanted, Extent extent);
  void check_name(const Node& node, std::string_view spelling);
  void check_known(const Node& node, std::string_view kind);
  // The tables that are written where the value stands, or where the variable begins that stands there.
  struct Literal {
    const Node* table;
    bool named;
  };
  void literals(const Node& node, std::vector<Literal>& out) const;

  void error(int line, std::string text) {
    if (report_) program_.report.error(*file_, line, std::move(text));
  }
  void warning(int line, std::string text) {
    if (report_) program_.report.warning(*file_, line, std::move(text));
  }
  void unknown_member(const Node& at, std::string_view lacks, const std::string& key,
                      const std::vector<policy::Member>& there);
  const Type& type_of(const Node& node) const { return values_.at(&node); }

  Program& program_;
  Types& types_;
  const File* file_ = nullptr;
  bool report_ = false;
  std::vector<const Function*> inside_;           // functions that are being walked
  std::unordered_map<const Node*, Type> values_;  // of this round
};

// "call.to.user", of names and fields alone; otherwise "this".
std::string shown(const syntax::Node& node);

}  // namespace sbc::check
