#include "sbc/register/request.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/register/gruu.h"
#include "sbc/register/limits.h"
#include "sbc/register/outbound.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/values.h"

namespace sbc::registrar {
namespace {

using Refused = std::unexpected<RequestRefusal>;

Refused invalid(std::string text) {
  return Refused({400, std::move(text)});
}

std::expected<ContactChange, RequestRefusal> change_from(const sip::Contact& contact, std::uint32_t requested,
                                                         const ExpirySettings& expiry, bool flows) {
  const sip::NameAddr& address = contact.address;
  // Calls leave by the flow, but they carry this URI; one of another scheme would be a call to somewhere else.
  if (!address.uri.is_sip()) return invalid("Contact: expected a sip URI");
  ContactChange change;
  change.uri = address.uri_text;
  sip::ParamReader reader(address.params);
  sip::Param param;
  while (reader.next(param)) {
    // RFC 5627 5.1: a phone cannot give itself a GRUU.
    if (base::equals_ignoring_case(param.name, "expires") || base::equals_ignoring_case(param.name, "pub-gruu") ||
        base::equals_ignoring_case(param.name, "temp-gruu"))
      continue;
    if (base::equals_ignoring_case(param.name, "q")) {
      change.has_q = true;
      continue;
    }
    if (!change.params.empty()) change.params += ';';
    change.params += param.text;
  }
  if (change.uri.size() > kMaxContactUriBytes) return invalid("Contact: expected a URI of at most 1024 bytes");
  if (change.params.size() > kMaxContactParamBytes)
    return invalid("Contact: expected at most 1024 bytes of parameters");
  change.q = contact.q;
  change.instance = sip::unquote(address.param("+sip.instance").value_or(""));
  if (flows) change.reg_id = reg_id_of(address);
  // RFC 3261 10.3 step 7: too brief is greater than zero, smaller than one hour and smaller than the minimum.
  if (requested > 0 && requested < std::min(expiry.minimum, kMinExpiresCeiling)) return Refused({423, {}});
  change.expires_s = std::min(requested, expiry.maximum);
  return change;
}

// RFC 5627 5.1: a GRUU that leads to itself. The public GRUU is equal to its address of record, too.
bool is_aor(std::string_view contact, std::string_view aor) {
  const auto uri = sip::parse_uri(contact);
  const auto own = sip::parse_uri(aor);
  return uri && own && sip::equivalent(*uri, *own);
}

std::expected<void, RequestRefusal> read_contacts(const sip::Message& request, const Terms& terms,
                                                  const sip::ContactList& contacts, Update& update) {
  const bool allowed = first_hop_of(request) != FirstHop::Lacking;
  const bool speaks = sip::lists_token(request, sip::HeaderId::Supported, "outbound");
  const std::uint32_t for_all = expires_header(request, terms.expiry.standard);
  std::size_t kept = 0;
  bool flows = false;
  for (const sip::Contact& contact : contacts.values) {
    // RFC 5626 6: a phone that relies on flows must hear that the proxy before us breaks them.
    if (!allowed && speaks && !reg_id_of(contact.address).empty()) return Refused({439, {}});
    auto change = change_from(contact, contact.expires.value_or(for_all), terms.expiry, allowed);
    if (!change) return Refused(std::move(change.error()));
    update.flow_asked = update.flow_asked || (speaks && !change->reg_id.empty());
    if (change->expires_s > 0) {
      ++kept;
      flows = flows || !change->reg_id.empty();
    }
    update.changes.push_back(std::move(*change));
  }
  // RFC 5626 6: one flow per registration.
  if (flows && kept > 1) return invalid("Contact: expected one contact with reg-id, got several");
  return {};
}

}  // namespace

Terms terms_for(const RealmSettings& realm, const policy::RegisterDecision& decision) {
  Terms terms{realm.expiry, decision.max_contacts.value_or(static_cast<std::uint32_t>(realm.max_contacts))};
  ExpirySettings& expiry = terms.expiry;
  expiry.minimum = std::min(decision.min_expires.value_or(expiry.minimum), kMinExpiresCeiling);
  // A maximum below the minimum would refuse what was just demanded.
  expiry.maximum =
      std::max({std::min(decision.max_expires.value_or(expiry.maximum), kMaxExpiresCeiling), expiry.minimum, 1U});
  expiry.standard =
      std::clamp(decision.default_expires.value_or(expiry.standard), std::max(expiry.minimum, 1U), expiry.maximum);
  terms.max_contacts = std::min(terms.max_contacts, kMaxContactsCeiling);
  return terms;
}

std::uint32_t expires_header(const sip::Message& request, std::uint32_t otherwise) {
  const auto text = request.find(sip::HeaderId::Expires);
  return text ? sip::parse_delta_seconds(*text).value_or(3600) : otherwise;
}

std::expected<Update, RequestRefusal> read_update(const sip::Message& request, const sip::Source& source,
                                                  const Terms& terms, std::string_view aor) {
  const auto contacts = sip::parse_contacts(request);
  if (!contacts) return invalid("Contact: " + contacts.error().text());
  if (request.call_id().size() > kMaxCallIdBytes) return invalid("Call-ID: expected at most 512 bytes");
  Update update;
  update.aor = aor;
  update.call_id = request.call_id();
  update.cseq = request.cseq().number;
  update.flow = source.hop;
  update.user_agent = request.find(sip::HeaderId::UserAgent).value_or("").substr(0, kMaxUserAgentBytes);
  auto path = joined_routes(request, sip::HeaderId::Path);
  if (!path) return invalid("Path: expected a sip URI with lr");
  update.path = *std::move(path);
  update.path_vouched = terms.vouched;
  update.max_contacts = terms.max_contacts;
  update.remove_all = contacts->star;
  update.next_epoch = wants_gruu(request) ? terms.next_epoch : 0;
  if (update.path.size() > kMaxPathBytes) return invalid("Path: expected at most 2048 bytes");
  // 10.3 step 6: "*" with an interval other than zero, none included, is invalid.
  if (contacts->star && expires_header(request, 1) != 0) return invalid("Contact: expected Expires: 0 with \"*\"");
  if (auto read = read_contacts(request, terms, *contacts, update); !read) return Refused(std::move(read.error()));
  for (const ContactChange& change : update.changes)
    if (!change.instance.empty() && change.expires_s > 0 && is_aor(change.uri, aor))
      return Refused({403, "Contact Is The Address Of Record"});
  return update;
}

}  // namespace sbc::registrar
