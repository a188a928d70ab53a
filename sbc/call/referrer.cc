// REFER that comes outside of the dialogs of the call that it is about (RFC 7647 4), which it names by Target-Dialog
// (RFC 4538). Carried out as one that comes inside (transfer.cc); its answers and NOTIFYs are of a dialog of its own.
//
//   referrer R -- REFER, Target-Dialog: X's dialog --> border <== call ==> X, Y
//              <- 200, NOTIFY --                       Y is connected to the target, X gets BYE

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/call/calls.h"
#include "sbc/call/consumed_body.h"
#include "sbc/call/extensions.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/refer.h"
#include "sbc/sip/contact.h"

namespace sbc::call {
namespace {

constexpr std::uint32_t kLongestReports = 600;  // as transfer.cc says in its NOTIFYs

bool carries_out(const Settings& settings, const std::string& realm) {
  return transfers_from(settings, realm) && !passes_transfers(settings, realm);
}

}  // namespace

// The tags are no secret to whoever could listen (RFC 4538 4): who asks must be known as any caller, and be of the side
// that the named dialog is on. The policy has let him ask, and decides on the target.
bool Calls::on_refer(const transaction::RequestArrived& request, const Arrival& arrival, base::Instant now,
                     Output& out) {
  const sip::Message& refer = *request.message;
  const auto about = refer.find(sip::HeaderId::TargetDialog);
  if (!about || !carries_out(*core_.settings, arrival.realm)) return false;
  const auto refuse = [&](int status, std::span<const sip::ExtraHeader> headers = {}) {
    ++core_.counters.refused_transfer;
    answer(request, status, headers, now, out);
    return true;
  };
  if (const auto tags = unsupported_extensions(refer); !tags.empty()) {
    const sip::ExtraHeader unsupported[] = {{"Unsupported", tags}};
    return refuse(420, unsupported);
  }
  if (refused_body_of(refer)) return refuse(415, kUnderstoodBodies);
  if (!sip::first_contact(refer)) return refuse(400);
  if (!arrival.authenticated && !arrival.vouched && arrival.registered_aor.empty()) {
    const auto challenge = core_.advisor.challenge(refer, arrival.realm);
    std::vector<sip::ExtraHeader> headers;
    for (const auto& header : challenge.headers) headers.push_back({header.name, header.value});
    return refuse(challenge.status, headers);
  }
  const auto named = named_dialog(*about, "local-tag", "remote-tag");
  const auto found = named ? core_.dialogs.find(named->to_tag) : core_.dialogs.end();
  Call* call = found != core_.dialogs.end() ? core_.calls.find(found->second.call) : nullptr;
  const Leg* leg = call != nullptr ? &call->leg(found->second.side) : nullptr;
  // RFC 4538 4: names of no dialog are ignored, and then nothing says that this may be done.
  if (leg == nullptr || !leg->dialog || leg->dialog->call_id() != named->call_id ||
      leg->dialog->local_tag() != named->to_tag || leg->dialog->remote_tag() != named->from_tag || leg->over ||
      leg->realm != arrival.realm || leg->trunk != arrival.trunk)
    return refuse(403);
  core_.layer.heard(*call, named->to_tag, refer, request.source);
  const CallHandle handle = call->handle;
  Machine(core_, *call, now, out)
      .refer({.side = found->second.side,
              .message = request.message,
              .source = request.source,
              .server = request.transaction,
              .arrival = &arrival});
  sweep(handle);
  return true;
}

void Machine::answer_refer(const Input& in, int status, std::span<const sip::ExtraHeader> headers) {
  if (in.arrival == nullptr) return respond_to(in, status, headers);
  const bool accepted = status < 300;
  const std::string tag = accepted ? call_.transfer->referrer->dialog->local_tag() : core_.minter.tag(core_.random);
  auto bytes = base::share(sip::build_response(*in.message, status, tag, in.source, headers));
  core_.layer.respond(in.server, status, std::move(bytes), now_, out_.transaction);
}

// Where nobody vouches for it, it is reached where it was seen.
std::unique_ptr<Leg> Machine::referrer_of(const Input& in) {
  auto leg = std::make_unique<Leg>();
  leg->realm = in.arrival->realm;
  leg->trunk = in.arrival->trunk;
  leg->hop = in.source.hop;
  leg->symmetric = !in.arrival->vouched || behind_nat(*in.message, in.source);
  leg->contact = contact_value(*core_.settings, leg->hop.transport, leg->hop.listener, core_.minter.user(core_.random));
  leg->dialog = dialog::Dialog::from_server(*in.message, core_.minter.tag(core_.random));
  leg->dialog->confirm();
  core_.dialogs[leg->dialog->local_tag()] = DialogRef{call_.handle, in.side};
  return leg;
}

bool Machine::of_referrer(const sip::Message& request) const {
  return call_.transfer && call_.transfer->referrer && call_.transfer->referrer->dialog->matches(request);
}

// RFC 3515 2.4.4: it may ask for more reports, or for no more; the transfer goes on.
void Machine::referrer_request(const Input& in) {
  Leg& leg = *call_.transfer->referrer;
  const sip::Message& request = *in.message;
  const auto respond = [&](int status, std::span<const sip::ExtraHeader> headers) {
    auto bytes = leg_response(request, in.source, leg, status, leg.dialog->local_tag(), headers);
    core_.layer.respond(in.server, status, std::move(bytes), now_, out_.transaction);
  };
  if (leg.dialog->on_request(request) == dialog::Dialog::Check::OutOfOrder) return respond(500, {});
  const sip::ExtraHeader allow[] = {{"Allow", "SUBSCRIBE"}};
  if (request.method() != sip::Method::Subscribe) return respond(405, allow);
  const sip::ExtraHeader package[] = {{"Allow-Events", "refer"}};
  const auto event = request.find(sip::HeaderId::Event).value_or("");
  if (!base::equals_ignoring_case(base::trim(event.substr(0, event.find(';'))), "refer")) return respond(489, package);
  if (!call_.transfer->reports) return respond(481, {});
  leg.dialog->refresh_target(request);
  leg.hop = in.source.hop;
  const auto wish = request.find(sip::HeaderId::Expires);
  const auto wanted = wish ? sip::parse_delta_seconds(*wish) : std::nullopt;
  const std::uint32_t granted = std::min(wanted.value_or(kLongestReports), kLongestReports);
  const std::string seconds = std::to_string(granted);
  const sip::ExtraHeader accepted[] = {{"Contact", leg.contact}, {"Expires", seconds}};
  respond(200, accepted);
  if (granted != 0) return report_transfer(call_.transfer->reported);
  end_reports("timeout");
}

void Machine::end_reports(std::string_view reason) {
  Transfer& transfer = *call_.transfer;
  Leg& leg = *transfer.referrer;
  const std::string headers = "Contact: " + leg.contact + "\r\nEvent: " + transfer.event +
                              "\r\nSubscription-State: terminated;reason=" + std::string(reason) + "\r\n";
  send_aside(leg, sip::Method::Notify, headers, {"message/sipfrag;version=2.0", report_of(transfer.reported)});
  transfer.reports = false;
}

}  // namespace sbc::call
