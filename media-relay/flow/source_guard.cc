#include "media-relay/flow/source_guard.h"

#include <algorithm>
#include <cstdlib>

#include "media-relay/rtp/sequence.h"

namespace flow {
namespace {

// Ahead by this many is still "in sequence": the first packets of a stream are lost as easily as later ones.
constexpr std::int32_t kMaxProbationGap = 16;

bool follows(std::uint16_t last, std::uint16_t next) {
  const std::int32_t ahead = rtp::sequence_distance(last, next);
  return ahead >= 1 && ahead <= kMaxProbationGap;
}

}  // namespace

bool is_usable(const base::Endpoint& endpoint) {
  return !endpoint.empty() && endpoint.port != 0 && !endpoint.ip.is_any() && !endpoint.ip.is_multicast();
}

void SourceGuard::open(const Rules& rules, base::Instant now) {
  const bool moved = !rules.remote.empty() && !last_remote_.empty() && rules.remote != last_remote_;
  const bool relaxed = rules.mode != rules_.mode;
  if (rules.numbered != rules_.numbered) number_.reset();
  if (!rules.remote.empty()) last_remote_ = rules.remote;
  rules_ = rules;
  window_end_ = now + rules.window;
  candidates_ = {};
  if (stream_known_ && is_foreign({.ssrc = ssrc_, .sequence = 0})) forget_stream();
  if (rules.mode == LatchMode::Strict) {
    if (heard_ != rules.remote) forget_stream();
    heard_ = rules.remote;
    latched_ = false;
    learnable_ = false;
    return;
  }
  learnable_ = true;
  // The peer's media went elsewhere (transfer, new network), or what was learned may not be learned any more.
  if (moved || relaxed || (latched_ && !is_allowed(heard_.ip) && heard_ != rules.remote)) {
    heard_ = {};
    latched_ = false;
    forget_stream();
  }
}

void SourceGuard::forget(base::Instant now, base::Duration window) {
  if (rules_.mode == LatchMode::Strict) return;
  heard_ = {};
  latched_ = false;
  forget_stream();
  learnable_ = true;
  window_end_ = now + window;
  candidates_ = {};
}

void SourceGuard::forget_stream() {
  stream_known_ = false;
  number_.reset();
  displaced_.reset();
  newcomer_ = {};
  rival_came_ = false;
  rival_packets_ = 0;
  contested_until_ = {};
}

bool SourceGuard::is_foreign(const Evidence& evidence) const {
  return rules_.sources != nullptr && !rules_.sources->empty() && evidence.sequence && !evidence.authentic &&
         std::ranges::find(*rules_.sources, evidence.ssrc) == rules_.sources->end();
}

void SourceGuard::meet_rival(base::Instant now) {
  rival_came_ = false;
  if (++rival_packets_ >= kRivalPackets) contested_until_ = now + kContested;
}

bool SourceGuard::is_allowed(const base::IpAddress& source) const {
  if (!rules_.host.empty() && source != rules_.host) return false;
  if (rules_.allowed == nullptr || rules_.allowed->empty()) return true;
  return std::ranges::any_of(*rules_.allowed, [&](const base::Prefix& p) { return p.contains(source); });
}

SourceGuard::Verdict SourceGuard::learn(const base::Endpoint& source, const Evidence& evidence, base::Instant now) {
  heard_ = source;
  latched_ = true;
  learnable_ = false;
  last_heard_ = now;
  learned_at_ = now;
  displaced_.reset();
  hear(evidence, now);
  if (evidence.nameless) {
    forget_stream();
    number_ = evidence.sequence;
  }
  candidates_ = {};
  return {std::nullopt, true};
}

std::optional<Drop> SourceGuard::refuses(const base::Endpoint& source, base::Instant now) const {
  if (source == heard_ && !source.empty()) return std::nullopt;
  if (rules_.mode == LatchMode::Strict || !is_usable(source)) return Drop::WrongSource;
  const bool in_window = now < window_end_;
  if (source == rules_.remote && (!latched_ || in_window)) return std::nullopt;
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
  if (const auto refused = refuses(source, now)) return {refused, false};
  if (is_foreign(evidence)) return {Drop::WrongStream, false};
  const bool in_window = now < window_end_;
  if (latched_ && (!learnable_ || !in_window) && !(source == rules_.remote && in_window))
    return rebind(source, evidence, now);
  if (source == rules_.remote) return learn(source, evidence, now);
  if (latched_) {
    const bool continues = !evidence.nameless && evidence.ssrc == ssrc_;
    const bool silent = now - last_heard_ >= kRelearnSilence;
    if (!continues && !silent) return {Drop::WrongSource, false};
  }
  if (!evidence.authentic && probation(source, evidence) < 2) return {Drop::Probation, false};
  return learn(source, evidence, now);
}

SourceGuard::Verdict SourceGuard::rebind(const base::Endpoint& source, const Evidence& evidence, base::Instant now) {
  if (!evidence.authentic) {
    if (!stream_known_ || !evidence.sequence || evidence.ssrc != ssrc_) return {Drop::WrongSource, false};
    const std::int32_t ahead = rtp::sequence_distance(sequence_, *evidence.sequence);
    if (ahead < 1 || ahead > kMaxReboundGap) return {Drop::WrongSource, false};
    if (probation(source, evidence) < kReboundProof) return {Drop::Probation, false};
  }
  Verdict verdict = learn(source, evidence, now);
  verdict.rebound = true;
  return verdict;
}

SourceGuard::Verdict SourceGuard::admit_companion(const base::Endpoint& source, const Evidence& evidence,
                                                  const base::IpAddress& rtp_address, base::Instant now) {
  if (source == heard_ && !source.empty()) {
    last_heard_ = now;
    ssrc_ = evidence.ssrc;
    return {};
  }
  if (rules_.mode == LatchMode::Strict || !is_usable(source)) return {Drop::WrongSource, false};
  const bool in_window = now < window_end_;
  if (source == rules_.remote && (!latched_ || in_window)) return learn(source, evidence, now);
  if (source.ip != rtp_address) return {Drop::WrongSource, false};
  if (latched_ && !learnable_) return {Drop::WrongSource, false};
  if (!in_window) return {latched_ ? Drop::WrongSource : Drop::WindowClosed, false};
  return learn(source, evidence, now);
}

void SourceGuard::hear(const Evidence& evidence, base::Instant now) {
  ssrc_ = evidence.ssrc;
  stream_known_ = evidence.sequence.has_value();  // the SSRC of RTCP need not be that of RTP
  stream_heard_ = now;
  sequence_ = evidence.sequence.value_or(0);
  newcomer_ = {};
  rival_came_ = false;
  rival_packets_ = 0;
}

bool SourceGuard::takes_over(const Evidence& evidence, base::Instant now) {
  if (evidence.nameless) return !evidence.sequence || goes_on(*evidence.sequence, now);
  if (!evidence.sequence) return !contradicts(evidence, now);  // RTCP may come from a source that sends no RTP
  if (is_foreign(evidence)) return false;
  if (!rules_.one_stream || evidence.authentic || !stream_known_) {
    hear(evidence, now);
    return true;
  }
  if (evidence.ssrc == displaced_) {  // and whoever was heard meanwhile may not do the same
    displaced_.reset();
    hear(evidence, now);
    return true;
  }
  if (!succeeds(evidence, now)) return false;
  displaced_ = ssrc_;
  hear(evidence, now);
  return true;
}

bool SourceGuard::contradicts(const Evidence& rtcp, base::Instant now) const {
  if (!rules_.one_stream || rtcp.authentic || !stream_known_) return false;
  if (rtcp.ssrc == ssrc_ || rtcp.ssrc == displaced_) return false;
  return now - stream_heard_ < rules_.stream_silence || now < contested_until_;
}

bool SourceGuard::goes_on(std::uint16_t number, base::Instant now) {
  if (number_ && std::abs(rtp::sequence_distance(*number_, number)) > kMaxNumberGap) {
    if (!succeeds({.sequence = number, .nameless = true}, now)) return false;
    newcomer_ = {};
    rival_came_ = false;
    rival_packets_ = 0;
  }
  number_ = number;
  return true;
}

bool SourceGuard::succeeds(const Evidence& evidence, base::Instant now) {
  const bool known = newcomer_.sequence && newcomer_.ssrc == evidence.ssrc;
  const bool continues = known && follows(*newcomer_.sequence, *evidence.sequence);
  newcomer_ = {heard_, evidence.ssrc, evidence.sequence, 1};
  rival_came_ = true;
  return continues && now - stream_heard_ >= rules_.stream_silence && now >= contested_until_;
}

unsigned SourceGuard::probation(const base::Endpoint& source, const Evidence& evidence) {
  for (Candidate& c : candidates_) {
    if (c.source != source) continue;
    bool continues = c.ssrc == evidence.ssrc && c.sequence.has_value() == evidence.sequence.has_value();
    if (continues && evidence.sequence) continues = follows(*c.sequence, *evidence.sequence);
    c.ssrc = evidence.ssrc;
    c.sequence = evidence.sequence;
    c.in_row = continues ? c.in_row + 1 : 1;
    return c.in_row;
  }
  candidates_[next_candidate_] = Candidate{source, evidence.ssrc, evidence.sequence, 1};
  next_candidate_ = (next_candidate_ + 1) % candidates_.size();
  return 1;
}

base::Endpoint SourceGuard::destination() const {
  if (rules_.held) return {};
  if (rules_.mode == LatchMode::Hear) return rules_.remote;
  if (!heard_.empty()) return heard_;
  if (rules_.remote.empty() || !is_allowed(rules_.remote.ip)) return {};
  return rules_.remote;
}

std::optional<base::Endpoint> SourceGuard::latched() const {
  if (!latched_) return std::nullopt;
  return heard_;
}

}  // namespace flow
