#include "sbc/call/credentials.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/auth/limits.h"
#include "sbc/call/core.h"
#include "sbc/call/output.h"
#include "sbc/call/under_way.h"
#include "sbc/sip/parser.h"

namespace sbc::call {
namespace {

auth::HeaderValues values_of(const sip::Message& message, sip::HeaderId server, sip::HeaderId proxy) {
  auth::HeaderValues values;
  for (const auto& field : message.headers()) {
    if (field.id == server) values.server.push_back(field.value);
    if (field.id == proxy) values.proxy.push_back(field.value);
  }
  return values;
}

const auth::Account* account_of(const Settings& settings, std::string_view trunk) {
  const auto found = settings.accounts.find(trunk);
  return found == settings.accounts.end() ? nullptr : &found->second;
}

bool is_credentials(sip::HeaderId id) {
  return id == sip::HeaderId::Authorization || id == sip::HeaderId::ProxyAuthorization;
}

// The same request as a new transaction (RFC 3261 22.2: same Call-ID, From and To; CSeq one higher), up to its
// credentials and body.
void repeat_head(const sip::Message& request, std::string_view branch, std::uint32_t cseq, sip::Writer& writer) {
  writer.request_line(request.method_text(), request.request_uri_text());
  bool first_via = true;
  for (const auto& field : request.headers()) {
    if (is_credentials(field.id) || field.id == sip::HeaderId::ContentLength || field.id == sip::HeaderId::ContentType)
      continue;
    if (field.id == sip::HeaderId::CSeq) {
      writer.header(field.id, std::to_string(cseq) + " " + std::string(request.method_text()));
    } else if (field.id == sip::HeaderId::Via && std::exchange(first_via, false)) {
      std::string via(field.value);
      const std::string_view old = request.top_via().branch;
      if (const auto at = via.find(old); !old.empty() && at != std::string::npos) via.replace(at, old.size(), branch);
      writer.header(field.id, via);
    } else {
      writer.header(field.name, field.value);
    }
  }
}

// Whoever continues after this request counts from its number.
void note_cseq(Call& call, const UnderWay& retry, sip::Method method, std::uint32_t cseq) {
  Leg& leg = *retry.leg;
  const auto* slot = retry.slot;
  if (auto* dialog = retry.dialog()) dialog->raise_local_cseq(cseq);
  if (call.attempt && slot == &call.attempt->client) call.attempt->start.cseq = cseq;
  if (slot == &leg.client) leg.change_cseq = cseq;
  if (call.transfer && call.transfer->attempt && slot == &call.transfer->attempt->client)
    call.transfer->attempt->start.cseq = cseq;
  if (method == sip::Method::Invite) leg.invite_cseq = cseq;
  if (method == sip::Method::Refer && !call.referrals.empty()) call.referrals.back().passed = cseq;
}

std::string credential_lines(std::string_view request) {
  std::string lines;
  const auto parsed = sip::parse(std::string(request));
  if (!parsed.message) return lines;
  for (const auto& field : parsed.message->headers())
    if (is_credentials(field.id)) lines.append(field.name).append(": ").append(field.value).append("\r\n");
  return lines;
}

// The INVITE that opens a leg, also one that is not wanted any more.
Attempt* attempt_of(Call& call, transaction::ClientId client) {
  if (call.attempt && call.attempt->client == client) return &*call.attempt;
  if (call.transfer && call.transfer->attempt && call.transfer->attempt->client == client)
    return &*call.transfer->attempt;
  const auto stray = std::ranges::find(call.strays, client, &Attempt::client);
  return stray == call.strays.end() ? nullptr : &*stray;
}

// RFC 3261 22.1: the ACK carries what its INVITE carried.
void keep_for_ack(Call& call, const transaction::ResponseArrived& response) {
  const bool invite = response.message->method() == sip::Method::Invite && response.request != nullptr;
  Leg* leg = &call.leg(response.message->from_tag() == call.local_tag_a ? Side::A : Side::B);
  if (Attempt* attempt = attempt_of(call, response.transaction)) {
    if (invite) attempt->credentials = credential_lines(*response.request);
    const bool of_transfer = call.transfer && call.transfer->attempt && attempt == &*call.transfer->attempt;
    if (of_transfer) leg = &call.transfer->leg;
    if (!of_transfer && (!call.attempt || attempt != &*call.attempt)) return;
    leg->invite_credentials = attempt->credentials;
  } else if (invite) {
    leg->invite_credentials = credential_lines(*response.request);
  }
  leg->challenges = 0;
}

}  // namespace

void Credentials::write(const Settings& settings, std::string_view trunk, const auth::ClientSession::Request& request,
                        base::Random& random, sip::Writer& writer) {
  const auth::Account* account = account_of(settings, trunk);
  const auto session = sessions_.find(trunk);
  if (account == nullptr || session == sessions_.end()) return;
  for (const auto& line : session->second.authorize(*account, request, random))
    writer.header(line.proxy ? sip::HeaderId::ProxyAuthorization : sip::HeaderId::Authorization, line.value);
}

void Credentials::write_inside(const Core& core, const Leg& leg, const sip::Hop& hop, sip::Method method,
                               std::string_view body, sip::Writer& writer) {
  if (leg.trunk.empty() || !leg.dialog || account_of(*core.settings, leg.trunk) == nullptr) return;
  const auto* trunk = core.settings->routes->identify(leg.realm, hop.remote.ip);
  if (trunk == nullptr || trunk->name != leg.trunk) return;
  if (method == sip::Method::Ack) {
    writer.raw(leg.invite_credentials);
    return;
  }
  write(*core.settings, leg.trunk, {.method = sip::name_of(method), .uri = leg.dialog->remote_target(), .body = body},
        core.random, writer);
}

auth::Reaction Credentials::challenged(const auth::Account& account, const std::string& trunk,
                                       const sip::Message& response, const sip::Message& request) {
  const auto reaction = sessions_[trunk].challenged(
      account, values_of(response, sip::HeaderId::WwwAuthenticate, sip::HeaderId::ProxyAuthenticate),
      values_of(request, sip::HeaderId::Authorization, sip::HeaderId::ProxyAuthorization), &counters.limits);
  if (reaction == auth::Reaction::Refused) ++counters.refused;
  if (reaction == auth::Reaction::Unanswerable) ++counters.unanswerable;
  return reaction;
}

std::expected<Credentials::Repeated, std::string> Credentials::repeat(const Asked& asked,
                                                                      const transaction::ResponseArrived& response,
                                                                      const sip::Minter& minter, base::Random& random) {
  const auth::Account* account = account_of(asked.settings, asked.trunk);
  if (account == nullptr || !response.request) return std::unexpected("");
  auto parsed = sip::parse(std::string(*response.request));
  if (!parsed.ok()) return std::unexpected("");
  const sip::Message& request = *parsed.message;
  if (asked.before >= auth::kMaxClientRetries) {
    ++counters.too_many;
    return std::unexpected("");
  }
  const auto reaction = challenged(*account, asked.trunk, *response.message, request);
  if (reaction != auth::Reaction::Retry)
    return std::unexpected("trunk " + asked.trunk + ": challenge " + std::string(auth::name_of(reaction)));
  Repeated again;
  again.cseq = std::max(request.cseq().number + 1, asked.least);
  again.branch = minter.branch(random);
  std::string bytes;
  sip::Writer writer(bytes, response.request->size() + 400);
  repeat_head(request, again.branch, again.cseq, writer);
  write(asked.settings, asked.trunk,
        {.method = request.method_text(), .uri = request.request_uri_text(), .body = request.body()}, random, writer);
  writer.finish(request.find(sip::HeaderId::ContentType).value_or(""), request.body());
  again.bytes = base::share(std::move(bytes));
  again.request = std::move(parsed.message);
  return again;
}

bool answer_challenge(Core& core, Call& call, const transaction::ResponseArrived& response, base::Instant now,
                      Output& out) {
  if (core.settings->accounts.empty()) return false;
  const int status = response.message->status();
  if (status / 100 == 2) keep_for_ack(call, response);
  if (status != 401 && status != 407) return false;
  const UnderWay retry = under_way(call, response.transaction, response.message->method() == sip::Method::Invite);
  if (retry.leg == nullptr) return false;
  Leg& leg = *retry.leg;
  if (retry.dialog() != nullptr) {
    const auto* trunk = core.settings->routes->identify(leg.realm, response.hop.remote.ip);
    if (trunk == nullptr || trunk->name != leg.trunk) return false;
  }
  const auto again = core.credentials->repeat({.settings = *core.settings,
                                               .trunk = leg.trunk,
                                               .before = leg.challenges,
                                               .least = retry.dialog() != nullptr ? retry.dialog()->next_cseq() : 0U},
                                              response, core.minter, core.random);
  if (!again) {
    if (!again.error().empty()) out.notes.push_back(note_about(call, Note::Level::Warning, again.error()));
    return false;
  }
  const auto client = core.layer.request({.method = again->request->method(),
                                          .method_text = again->request->method_text(),
                                          .branch = again->branch,
                                          .hop = response.hop,
                                          .bytes = again->bytes,
                                          .owner = call.handle.pack(),
                                          .first = call.first},
                                         now, out.transaction);
  if (!client) return false;
  *retry.slot = client;
  note_cseq(call, retry, again->request->method(), again->cseq);
  ++leg.challenges;
  ++core.credentials->counters.retried;
  return true;
}

}  // namespace sbc::call
