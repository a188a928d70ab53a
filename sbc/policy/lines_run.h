#pragma once
// Which lines of a policy ran, for its tests. On a live border nobody asks: it costs a look at every line.

#include <map>
#include <set>
#include <string>

namespace sbc::policy {

using LinesRun = std::map<std::string, std::set<int>, std::less<>>;  // by name of the file: "lib/numbers.lua"

}  // namespace sbc::policy
