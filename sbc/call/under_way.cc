#include "sbc/call/under_way.h"

#include <algorithm>

#include "sbc/call/change_progress.h"
#include "sbc/call/core.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/output.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/retry_after.h"

namespace sbc::call {
namespace {

bool is_of_its_place(sip::HeaderId id) {
  return id == sip::HeaderId::Authorization || id == sip::HeaderId::ProxyAuthorization ||
         id == sip::HeaderId::ContentLength || id == sip::HeaderId::ContentType;
}

}  // namespace

base::SharedBytes same_request(const sip::Message& request, std::string_view via,
                               const std::function<void(sip::Writer&)>& credentials) {
  std::string bytes;
  sip::Writer writer(bytes, 900 + request.body().size());
  writer.request_line(request.method_text(), request.request_uri_text());
  bool first_via = true;
  for (const auto& field : request.headers()) {
    if (is_of_its_place(field.id)) continue;
    if (field.id == sip::HeaderId::Via && std::exchange(first_via, false)) {
      writer.header(field.id, via);
    } else {
      writer.header(field.name, field.value);
    }
  }
  credentials(writer);
  writer.finish(request.find(sip::HeaderId::ContentType).value_or(""), request.body());
  return base::share(std::move(bytes));
}

bool pass_over(Leg& leg, const base::Endpoint& failed) {
  const auto place = std::ranges::find(leg.way, failed, &route::Place::remote);
  const bool current = !leg.way_moved || place == leg.way.begin();
  // A request that was sent before the others found out: it follows them.
  if (current) {
    const std::size_t most = std::min(leg.way.size() - (place != leg.way.end() ? 1 : 0), kMaxFailovers);
    if (leg.way_failures >= most) {
      leg.way_failures = 0;
      return false;
    }
    ++leg.way_failures;
  }
  leg.way_moved = true;
  if (place != leg.way.end()) std::rotate(place, place + 1, leg.way.end());
  return true;
}

Leg way_to(const Leg& leg) {
  Leg way;
  way.realm = leg.realm;
  way.trunk = leg.trunk;
  way.hop = leg.hop;
  way.symmetric = leg.symmetric;
  way.dialog = leg.dialog;
  way.way_of = leg.way_of;
  way.way = leg.way;
  way.way_moved = leg.way_moved;
  way.way_failures = leg.way_failures;
  return way;
}

UnderWay under_way(Call& call, transaction::ClientId client, bool invite) {
  const bool ending = call.state == State::Canceling || call.state == State::Closing;
  for (const Side side : {Side::A, Side::B}) {
    Leg& leg = call.leg(side);
    if (leg.bye == client) return {&leg.bye, &leg};
    if (leg.client && leg.client == client && !ending && !(invite && call.inviter_gone)) return {&leg.client, &leg};
  }
  if (call.change && !ending) {
    ChangeProgress& change = *call.change;
    const Side asked = call.state == State::Refreshing ? call.refreshing : other(call.inviter);
    if (change.prack && change.prack == client) return {&change.prack, &call.leg(asked)};
    if (change.exchange && change.exchange->client == client)
      return {&change.exchange->client, &call.leg(other(change.exchange->from))};
  }
  for (Fork& fork : call.forks) {
    if (ending) break;
    if (fork.b && fork.prack == client) return {&fork.prack, &call.b, &*fork.b};
    if (!fork.exchange || fork.exchange->client != client) continue;
    const Side to = other(fork.exchange->from);
    if (auto& dialog = fork.dialog(to)) return {&fork.exchange->client, &call.leg(to), &*dialog};
  }
  for (Passing& passing : call.passing)
    if (passing.client == client) return {&passing.client, &call.leg(other(passing.from))};
  for (Aside& aside : call.asides)
    if (aside.client == client) return {&aside.client, aside.gone ? aside.gone.get() : &call.leg(aside.side)};
  if (call.transfer && call.transfer->attempt && call.transfer->attempt->client == client)
    return {&call.transfer->attempt->client, &call.transfer->leg};
  if (call.attempt && call.attempt->client == client && call.state == State::Inviting)
    return {&call.attempt->client, &call.b};
  return {};
}

bool fail_over(Core& core, Call& call, const Untaken& untaken, base::Instant now, Output& out) {
  if (untaken.request == nullptr) return false;
  const UnderWay request = under_way(call, untaken.transaction, untaken.request->starts_with("INVITE "));
  if (request.leg == nullptr || request.dialog() == nullptr) return false;
  Leg& leg = *request.leg;
  if (leg.symmetric || leg.way.size() < 2 || !pass_over(leg, untaken.hop.remote)) return false;
  Leg way = way_to(leg);
  way.dialog = *request.dialog();
  way.hop = untaken.hop;
  const sip::Hop hop = next_hop(core, way);
  if (hop.remote == untaken.hop.remote) return false;  // its next hop is not this name
  const auto parsed = sip::parse(std::string(*untaken.request));
  if (!parsed.ok()) return false;
  const std::string branch = core.minter.branch(core.random);
  const auto credentials = [&](sip::Writer& writer) {
    core.credentials->write_inside(core, way, hop, parsed.message->method(), parsed.message->body(), writer);
  };
  const auto client =
      core.layer.request({.method = parsed.message->method(),
                          .method_text = parsed.message->method_text(),
                          .branch = branch,
                          .hop = hop,
                          .bytes = same_request(*parsed.message, via_value(core, hop, branch), credentials),
                          .owner = call.handle.pack()},
                         now, out.transaction);
  if (!client) return false;
  *request.slot = client;
  ++core.counters.failovers;
  return true;
}

void note_busy(Core& core, const Call& call, const transaction::ResponseArrived& response, base::Instant now) {
  const auto seconds = sip::retry_after(*response.message);
  const auto hunted = [&response](const std::optional<Attempt>& attempt) {
    return attempt && attempt->client == response.transaction;
  };
  if (!seconds || hunted(call.attempt) || (call.transfer && hunted(call.transfer->attempt))) return;
  const base::Duration wait = base::seconds(*seconds);
  core.health.mark_busy(response.hop.transport, response.hop.remote, wait, now);
  core.health.report({.key = {response.hop.transport, response.hop.remote},
                      .sign = route::TrunkHealth::Sign::Unavailable,
                      .busy = wait});
}

void note_answer(Call& call, transaction::ClientId client, const sip::Message* response) {
  if (response == nullptr || response->status() >= 200)
    std::erase_if(call.asides, [client](const Aside& aside) { return aside.client == client; });
  if (response != nullptr && response->status() != 503)
    call.leg(response->from_tag() == call.local_tag_a ? Side::A : Side::B).way_failures = 0;
}

}  // namespace sbc::call
