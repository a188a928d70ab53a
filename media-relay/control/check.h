#pragma once
// What a message must keep to whatever the relay's configuration is: limits and consistency.

#include <optional>
#include <string>

#include "media-relay/control/messages.h"

namespace control {

struct Problem {
  ErrorCode code = ErrorCode::BadSpec;
  std::string text;
};

std::optional<Problem> problem_with(const Command& command);
std::optional<Problem> problem_with(const SessionSpec& spec);
bool valid_session_id(std::string_view id);

}  // namespace control
