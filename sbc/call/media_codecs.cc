// Media: which codecs cross. Each leg's rules hold for what its peer says and for what it is told.

#include <algorithm>

#include "sbc/call/media.h"
#include "sbc/call/media_error.h"
#include "sbc/sdp/codec_filter.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::call {
namespace {

// Nothing protects fax (RFC 7345 is not there): it does not go where media must be protected.
const sdp::CodecRules kNoFax{.deny = {"image"}};

bool has_fax(const sdp::Session& said) {
  return std::ranges::any_of(said.media, sdp::is_fax);
}

}  // namespace

bool Media::has_rules(const sdp::Session& said) const {
  if (leg_a_.codecs != nullptr || leg_b_.codecs != nullptr) return true;
  return (leg_a_.security.must_protect() || leg_b_.security.must_protect()) && has_fax(said);
}

// What the other side of `to` has said, as `to` may hear it.
std::expected<sdp::SessionPtr, MediaError> Media::for_side(Side to, sdp::SessionPtr said, Passing passing) const {
  if (said == nullptr || !has_rules(*said)) return said;
  const bool usable = sdp::any_usable(*said);
  if (has_fax(*said) && (leg_a_.security.must_protect() || leg_b_.security.must_protect())) {
    auto narrowed = sdp::restrict_to(kNoFax, *said);
    if (!narrowed) return std::unexpected(to_media_error(narrowed.error()));
    said = *std::move(narrowed);
  }
  if (const auto& rules = leg(other(to)).codecs; rules != nullptr && rules->restricts()) {
    auto narrowed = sdp::restrict_to(*rules, *said);
    if (!narrowed) return std::unexpected(to_media_error(narrowed.error()));
    said = *std::move(narrowed);
  }
  auto spoken = transcoded(to, std::move(said), passing);
  if (!spoken) return std::unexpected(to_media_error(spoken.error()));
  said = *std::move(spoken);
  if (const auto& rules = leg(to).codecs; rules != nullptr) {
    auto narrowed = sdp::apply(*rules, *said);
    if (!narrowed) return std::unexpected(to_media_error(narrowed.error()));
    said = *std::move(narrowed);
  }
  if (usable && !sdp::any_usable(*said)) return std::unexpected(MediaError{488, "no media that both sides may use"});
  return said;
}

// Whether the rules leave nothing of the m-line that the side's peer wants.
bool Media::is_emptied(Side from, std::size_t index) const {
  if (!described(from)) return false;
  const sdp::SessionPtr& said = state_if(from)->remote();
  if (!has_rules(*said) || index >= said->media.size() || said->media[index].port == 0) return false;
  const bool offers = state_if(from)->state() == sdp::OfferAnswer::State::OfferReceived;
  const auto left = for_side(other(from), said, offers ? Passing::Offer : Passing::Answer);
  return !left || (index < (*left)->media.size() && (*left)->media[index].port == 0);
}

// Under rules what a peer says must leave something to use; its answer, one codec of `offer` in each line that it
// accepts (RFC 3264 6.1).
std::optional<MediaError> Media::lacks_codec(Side from, const sdp::Session& said, const sdp::Session* offer) const {
  if (!has_rules(said)) return std::nullopt;
  const auto left = for_side(other(from), std::make_shared<const sdp::Session>(said),
                             offer == nullptr ? Passing::Offer : Passing::Answer);
  if (!left) return left.error();
  if (offer == nullptr) {
    for (std::size_t i = 0; i < said.media.size() && tools_.refused != nullptr; ++i)
      if (said.media[i].port != 0 && (*left)->media[i].port == 0)
        ++(*tools_.refused)[static_cast<std::size_t>(sdp::Refusal::Codecs)];
    return std::nullopt;
  }
  bool wanted = false;
  for (std::size_t i = 0; i < (*left)->media.size(); ++i) {
    if (!sdp::remote_media(**left, i).usable()) continue;
    if (sdp::answers_codec(*offer, said, i)) return std::nullopt;
    wanted = true;
  }
  if (!wanted) return std::nullopt;
  return MediaError{488, "an answer with none of the codecs that were offered"};
}

}  // namespace sbc::call
