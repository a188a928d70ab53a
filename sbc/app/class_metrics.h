#pragma once
// What the operator sees of the classes that calls are admitted in.

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "media-relay/observe/metrics.h"

#include "sbc/call/occupancy.h"

namespace sbc::app {

using Classes = std::map<std::string, std::size_t, std::less<>>;  // limits by name

// `classes`: those of the configuration that runs, in the thread that reads the metrics. `occupancy` outlives them.
void expose_classes(observe::Metrics& metrics, const call::Occupancy& occupancy,
                    std::function<const Classes&()> classes);

}  // namespace sbc::app
