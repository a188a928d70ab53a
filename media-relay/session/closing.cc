// The end of sessions and flows, and the questions about them that a worker has to answer.

#include <algorithm>

#include "media-relay/control/limits.h"
#include "media-relay/session/sessions.h"
#include "media-relay/session/translate.h"

namespace session {

void Sessions::end_session(SessionHandle handle, const End& end, Actions& out) {
  Session* session = sessions_.find(handle);
  if (session == nullptr) return;
  if (session->change)
    session->doomed = end;
  else
    close({}, handle, end, out);
}

void Sessions::close(Asker asker, SessionHandle handle, const End& end, Actions& out) {
  Session& session = *sessions_.find(handle);
  const ControllerHandle owner = session.owner;
  switch (end.cause) {
    case Cause::Command:
      ++counters_.sessions_closed;
      break;
    case Cause::Lease:
      ++counters_.sessions_reclaimed;
      break;
    case Cause::Failure:
      ++counters_.sessions_failed;
      break;
    case Cause::Stop:
      ++counters_.sessions_stopped;
      break;
  }
  const ClosingHandle closing_handle = closings_.emplace();
  Closing& closing = *closings_.find(closing_handle);
  closing = {asker, owner, session.id, end.reason, std::move(session.ended), 0};
  std::vector<FlowHandle> flows = std::move(session.flows);
  flows.insert(flows.end(), session.leaving.begin(), session.leaving.end());
  if (Controller* controller = controllers_.find(owner)) controller->sessions.erase(session.id);
  sessions_.erase(handle);

  for (const FlowHandle flow : flows) {
    FlowRecord* record = flows_.find(flow);
    if (record == nullptr) continue;
    record->closing = closing_handle;
    ++closing.remaining;
    if (record->state == FlowState::Removing) continue;
    record->state = FlowState::Removing;
    out.push_back(RemoveFlow{flow, record->worker});
  }
  finish_closing_if_done(closing_handle, out);
  forget_if_idle(owner);
}

void Sessions::finish_closing_if_done(ClosingHandle handle, Actions& out) {
  Closing& closing = *closings_.find(handle);
  if (closing.remaining > 0) return;
  std::ranges::sort(closing.stats, {}, &control::FlowStats::index);
  if (closing.asker.link != 0) {
    answer(closing.asker, control::Command(std::in_place_type<control::Close>).index(),
           control::Closed{closing.id, true, std::move(closing.stats)}, out);
  } else if (const Controller* controller = controllers_.find(closing.owner)) {
    tell(*controller, control::EventKind::SessionClosed,
         control::SessionClosed{closing.id, closing.reason, std::move(closing.stats)}, out);
  }
  closings_.erase(handle);
}

void Sessions::erase_flow(FlowHandle handle, base::Instant now) {
  const FlowRecord& record = *flows_.find(handle);
  for (const HalfRecord& half : record.half)
    if (half.port != 0) pool_of(half.network).release(half.port, now);
  --worker_flows_[record.worker];
  if (record.transcodes) --worker_transcoded_[record.worker];
  flows_.erase(handle);
}

void Sessions::on_flow_removed(FlowHandle flow, const flow::Stats& stats, base::Instant now, Actions& out) {
  FlowRecord* found = flows_.find(flow);
  if (found == nullptr) return;
  end_recording(*found, out);
  const FlowRecord record = *found;
  erase_flow(flow, now);
  control::FlowStats last = to_control(record.index, stats);
  if (Closing* closing = closings_.find(record.closing)) {
    closing->stats.push_back(std::move(last));
    --closing->remaining;
    return finish_closing_if_done(record.closing, out);
  }
  Session* session = sessions_.find(record.session);
  if (session == nullptr) return;
  std::erase(session->leaving, flow);
  if (session->ended.size() >= kMaxEndedFlows) session->ended.erase(session->ended.begin());
  session->ended.push_back(std::move(last));
}

void Sessions::on_flow_failed(FlowHandle flow, bool installing, std::string_view text, base::Instant now,
                              Actions& out) {
  FlowRecord* record = flows_.find(flow);
  if (record == nullptr) return;
  ++counters_.flow_failures;
  const SessionHandle handle = record->session;
  const Session* session = sessions_.find(handle);
  out.push_back(Note{"worker: " + std::string(text), {}, session == nullptr ? control::SessionId{} : session->id});
  // When it was to be removed already, on_flow_removed follows.
  if (!installing || record->state != FlowState::Installed) return;
  end_recording(*record, out);
  erase_flow(flow, now);
  end_session(handle, End{Cause::Failure, std::string(text)}, out);
  forget_fresh(handle, flow, now, out);
}

void Sessions::query(Asker asker, const Session& session, base::Instant now, Actions& out) {
  const InquiryHandle handle = inquiries_.emplace();
  Inquiry& inquiry = *inquiries_.find(handle);
  const auto age = std::chrono::duration_cast<base::milliseconds>(now - session.opened).count();
  inquiry.asker = asker;
  inquiry.answer = {session.id, addresses(session), {}, static_cast<std::uint64_t>(age)};
  for (const FlowHandle flow : session.flows) {
    const FlowRecord* record = flows_.find(flow);
    if (record == nullptr) continue;
    ++inquiry.remaining;
    out.push_back(QueryFlow{flow, record->worker, handle.pack()});
  }
  finish_inquiry_if_done(handle, out);
}

void Sessions::send_digits(Asker asker, const Session& session, const control::SendDigits& send, Actions& out) {
  const std::size_t kind = control::Command(std::in_place_type<control::SendDigits>).index();
  for (std::size_t i = 0; i < session.flows.size(); ++i) {
    const FlowRecord* record = flows_.find(session.flows[i]);
    const control::FlowSpec& flow = session.spec.flows[i];
    if (record == nullptr || flow.index != send.flow) continue;
    const auto& digits = send.half == control::HalfSide::A ? flow.a.digits : flow.b.digits;
    if (!digits || !(digits->event || digits->tone)) break;
    const std::uint32_t ms = send.duration_ms == 0 ? control::kDigitMs : send.duration_ms;
    out.push_back(PlayDigits{session.flows[i], record->worker,
                             send.half == control::HalfSide::A ? flow::Side::A : flow::Side::B, send.digits,
                             base::milliseconds(ms)});
    return answer(asker, kind, control::SendingDigits{session.id}, out);
  }
  answer(
      asker, kind,
      control::Error{control::ErrorCode::BadSpec, "send_digits: expected a half that has digits.event or digits.tone"},
      out);
}

void Sessions::on_flow_stats(FlowHandle flow, std::uint64_t token, const flow::Stats& stats, Actions& out) {
  const InquiryHandle handle = InquiryHandle::unpack(token);
  Inquiry* inquiry = inquiries_.find(handle);
  if (inquiry == nullptr || inquiry->remaining == 0) return;
  --inquiry->remaining;
  // A flow that went away in between has its last word in Closed.
  if (const FlowRecord* record = flows_.find(flow)) inquiry->answer.stats.push_back(to_control(record->index, stats));
  finish_inquiry_if_done(handle, out);
}

void Sessions::finish_inquiry_if_done(InquiryHandle handle, Actions& out) {
  Inquiry& inquiry = *inquiries_.find(handle);
  if (inquiry.remaining > 0) return;
  std::ranges::sort(inquiry.answer.stats, {}, &control::FlowStats::index);
  answer(inquiry.asker, control::Command(std::in_place_type<control::Query>).index(), std::move(inquiry.answer), out);
  inquiries_.erase(handle);
}

}  // namespace session
