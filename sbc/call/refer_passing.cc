// REFER that goes on to the other party (`transfer = "pass"`), which then calls the target itself, through the border
// or in its own network. What the header names is told in the words of that party's side.

#include "media-relay/base/text.h"

#include "sbc/call/dialog_pairs.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/mapped_ids.h"
#include "sbc/call/refer.h"
#include "sbc/sip/uri.h"

namespace sbc::call {
namespace {

// The parameter's value escaped for a header in a URI (RFC 3261 19.1.1).
std::string escaped(const body::DialogIds& ids) {
  return sip::escape_user(ids.call_id) + "%3Bto-tag%3D" + sip::escape_user(ids.remote_tag) + "%3Bfrom-tag%3D" +
         sip::escape_user(ids.local_tag);
}

}  // namespace

void Machine::pass_refer(const Input& in) {
  const sip::Message& request = *in.message;
  const auto target = refer_target(request);
  const auto refuse = [&](int status) {
    ++core_.counters.refused_transfer;
    respond_to(in, status);
  };
  if (!target) return refuse(target.error());
  const auto uri = sip::parse_uri(target->uri);
  if (!uri) return refuse(400);
  MappedIds ids(core_, call_, in.side);
  std::string headers = "Refer-To: <" + ids.public_uri(*uri);
  if (target->replaces) {
    const NamedDialog& named = *target->replaces;
    const auto mapped = ids.other_side(named.call_id, named.from_tag, named.to_tag);
    const auto pair = pair_of(core_, {named.call_id, named.from_tag, named.to_tag});
    const auto& trunk = call_.leg(other(in.side)).trunk;
    // Only a network that has both far parties can connect them by the names that it has for the two calls.
    if (!mapped || !pair || pair->early || trunk.empty() || pair->across.trunk != trunk) return refer(in);
    headers += "?Replaces=" + escaped(*mapped);
  }
  headers += ">\r\n";
  if (const auto address = referred_by(request)) {
    const std::string who = ids.public_uri(address->uri);
    if (!who.empty()) headers += "Referred-By: <" + who + ">\r\n";
  }
  if (!wants_reports(request)) headers += "Refer-Sub: false\r\nSupported: norefersub\r\n";
  pass_request(in, headers);
}

void Machine::remember_referral(Side from, std::uint32_t asked, std::uint32_t passed) {
  if (call_.referrals.size() == kMaxReferrals) {
    core_.counters.limits.add(limit::Reached::Referrals);
    call_.referrals.erase(call_.referrals.begin());
  }
  call_.referrals.push_back({from, asked, passed});
}

// The header lines of a request of `from`: a NOTIFY about a REFER names it by its CSeq on the other leg (RFC 3515
// 2.4.6).
std::string Machine::referral_named(Side from, std::string lines) const {
  constexpr std::string_view kNamed = "Event: refer;id=";
  const auto at = lines.find(kNamed);
  if (at == std::string::npos) return lines;
  const std::size_t number = at + kNamed.size();
  const std::size_t end = lines.find('\r', number);
  for (const Referral& referral : call_.referrals) {
    if (referral.from == from || lines.compare(number, end - number, std::to_string(referral.passed)) != 0) continue;
    return lines.replace(number, end - number, std::to_string(referral.asked));
  }
  return lines;
}

}  // namespace sbc::call
