#include "media-relay/flow/stream_guard.h"

#include <algorithm>
#include <utility>

#include "media-relay/rtp/sequence.h"

namespace flow {

void StreamGuard::open(const Rules& rules, base::Instant now) {
  if (rules.listening && !rules_.listening) listening_since_ = now;
  rules_ = rules;
  refused_.reset();
  if (!known_ || !is_foreign(ssrc_)) return;
  known_ = false;
  home_.reset();
  displaced_.reset();
  if (others_) others_->contenders = {};
}

void StreamGuard::move() {
  if (known_) displaced_ = ssrc_;
  known_ = false;
  rules_.listening = false;
  contested_until_ = {};
  if (others_) others_->contenders = {};
}

void StreamGuard::leave(base::Instant now) {
  StreamGuard fresh;
  fresh.others_ = std::move(others_);
  fresh.attacked_until_ = attacked_until_;
  fresh.rules_.listening = false;
  if (fresh.others_) fresh.others_->contenders = {};
  if (known_ && rules_.one_stream) fresh.early_of(ssrc_, now) = {ssrc_, since_, now, true};
  *this = std::move(fresh);
}

StreamGuard::Others& StreamGuard::others() {
  if (!others_) others_ = std::make_unique<Others>();
  return *others_;
}

bool StreamGuard::is_foreign(std::uint32_t ssrc) const {
  return rules_.sources != nullptr && !rules_.sources->empty() &&
         std::ranges::find(*rules_.sources, ssrc) == rules_.sources->end();
}

// Its own place, or that of whoever has been silent for longest.
StreamGuard::Early& StreamGuard::early_of(std::uint32_t ssrc, base::Instant now) {
  auto& all = others().early;
  auto found = std::ranges::find_if(all, [&](const Early& e) { return e.used && e.ssrc == ssrc; });
  if (found == all.end()) {
    found = std::ranges::min_element(all, {}, &Early::last);
    *found = {ssrc, now, now, true};
  }
  return *found;
}

void StreamGuard::overhear(std::uint32_t ssrc, base::Instant now) {
  if (!rules_.one_stream || is_trusted(ssrc) || goes_on(ssrc)) return;
  early_of(ssrc, now).last = now;
  // The peer may be early, and one stranger is none of its business.
  const auto is_recent = [&](const Early& e) { return e.used && now - e.last < kAttack; };
  const auto lately = std::ranges::count_if(others().early, is_recent);
  if (lately >= 3) attacked_until_ = now + kAttack;
}

bool StreamGuard::is_waiting(std::uint32_t ssrc, base::Instant now) const {
  return is_suspect(ssrc) && now - listening_since_ < (is_attacked(now) ? kAttack : kSuspectPatience);
}

// The peer may be a little faster than the signalling that allows it to speak.
bool StreamGuard::is_suspect(std::uint32_t ssrc) const {
  if (!others_) return false;
  const auto found =
      std::ranges::find_if(others_->early, [&](const Early& e) { return e.used && e.ssrc == ssrc; });
  return found != others_->early.end() && found->first + kSuspectLead < listening_since_;
}

void StreamGuard::hear(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now) {
  if (!known_ || ssrc != ssrc_) since_ = now;
  known_ = true;
  ssrc_ = ssrc;
  sequence_ = sequence;
  heard_at_ = now;
  rival_came_ = false;
  rivals_ = 0;
  contested_ = false;
  if (others_) others_->contenders = {};
}

std::optional<Drop> StreamGuard::admit(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now) {
  if (is_foreign(ssrc)) return Drop::WrongStream;
  const bool named = rules_.sources != nullptr && !rules_.sources->empty();
  if (!rules_.one_stream || (!known_ && (named || !rules_.probation) && rules_.listening)) {
    hear(ssrc, sequence, now);
    return std::nullopt;
  }
  if (!rules_.listening) {
    overhear(ssrc, now);
    return Drop::NotReceiving;
  }
  if (is_trusted(ssrc)) return come_back(ssrc, sequence, now);
  if (known_) rival_came_ = true;
  const Contender* c = meet(ssrc, sequence, now);
  if (c == nullptr || !is_proved(*c, now)) return known_ ? Drop::WrongStream : Drop::Probation;
  if (ssrc == refused_ || is_waiting(ssrc, now)) return Drop::WrongStream;
  return known_ ? challenge(*c, now) : decide(*c, now);
}

// And whoever was heard meanwhile may not do the same.
std::optional<Drop> StreamGuard::come_back(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now) {
  if (known_) longest_pause_ = std::max(longest_pause_, now - since_);
  if (ssrc == vouched_) home_ = ssrc;
  displaced_.reset();
  hear(ssrc, sequence, now);
  since_ = now - kSuspicion;
  return std::nullopt;
}

const StreamGuard::Contender* StreamGuard::meet(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now) {
  static constexpr std::int32_t kMaxGap = 16;  // the first packets of a stream are lost as easily as later ones
  auto& all = others().contenders;
  auto c = std::ranges::find_if(all, [&](const Contender& e) { return e.in_row != 0 && e.ssrc == ssrc; });
  if (c == all.end()) {
    if (!known_ && is_attacked(now)) attacked_until_ = now + kAttack;
    // Not the last place. Who sends each packet in another name does not push out one that goes on.
    c = all.begin() + static_cast<std::ptrdiff_t>(next_place_++ % kContenders);
    const auto gone = std::find_if(all.begin(), all.end() - 1,
                                   [&](const Contender& e) { return e.in_row == 0 || !is_alive(e, now); });
    if (gone != all.end() - 1) c = gone;
    if (c->in_row > 1 && is_alive(*c, now)) return nullptr;
  } else {
    const std::int32_t ahead = rtp::sequence_distance(c->sequence, sequence);
    if (ahead >= 1 && ahead <= kMaxGap && (!rules_.steady || is_alive(*c, now))) {
      ++c->in_row;
      c->sequence = sequence;
      c->last = now;
      return &*c;
    }
  }
  *c = {ssrc, sequence, 1, now, now};
  return &*c;
}

bool StreamGuard::is_proved(const Contender& c, base::Instant now) const {
  if (!rules_.steady) return c.in_row >= 2;
  return c.in_row >= kStreamProof && c.last - c.began >= (is_attacked(now) ? kProofUnderAttack : kStreamProofTime);
}

bool StreamGuard::is_silent(base::Instant now) const {
  const base::Duration wait = std::max(rules_.silence, std::min(2 * longest_pause_, kLongestWait));
  return now - std::max(heard_at_, listening_since_) >= wait && now >= contested_until_;
}

std::optional<Drop> StreamGuard::challenge(const Contender& c, base::Instant now) {
  if (is_suspect(ssrc_) && ssrc_ != vouched_ && now - since_ < kSuspicion && !is_suspect(c.ssrc)) {
    refused_ = ssrc_;
    known_ = false;
    succeed(c, now);
    return std::nullopt;
  }
  if (is_silent(now)) return decide(c, now);
  const bool overlap = heard_at_ > c.began && now - heard_at_ < kStreamAlive;
  if (!rules_.steady || !overlap || is_settled(now) || is_suspect(c.ssrc)) return Drop::WrongStream;
  return begin_contest(c, now);
}

std::optional<Drop> StreamGuard::begin_contest(const Contender& c, base::Instant now) {
  const base::Instant began = std::min(since_, heard_at_ - kProofUnderAttack);
  others().contenders.back() = {ssrc_, sequence_, kStreamProof, began, heard_at_};
  known_ = false;
  return decide(c, now);
}

std::optional<Drop> StreamGuard::decide(const Contender& c, base::Instant now) {
  const Contender* other = nullptr;
  bool crowd = false;
  for (const Contender& e : others().contenders) {
    if (&e == &c || e.in_row == 0 || !is_proved(e, now) || !is_alive(e, now)) continue;
    if (is_suspect(e.ssrc) && !is_suspect(c.ssrc)) continue;
    crowd = other != nullptr;
    other = &e;
  }
  if (other != nullptr && (crowd || !rules_.steady || c.began <= other->began || now - c.began < kContest)) {
    contested_ = contested_ || !known_;
    return Drop::Contended;
  }
  const bool decided = contested_;  // it has outlasted the others, or was the later one
  if (other != nullptr) refused_ = other->ssrc;
  succeed(c, now);
  if (decided) since_ = now - kSettling;
  return std::nullopt;
}

void StreamGuard::succeed(Contender c, base::Instant now) {
  if (known_) {
    const bool settled = is_settled(now);
    if (settled && !home_) home_ = ssrc_;
    if (settled || !displaced_) displaced_ = ssrc_;
  }
  hear(c.ssrc, c.sequence, now);
  since_ = c.began;
}

// Without a hold, in which it was to be silent.
void StreamGuard::note_pause(base::Instant now) {
  if (heard_at_ >= listening_since_) longest_pause_ = std::max(longest_pause_, now - heard_at_);
}

void StreamGuard::meet_rival(base::Instant now) {
  rival_came_ = false;
  if (++rivals_ >= kRivalPackets) contested_until_ = now + kContested;
}

bool StreamGuard::contradicts(std::uint32_t ssrc) const {
  if (!rules_.one_stream || goes_on(ssrc) || is_trusted(ssrc)) return false;
  return rules_.sources == nullptr || rules_.sources->empty() || is_foreign(ssrc);
}

}  // namespace flow
