// REFER outside of calls (RFC 3515, RFC 7647 4): the far side carries it out, and what it names is told in the words of
// that side. Its 2xx makes a subscription as that of a SUBSCRIBE does, unless both sides agree on none (RFC 4488).

#include "sbc/call/refer.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/exchange/exchange.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/params.h"

namespace sbc::exchange {
namespace {

// What a focus is asked for as well as a phone (RFC 4579 5.5, 5.11). Others need headers that nobody here knows.
constexpr std::array<std::string_view, 2> kMethods = {"INVITE", "BYE"};

// RFC 4538 4: local-tag is the tag of whoever gets the header.
std::optional<body::DialogIds> target_dialog_of(std::string_view value) {
  const auto named = call::named_dialog(value, "local-tag", "remote-tag");
  if (!named) return std::nullopt;
  return body::DialogIds{.call_id = named->call_id, .local_tag = named->to_tag, .remote_tag = named->from_tag};
}

// Replaces or Join, for whoever is called with it: to-tag is the tag of that party. Only a network that has both
// parties can connect them by the names that it has for the call.
std::expected<std::string, int> entered(const call::NamedDialog& named, const Dialogs& dialogs, const Toward& toward) {
  const auto leg = dialogs.leg({.call_id = named.call_id, .local_tag = named.to_tag, .remote_tag = named.from_tag});
  if (!leg || !leg->by_peer || leg->realm != toward.from || leg->far.call_id.empty()) return std::unexpected(481);
  if (leg->far_realm != toward.realm || leg->far_trunk != toward.trunk || toward.trunk.empty())
    return std::unexpected(403);
  return sip::escape_user(leg->far.call_id) + "%3Bto-tag%3D" + sip::escape_user(leg->far.remote_tag) +
         "%3Bfrom-tag%3D" + sip::escape_user(leg->far.local_tag) + (named.early_only ? "%3Bearly-only" : "");
}

}  // namespace

std::expected<std::string, int> Crossing::refer_to(const sip::Message& refer) {
  const auto target = call::read_refer_to(refer);
  if (!target) return std::unexpected(target.error());
  if (std::ranges::find(kMethods, target->method) == kMethods.end()) return std::unexpected(403);
  const auto uri = sip::parse_uri(target->uri);
  if (!uri) return std::unexpected(400);
  const std::string who = public_uri(*uri);
  if (who.empty()) return std::unexpected(403);
  std::string value = "<" + who;
  if (target->method != "INVITE") value.append(";method=").append(target->method);
  char before = '?';
  for (const auto& [name, named] : {std::pair("Replaces", &target->replaces), std::pair("Join", &target->join)}) {
    if (!*named) continue;
    const auto told = entered(**named, dialogs_, toward_);
    if (!told) return std::unexpected(told.error());
    value.append(1, std::exchange(before, '&')).append(name).append("=").append(*told);
  }
  return value + ">";
}

// "" when that side has no part in the dialog: RFC 4538 4, such a header would say nothing.
std::string Crossing::target_dialog(std::string_view value) const {
  const auto named = target_dialog_of(value);
  const auto leg = named ? dialogs_.leg(*named) : std::nullopt;
  if (!leg || leg->realm != toward_.from) return {};
  if (!leg->by_peer) return leg->realm == toward_.realm && leg->trunk == toward_.trunk ? std::string(value) : "";
  if (leg->far.call_id.empty() || leg->far_realm != toward_.realm || leg->far_trunk != toward_.trunk) return {};
  return leg->far.call_id + ";local-tag=" + leg->far.remote_tag + ";remote-tag=" + leg->far.local_tag;
}

std::expected<call::HeaderList, int> Crossing::refer_headers(const sip::Message& refer) {
  auto refer_to = this->refer_to(refer);
  if (!refer_to) return std::unexpected(refer_to.error());
  call::HeaderList headers{{"Refer-To", *std::move(refer_to)}};
  if (const auto address = call::referred_by(refer)) {
    if (const std::string who = public_uri(address->uri); !who.empty())
      headers.emplace_back("Referred-By", "<" + who + ">");
  }
  if (!call::wants_reports(refer)) {
    headers.emplace_back("Refer-Sub", "false");
    headers.emplace_back("Supported", "norefersub");
  }
  return headers;
}

std::string Exchange::named_party(const sip::Message& request) const {
  const auto value = request.find(sip::HeaderId::TargetDialog);
  const auto named = value ? target_dialog_of(*value) : std::nullopt;
  const auto leg = named ? dialogs_.leg(*named) : std::nullopt;
  return leg ? leg->party : "";
}

bool Exchange::may_refer(const transaction::RequestArrived& request, const Context& context) {
  const sip::Message& refer = *request.message;
  const auto target = call::read_refer_to(refer);
  // RFC 3515 2: a single Contact, where the NOTIFYs go.
  if (const int status = !target ? target.error() : !sip::first_contact(refer) ? 400 : 0; status != 0) {
    counters_.count(sip::Method::Refer, Outcome::Reference);
    answer(request, status, {}, context);
    return false;
  }
  return has_room(request, context);
}

bool Exchange::refer_crosses(const transaction::RequestArrived& request, const Toward& toward, const Context& context) {
  const auto headers = crossing(toward).refer_headers(*request.message);
  if (headers) return true;
  counters_.count(sip::Method::Refer, Outcome::Reference);
  answer(request, headers.error(), {}, context);
  return false;
}

// RFC 7647 5: 202 is taken for 200, and not sent.
void Exchange::referred(Flight& flight, Subscription& subscription, const sip::Message& response,
                        const Context& context) {
  std::vector<sip::ExtraHeader> headers{{"Contact", subscription.a.contact}};
  // RFC 4488 4: without this there is a subscription, whatever was asked for.
  const bool silent = !call::wants_reports(*flight.request) && !call::wants_reports(response);
  if (silent) headers.push_back({"Refer-Sub", "false"});
  const auto more = crossing_back(flight).response_headers(response);
  for (const auto& [name, value] : more)
    if (name != "Expires") headers.push_back({name, value});
  finish(flight, 200, headers, context);
  end(flight, Outcome::Accepted);
  if (silent) return remove(subscription.handle);
  if (pair_of(subscription, response.to_tag()) == nullptr)
    if (auto dialog = dialog::Dialog::from_client(subscription.start, response))
      if (Pair* pair = add_pair(subscription, *std::move(dialog))) {
        pair->until = subscription.opened + 64 * calls_->t1;  // RFC 6665 4.1.2.4, timer N: until the first NOTIFY
        learn_ways(subscription, *pair, context);
      }
  arm(subscription);
}

// RFC 3515 2.4.6: a notifier that numbers its NOTIFYs wants the number in what is asked of it, and knows the REFER by
// our CSeq.
void Exchange::note_refer_id(Subscription& subscription, const sip::Message& notify) const {
  const auto value = notify.find(sip::HeaderId::Event).value_or("");
  const auto semicolon = value.find(';');
  const auto id = semicolon != std::string_view::npos ? sip::find_param(value.substr(semicolon), "id") : std::nullopt;
  if (id && *id == std::to_string(subscription.start.cseq))
    subscription.asked_event = std::string(kReferPackage) + ";id=" + std::string(*id);
}

}  // namespace sbc::exchange
