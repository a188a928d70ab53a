#pragma once
// Limits of the trial room, each with its reason.

#include <cstddef>

namespace sbc::trial {

inline constexpr int kMaxDepth = 16;                 // of tables that a test hands over: a scene needs four
inline constexpr std::size_t kMaxElements = 10'000;  // in all of them together
inline constexpr std::size_t kMaxShown = 400;        // characters of a value in a failure: more is not read
inline constexpr std::size_t kMaxDifferences = 20;   // the first ones explain the rest

// Instructions that one file of tests may take, those of the policy not counted: seconds of Lua, after which it hangs.
inline constexpr int kMaxInstructions = 200'000'000;
// Calls and requests that it may play: minutes of them.
inline constexpr std::size_t kMaxScenes = 100'000;
// Memory that it may hold. A reload runs tests inside of sbc, beside calls.
inline constexpr std::size_t kMaxMemory = 256U << 20;

}  // namespace sbc::trial
