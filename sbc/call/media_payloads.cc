// Media: the payload types of each leg in the numbers of the other.

#include "sbc/call/media.h"
#include "sbc/sdp/renumber.h"

namespace sbc::call {

// An answer has the numbers of the offer (RFC 3264 6.1), a further offer those that the leg was told before (8.3.2).
std::expected<sdp::SessionPtr, MediaError> Media::in_numbers_of(Side to, sdp::SessionPtr said, bool answering) const {
  const sdp::OfferAnswer* leg = state_if(to);
  const sdp::SessionPtr as = leg == nullptr ? nullptr : answering ? leg->remote() : leg->agreed_local();
  if (as == nullptr) return said;
  auto numbered = sdp::renumbered(std::move(said), *as);
  if (!numbered) return std::unexpected(MediaError{sdp::status_for(numbered.error().kind), numbered.error().text});
  return *std::move(numbered);
}

// The other side's peer sends what it was told of, this side's peer knows what it has said. Nothing where both agree,
// which is the rule.
std::vector<control::PayloadRule> Media::payload_rules(Side toward, std::size_t index) const {
  const sdp::OfferAnswer* sender = state_if(other(toward));
  const sdp::OfferAnswer* listener = state_if(toward);
  if (sender == nullptr || listener == nullptr || sender->local() == nullptr || listener->remote() == nullptr)
    return {};
  std::vector<control::PayloadRule> rules;
  for (const sdp::PayloadChange& c : sdp::payload_changes(*sender->local(), *listener->remote(), index))
    rules.push_back({.from = c.from,
                     .to = c.to,
                     .clock_from = c.clock_from,
                     .clock_to = c.clock_to == c.clock_from ? 0 : c.clock_to,
                     .use = c.event ? control::PayloadUse::Event : control::PayloadUse::Pass});
  return rules;
}

}  // namespace sbc::call
