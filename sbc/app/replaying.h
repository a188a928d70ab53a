#pragma once
// A recording of decisions (policy.record) through another policy.

#include <atomic>
#include <expected>
#include <istream>
#include <memory>
#include <string>

#include "sbc/app/config.h"
#include "sbc/policy/bundle.h"
#include "sbc/policy/host.h"
#include "sbc/replay/comparison.h"
#include "sbc/retell/invocation.h"

namespace sbc::app {

// The policy in a host of its own, under the limits of `config`, named by its hash. The error is that of its author.
std::expected<std::unique_ptr<policy::Host>, std::string> load_alone(const Config& config,
                                                                     const policy::Bundle& bundle);

void tell_again(policy::Host& host, const retell::Invocation& invocation, replay::Comparison& comparison);

// To the end, or until `stop` says so, when it is given. The error says that the rest cannot be read.
std::expected<void, std::string> replay_recording(std::istream& in, policy::Host& host, replay::Comparison& comparison,
                                                  const std::atomic<bool>* stop = nullptr);

}  // namespace sbc::app
