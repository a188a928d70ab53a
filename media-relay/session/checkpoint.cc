// What is left of the sessions when the process dies without a word: the last checkpoint, as far as the flows' ledgers
// say that it still holds.
//
// A round goes through all sessions, a few at a time, so that neither the control thread nor a worker is kept from its
// work for long. A session of which not everything can be told just now (a change or a handshake is under way) is left
// out until the next round. What is changed behind its turn has another epoch, and is not restored from this round.

#include <algorithm>
#include <cstring>

#include "media-relay/session/sessions.h"

namespace session {

Sessions::Round::~Round() {
  for (auto& [controller, chapter] : chapters) explicit_bzero(chapter.bytes.data(), chapter.bytes.size());
}

void Sessions::begin_checkpoint() {
  flows_.for_each([](FlowHandle, FlowRecord& record) {
    if (record.asked == 0) return;
    record.asked = 0;
    explicit_bzero(record.saved.data(), record.saved.size());
    record.saved.clear();
  });
  round_ = std::make_unique<Round>();
  round_->number = ++last_round_;
  round_->ahead.reserve(sessions_.size());
  sessions_.for_each([this](SessionHandle handle, Session&) { round_->ahead.push_back(handle); });
}

void Sessions::continue_checkpoint(std::size_t most, Actions& out) {
  std::size_t asked = 0;
  while (round_ && !round_->ahead.empty() && asked < most) {
    const Session* session = sessions_.find(round_->ahead.back());
    round_->ahead.pop_back();
    if (session == nullptr || session->change || !session->established || session->doomed) continue;
    for (const FlowHandle handle : session->flows) {
      FlowRecord* record = flows_.find(handle);
      if (record == nullptr || record->state != FlowState::Installed) continue;
      record->asked = record->epoch;
      ++round_->unanswered;
      ++asked;
      out.push_back(SaveFlow{handle, record->worker, round_->number});
    }
  }
}

void Sessions::take_checkpoint(FlowHandle flow, std::string saved, std::uint64_t round) {
  if (!round_ || round_->number != round) return explicit_bzero(saved.data(), saved.size());
  --round_->unanswered;
  FlowRecord* record = flows_.find(flow);
  if (record == nullptr || record->state != FlowState::Installed || record->asked == 0)
    return explicit_bzero(saved.data(), saved.size());
  record->saved = std::move(saved);
  if (Session* session = sessions_.find(record->session)) note_in_chapter(*session);
}

// When all of its flows have answered.
void Sessions::note_in_chapter(Session& session) {
  const auto answered = [this](FlowHandle handle) {
    const FlowRecord* record = flows_.find(handle);
    return record != nullptr && record->asked == record->epoch && !record->saved.empty();
  };
  if (session.change || !std::ranges::all_of(session.flows, answered)) return;
  const Controller* controller = controllers_.find(session.owner);
  if (controller == nullptr) return;
  Chapter& chapter = round_->chapters[controller->id];
  chapter.lease = controller->lease;
  ++chapter.sessions;
  SavedSession saved = saved_session(session, round_->identities);
  append(chapter.bytes, saved, base::Instant{});
  for (SavedFlow& flow : saved.flows) explicit_bzero(flow.state.data(), flow.state.size());
  for (const FlowHandle handle : session.flows) flows_.find(handle)->asked = 0;
}

std::optional<std::string> Sessions::finish_checkpoint(base::WallTime wall, base::Instant now) {
  if (!round_ || !round_->ahead.empty() || round_->unanswered != 0) return std::nullopt;
  const std::unique_ptr<Round> round = std::move(round_);
  Snapshot snapshot;
  snapshot.written = wall;
  snapshot.at = now;
  snapshot.planned = false;
  snapshot.instance = config_.instance;
  for (const IdentityPtr& identity : round->identities) snapshot.identities.push_back(identity->saved());
  snapshot.resting = resting_ports(now);
  std::vector<SavedPart> parts;
  for (const auto& [controller, chapter] : round->chapters)
    parts.push_back({controller, chapter.lease, chapter.sessions, chapter.bytes});
  return encode(snapshot, parts, base::Instant{});
}

}  // namespace session
