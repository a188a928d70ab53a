#pragma once
// Decisions that were made against decisions that another policy makes: counted, and what differs in groups of one kind
// each.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sbc/policy/host.h"
#include "sbc/retell/invocation.h"
#include "sbc/retell/retell.h"

namespace sbc::replay {

// Decisions that differ in one way, made in the same places.
struct Group {
  policy::Handler handler = policy::Handler::Invite;
  std::string change;               // change.h
  std::string before_at, after_at;  // "default.lua:42"
  std::uint64_t count = 0;
  std::uint64_t guesses = 0;          // of them, how many rest on an answer that the record does not have
  std::vector<std::string> examples;  // Call-IDs, the first ones; of a leg, where it signals from
  std::string before, after;          // the decisions of the first one, or its error
};

struct PerHandler {
  std::uint64_t same = 0;
  std::uint64_t different = 0;
};

struct Question {
  std::string kind, subject;
  std::uint64_t count = 0;
};

class Comparison {
 public:
  // One decision, told again.
  void add(const retell::Invocation& before, const retell::Retold& after);
  // One whose facts cannot be read.
  void cannot_tell(const std::string& why) { note(problems_, why); }
  // A line that is no invocation, by its number.
  void cannot_read(std::uint64_t line, const std::string& why);
  // The last line has no end: it was being written.
  void cut() { cut_ = true; }

  std::uint64_t compared() const;
  std::uint64_t different() const;
  const std::array<PerHandler, policy::kHandlerCount>& handlers() const { return handlers_; }
  std::vector<Group> groups() const;                              // the largest first
  std::uint64_t others() const { return others_; }                // differences beyond kMaxGroups
  std::vector<Question> unanswered() const;                       // the most frequent first
  std::uint64_t unanswered_in() const { return unanswered_in_; }  // decisions
  // Hashes of the policies that decided, with how often.
  const std::map<std::string, std::uint64_t>& policies() const { return policies_; }
  const std::map<std::string, std::uint64_t>& problems() const { return problems_; }
  std::uint64_t unreadable() const { return unreadable_; }
  const std::string& first_unreadable() const { return first_unreadable_; }  // "line 7: ..."
  bool was_cut() const { return cut_; }

 private:
  static void note(std::map<std::string, std::uint64_t>& counts, const std::string& what);
  void note_unanswered(const retell::Retold& after);

  std::array<PerHandler, policy::kHandlerCount> handlers_{};
  std::map<std::string, Group> groups_;
  std::uint64_t others_ = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> unanswered_;
  std::uint64_t unanswered_in_ = 0;
  std::map<std::string, std::uint64_t> policies_;
  std::map<std::string, std::uint64_t> problems_;
  std::uint64_t unreadable_ = 0;
  std::string first_unreadable_;
  bool cut_ = false;
};

}  // namespace sbc::replay
