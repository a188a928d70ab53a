#include "sbc/dialog/session_timer.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/dialog/limits.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/params.h"
#include "sbc/sip/values.h"

namespace sbc::dialog {
namespace {

bool knows_timers(const sip::Message& request) {
  return sip::lists_token(request, sip::HeaderId::Supported, "timer") ||
         sip::lists_token(request, sip::HeaderId::Require, "timer");
}

std::string with_refresher(std::uint32_t interval, std::string_view role) {
  std::string value = std::to_string(interval);
  if (!role.empty()) value.append(";refresher=").append(role);
  return value;
}

// RFC 4028 10: the side that waits gives up this much before the expiration.
base::Duration margin(std::uint32_t interval) {
  return std::min<base::Duration>(base::seconds(32), base::seconds(interval) / 3);
}

}  // namespace

std::optional<SessionExpires> session_expires_of(const sip::Message& message) {
  const auto value = message.find(sip::HeaderId::SessionExpires);
  if (!value) return std::nullopt;
  const std::size_t end = value->find(';');
  const auto seconds = sip::parse_delta_seconds(base::trim(value->substr(0, end)));
  if (!seconds) return std::nullopt;
  SessionExpires result{.interval = *seconds, .refresher = {}};
  if (end == std::string_view::npos) return result;
  sip::ParamReader reader(value->substr(end));
  sip::Param param;
  while (reader.next(param)) {
    if (!base::equals_ignoring_case(param.name, "refresher")) continue;
    if (base::equals_ignoring_case(param.value, "uac")) result.refresher = Refresher::Uac;
    if (base::equals_ignoring_case(param.value, "uas")) result.refresher = Refresher::Uas;
  }
  return result;
}

std::optional<std::uint32_t> min_se_of(const sip::Message& message) {
  const auto value = message.find(sip::HeaderId::MinSe);
  if (!value) return std::nullopt;
  return sip::parse_delta_seconds(base::trim(value->substr(0, value->find(';'))));
}

// 7.4: within a dialog the current interval is repeated, so that it is not renegotiated by accident.
std::uint32_t SessionTimer::wanted() const {
  const std::uint32_t base = interval_ != 0 ? interval_ : wish_.interval;
  return base == 0 ? 0 : std::max({base, min_se_, kMinSessionInterval});
}

std::string SessionTimer::request_lines(std::string_view able) const {
  std::string lines = "Supported: timer";
  if (!able.empty()) lines.append(", ").append(able);
  lines += "\r\n";
  const std::uint32_t interval = wanted();
  if (interval != 0) {
    // 7.1 recommends to leave the choice open at first, 7.4 to repeat the role later.
    const std::string_view role = active() ? (ours_ ? "uac" : "uas") : wish_.refresh ? "uac" : "";
    lines += "Session-Expires: " + with_refresher(interval, role) + "\r\n";
  }
  if (min_se_ != 0) lines += "Min-SE: " + std::to_string(std::max(min_se_, kMinSessionInterval)) + "\r\n";
  return lines;
}

void SessionTimer::accepted(const sip::Message& response, base::Instant now) {
  too_small_ = 0;
  alone_ = false;
  if (const auto given = session_expires_of(response)) {
    start(given->interval, given->refresher != Refresher::Uas, now);
    return;
  }
  // 7.2: the peer does not know timers; who wants one refreshes by itself.
  if (const std::uint32_t interval = wanted(); interval != 0 && wish_.interval != 0) {
    start(interval, true, now);
    alone_ = true;
  } else {
    stop();
  }
}

bool SessionTimer::too_small(const sip::Message& response) {
  const auto least = min_se_of(response);
  if (!least || wanted() == 0 || *least <= wanted() || *least > kMaxSessionInterval) return false;
  if (++too_small_ > kMaxIntervalTries) return false;
  min_se_ = std::max(min_se_, *least);
  return true;
}

bool SessionTimer::acceptable(const sip::Message& request, const SessionWish& wish) {
  const auto asked = session_expires_of(request);
  return !asked || !sip::lists_token(request, sip::HeaderId::Supported, "timer") ||
         asked->interval >= std::max(wish.min, kMinSessionInterval);
}

SessionTimer::Answer SessionTimer::answer(const sip::Message& request, base::Instant now) {
  const auto asked = session_expires_of(request);
  const std::uint32_t least = std::max(min_se_of(request).value_or(0), kMinSessionInterval);
  if (request.count(sip::HeaderId::MinSe) != 0 && least <= kMaxSessionInterval) min_se_ = std::max(min_se_, least);
  const bool knows = knows_timers(request);
  std::uint32_t interval = 0;
  if (asked) {
    // 9: it may be reduced, not below Min-SE, and never increased. One that is too short, from a client that must not
    // get a 422, is not taken up: a peer does not set the pace of our refreshes.
    interval = asked->interval;
    if (wish_.interval != 0) interval = std::min(interval, std::max(wish_.interval, least));
    if (interval < kMinSessionInterval) interval = 0;
  } else if (wish_.interval != 0) {
    interval = std::max(wish_.interval, least);
  }
  if (interval == 0) {
    stop();
    return {};
  }
  Refresher refresher = wish_.refresh ? Refresher::Uas : Refresher::Uac;
  if (!knows) {
    refresher = Refresher::Uas;
  } else if (asked && asked->refresher) {
    refresher = *asked->refresher;
  }
  start(interval, refresher == Refresher::Uas, now);
  alone_ = !knows;
  return {.session_expires = with_refresher(interval_, refresher == Refresher::Uas ? "uas" : "uac"),
          .require_timer = knows};
}

void SessionTimer::start(std::uint32_t interval, bool ours, base::Instant now) {
  // A peer that accepts with less than the RFC allows does not make us refresh faster (11.1).
  interval_ = std::clamp(interval, kMinSessionInterval, kMaxSessionInterval);
  ours_ = ours;
  refresh_at_ = ours ? now + base::Duration(base::seconds(interval_)) / 2 : base::kNever;
  expire_at_ = now + base::seconds(interval_) - margin(interval_);
}

base::Instant SessionTimer::next_deadline() const {
  return std::min(refresh_at_, expire_at_);
}

SessionTimer::Due SessionTimer::on_deadline(base::Instant now) {
  if (expire_at_ <= now) {
    stop();
    return Due::Expire;
  }
  if (refresh_at_ > now) return Due::Nothing;
  refresh_at_ = base::kNever;
  return Due::Refresh;
}

void SessionTimer::postpone(base::Instant when) {
  if (active() && ours_) refresh_at_ = when;
}

void SessionTimer::refused(base::Instant now) {
  if (active() && alone_) start(interval_, true, now);
}

void SessionTimer::stop() {
  interval_ = 0;
  ours_ = false;
  refresh_at_ = expire_at_ = base::kNever;
}

}  // namespace sbc::dialog
