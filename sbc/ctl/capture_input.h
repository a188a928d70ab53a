#pragma once
// Captures of SIP as an operator has them, for `sbcctl policy replay`.

#include <expected>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "sbc/app/config.h"
#include "sbc/policy/host.h"
#include "sbc/retell/invocation.h"

namespace sbc::ctl {

// Whether a file begins as a capture does (pcap, pcapng, HEP 3); reads nothing of it.
bool is_capture(std::istream& in);

// Every call that came to the border, with what the policy in `before` decides of it. Gives what of the capture could
// not be used, a line each. Error: it is too large, or nothing of it can be read.
std::expected<std::vector<std::string>, std::string> read_capture(
    std::istream& in, const app::Config& config, policy::Host& before,
    const std::function<void(const retell::Invocation&)>& take);

}  // namespace sbc::ctl
