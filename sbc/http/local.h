#pragma once
// One request to a server on a Unix socket of this machine, waited for. For tools: never in a process with a loop.

#include <expected>
#include <optional>
#include <string>

#include "media-relay/base/time.h"

namespace sbc::http {

// What a tool can read of one answer: a few thousand calls as JSON are a megabyte.
inline constexpr std::size_t kMaxLocalAnswer = 64U << 20;

struct LocalRequest {
  std::string socket;                 // path of the file
  std::string target;                 // "/policy/running?x=1"
  std::optional<std::string> body{};  // POST with it; without: GET
  base::Duration timeout = base::seconds(60);
};

struct LocalAnswer {
  int status = 0;
  std::string body;
};

struct LocalProblem {
  enum class What : std::uint8_t {
    Nobody,     // no such file, or nobody listens there
    Forbidden,  // the file may not be opened by this user
    Failed,     // anything else, a timeout too
  };
  What what = What::Failed;
  std::string text;
};

std::expected<LocalAnswer, LocalProblem> ask_local(const LocalRequest& request);

// One value of a query, with everything escaped that means something there.
std::string escaped(std::string_view text);

}  // namespace sbc::http
