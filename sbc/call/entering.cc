#include "sbc/call/entering.h"

#include "media-relay/base/text.h"

#include "sbc/call/mapped_ids.h"
#include "sbc/call/refer.h"
#include "sbc/sip/values.h"

namespace sbc::call {

std::expected<HeaderList, int> entering_headers(const Core& core, const Call& call) {
  HeaderList headers;
  MappedIds ids(core, call, Side::A);
  if (const auto join = call.invite->find(sip::HeaderId::Join)) {
    const auto named = named_dialog(*join);
    if (!named) return std::unexpected(400);
    // RFC 3911 4: to-tag is the tag of whoever gets the header.
    const auto mapped = ids.other_side(named->call_id, named->from_tag, named->to_tag);
    if (!mapped) return std::unexpected(481);
    headers.emplace_back("Join", mapped->call_id + ";to-tag=" + mapped->remote_tag + ";from-tag=" + mapped->local_tag);
    sip::for_each_value(*call.invite, sip::HeaderId::Require, [&headers](std::string_view tag) {
      if (base::equals_ignoring_case(tag, "join")) headers.emplace_back("Require", "join");
    });
  }
  if (const auto target = call.invite->find(sip::HeaderId::TargetDialog)) {
    // RFC 4538 4: local-tag is the tag of whoever gets the header.
    const auto named = named_dialog(*target, "local-tag", "remote-tag");
    const auto mapped = named ? ids.other_side(named->call_id, named->from_tag, named->to_tag) : std::nullopt;
    if (mapped)
      headers.emplace_back("Target-Dialog",
                           mapped->call_id + ";local-tag=" + mapped->remote_tag + ";remote-tag=" + mapped->local_tag);
  }
  return headers;
}

}  // namespace sbc::call
