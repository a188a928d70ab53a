#pragma once
// Why there are no rows. Internal to the room.

#include <string>

#include "sbc/lookup/reply.h"

namespace sbc::database {

struct Wrong {
  lookup::Problem problem = lookup::Problem::Failed;
  std::string text;
};

}  // namespace sbc::database
