#pragma once
// Which file is meant where an operator names a policy.

#include <string>

namespace sbc::ctl {

// `given` itself; of a folder (`new/`) the file in it that is called as `configured`, the policy of the border, or else
// the only .lua file there. A folder with neither stays what it is, which nobody can read.
std::string policy_file(const std::string& given, const std::string& configured);

}  // namespace sbc::ctl
