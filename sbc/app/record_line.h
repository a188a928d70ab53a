#pragma once
// The record of a call that is over, as its line in the log has it: call detail for whoever reads logs.

#include <span>
#include <string>
#include <vector>

#include "media-relay/observe/log.h"

#include "sbc/call/record.h"

namespace sbc::app {

class RecordLine {
 public:
  // `record` outlives the object.
  explicit RecordLine(const call::CallRecord& record);
  RecordLine(const RecordLine&) = delete;
  RecordLine& operator=(const RecordLine&) = delete;

  // Ours (policy::kOwnRecordFields names them), then those of the policy.
  std::span<const observe::Field> fields() const { return fields_; }

 private:
  std::string caller_audio_, callee_audio_, caller_media_, callee_media_, caller_worst_, callee_worst_;
  std::vector<observe::Field> fields_;
};

}  // namespace sbc::app
