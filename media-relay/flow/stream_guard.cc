#include "media-relay/flow/stream_guard.h"

#include <algorithm>
#include <span>
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
  contenders_.reset();
}

void StreamGuard::move() {
  if (known_) displaced_ = ssrc_;
  known_ = false;
  rules_.listening = false;
  contested_until_ = {};
  contenders_.reset();
}

void StreamGuard::leave(base::Instant now) {
  StreamGuard fresh;
  fresh.early_ = std::move(early_);
  fresh.attacked_until_ = attacked_until_;
  fresh.rules_.listening = false;
  if (known_ && rules_.one_stream) {
    Early* place = fresh.early_of(ssrc_, now);
    if (place == nullptr) place = &fresh.early_.back();
    *place = {ssrc_, true, since_, now};
  }
  fresh.come_near(now);
  *this = std::move(fresh);
}

StreamGuard::Contenders& StreamGuard::contenders() {
  if (!contenders_) contenders_ = std::make_unique<Contenders>();
  return *contenders_;
}

bool StreamGuard::is_foreign(std::uint32_t ssrc) const {
  return rules_.sources != nullptr && !rules_.sources->empty() &&
         std::ranges::find(*rules_.sources, ssrc) == rules_.sources->end();
}

// Its own place, or that of whoever has been silent for longest, and for long enough.
StreamGuard::Early* StreamGuard::early_of(std::uint32_t ssrc, base::Instant now) {
  const auto known = std::ranges::find(early_, ssrc, &Early::ssrc);
  if (known != early_.end()) return &*known;
  if (early_.size() < kEarlyStreams) return &early_.emplace_back(ssrc, false, now, now);
  const auto oldest = std::ranges::min_element(early_, {}, &Early::last);
  if (now - oldest->last < kAttack) return nullptr;
  *oldest = {ssrc, false, now, now};
  return &*oldest;
}

void StreamGuard::come_near(base::Instant now) {
  for (Early& e : early_) e.near = true;
  look_for_attack(now);
}

void StreamGuard::overhear(std::uint32_t ssrc, bool near, base::Instant now) {
  if (!rules_.one_stream || is_trusted(ssrc) || goes_on(ssrc)) return;
  if (Early* early = early_of(ssrc, now)) {
    early->last = now;
    early->near = early->near || near;
  } else if (near) {
    attacked_until_ = now + kAttack;
  }
  look_for_attack(now);
}

// The peer may be early, one stranger is none of its business, nor are those who could not be the peer.
void StreamGuard::look_for_attack(base::Instant now) {
  const auto is_recent = [&](const Early& e) { return e.near && now - e.last < kAttack; };
  const auto lately = std::ranges::count_if(early_, is_recent);
  if (lately >= 3) attacked_until_ = now + kAttack;
}

bool StreamGuard::is_waiting(std::uint32_t ssrc, base::Instant now) const {
  return is_suspect(ssrc) && now - listening_since_ < (is_attacked(now) ? kAttack : kSuspectPatience);
}

// The peer may be a little faster than the signalling that allows it to speak.
bool StreamGuard::is_suspect(std::uint32_t ssrc) const {
  const auto found = std::ranges::find(early_, ssrc, &Early::ssrc);
  return found != early_.end() && found->first + kSuspectLead < listening_since_;
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
  contenders_.reset();
}

std::optional<Drop> StreamGuard::admit(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now) {
  if (is_foreign(ssrc)) return Drop::WrongStream;
  const bool named = rules_.sources != nullptr && !rules_.sources->empty();
  if (!rules_.one_stream || (!known_ && (named || !rules_.probation) && rules_.listening)) {
    hear(ssrc, sequence, now);
    return std::nullopt;
  }
  if (!rules_.listening) {
    overhear(ssrc, true, now);
    return Drop::NotReceiving;
  }
  if (is_trusted(ssrc)) return come_back(ssrc, sequence, now);
  if (known_) rival_came_ = true;
  const Contender* c = meet(ssrc, sequence, now);
  if (c == nullptr || !is_proved(*c, now)) {
    if (known_) return Drop::WrongStream;
    // More than can be watched drive each other out before they have proved themselves.
    const auto speaks = [&](const Contender& e) { return e.in_row != 0 && is_alive(e, now); };
    const bool full = std::ranges::all_of(std::span(contenders()).first<kContenders>(), speaks);
    return full ? Drop::Contended : Drop::Probation;
  }
  if (has_lost(ssrc, now) || is_waiting(ssrc, now)) return Drop::WrongStream;
  return known_ ? challenge(*c, now) : decide(*c, now);
}

// Until the one that is heard has fallen silent, a suspect for longer. While nobody is heard, see `decide`.
bool StreamGuard::has_lost(std::uint32_t ssrc, base::Instant now) const {
  if (ssrc != refused_ || !known_) return false;
  if (is_suspect(ssrc) && now - std::max(heard_at_, listening_since_) < kContested) return true;
  return !is_silent(now);
}

// And whoever was heard meanwhile may not do the same. What lasted for longer was no pause, but music.
std::optional<Drop> StreamGuard::come_back(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now) {
  if (known_ && now - since_ < 2 * kLongestWait) longest_pause_ = std::max(longest_pause_, now - since_);
  if (ssrc == vouched_) home_ = ssrc;
  displaced_.reset();
  hear(ssrc, sequence, now);
  since_ = now - kSuspicion;
  return std::nullopt;
}

// Who sends each packet in another name does not push out one that goes on, and suspects give way to who is none.
StreamGuard::Contender* StreamGuard::place_for(std::uint32_t ssrc, base::Instant now) {
  const auto places = std::span(contenders()).first<kContenders>();  // not the last one
  const auto is_gone = [&](const Contender& e) { return e.in_row == 0 || !is_alive(e, now); };
  const auto gone = std::ranges::find_if(places, is_gone);
  if (gone != places.end()) return &*gone;
  const bool suspect = is_suspect(ssrc);
  if (!suspect) {
    const auto yields = std::ranges::find_if(places, [&](const Contender& e) { return is_suspect(e.ssrc); });
    if (yields != places.end()) return &*yields;
  }
  Contender& next = places[next_place_++ % kContenders];
  return next.in_row > 1 || (suspect && !is_suspect(next.ssrc)) ? nullptr : &next;
}

const StreamGuard::Contender* StreamGuard::meet(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now) {
  static constexpr std::int32_t kMaxGap = 16;  // the first packets of a stream are lost as easily as later ones
  auto& all = contenders();
  const auto found = std::ranges::find_if(all, [&](const Contender& e) { return e.in_row != 0 && e.ssrc == ssrc; });
  Contender* c = found == all.end() ? place_for(ssrc, now) : &*found;
  if (found == all.end()) {
    if (!known_ && is_attacked(now)) attacked_until_ = now + kAttack;
    if (c == nullptr) return nullptr;
  } else {
    const std::int32_t ahead = rtp::sequence_distance(c->sequence, sequence);
    if (ahead >= 1 && ahead <= kMaxGap && (!rules_.probation || is_alive(*c, now))) {
      if (c->in_row != UINT16_MAX) ++c->in_row;
      c->sequence = sequence;
      c->last = now;
      return c;
    }
    if (ahead <= 0 && ahead > -kMaxGap && is_alive(*c, now)) return c;  // a copy, or overtaken
  }
  *c = {ssrc, sequence, 1, now, now};
  return c;
}

bool StreamGuard::is_proved(const Contender& c, base::Instant now) const {
  if (!rules_.probation) return c.in_row >= 2;
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
  contenders().back() = {ssrc_, sequence_, kStreamProof, began, heard_at_};
  known_ = false;
  return decide(c, now);
}

std::optional<Drop> StreamGuard::decide(const Contender& c, base::Instant now) {
  const Contender* other = nullptr;
  bool crowd = false;
  for (const Contender& e : contenders()) {
    if (&e == &c || e.ssrc == refused_ || e.in_row == 0 || !is_proved(e, now) || !is_alive(e, now)) continue;
    if (is_suspect(e.ssrc) && !is_suspect(c.ssrc)) continue;
    crowd = other != nullptr;
    other = &e;
  }
  const bool later = other != nullptr && c.began > other->began && c.ssrc != refused_;
  if (other != nullptr && (crowd || !rules_.steady || !later || now - c.began < kContest)) {
    contested_ = contested_ || !known_;
    return Drop::Contended;
  }
  const bool decided = contested_;  // it has outlasted the others, or was the later one
  if (other != nullptr) refused_ = other->ssrc;
  succeed(c, now);
  if (decided) since_ = now - kSettling;
  return std::nullopt;
}

// Two seconds of somebody do not take the way home from whoever was heard before him.
void StreamGuard::succeed(Contender c, base::Instant now) {
  if (known_) {
    if (is_settled(now) && !home_) home_ = ssrc_;
    if (!displaced_ || now - since_ >= kSuspicion) displaced_ = ssrc_;
  }
  if (refused_ == c.ssrc) refused_.reset();
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
