#include "sbc/route/hunt.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

// What the caller would be told about one failure of a target.
Answer to_answer(const Failure& failure) {
  const std::uint16_t status = status_of(failure);
  Answer answer{.status = status, .reason = failure.reason, .headers = {}, .retry_after = failure.retry_after};
  if (status < 400) {
    // A redirection names places beyond the border. One that is followed or passed never gets here.
    answer = {.status = 480, .reason = {}, .headers = {}, .retry_after = {}, .says_least = true};
  } else if (status == 401 || status == 407) {
    // It was the border that was asked for credentials, not the caller.
    answer = {.status = 502, .reason = {}, .headers = {}, .retry_after = {}};
  }
  if (failure.cause == Failure::Cause::Response) {
    answer.causes = failure.causes;
  } else {
    answer.reason.clear();
  }
  return answer;
}

// Lower is better, RFC 3261 16.7 step 6: any 6xx, else the lowest class; within 4xx what the caller can act on.
int rank(const Answer& answer) {
  const std::uint16_t status = answer.status;
  constexpr std::array<std::uint16_t, 3> kActionable = {415, 420, 484};
  if (status >= 600) return 0;
  const int by_class = (status / 100) * 10;
  if (std::find(kActionable.begin(), kActionable.end(), status) != kActionable.end()) return by_class - 1;
  if (status == 408 || answer.says_least)
    return by_class + 1;  // says least: another 4xx comes from someone who was there
  return by_class;
}

TrunkHealth::Report report_of(const sip::Hop& hop, const Failure& failure) {
  using enum TrunkHealth::Sign;
  TrunkHealth::Report report{.key = {hop.transport, hop.remote}};
  switch (failure.cause) {
    case Failure::Cause::Response:
      if (failure.status != 503) break;
      report.sign = Unavailable;
      if (failure.retry_after) report.busy = base::seconds{*failure.retry_after};
      break;
    case Failure::Cause::Timeout:
      report.sign = Silent;
      break;
    case Failure::Cause::Transport:
      report.sign = Unreachable;
      break;
    case Failure::Cause::RingTimeout:  // somebody was there
    case Failure::Cause::Unresolved:
      break;
  }
  return report;
}

}  // namespace

std::uint16_t status_of(const Failure& failure) {
  switch (failure.cause) {
    case Failure::Cause::Response:
      return failure.status;
    case Failure::Cause::Timeout:
    case Failure::Cause::RingTimeout:
      return 408;
    case Failure::Cause::Transport:
    case Failure::Cause::Unresolved:
      return 503;
  }
  return 500;
}

bool says_more(const Failure& one, const Failure& other) {
  return rank(to_answer(one)) < rank(to_answer(other));
}

Hunt::Hunt(std::vector<Target> targets) : targets_(std::move(targets)) {}

const Target* Hunt::current() const {
  return stopped_ || at_ >= targets_.size() ? nullptr : &targets_[at_];
}

std::size_t Hunt::remaining() const {
  return stopped_ || begun_ >= targets_.size() ? 0 : targets_.size() - begun_ - 1;
}

const Target* Hunt::next() const {
  return remaining() > 0 ? &targets_[begun_ + 1] : nullptr;
}

bool Hunt::next_joins() const {
  const Target* one = current();
  const Target* other = next();
  return one != nullptr && other != nullptr && one->at_once != 0 && one->at_once == other->at_once;
}

void Hunt::join() {
  at_ = ++begun_;
}

std::size_t Hunt::together() const {
  const Target* target = current();
  if (target == nullptr || target->at_once == 0) return 1;
  return static_cast<std::size_t>(std::ranges::count(targets_, target->at_once, &Target::at_once));
}

void Hunt::put_off(std::size_t place) {
  --begun_;
  at_ = place;
  const auto next = targets_.begin() + static_cast<std::ptrdiff_t>(begun_) + 1;
  const std::uint32_t number = std::exchange(next->at_once, 0);
  const auto others =
      std::find_if(next + 1, targets_.end(), [number](const Target& target) { return target.at_once != number; });
  std::rotate(next, next + 1, others);
}

void Hunt::leave_out_joining() {
  while (next_joins()) targets_.erase(targets_.begin() + static_cast<std::ptrdiff_t>(begun_) + 1);
}

Verdict Hunt::failed(const Failure& failure, TrunkHealth& health, base::Instant now) {
  const Target* target = current();
  if (target == nullptr) return Verdict::Stop;
  const sip::Hop& hop = target->hop;
  failures_.push_back(to_answer(failure));
  const std::uint16_t status = status_of(failure);
  if (failure.cause != Failure::Cause::Unresolved) {
    attempted_ = true;
    health.report(report_of(hop, failure));
  }
  switch (failure.cause) {
    case Failure::Cause::Timeout:
    case Failure::Cause::Transport:
      health.mark_dead(hop.transport, hop.remote, now);
      break;
    case Failure::Cause::Unresolved:
      break;  // there is no place to mark
    case Failure::Cause::RingTimeout:
      health.mark_good(hop.transport, hop.remote);
      break;
    case Failure::Cause::Response:
      health.mark_good(hop.transport, hop.remote);
      // RFC 3261 21.5.4: only the Retry-After of a 503 is about the server.
      if (status == 503 && failure.retry_after)
        health.mark_busy(hop.transport, hop.remote, base::seconds{*failure.retry_after}, now);
      break;
  }
  const bool spoke_for_its_name =
      failure.cause == Failure::Cause::RingTimeout || (failure.cause == Failure::Cause::Response && status != 503);
  if (target->name && spoke_for_its_name) pass_over_siblings();
  // RFC 5626 7: the phone has given its answer, on whichever of its flows.
  const bool phone_spoke = failure.cause == Failure::Cause::RingTimeout ||
                           (failure.cause == Failure::Cause::Response && status != 408 && status != 430);
  if (!target->instance.empty() && phone_spoke) pass_over_instance();
  if (target->at_once != 0) {
    tied_ = tied_ || failure.early_media;
    return tied_ || status >= 600 ? Verdict::Stop : Verdict::Next;
  }
  if (failure.early_media) return Verdict::Stop;
  if (status == 408 || (status >= 500 && status < 600)) return Verdict::Next;
  // Another binding of the same user may accept where this one was busy, away or does not know the call; a 6xx speaks
  // for the user as a whole (RFC 3261 21.6).
  const bool contact = target->candidate.kind == policy::Candidate::Kind::Contact || target->of_redirect;
  if (contact && status < 600) return Verdict::Next;
  return Verdict::Stop;
}

void Hunt::pass_over_siblings() {
  const auto next = targets_.begin() + static_cast<std::ptrdiff_t>(begun_) + 1;
  const Target& tried = targets_[at_];
  targets_.erase(next, std::find_if(next, targets_.end(), [&](const Target& other) {
                   return !other.unfolded || other.name != tried.name || other.trunk != tried.trunk;
                 }));
  places_end_ = begun_ + 1;
}

void Hunt::pass_over_instance() {
  const auto next = targets_.begin() + static_cast<std::ptrdiff_t>(begun_) + 1;
  const std::string& tried = targets_[at_].instance;
  targets_.erase(
      std::remove_if(next, targets_.end(), [&tried](const Target& other) { return other.instance == tried; }),
      targets_.end());
  places_end_ = begun_ + 1;  // the places of one name lead to the same phone
}

bool Hunt::located(const std::vector<Place>& places, const Realm& realm, const TrunkHealth& health, base::Instant now) {
  const Target* target = current();
  if (target == nullptr || !target->awaits_name()) return false;
  // With nobody left to turn to, also those that are down (resolve.h).
  auto down = remaining() == 0 && !attempted_ ? Down::Tried : Down::LeftOut;
  if (target->for_help) down = Down::Last;
  std::vector<Target> found = unfold(*target, places, {.realm = realm, .health = health, .now = now}, down);
  if (found.empty()) return false;
  const std::size_t room = kMaxTargets > targets_.size() ? kMaxTargets - targets_.size() + 1 : 1;
  if (found.size() > room) found.resize(room);
  places_end_ = at_ + found.size();
  const auto at = targets_.begin() + static_cast<std::ptrdiff_t>(at_);
  targets_.insert(targets_.erase(at), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  return true;
}

void Hunt::answered(TrunkHealth& health) {
  const Target* target = current();
  if (target == nullptr) return;
  health.mark_good(target->hop.transport, target->hop.remote);
  health.report({.key = {target->hop.transport, target->hop.remote}});
}

Verdict Hunt::decide(Verdict usual, const policy::FailureDecision& decision, std::vector<Target> replacement) {
  switch (decision.kind) {
    case policy::FailureDecision::Kind::Usual:
    case policy::FailureDecision::Kind::Follow:  // there was nothing that could be followed, or passed
    case policy::FailureDecision::Kind::Pass:
      return usual;
    case policy::FailureDecision::Kind::Next:
      return Verdict::Next;
    case policy::FailureDecision::Kind::GiveUp:
      if (decision.status != 0)
        forced_ = Answer{.status = decision.status,
                         .reason = decision.reason,
                         .headers = decision.headers,
                         .retry_after = {},
                         .causes = failures_.empty() ? std::vector<std::string>{} : failures_.back().causes};
      return Verdict::Stop;
    case policy::FailureDecision::Kind::Route: {
      const std::uint32_t before =
          targets_.empty() ? 0 : std::ranges::max_element(targets_, {}, &Target::at_once)->at_once;
      // The current one stays in front, so that advance() moves to the first of the new ones.
      if (begun_ < targets_.size())
        targets_.erase(targets_.begin() + static_cast<std::ptrdiff_t>(begun_) + 1, targets_.end());
      places_end_ = begun_ + 1;
      // A policy that always knows another way comes to an end, too.
      for (Target& target : replacement) {
        if (targets_.size() >= kMaxTargets) break;
        if (target.at_once != 0) target.at_once += before;  // none of those that were called before
        targets_.push_back(std::move(target));
      }
      return Verdict::Next;
    }
  }
  return usual;
}

void Hunt::advance() {
  if (current() == nullptr) return;
  at_ = ++begun_;
  tied_ = false;
}

void Hunt::stop() {
  stopped_ = true;
}

void Hunt::forget() {
  *this = Hunt();
  stopped_ = true;
}

Answer Hunt::answer() const {
  if (forced_) return *forced_;
  if (failures_.empty()) return {};
  const auto best = std::min_element(failures_.begin(), failures_.end(),
                                     [](const Answer& a, const Answer& b) { return rank(a) < rank(b); });
  Answer answer = *best;
  // RFC 3261 16.7 step 6: a 503 is not passed on unless the border knows that it cannot serve others either.
  const bool all_unavailable =
      std::all_of(failures_.begin(), failures_.end(), [](const Answer& a) { return a.status == 503; });
  if (answer.status == 503 && !all_unavailable)
    answer = {.status = 500, .reason = {}, .headers = {}, .retry_after = {}, .causes = std::move(answer.causes)};
  return answer;
}

}  // namespace sbc::route
