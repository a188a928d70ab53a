#include "sbc/call/explaining.h"

#include "sbc/call/core.h"
#include "sbc/call/leak_guard.h"

namespace sbc::call {
namespace {

// As a plan names what it skips (route::Skipped).
std::string name_of(const route::Target& target) {
  if (!target.trunk.empty()) return "trunk " + target.trunk + " " + target.text();
  return (target.aor.empty() ? "" : target.aor + " ") + target.text();
}

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
  for (const auto& target : targets) plan.targets.push_back(name_of(target));
  return plan;
}

explain::Failed failed(const route::Target& target, const policy::AttemptFacts& attempt) {
  return {.target = name_of(target),
          .status = attempt.status,
          .cause = attempt.cause,
          .reason = attempt.reason,
          .usual = attempt.usual,
          .took = base::milliseconds(attempt.elapsed_ms)};
}

explain::Answered answered(const Media& media) {
  explain::Answered answer;
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

void explain_request(const Core& core, const transaction::ClientRequest& request, base::Instant now) {
  if (request.method != sip::Method::Invite || core.advisor.explainer() == nullptr) return;
  const Call* call = core.calls.find(CallHandle::unpack(request.owner));
  if (call == nullptr || call->record.answered) return;
  // Not the INVITE of a transfer or to a recording server.
  const route::Target* target = call->hunt.current();
  const std::string_view call_id = written_value(*request.bytes, "\r\nCall-ID: ");
  if (target == nullptr || call_id != call->record.call_id_b) return;
  explain_with(core.advisor, call->record, now, [&] {
    const auto& candidate = target->candidate;
    return explain::Sent{.invite = request.bytes,
                         .call_id = std::string(call_id),
                         .target = name_of(*target),
                         .number = candidate.number,
                         .from = candidate.from_user || candidate.from_display,
                         .headers = candidate.headers};
  });
}

}  // namespace sbc::call
