#include "sbc/call/explaining.h"

#include <algorithm>

#include "sbc/call/core.h"
#include "sbc/call/leak_guard.h"
#include "sbc/sip/response.h"

namespace sbc::call {
namespace {

std::string name_of(policy::Latch latch) {
  switch (latch) {
    case policy::Latch::Strict:
      return "strict";
    case policy::Latch::Learn:
      return "learn";
    case policy::Latch::Hear:
      return "hear";
  }
  return {};
}

base::SharedBytes text_of(const sdp::SessionPtr& session) {
  return session ? session->text : nullptr;
}

std::string party_of(Side side) {
  return side == Side::A ? "caller" : "callee";
}

// RFC 3261 12: a request inside a dialog names the other end's tag.
bool in_dialog(std::string_view request) {
  const auto to = written_value(request, "\r\nTo: ");
  const auto end = to.rfind('>');
  return to.substr(end == std::string_view::npos ? 0 : end).contains(";tag=");
}

}  // namespace

explain::Begun begun(const Call& call) {
  const auto& hop = call.source.hop;
  return {.invite = call.invite.get(),
          .session = call.session,
          .realm = call.arrival.realm,
          .trunk = call.arrival.trunk,
          .source = std::string(sip::name_of(hop.transport)) + " " + hop.remote.text(),
          .wall = call.arrival.wall};
}

explain::Planned planned(const std::vector<route::Target>& targets) {
  explain::Planned plan;
  plan.targets.reserve(targets.size());
  for (const auto& target : targets) plan.targets.push_back(explained_name(target));
  if (std::ranges::any_of(targets, [](const route::Target& target) { return target.at_once != 0; }))
    for (const auto& target : targets) plan.at_once.push_back(target.at_once);
  return plan;
}

explain::Failed failed(const route::Target& target, const policy::AttemptFacts& attempt) {
  return {.target = explained_name(target),
          .status = attempt.status,
          .cause = attempt.cause,
          .reason = attempt.reason,
          .usual = attempt.usual,
          .took = base::milliseconds(attempt.elapsed_ms)};
}

explain::Failed failed(const route::Target& target, const route::Failure& failure, route::Verdict usual,
                       base::Duration took) {
  return {.target = explained_name(target),
          .status = static_cast<std::uint16_t>(route::status_of(failure)),
          .cause = std::string(cause_word(failure.cause)),
          .reason = failure.cause == route::Failure::Cause::Response
                        ? std::string(sip::reason_phrase_for(failure.status))
                        : std::string(),
          .usual = usual == route::Verdict::Next ? "next" : "stop",
          .took = took};
}

std::string_view cause_word(route::Failure::Cause cause) {
  switch (cause) {
    case route::Failure::Cause::Response:
      return "response";
    case route::Failure::Cause::Timeout:
    case route::Failure::Cause::RingTimeout:
      return "timeout";
    case route::Failure::Cause::Transport:
    case route::Failure::Cause::Unresolved:
      return "transport";
  }
  return "";
}

explain::Answered answered(const Call& call) {
  const Media& media = call.media;
  explain::Answered answer;
  if (const auto* target = call.hunt.current()) answer.target = explained_name(*target);
  const auto told = media.told();
  for (const Side side : {Side::A, Side::B}) {
    const auto i = static_cast<std::size_t>(side);
    const LegMedia& leg = media.leg(side);
    answer.legs[i] = {.network = leg.network,
                      .latch = name_of(leg.latch),
                      .said = text_of(media.heard(side)),
                      .told = text_of(told[i])};
  }
  return answer;
}

explain::Ended ended(const CallRecord& record) {
  return {.status = record.status,
          .cause = std::string(name_of(record.cause)),
          .by = std::string(name_of(record.by)),
          .setup = record.setup,
          .duration = record.duration,
          .call_class = record.call_class,
          .cdr = record.cdr};
}

explain::Answered changed(const Call& call) {
  auto answer = answered(call);
  answer.changed = true;
  return answer;
}

std::string explained_name(const route::Target& target) {
  if (!target.trunk.empty()) return "trunk " + target.trunk + " " + target.text();
  return (target.aor.empty() ? "" : target.aor + " ") + target.text();
}

void explain_offer(const Core& core, const Call& call, Side from, const sip::MessagePtr& request, base::Instant now) {
  explain_with(core.advisor, call.record, now,
               [&] { return explain::Reinvited{.request = request, .party = party_of(from)}; });
}

void explain_request(const Core& core, const transaction::ClientRequest& request, const Outgoing& of,
                     base::Instant now) {
  if (of.call == nullptr || core.advisor.explainer() == nullptr) return;
  const bool offers = request.method == sip::Method::Update && !request.bytes->ends_with("\r\n\r\n");
  if (request.method != sip::Method::Invite && !offers) return;
  const Call& call = *of.call;
  explain::Sent sent{.invite = request.bytes, .call_id = std::string(written_value(*request.bytes, "\r\nCall-ID: "))};
  const route::Target* target = nullptr;
  if (of.recorder) {
    sent.purpose = "recording";
    sent.target = std::string(sip::name_of(request.hop.transport)) + " " + request.hop.remote.text();
  } else if (in_dialog(*request.bytes)) {
    sent.purpose = offers ? "UPDATE" : "re-INVITE";
    sent.target = party_of(of.side);
  } else if (!call.record.answered && sent.call_id == call.record.call_id_b) {
    target = call.hunt.current();
  } else if (call.transfer) {
    sent.purpose = "transfer";
    target = call.transfer->hunt.current();
  }
  if (target != nullptr) {
    sent.target = explained_name(*target);
    sent.number = target->candidate.number;
    sent.from = target->candidate.from_user || target->candidate.from_display;
    sent.headers = target->candidate.headers;
  }
  if (sent.target.empty()) return;
  explain_with(core.advisor, call.record, now, [&sent] { return std::move(sent); });
}

}  // namespace sbc::call
