#include "media-relay/flow/source_guard.h"

#include <algorithm>
#include <utility>

#include "media-relay/rtp/sequence.h"

namespace flow {
namespace {

// Ahead by this many is still "in sequence": the first packets of a stream are lost as easily as later ones.
constexpr std::int32_t kMaxProbationGap = 16;

bool follows(std::uint16_t last, std::uint16_t next) {
  const std::int32_t ahead = rtp::sequence_distance(last, next);
  return ahead >= 1 && ahead <= kMaxProbationGap;
}

// Or a copy: neither proves anything, or breaks anything.
bool is_overtaken(std::uint16_t last, std::uint16_t next) {
  const std::int32_t ahead = rtp::sequence_distance(last, next);
  return ahead <= 0 && ahead > -kMaxProbationGap;
}

}  // namespace

bool is_usable(const base::Endpoint& endpoint) {
  return !endpoint.empty() && endpoint.port != 0 && !endpoint.ip.is_any() && !endpoint.ip.is_multicast();
}

void SourceGuard::open(const Rules& rules, base::Instant now) {
  const bool moved = !rules.remote.empty() && !last_remote_.empty() && rules.remote != last_remote_;
  const bool relaxed = rules.mode != mode_;
  if (moved) streams_.come_near(now);
  const bool described = !rules.remote.empty() && last_remote_.empty();
  if (rules.numbered != numbers_.has_value()) numbers_ = rules.numbered ? base::Rare(NumberGuard()) : std::nullopt;
  if (!rules.remote.empty()) last_remote_ = rules.remote;
  mode_ = rules.mode;
  held_ = rules.held;
  listening_ = rules.streams.listening;
  host_ = rules.host;
  remote_ = rules.remote;
  allowed_ = rules.allowed;
  window_end_ = now + rules.window;
  opened_at_ = now;
  candidates_.reset();
  former_.reset();
  if (rules.mode == LatchMode::Strict) {
    if (moved || relaxed) forget_stream();  // a hold (0.0.0.0) does not move a peer
    streams_.open(rules.streams, now);
    heard_ = rules.remote;
    latched_ = false;
    learnable_ = false;
    return;
  }
  learnable_ = true;
  provisional_ = described && latched_ && learned_at_ + kSuspectLead < now;
  // The peer's media went elsewhere (transfer, new network), or what was learned may not be learned any more.
  if (moved || relaxed || (latched_ && !is_allowed(heard_.ip) && heard_ != rules.remote)) {
    heard_ = {};
    latched_ = false;
    forget_stream();
  }
  streams_.open(rules.streams, now);
}

void SourceGuard::leave(base::Instant now) {
  streams_.leave(now);
  StreamGuard streams = std::move(streams_);
  *this = {};
  streams_ = std::move(streams);
}

void SourceGuard::forget(base::Instant now, base::Duration window) {
  if (mode_ == LatchMode::Strict) return;
  heard_ = {};
  latched_ = false;
  forget_stream();
  learnable_ = true;
  window_end_ = now + window;
  candidates_.reset();
}

void SourceGuard::forget_stream() {
  streams_.move();
  if (numbers_) numbers_->forget();
}

bool SourceGuard::is_allowed(const base::IpAddress& source) const {
  if (!host_.empty() && source != host_) return false;
  if (allowed_ == nullptr || allowed_->empty()) return true;
  return std::ranges::any_of(*allowed_, [&](const base::Prefix& p) { return p.contains(source); });
}

SourceGuard::Verdict SourceGuard::learn(const base::Endpoint& source, const Evidence& evidence, base::Instant now) {
  heard_ = source;
  latched_ = true;
  learnable_ = !is_allowed(source.ip);  // whoever may be learned outranks it
  former_.reset();
  provisional_ = false;
  last_heard_ = now;
  learned_at_ = now;
  ssrc_ = evidence.ssrc;
  candidates_.reset();
  if (evidence.nameless) {
    forget_stream();
    numbers_->hear(*evidence.sequence, now);
  }
  return first_of({std::nullopt, true}, evidence, now);
}

bool SourceGuard::is_former(const base::Endpoint& source) const {
  return former_ && former_->source == source;
}

bool SourceGuard::is_near(const base::IpAddress& source) const {
  if (!last_remote_.empty() && source == last_remote_.ip) return true;
  return mode_ == LatchMode::Strict ? last_remote_.empty() : is_allowed(source);
}

// Before anybody was learned, or while it is not sure that a stranger was not just faster.
bool SourceGuard::is_signalled(const base::Endpoint& source, base::Instant now) const {
  if (source != remote_) return false;
  return !latched_ || (now < window_end_ && now - learned_at_ < kSettling && is_allowed(source.ip));
}

std::optional<Drop> SourceGuard::refuses(const base::Endpoint& source, base::Instant now) const {
  if (source == heard_ && !source.empty()) return std::nullopt;
  if (mode_ == LatchMode::Strict || !is_usable(source)) return Drop::WrongSource;
  const bool in_window = now < window_end_;
  if (is_signalled(source, now) || is_former(source)) return std::nullopt;
  if (latched_ && (!learnable_ || !in_window))
    return may_rebind(now) && is_allowed(source.ip) ? std::nullopt : std::optional(Drop::WrongSource);
  if (!in_window) return Drop::WindowClosed;
  if (!is_allowed(source.ip)) return Drop::NotAllowed;
  return std::nullopt;
}

bool SourceGuard::may_rebind(base::Instant now) const {
  return now - last_heard_ >= kRelearnSilence && now - learned_at_ >= kReboundPause;
}

SourceGuard::Verdict SourceGuard::admit_other(const base::Endpoint& source, const Evidence& evidence,
                                              base::Instant now) {
  if (const auto refused = refuses(source, now)) {
    if (evidence.sequence && !evidence.nameless && !evidence.authentic)
      streams_.overhear(evidence.ssrc, is_near(source.ip), now);
    return {refused, false};
  }
  if (!evidence.authentic && evidence.sequence && !evidence.nameless && streams_.is_foreign(evidence.ssrc))
    return {Drop::WrongStream, false};
  if (is_signalled(source, now)) return learn(source, evidence, now);
  if (is_former(source)) {
    if (!evidence.sequence || evidence.nameless || evidence.ssrc != former_->ssrc) return {Drop::WrongSource, false};
    return learn(source, evidence, now);
  }
  if (latched_ && (!learnable_ || now >= window_end_)) return rebind(source, evidence, now);
  if (latched_) return relearn(source, evidence, now);
  if (!evidence.authentic && probation(source, evidence, now).in_row < 2) return {Drop::Probation, false};
  return learn(source, evidence, now);
}

// In a window that was opened again.
SourceGuard::Verdict SourceGuard::relearn(const base::Endpoint& source, const Evidence& evidence, base::Instant now) {
  const bool continues =
      !evidence.nameless && (evidence.sequence ? streams_.goes_on(evidence.ssrc) : evidence.ssrc == ssrc_);
  const bool stray = !is_allowed(heard_.ip);
  const bool outranked = stray || (provisional_ && now - opened_at_ < kSuspicion);
  if (!continues && !outranked && !evidence.authentic && !listening_) return {Drop::WrongSource, false};
  const bool silent = now - std::max(last_heard_, opened_at_) >= kRelearnSilence;
  if (!continues && !outranked && !silent) return {Drop::WrongSource, false};
  if (!evidence.authentic) {
    const Candidate& c = probation(source, evidence, now);
    const bool known = continues || stray;
    const bool proved = c.in_row >= kStreamProof && now - c.began >= kStreamProofTime;
    if (known ? c.in_row < 2 : !proved) return {Drop::Probation, false};
  }
  base::Rare<Former> former;
  if (!continues && !outranked && streams_.known() && evidence.sequence) former = Former{heard_, streams_.ssrc()};
  const Verdict verdict = learn(source, evidence, now);
  former_ = std::move(former);
  return verdict;
}

SourceGuard::Verdict SourceGuard::rebind(const base::Endpoint& source, const Evidence& evidence, base::Instant now) {
  if (!evidence.authentic) {
    if (!evidence.sequence || !streams_.goes_on(evidence.ssrc)) return {Drop::WrongSource, false};
    const std::int32_t ahead = rtp::sequence_distance(streams_.sequence(), *evidence.sequence);
    if (ahead < 1 || ahead > kMaxReboundGap) return {Drop::WrongSource, false};
    if (probation(source, evidence, now).in_row < kReboundProof) return {Drop::Probation, false};
  }
  Verdict verdict = learn(source, evidence, now);
  verdict.rebound = true;
  return verdict;
}

std::optional<Drop> SourceGuard::refuses_companion(const base::Endpoint& source, const base::IpAddress& rtp_address,
                                                   base::Instant now) const {
  if (hears(source)) return std::nullopt;
  if (mode_ == LatchMode::Strict || !is_usable(source)) return Drop::WrongSource;
  if (is_signalled(source, now)) return std::nullopt;
  if (source.ip != rtp_address || (latched_ && !learnable_)) return Drop::WrongSource;
  if (now >= window_end_) return latched_ ? Drop::WrongSource : Drop::WindowClosed;
  return std::nullopt;
}

SourceGuard::Verdict SourceGuard::admit_companion(const base::Endpoint& source, const Evidence& evidence,
                                                  const base::IpAddress& rtp_address, base::Instant now) {
  if (hears(source)) {
    last_heard_ = now;
    ssrc_ = evidence.ssrc;
    return {};
  }
  if (const auto refused = refuses_companion(source, rtp_address, now)) return {refused, false};
  return learn(source, evidence, now);
}

std::optional<Drop> SourceGuard::takes_over(const Evidence& evidence, base::Instant now) {
  if (evidence.nameless)
    return numbers_->admits(*evidence.sequence, now) ? std::nullopt : std::optional(Drop::WrongStream);
  // RTCP may come from a source that sends no RTP.
  if (!evidence.sequence) return contradicts(evidence) ? std::optional(Drop::WrongStream) : std::nullopt;
  if (evidence.authentic)
    streams_.hear(evidence.ssrc, *evidence.sequence, now);
  else if (const auto dropped = streams_.admit(evidence.ssrc, *evidence.sequence, now))
    return dropped;
  ssrc_ = evidence.ssrc;
  return std::nullopt;
}

SourceGuard::Verdict SourceGuard::first_of(Verdict verdict, const Evidence& evidence, base::Instant now) {
  if (!evidence.sequence || evidence.nameless) return verdict;
  if (streams_.goes_on(evidence.ssrc))
    streams_.note(*evidence.sequence, now);
  else
    verdict.drop = takes_over(evidence, now);
  return verdict;
}

const SourceGuard::Candidate& SourceGuard::probation(const base::Endpoint& source, const Evidence& evidence,
                                                     base::Instant now) {
  if (!candidates_) candidates_.emplace();
  for (Candidate& c : candidates_->places) {
    if (c.source != source) continue;
    bool continues = c.ssrc == evidence.ssrc && c.sequence.has_value() == evidence.sequence.has_value();
    if (continues && evidence.sequence && is_overtaken(*c.sequence, *evidence.sequence)) return c;
    if (continues && evidence.sequence) continues = follows(*c.sequence, *evidence.sequence);
    c.ssrc = evidence.ssrc;
    c.sequence = evidence.sequence;
    if (!continues) c.began = now;
    c.in_row = continues ? c.in_row + 1 : 1;
    return c;
  }
  Candidate& c = candidates_->places[candidates_->next];
  c = Candidate{source, evidence.ssrc, evidence.sequence, 1, now};
  candidates_->next = (candidates_->next + 1) % kLatchCandidates;
  return c;
}

base::Endpoint SourceGuard::destination() const {
  if (held_) return {};
  if (mode_ == LatchMode::Hear) return remote_;
  if (!heard_.empty()) return heard_;
  if (remote_.empty() || !is_allowed(remote_.ip)) return {};
  return remote_;
}

std::optional<base::Endpoint> SourceGuard::latched() const {
  if (!latched_) return std::nullopt;
  return heard_;
}

}  // namespace flow
