// Those who are called in a scene: trunks, phones, whoever is at an address.

#include <algorithm>
#include <array>

#include "sbc/call/media.h"
#include "sbc/simulate/description.h"
#include "sbc/simulate/stage.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"

namespace sbc::simulate {

std::string Stage::answer(const sip::Message& request, int status, std::string_view headers,
                          const base::Endpoint& at) const {
  const bool description = (request.method() == sip::Method::Invite || request.method() == sip::Method::Update) &&
                           (status / 100 == 2 || status == 183);
  const auto offered = call::sdp_of(request).value_or(std::nullopt);
  std::string body;
  if (description && offered) body = answer_to(*offered, at.ip);
  if (description && !offered && request.method() == sip::Method::Invite) body = usual_offer(at.ip);
  const std::string contact = "<sip:callee@" + at.text() + ">";
  std::vector<sip::ExtraHeader> extra;
  if (request.method() == sip::Method::Invite && status < 300 && !headers.contains("Contact:"))
    extra.push_back({"Contact", contact});
  sip::Source from;
  from.hop = caller_.hop;
  from.hop.remote = caller_.local;
  const std::string tag = request.to_tag().empty() ? "callee" : std::string(request.to_tag());
  std::string bytes = sip::build_response(request, status, status == 100 ? "" : tag, from, extra,
                                          body.empty() ? "" : "application/sdp", body);
  bytes.insert(bytes.find("\r\n") + 2, headers);
  return bytes;
}

// The trunk, the phone's address of record, the host name, or the address itself.
std::string Stage::known_as(const base::Endpoint& remote) const {
  for (const auto& phone : scene_.phones)
    if (phone.address == remote) return phone.aor;
  const auto located = located_.find(remote);
  for (const auto& trunk : setting_.calls->routes->trunks())
    for (const auto& target : trunk.targets) {
      if (!target.name && target.endpoint == remote) return trunk.name;
      if (target.name && located != located_.end() && target.name->host == located->second) return trunk.name;
    }
  return located != located_.end() ? located->second : remote.text();
}

const Behaviour& Stage::behaviour_of(const Attempt& attempt, const base::Endpoint& remote) const {
  static const Behaviour usual;
  for (const auto& name : {remote.text(), attempt.to})
    if (const auto found = scene_.behaviours.find(name); found != scene_.behaviours.end()) return found->second;
  return usual;
}

void Stage::on_callee(const sip::MessagePtr& message, const sip::Source& source) {
  if (message->is_response()) {
    answered_inside(*message, true);
    return;
  }
  const std::string branch(message->top_via().branch);
  if (!seen_.insert(branch + " " + std::string(message->method_text())).second) return;  // repeated
  switch (message->method()) {
    case sip::Method::Ack:
      return;
    case sip::Method::Invite:
      return on_callee_invite(message, source);
    case sip::Method::Cancel:
      return on_callee_cancel(*message, source);
    case sip::Method::Bye:
      for (Attempt& attempt : story_.attempts)
        if (attempt.invite->call_id() == message->call_id()) attempt.hung_up = true;
      return arrive(answer(*message, 200, "", source.hop.remote), source);
    default:
      return arrive(answer(*message, 200, "", source.hop.remote), source);
  }
}

// RFC 3261 9.2: too late when the final response has left.
void Stage::on_callee_cancel(const sip::Message& message, const sip::Source& source) {
  arrive(answer(message, 200, "", source.hop.remote), source);
  const std::string branch(message.top_via().branch);
  const auto known = attempt_of_.find(branch);
  if (known == attempt_of_.end()) return;
  Attempt& attempt = story_.attempts[known->second];
  if (!attempt.responses.empty() && attempt.responses.back().second >= 200) return;
  attempt.cancelled = true;
  std::erase_if(incoming_, [&branch](const auto& entry) { return entry.second.branch == branch; });
  incoming_.emplace(now_ + base::milliseconds(1), Incoming{.bytes = answer(*attempt.invite, 487, "", source.hop.remote),
                                                           .source = source,
                                                           .branch = branch,
                                                           .status = 487});
}

void Stage::on_callee_invite(const sip::MessagePtr& message, const sip::Source& source) {
  if (!message->to_tag().empty()) return arrive(answer(*message, 200, "", source.hop.remote), source);
  const std::string branch(message->top_via().branch);
  Attempt attempt;
  attempt.at = elapsed();
  attempt.to = known_as(source.hop.remote);
  attempt.target = std::string(sip::name_of(source.hop.transport)) + " " + source.hop.remote.text();
  attempt.invite = message;
  const Behaviour& behaviour = behaviour_of(attempt, source.hop.remote);
  attempt_of_[branch] = story_.attempts.size();
  called_[branch] = source;
  for (const auto& step : behaviour.steps)
    incoming_.emplace(now_ + step.after,
                      Incoming{.bytes = answer(*message, step.status, step.headers, source.hop.remote),
                               .source = source,
                               .branch = branch,
                               .status = step.status});
  story_.attempts.push_back(std::move(attempt));
}

}  // namespace sbc::simulate
