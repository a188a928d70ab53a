#pragma once
// How a candidate policy does beside the one that decides, for people and for programs.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sbc/policy/host.h"
#include "sbc/replay/comparison.h"

namespace sbc::app {

enum class ShadowState : std::uint8_t {
  None,  // nobody has asked for one
  Loading,
  Running,
  Failed,  // it could not be loaded: ShadowStanding::error
  Stopped,
};
std::string_view name_of(ShadowState state);  // "running"

// Of one candidate since it was loaded.
struct ShadowStanding {
  ShadowState state = ShadowState::None;
  std::uint64_t order =
      0;             // counts the candidates of this process, so that who asked for one can tell it from the next
  std::string main;  // "new.lua"
  std::string hash;
  double share = 1;        // of decisions
  std::int64_t since = 0;  // seconds since 1970; until when: of the one that was stopped
  std::int64_t until = 0;
  std::string error;
  replay::Comparison comparison;
  std::array<std::uint64_t, policy::kHandlerCount> failed{};  // its handler failed, whether the running one did or not
  std::array<std::uint64_t, policy::kHandlerCount> unanswered{};  // it asked what the running one had not asked
  std::uint64_t dropped = 0;  // decisions that it was not told of, since it could not keep up
  double cpu_seconds = 0;     // of its thread
  std::uint64_t memory_bytes = 0;
};

// Both end with a line end.
std::string text_of(const ShadowStanding& standing);
std::string json_of(const ShadowStanding& standing);

}  // namespace sbc::app
