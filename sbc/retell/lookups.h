#pragma once
// Look-ups that are noted while a handler runs, and look-ups that are answered from what was noted.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sbc/policy/host.h"
#include "sbc/retell/invocation.h"

namespace sbc::retell {

// Passes every question on and notes it with its answer. Both references outlive the object.
class NotingLookup final : public policy::Lookup {
 public:
  NotingLookup(policy::Lookup& real, std::vector<Asked>& notes) : real_(real), notes_(notes) {}

  std::vector<policy::Contact> location(std::string_view aor) override;
  bool known(std::string_view aor) override;
  std::uint64_t calls(CallsOf what, std::string_view name) override;
  std::uint64_t count(std::string_view name, base::Duration window, std::uint32_t amount) override;

 private:
  policy::Lookup& real_;
  std::vector<Asked>& notes_;
};

// A question that took time, with its answer; and back to the answer.
Asked asked_of(const policy::Question& question, const policy::Answer& answer);
// Kind and subject alone.
Asked asked_of(const policy::Question& question);
// nullopt: `asked` holds no such answer.
std::optional<policy::Answer> answer_of(const policy::Question& question, const Asked& asked);

// Answers from notes. A question that was asked several times gets its answers in their order, and then the last one
// again; but a counter that is asked more often than it was has moved on, and nobody knows by how much.
// Contacts get tokens of their own: 1, 2, ...
class RetoldLookup final : public policy::Lookup {
 public:
  // `noted` outlives the object.
  explicit RetoldLookup(const std::vector<Asked>& noted) : noted_(noted), used_(noted.size(), false) {}

  std::vector<policy::Contact> location(std::string_view aor) override;
  bool known(std::string_view aor) override;
  std::uint64_t calls(CallsOf what, std::string_view name) override;
  std::uint64_t count(std::string_view name, base::Duration window, std::uint32_t amount) override;

  // nullopt: the notes do not know.
  std::optional<policy::Answer> answer(const policy::Question& question);

  // What was asked that the notes do not answer, with an empty answer: whoever asked was told "nobody", "no", or, of a
  // counter, only what it added.
  const std::vector<Asked>& unanswered() const { return unanswered_; }
  void leave(Asked asked) { unanswered_.push_back(std::move(asked)); }

 private:
  enum class Again : std::uint8_t { May, MayNot };
  const Asked* find(const Asked& wanted, Again again);

  const std::vector<Asked>& noted_;
  std::vector<bool> used_;
  std::vector<Asked> unanswered_;
  std::uint64_t last_token_ = 0;
};

}  // namespace sbc::retell
