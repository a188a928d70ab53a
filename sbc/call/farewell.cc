#include "sbc/call/farewell.h"

#include <utility>

#include "sbc/call/core.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/output.h"
#include "sbc/call/under_way.h"
#include "sbc/sdp/offer_answer.h"
#include "sbc/sdp/parser.h"

namespace sbc::call {
namespace {

// Every line of the offer with port 0; "" when there is no offer, or none that can be read.
std::string refusal_of(Core& core, const sip::Message& response, std::uint16_t listener) {
  const auto text = sdp_of(response);
  if (!text || !*text) return {};
  const auto offer = sdp::parse_shared(**text);
  if (!offer) return {};
  sdp::OfferAnswer exchange(origin_identity(core, listener));
  if (!exchange.remote_offer(*offer)) return {};
  return exchange.answer({.from = **offer}, sdp::Finality::Final).value_or("");
}

}  // namespace

bool Farewells::keep(transaction::ClientId client, Leg leg) {
  if (legs_.size() >= kMaxFarewells) return false;
  legs_.emplace(client.pack(), std::move(leg));
  return true;
}

Leg* Farewells::find(transaction::ClientId client) {
  const auto found = legs_.find(client.pack());
  return found == legs_.end() ? nullptr : &found->second;
}

void say_goodbye(Core& core, Leg& leg, transaction::Owner owner, base::Instant now, Output& out) {
  const sip::Hop hop = next_hop(core, leg);
  const std::string branch = core.minter.branch(core.random);
  auto bytes = in_dialog_request(core, leg, hop, sip::Method::Bye, leg.dialog->next_cseq(), branch, {}, {});
  const auto client = core.layer.request({.method = sip::Method::Bye,
                                          .method_text = {},
                                          .branch = branch,
                                          .hop = hop,
                                          .bytes = std::move(bytes),
                                          .owner = owner},
                                         now, out.transaction);
  if (!client || !core.settings->accounts.contains(leg.trunk)) return;
  if (!core.farewells.keep(client, way_to(leg))) core.counters.limits.add(limit::Reached::Farewells);
}

std::optional<Unwanted> unwanted_dialog(Core& core, const Attempt& attempt, const sip::Message& response,
                                        const Peer& peer) {
  auto dialog = dialog::Dialog::from_client(attempt.start, response);
  if (!dialog) return std::nullopt;
  Unwanted unwanted;
  Leg& leg = unwanted.leg;
  leg.realm = attempt.realm;
  leg.trunk = attempt.trunk;
  leg.hop = peer.from;
  leg.symmetric = peer.symmetric;
  leg.told.session_id = peer.session_id;
  leg.invite_credentials = attempt.credentials;
  leg.contact = contact_value(*core.settings, peer.from.transport, peer.from.listener, attempt.start.local_tag);
  leg.dialog = *std::move(dialog);
  unwanted.to = next_hop(core, leg);
  const std::string refusal = attempt.offered ? std::string() : refusal_of(core, response, peer.from.listener);
  unwanted.ack = in_dialog_request(core, leg, unwanted.to, sip::Method::Ack, attempt.start.cseq,
                                   core.minter.branch(core.random), {}, sdp_body(refusal));
  return unwanted;
}

bool answer_farewell(Core& core, const transaction::ResponseArrived& response, base::Instant now, Output& out) {
  Leg* const found = core.farewells.find(response.transaction);
  if (found == nullptr) return false;
  const int status = response.message->status();
  if (status < 200) return true;
  Leg leg = std::move(*found);
  core.farewells.forget(response.transaction);
  if (status != 401 && status != 407) return true;
  const auto* trunk = core.settings->routes->identify(leg.realm, response.hop.remote.ip);
  if (trunk == nullptr || trunk->name != leg.trunk) return true;
  const auto again = core.credentials->repeat(
      {.settings = *core.settings, .trunk = leg.trunk, .before = leg.challenges, .least = leg.dialog->next_cseq()},
      response, core.minter, core.random);
  if (!again) return true;
  const auto client = core.layer.request({.method = sip::Method::Bye,
                                          .method_text = {},
                                          .branch = again->branch,
                                          .hop = response.hop,
                                          .bytes = again->bytes,
                                          .owner = response.owner},
                                         now, out.transaction);
  if (!client) return true;
  ++core.credentials->counters.retried;
  ++leg.challenges;
  leg.dialog->raise_local_cseq(again->cseq);
  core.farewells.keep(client, std::move(leg));
  return true;
}

}  // namespace sbc::call
