#include "sbc/call/loop.h"

#include <algorithm>
#include <array>
#include <string>

#include "media-relay/base/hash.h"
#include "media-relay/base/text.h"

#include "sbc/call/core.h"
#include "sbc/call/limits.h"
#include "sbc/call/rivals.h"
#include "sbc/sip/values.h"

namespace sbc::call {
namespace {

using sip::HeaderId;

// What each hop, or each user agent, writes anew. All else may be what a policy goes by.
constexpr std::array kOfTheHop = {
    HeaderId::Accept,
    HeaderId::AcceptEncoding,
    HeaderId::AcceptLanguage,
    HeaderId::Allow,
    HeaderId::AllowEvents,
    HeaderId::Authorization,
    HeaderId::CallId,
    HeaderId::Contact,
    HeaderId::ContentLength,
    HeaderId::CSeq,
    HeaderId::Date,
    HeaderId::From,
    HeaderId::MaxForwards,
    HeaderId::MinSe,
    HeaderId::ProxyAuthorization,
    HeaderId::RecordRoute,
    HeaderId::Route,
    HeaderId::Server,
    HeaderId::SessionExpires,
    HeaderId::SessionId,
    HeaderId::Supported,
    HeaderId::Timestamp,
    HeaderId::To,
    HeaderId::UserAgent,
    HeaderId::Via,
};

void add(std::string& all, std::string_view word) {
  all.append(std::to_string(word.size())).append(":").append(word);
}

bool sent_by(const Call& call, transaction::ClientId client) {
  return attempt_of_client(call, client) != nullptr ||
         std::ranges::any_of(call.strays, [client](const Attempt& stray) { return stray.client == client; });
}

}  // namespace

std::uint64_t turn_of(const sip::Message& invite, const Arrival& arrival) {
  std::string all;
  for (const std::string_view word : {std::string_view(arrival.realm), std::string_view(arrival.trunk),
                                      std::string_view(arrival.auth_user), std::string_view(arrival.registered_aor),
                                      invite.request_uri_text(), invite.from().uri_text, invite.to().uri_text})
    add(all, word);
  for (const auto& field : invite.headers()) {
    if (std::ranges::find(kOfTheHop, field.id) != kOfTheHop.end()) continue;
    add(all, base::to_lower(field.name));
    add(all, field.value);
  }
  return base::StringHash{}(all);
}

std::vector<std::uint64_t> turns_before(const Core& core, const sip::Message& invite) {
  std::vector<std::uint64_t> turns;
  sip::for_each_value(invite, HeaderId::Via, [&](std::string_view value) {
    const auto via = sip::parse_via(value);
    if (!via || core.minter.shard_of(via->branch) != core.minter.shard()) return true;
    const auto client = core.layer.find_invite(via->branch);
    const Call* call = core.calls.find(CallHandle::unpack(core.layer.owner_of(client)));
    if (call == nullptr || !sent_by(*call, client)) return true;
    turns = call->turns;
    if (turns.size() < kMaxTurns) turns.push_back(turn_of(*call->invite, call->arrival));
    return false;
  });
  return turns;
}

bool is_loop(const Core& core, const sip::Message& invite, const Arrival& arrival) {
  const auto turns = turns_before(core, invite);
  return !turns.empty() && std::ranges::find(turns, turn_of(invite, arrival)) != turns.end();
}

}  // namespace sbc::call
