#pragma once
// Two places that are called at once.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "rig.h"

namespace sbc::call::test {

// b and c are called together.
struct Together : ::testing::Test {
  Together() {
    rig.advisor.trunks = {"t1", "t2"};
    rig.advisor.at_once = 2;
  }
  void over() {
    rig.pass(base::minutes(5));
    rig.expect_idle();
    rig.expect_no_half_call();
    rig.expect_offers_answered();
  }
  std::size_t calls_at(const char* trunk) const { return rig.advisor.seats.count(Occupancy::Of::Trunk, trunk); }
  bool noted(std::string_view text) const {
    return std::ranges::any_of(rig.notes, [text](const Note& note) { return note.text.contains(text); });
  }
  Rig rig;
};

inline policy::Candidate at(const std::string& uri, const std::string& realm) {
  policy::Candidate candidate;
  candidate.kind = policy::Candidate::Kind::Uri;
  candidate.name = uri;
  candidate.realm = realm;
  candidate.at_once = 1;
  return candidate;
}

}  // namespace sbc::call::test
