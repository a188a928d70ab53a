// The messages that the exchange sends, written from nothing, as call/leg_message.cc does for calls.

#include "media-relay/base/text.h"

#include "sbc/call/header_rules.h"
#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/exchange/exchange.h"
#include "sbc/identity/privacy.h"
#include "sbc/sip/breadth.h"
#include "sbc/sip/params.h"
#include "sbc/sip/writer.h"

namespace sbc::exchange {
namespace {

// The sender as the far side sees it: same user and display name, our host; nobody, if he asks for it.
std::string from_value(const sip::Message& request, const policy::Candidate& changes, std::string_view host,
                       bool anonymous) {
  const sip::NameAddr& from = request.from();
  if (anonymous || base::equals_ignoring_case(from.uri.host, "anonymous.invalid"))
    return "<sip:anonymous@anonymous.invalid>";
  std::string display(from.display);
  if (changes.from_display) display = changes.from_display->empty() ? "" : sip::quote(*changes.from_display);
  std::string user = changes.from_user ? sip::escape_user(*changes.from_user) : std::string(from.uri.user);
  std::string value = display.empty() ? "<sip:" : display + " <sip:";
  if (!user.empty()) value.append(user).append("@");
  return value.append(host).append(">");
}

}  // namespace

std::string Exchange::domain_of(const std::string& realm, std::uint16_t listener) const {
  const auto found = calls_->domains.find(realm);
  return found != calls_->domains.end() ? found->second : calls_->faces.at(listener).host;
}

bool Exchange::trusts(const Flight& flight, const route::Target& target) const {
  return call::trusts(*calls_, flight.realm, flight.trunk) && call::trusts(*calls_, target.realm, target.trunk);
}

bool Exchange::trusts(const SubscriptionLeg& one, const SubscriptionLeg& other) const {
  return call::trusts(*calls_, one.realm, one.trunk) && call::trusts(*calls_, other.realm, other.trunk);
}

Toward Exchange::toward(const Flight& flight, const route::Target& target) const {
  return {.realm = target.realm,
          .domain = domain_of(target.realm, target.hop.listener),
          .trusted = trusts(flight, target),
          .trunk = target.trunk,
          .from = flight.realm};
}

dialog::ClientStart Exchange::fresh_start(const Flight& flight, const route::Target& target) {
  const auto treatment =
      identity::treat(identity::privacy_of(*flight.request), call::trusts(*calls_, target.realm, target.trunk));
  dialog::ClientStart start;
  start.call_id = minter_.call_id(random_);
  start.local_tag = minter_.tag(random_);
  start.local =
      from_value(*flight.request, target.candidate, domain_of(target.realm, target.hop.listener), treatment.hide_from);
  start.remote = "<" + target.to_uri + ">";
  start.target = target.request_uri;
  start.cseq = 1 + static_cast<std::uint32_t>(random_.below(1U << 20));
  return start;
}

base::SharedBytes Exchange::outside_request(const Flight& flight, const route::Target& target, std::string_view branch,
                                            const dialog::ClientStart& start, std::string_view contact) {
  const sip::Message& request = *flight.request;
  const std::string domain = domain_of(target.realm, target.hop.listener);
  auto across = crossing(toward(flight, target));
  const auto body = across.body_of(request);
  std::string bytes;
  sip::Writer writer(bytes, 700 + body.text.size());
  writer.request_line(request.method_text(), start.target);
  writer.begin(sip::HeaderId::Via);
  sip::append_via(writer.text(), target.hop.transport, calls_->faces.at(target.hop.listener).sent_by, branch);
  writer.end();
  writer.header(sip::HeaderId::MaxForwards, request.max_forwards().value_or(70) - 1);
  writer.header("Max-Breadth", std::to_string(sip::max_breadth(&request)));
  for (const auto& route : target.routes) writer.header(sip::HeaderId::Route, route);
  writer.begin(sip::HeaderId::From).text().append(start.local).append(";tag=").append(start.local_tag);
  writer.end();
  writer.header(sip::HeaderId::To, start.remote);
  writer.header(sip::HeaderId::CallId, start.call_id);
  writer.begin(sip::HeaderId::CSeq);
  base::append_number(writer.text(), start.cseq);
  writer.text().append(" ").append(request.method_text());
  writer.end();
  // RFC 3428 4: MESSAGE must not have one.
  if (!contact.empty() && request.method() != sip::Method::Message) writer.header(sip::HeaderId::Contact, contact);
  call::HeaderList headers = call::passed_headers(request);
  auto treatment = identity::treat(identity::privacy_of(request), call::trusts(*calls_, target.realm, target.trunk));
  // RFC 3323 5.3: what was written by hand may name the writer.
  if (treatment.hide_from) std::erase_if(headers, [](const auto& header) { return header.first == "Subject"; });
  if (treatment.assert_identity)
    for (const auto& person : identity::asserted_by(request, flight.sender))
      headers.emplace_back("P-Asserted-Identity", identity::value_of(person, domain));
  if (!treatment.privacy.empty()) headers.emplace_back("Privacy", std::move(treatment.privacy));
  across.request_headers(request, headers);
  if (request.method() == sip::Method::Refer)
    if (const auto refer = across.refer_headers(request))
      for (const auto& header : *refer)
        if (!treatment.hide_from || header.first != "Referred-By") headers.push_back(header);
  call::apply(target.candidate.headers, headers, &request);
  for (const auto& [name, value] : headers) writer.header(name, value);
  credentials_.write(*calls_, target.trunk, {.method = request.method_text(), .uri = start.target, .body = body.text},
                     random_, writer);
  writer.finish(body.type, body.text);
  return base::share(std::move(bytes));
}

}  // namespace sbc::exchange
