// An INVITE that begins a call: what is refused before the policy is asked, and who comes first.

#include "sbc/call/calls.h"
#include "sbc/call/explaining.h"
#include "sbc/call/extensions.h"
#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/loop.h"
#include "sbc/call/machine.h"
#include "sbc/call/room_for_help.h"
#include "sbc/call/seats.h"
#include "sbc/identity/emergency.h"
#include "sbc/identity/privacy.h"
#include "sbc/sip/contact.h"

namespace sbc::call {
namespace {

CallRecord new_record(const Call& call) {
  CallRecord record;
  record.id = call.session;
  record.call_id_a = std::string(call.invite->call_id());
  record.from = std::string(call.invite->from().uri_text);
  record.to = std::string(call.invite->request_uri_text());
  record.realm_a = call.arrival.realm;
  record.trunk_a = call.arrival.trunk;
  record.under = call.arrival.under;
  return record;
}

}  // namespace

bool Calls::calls_for_help(const sip::Message& invite) const {
  return identity::is_emergency(invite.request_uri(), core_.settings->emergency_numbers);
}

// RFC 4412 4.5: what a network that is trusted calls more important goes before the others.
bool Calls::comes_first(const sip::Message& invite, const Arrival& arrival) const {
  return invite.find("Resource-Priority") && trusts(*core_.settings, arrival.realm, arrival.trunk) &&
         !identity::resource_priorities(invite).empty();
}

// What needs neither policy nor state.
bool Calls::refuse_early(const transaction::RequestArrived& request, const Arrival& arrival, base::Instant now,
                         Output& out) {
  const sip::Message& invite = *request.message;
  const std::string seconds = std::to_string(core_.settings->busy_retry_after);
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  const auto refuse = [&](int status, std::span<const sip::ExtraHeader> headers, std::uint64_t& counter, EndCause why,
                          std::string_view reason = {}) {
    ++counter;
    answer(request, status, headers, now, out, reason);
    CallRecord record;
    record.call_id_a = std::string(invite.call_id());
    record.from = std::string(invite.from().uri_text);
    record.to = std::string(invite.request_uri_text());
    record.realm_a = arrival.realm;
    record.trunk_a = arrival.trunk;
    record.status = static_cast<std::uint16_t>(status);
    record.cause = why;
    out.records.push_back(std::move(record));
    return true;
  };
  const bool help = calls_for_help(invite);  // trap 85: neither a drain nor other people's calls keep it out
  const bool first = help || comes_first(invite, arrival);
  if (core_.draining && !first) return refuse(503, retry, core_.counters.refused_draining, EndCause::Shutdown);
  if (!first && core_.calls.size() >= core_.settings->max_calls)
    return refuse(503, retry, core_.counters.refused_limit, EndCause::Limit);
  if (core_.calls.size() >= most_with_help(core_.settings->max_calls)) {
    out.notes.push_back({.level = Note::Level::Error,
                         .call = {},
                         .text = std::string(help ? "a call for help" : "a call that comes first") +
                                 " was refused: all the room for such calls is taken"});
    return refuse(503, retry, core_.counters.refused_help, EndCause::Limit);
  }
  if (dialog::has_too_many_routes(invite))
    return refuse(400, {}, core_.counters.refused_routes, EndCause::Limit, "Too Many Record-Routes");
  if (!sip::target_contact(invite))
    return refuse(400, {}, core_.counters.refused_contacts, EndCause::Limit, sip::kNoTarget);
  if (invite.request_uri().scheme == sip::Uri::Scheme::Sips && !sip::is_secure(request.source.hop.transport)) {
    const std::string warning = "380 " + core_.settings->faces.at(request.source.hop.listener).sent_by +
                                " \"SIPS Not Allowed: this transport is not TLS\"";
    const sip::ExtraHeader why[] = {{"Warning", warning}};
    return refuse(480, why, core_.counters.refused_sips, EndCause::Limit);
  }
  if (invite.max_forwards() == 0) return refuse(483, {}, core_.counters.refused_loop, EndCause::Limit);
  if (is_loop(core_, invite, arrival)) return refuse(482, {}, core_.counters.loops, EndCause::Limit);
  if (const auto tags = unsupported_extensions(invite); !tags.empty()) {
    const sip::ExtraHeader unsupported[] = {{"Unsupported", tags}};
    return refuse(420, unsupported, core_.counters.refused_extension, EndCause::Limit);
  }
  if (core_.settings->reliable_toward(arrival.realm) == Reliable::Never && caller_requires_reliable(invite)) {
    const sip::ExtraHeader unsupported[] = {{"Unsupported", "100rel"}};
    return refuse(420, unsupported, core_.counters.refused_extension, EndCause::Limit);
  }
  if (const auto words = identity::unprovidable(identity::privacy_of(invite)); !words.empty() && !help)
    return refuse(500, {}, core_.counters.refused_privacy, EndCause::Policy, "Privacy Not Available: " + words);
  if (!help && !dialog::SessionTimer::acceptable(invite, core_.settings->session)) {
    const std::string least = std::to_string(core_.settings->session.min);
    const sip::ExtraHeader min_se[] = {{"Min-SE", least}};
    return refuse(422, min_se, core_.counters.refused_interval, EndCause::Limit);
  }
  // RFC 3891 3, RFC 3911 4: one of them, once.
  if (invite.count(sip::HeaderId::Replaces) + invite.count(sip::HeaderId::Join) > 1)
    return refuse(400, {}, core_.counters.refused_transfer, EndCause::Limit, "Replaces: expected once, without Join");
  if (const auto sdp = sdp_of(invite); !sdp) {
    const sip::ExtraHeader accept[] = {{"Accept", "application/sdp, multipart/mixed"}, {"Accept-Encoding", "identity"}};
    return refuse(sdp.error().status, accept, core_.counters.refused_media, EndCause::BadMedia);
  }
  return false;
}

void Calls::on_invite(const transaction::RequestArrived& request, const Arrival& arrival, base::Instant now,
                      Output& out) {
  if (refuse_early(request, arrival, now, out)) return;
  const auto& hop = request.source.hop;
  const CallHandle handle = core_.calls.emplace(origin_identity(core_, hop.listener));
  Call& call = *core_.calls.find(handle);
  ++core_.counters.started;
  call.handle = handle;
  call.media.use({&core_.random, &core_.counters.skipped_keys, &core_.counters.refused_lines});
  call.session = core_.minter.call_id(core_.random);
  call.invite = request.message;
  call.source = request.source;
  call.arrival = arrival;
  call.local_tag_a = core_.minter.tag(core_.random);
  call.began = now;
  call.a.realm = arrival.realm;
  call.a.trunk = arrival.trunk;
  call.a.hop = hop;
  call.a.session = dialog::SessionTimer(core_.settings->session);
  call.a.server = request.transaction;
  const Scheme scheme = sip::is_secure(hop.transport) ? scheme_for(*request.message) : Scheme::Sip;
  call.a.contact = contact_value(*core_.settings, hop.transport, hop.listener, core_.minter.user(core_.random), scheme);
  call.a.allow = allow_value(*core_.settings, call.a.realm);
  call.a.packages = info_packages(*request.message).value_or("");
  call.a.user = arrival.user;
  call.record = new_record(call);
  call.emergency = calls_for_help(*request.message);
  call.first = call.emergency || comes_first(*request.message, arrival);
  call.turns = turns_before(core_, *request.message);
  hear(core_, call, Side::A, *request.message);
  core_.layer.set_owner(request.transaction, handle.pack());
  core_.dialogs.emplace(call.local_tag_a, DialogRef{handle, Side::A});
  core_.layer.watch(call);
  core_.layer.heard(call, call.local_tag_a, *request.message, request.source);
  explain_with(core_.advisor, call.record, now, [&call] { return begun(call); });
  follow_seats(core_, call);  // the policy that is asked now finds it counted
  Machine(core_, call, now, out).begin_expiry();
  feed(handle, Event::Invite, {.side = Side::A, .message = request.message, .source = request.source}, now, out);
}

}  // namespace sbc::call
