#pragma once
// `sbcctl policy canary`: a candidate for a part of the calls of a border that runs.

#include <map>
#include <string>

#include "sbc/ctl/control_client.h"
#include "sbc/ctl/policy.h"

namespace sbc::ctl {

struct CanaryOptions {
  ControlPlace place;
  std::string file;                         // of the candidate; "": none is begun
  std::map<std::string, std::string> plan;  // share, answer_drop, ... as the border takes them; only what was said
  bool status = false;                      // what is done without anything else, said
  bool stop = false;
  bool promote = false;
  bool install = false;  // with promote: the files on the disk become the candidate's
  bool discard = false;  // even when they are in no history
};
// kBad: the last canary was rolled back.
int canary_policy(const CanaryOptions& options);

}  // namespace sbc::ctl
