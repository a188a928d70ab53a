#pragma once
// `sbcctl policy explain`: why a call went its way, asked of the border that runs.

#include <string>

#include "sbc/ctl/control_client.h"

namespace sbc::ctl {

struct ExplainOptions {
  ControlPlace place;
  std::string call_id;
  bool json = false;
};
int explain_call(const ExplainOptions& options);

}  // namespace sbc::ctl
