#include "sbc/app/replaying.h"

#include "sbc/history/history.h"
#include "sbc/retell/limits.h"
#include "sbc/retell/retell.h"

namespace sbc::app {
namespace {

// A line of the recording, without its end, and at most one byte more than a line may have.
bool next_line(std::istream& in, std::string& line, bool& ended) {
  line.clear();
  ended = false;
  for (int c = in.get(); c != std::char_traits<char>::eof(); c = in.get()) {
    if (c == '\n') {
      ended = true;
      return true;
    }
    if (line.size() <= retell::kMaxLine) line.push_back(static_cast<char>(c));
  }
  return !line.empty();
}

}  // namespace

std::expected<std::unique_ptr<policy::Host>, std::string> load_alone(const Config& config,
                                                                     const policy::Bundle& bundle) {
  auto host = policy::Host::load(bundle, config.policy_limits, config.policy_environment, config.policy_fallback);
  if (!host) return std::unexpected(host.error().message());
  (*host)->set_hash(history::hash_of(bundle));
  return *std::move(host);
}

void tell_again(policy::Host& host, const retell::Invocation& invocation, replay::Comparison& comparison) {
  const auto retold = retell::retell(host, invocation);
  if (retold) {
    comparison.add(invocation, *retold);
  } else {
    comparison.cannot_tell(retold.error());
  }
}

std::expected<void, std::string> replay_recording(std::istream& in, policy::Host& host, replay::Comparison& comparison,
                                                  const std::atomic<bool>* stop) {
  std::string line;
  bool ended = false;
  for (std::uint64_t number = 1; (stop == nullptr || !stop->load()) && next_line(in, line, ended); ++number) {
    const auto invocation = retell::read_line(line);
    if (invocation) {
      tell_again(host, *invocation, comparison);
    } else if (!ended) {
      comparison.cut();
    } else if (!line.empty()) {
      comparison.cannot_read(number, invocation.error());
    }
  }
  if (in.bad()) return std::unexpected("it cannot be read");
  return {};
}

}  // namespace sbc::app
