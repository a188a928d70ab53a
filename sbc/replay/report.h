#pragma once
// A comparison for people, and for programs. The same comparison is the same text.

#include <string>

#include "sbc/replay/comparison.h"

namespace sbc::replay {

// What was compared with what: names for people, and the hash of the policy that was tried.
struct Subject {
  std::string input;   // "decisions.jsonl"
  std::string policy;  // "/etc/parapet/policies/new.lua"
  std::string hash;
  std::vector<std::string> notes{};  // what of the input could not be used, a line each
};

std::string report(const Comparison& comparison, const Subject& subject);
std::string report_json(const Comparison& comparison, const Subject& subject);

}  // namespace sbc::replay
