#include "sbc/transaction/oversize.h"

#include <algorithm>
#include <utility>

#include "sbc/transaction/limits.h"

namespace sbc::transaction {
namespace {

constexpr std::string_view kVia = "\r\nVia: ";

// Transport and sent-by of the top Via; our writer spells the header so, and gives each Via a branch.
std::string_view via_head(std::string_view message) {
  const auto line = message.find(kVia);
  if (line == std::string_view::npos) return {};
  const auto rest = message.substr(line + kVia.size());
  return rest.substr(0, rest.find(';'));
}

std::string with_via_head(std::string_view message, std::string_view head) {
  const auto old = via_head(message);
  const auto at = static_cast<std::size_t>(old.data() - message.data());
  std::string text;
  text.reserve(message.size() + head.size());
  text += message.substr(0, at);
  text += head;
  text += message.substr(at + old.size());
  return text;
}

}  // namespace

std::optional<Oversize::Request> Oversize::over_tcp(const sip::Hop& hop, std::string_view request,
                                                    base::Instant now) const {
  if (hop.transport != sip::Transport::Udp || hop.flow || hop.listener >= twins_.size()) return std::nullopt;
  const auto& twin = twins_[hop.listener];
  if (!twin || twin->limit == 0 || request.size() <= twin->limit) return std::nullopt;
  const auto refused = without_tcp_.find(hop.remote);
  if (refused != without_tcp_.end() && refused->second > now) return std::nullopt;
  if (via_head(request).empty()) return std::nullopt;
  Request large{.hop = hop, .text = with_via_head(request, "SIP/2.0/TCP " + twin->sent_by)};
  large.hop.transport = sip::Transport::Tcp;
  large.hop.listener = twin->listener;
  return large;
}

bool Oversize::held_by_flow(const sip::Hop& hop, std::size_t size) const {
  if (hop.transport != sip::Transport::Udp || !hop.flow || hop.listener >= twins_.size()) return false;
  const auto& twin = twins_[hop.listener];
  return twin && twin->limit != 0 && size > twin->limit;
}

bool Oversize::refused(const base::Endpoint& remote, base::Instant now) {
  if (without_tcp_.size() >= kMaxWithoutTcp && !without_tcp_.contains(remote)) {
    std::erase_if(without_tcp_, [now](const auto& entry) { return entry.second <= now; });
  }
  const bool full = without_tcp_.size() >= kMaxWithoutTcp && !without_tcp_.contains(remote);
  if (full)
    without_tcp_.erase(std::ranges::min_element(without_tcp_, {}, [](const auto& entry) { return entry.second; }));
  without_tcp_[remote] = now + kWithoutTcpFor;
  return !full;
}

std::string with_via_of(std::string_view message, std::string_view model) {
  return with_via_head(message, via_head(model));
}

}  // namespace sbc::transaction
