#pragma once
// What a store answers, or why it does not.

#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

#include "sbc/json/value.h"

namespace sbc::lookup {

enum class Problem : std::uint8_t {
  Timeout,     // not answered in time
  NotAllowed,  // the configuration does not let policies ask this
  Busy,        // too many questions at once
  Resting,     // the circuit breaker is open
  Connect,     // nobody listens there, or lets us in
  Refused,     // understood and not done: a wrong type, an error in the SQL, no permission
  TooLarge,    // the answer is
  Failed,      // anything else: it broke off, or does not work at the moment
};
inline constexpr std::size_t kProblems = 8;
std::string_view name_of(Problem problem);  // "not_allowed"

// Whether it says that the service itself is not well.
constexpr bool is_failure(Problem problem) {
  return problem == Problem::Timeout || problem == Problem::Connect || problem == Problem::Failed;
}

using Reply = std::expected<std::shared_ptr<const json::Value>, Problem>;

// Its texts and what holds them, roughly.
std::size_t bytes_of(const json::Value& value);

}  // namespace sbc::lookup
