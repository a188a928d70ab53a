#pragma once
// Plays an invocation again: the handler of a policy gets the facts that were recorded and the answers that were given
// then, and nothing else. The policy may be another one than decided then.

#include <expected>
#include <string>
#include <vector>

#include "sbc/policy/host.h"
#include "sbc/retell/invocation.h"

namespace sbc::retell {

struct Retold {
  json::Value decision{};
  std::string where{};
  std::string error{};
  std::vector<policy::LogLine> log{};
  // What it asked that the record does not answer (kind and subject): of a look-up that takes time it was told
  // "unavailable", of the others what RetoldLookup says. A decision that rests on such an answer is a guess.
  std::vector<Asked> unanswered{};
};

// Error: the facts cannot be read. `host` is left as it was: nothing waits in it afterwards.
std::expected<Retold, std::string> retell(policy::Host& host, const Invocation& invocation);

// The same decision, and both or neither failed. Where they were made does not count.
bool same(const Invocation& told, const Retold& retold);
// ... and from the same lines, with the same words: what one policy says twice.
bool identical(const Invocation& told, const Retold& retold);

}  // namespace sbc::retell
