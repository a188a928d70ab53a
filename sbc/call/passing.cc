// Requests on their way from one leg to the other: checked, sent on in the other leg's dialog, answered.

#include <algorithm>

#include "sbc/call/crossing.h"
#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/mapped_ids.h"
#include "sbc/sip/writer.h"

namespace sbc::call {
namespace {

// RFC 6665 3.1, 3.2, RFC 3515 2.2: requests that refresh the remote target, so they and their 2xx carry a Contact. INFO
// (RFC 6086 7.1) and MESSAGE (RFC 3428 5) must not; of a method that we do not know nobody expects one.
bool refreshes_target(sip::Method method) {
  return method == sip::Method::Subscribe || method == sip::Method::Notify || method == sip::Method::Refer;
}

const CrossingRules& rules_of(const Settings& settings, const std::string& realm) {
  static const CrossingRules kUsual;
  const auto found = settings.crossing.find(realm);
  return found != settings.crossing.end() ? found->second : kUsual;
}

std::vector<sip::ExtraHeader> as_extra(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::vector<sip::ExtraHeader> extra;
  for (const auto& [name, value] : headers) extra.push_back({name, value});
  return extra;
}

}  // namespace

std::string allow_value(const Settings& settings, const std::string& realm) {
  std::string value(kAllow);
  for (const auto& method : rules_of(settings, realm).methods)
    if (method != "OPTIONS") value.append(", ").append(method);  // is there, whoever answers it
  if (transfers_from(settings, realm)) value.append(", REFER");
  return value;
}

bool transfers_from(const Settings& settings, const std::string& realm) {
  return rules_of(settings, realm).transfers != Transfers::Refuse;
}

bool passes_transfers(const Settings& settings, const std::string& realm) {
  return rules_of(settings, realm).transfers == Transfers::Pass;
}

bool Machine::takes_method(Side from, std::string_view method) const {
  return rules_of(*core_.settings, call_.leg(from).realm).allows(method);
}

bool Machine::passes_options(Side from) const {
  return takes_method(from, "OPTIONS") && call_.leg(from).dialog && call_.leg(other(from)).dialog;
}

void Machine::pass_request(const Input& in, std::string_view more) {
  const sip::Message& request = *in.message;
  const Leg& from = call_.leg(in.side);
  Leg& to = call_.leg(other(in.side));
  const auto refuse = [&](int status, std::uint64_t& counter, std::span<const sip::ExtraHeader> headers = {}) {
    ++counter;
    respond_to(in, status, headers);
  };
  if (more.empty() && !takes_method(in.side, request.method_text())) {
    const sip::ExtraHeader allow[] = {{"Allow", from.allow}};
    return refuse(request.method() == sip::Method::Other ? 501 : 405, core_.counters.refused_method, allow);
  }
  if (request.max_forwards() == 0) return refuse(483, core_.counters.refused_loop);
  if (!from.dialog || !to.dialog || call_.passing.size() >= kMaxPassing) {
    // Nobody to pass it to yet, or too much at once: a moment later it may do.
    const std::string seconds = std::to_string(dialog::retry_after_seconds(core_.random));
    const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
    return refuse(500, core_.counters.refused_passing, retry);
  }
  if (const auto package = request.find(sip::HeaderId::InfoPackage);
      package && request.method() == sip::Method::Info && !names_package(to.packages, *package)) {
    const sip::ExtraHeader willing[] = {{"Recv-Info", to.packages}};
    return refuse(469, core_.counters.refused_package, willing);
  }
  auto body = body_across(in.side, request);
  if (!body) {
    const sip::ExtraHeader accept[] = {{"Accept", kCrossingBodies}, {"Accept-Encoding", "identity"}};
    return refuse(415, core_.counters.refused_body, accept);
  }
  send_passing(in, to, *body, more);
}

void Machine::send_passing(const Input& in, Leg& to, const CrossingBody& body, std::string_view more) {
  const sip::Message& request = *in.message;
  const sip::Hop hop = next_hop(core_, to);
  const std::string branch = core_.minter.branch(core_.random);
  std::string via;
  sip::append_via(via, hop.transport, core_.settings->faces.at(hop.listener).sent_by, branch);
  std::string bytes;
  sip::Writer writer(bytes, 700 + body.text.size());
  const std::uint32_t cseq = to.dialog->next_cseq();
  to.dialog->write_request_head(writer, request.method_text(), cseq, via, request.max_forwards().value_or(70) - 1);
  if (refreshes_target(request.method())) writer.header(sip::HeaderId::Contact, to.contact);
  core_.credentials->write_inside(core_, to, hop, request.method(), body.text, writer);
  if (!to.told.session_id.empty()) writer.header(sip::HeaderId::SessionId, to.told.session_id);
  writer.raw(more);
  writer.raw(referral_named(in.side, crossing_request_headers(request)));
  writer.finish(body.type, body.text);
  const auto client = core_.layer.request({.method = request.method(),
                                           .method_text = request.method_text(),
                                           .branch = branch,
                                           .hop = hop,
                                           .bytes = base::share(std::move(bytes)),
                                           .owner = call_.handle.pack()},
                                          now_, out_.transaction);
  if (!client) {
    ++core_.counters.refused_passing;
    respond_to(in, 500);
    return;
  }
  ++core_.counters.passed;
  if (request.method() == sip::Method::Refer) remember_referral(in.side, request.cseq().number, cseq);
  call_.passing.push_back({in.side, request.method(), in.server, client});
}

std::optional<CrossingBody> Machine::body_across(Side from, const sip::Message& message) const {
  const auto trusted = [this](const Leg& leg) { return trusts(*core_.settings, leg.realm, leg.trunk); };
  MappedIds identifiers(core_, call_, from);
  return crossing_body(message, identifiers, trusted(call_.a) && trusted(call_.b));
}

bool Machine::passing_answered(const transaction::ResponseArrived& response) {
  const auto found = std::ranges::find(call_.passing, response.transaction, &Passing::client);
  if (found == call_.passing.end()) return false;
  const sip::Message& answer = *response.message;
  if (answer.status() < 200) return true;  // RFC 4320 4.1: the layer says 100 when it is time
  const Passing passing = *found;
  call_.passing.erase(found);
  picture_answered(passing, answer.status());

  const auto request = core_.layer.request_ptr(passing.server);
  const sip::Source* source = core_.layer.source_of(passing.server);
  const int status = crossing_status(answer.status());
  Leg& asker = call_.leg(passing.from);
  if (request != nullptr && source != nullptr && status != 0) {
    const auto crossing = crossing_response_headers(answer);
    auto headers = as_extra(crossing);
    // RFC 3261 11.2 wants it in the 200 to OPTIONS: what crosses, whatever the other side could do beside that.
    const bool able = passing.method == sip::Method::Options && status < 300;
    if (status == 405 || status == 501 || able) headers.push_back({"Allow", asker.allow});
    if (status < 300 && refreshes_target(passing.method)) {
      headers.push_back({"Contact", asker.contact});
      asker.dialog->refresh_target(*request);
      call_.leg(other(passing.from)).dialog->refresh_target(answer);
      learn_way(Side::A);
      learn_way(Side::B);
    }
    const auto body = body_across(other(passing.from), answer).value_or(CrossingBody{});
    auto bytes =
        leg_response(*request, *source, asker, status, asker.dialog->local_tag(), headers, {body.type, body.text});
    core_.layer.respond(passing.server, status, std::move(bytes), now_, out_.transaction);
  }
  if (ends_call(passing.method, answer.status())) {
    call_.leg(other(passing.from)).over = answer.status() == 481;  // 408: it may well be there
    feed(Event::PeerGone, {.side = other(passing.from), .cause = EndCause::PeerGone});
  } else if (!passing.server) {
    next_digit(other(passing.from));
  }
  return true;
}

bool Machine::passing_failed(const transaction::ClientFailed& failed) {
  const auto found = std::ranges::find(call_.passing, failed.transaction, &Passing::client);
  if (found == call_.passing.end()) return false;
  // After 64*T1 the asking side has given up as well (RFC 4320 4.2): silence. A transport that failed is told at once,
  // as 500: a 503 would say that we are the ones to keep away from (RFC 3261 16.7).
  if (failed.reason == transaction::ClientFailed::Reason::Transport) answer_passing(*found, 500);
  const Passing passing = *found;
  call_.passing.erase(found);
  if (!passing.server) next_digit(other(passing.from));
  return true;
}

void Machine::answer_passing(const Passing& passing, int status) {
  const auto request = core_.layer.request_ptr(passing.server);
  const sip::Source* source = core_.layer.source_of(passing.server);
  const Leg& asker = call_.leg(passing.from);
  if (request == nullptr || source == nullptr || !asker.dialog) return;
  core_.layer.respond(passing.server, status, leg_response(*request, *source, asker, status, asker.dialog->local_tag()),
                      now_, out_.transaction);
}

// RFC 3261 15.1.2: requests of a dialog that ends get 487.
void Machine::drop_passing() {
  for (const Passing& passing : call_.passing) {
    core_.layer.abandon(passing.client);
    answer_passing(passing, 487);
  }
  call_.passing.clear();
  drop_keys(Side::A);
  drop_keys(Side::B);
}

// RFC 6086 5.2.2: a message without Recv-Info leaves the set as it was.
void Machine::learn_packages(Side side, const sip::Message& message) {
  if (auto packages = info_packages(message)) call_.leg(side).packages = *std::move(packages);
}

// RFC 6086 5.2.3: a 2xx names packages if, and only if, its request did.
std::vector<sip::ExtraHeader> Machine::with_packages(Side side, const sip::Message& request, int status,
                                                     std::span<const sip::ExtraHeader> headers) const {
  std::vector<sip::ExtraHeader> all(headers.begin(), headers.end());
  if (status / 100 == 2 && request.count(sip::HeaderId::RecvInfo) != 0)
    all.push_back({"Recv-Info", call_.leg(other(side)).packages});
  return all;
}

}  // namespace sbc::call
