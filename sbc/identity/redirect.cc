#include "sbc/identity/redirect.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/identity/limits.h"
#include "sbc/sip/params.h"
#include "sbc/sip/values.h"

namespace sbc::identity {
namespace {

struct ReasonCause {
  std::string_view reason;
  std::string_view cause;
};
// RFC 7544 5; where two causes mean one reason, the first is written.
constexpr auto kReasons = std::to_array<ReasonCause>({
    {"unknown", "404"},
    {"unconditional", "302"},
    {"user-busy", "486"},
    {"no-answer", "408"},
    {"deflection", "480"},
    {"deflection", "487"},
    {"unavailable", "503"},
    {"time-of-day", "404"},
    {"do-not-disturb", "404"},
    {"follow-me", "404"},
    {"out-of-service", "404"},
    {"away", "404"},
});

std::string known_reason(std::string_view text) {
  const std::string wanted = base::to_lower(sip::unquote(text));
  const auto found = std::ranges::find(kReasons, wanted, &ReasonCause::reason);
  return std::string(found != kReasons.end() ? found->reason : kReasons.front().reason);
}

std::string_view cause_for(std::string_view reason) {
  return std::ranges::find(kReasons, reason, &ReasonCause::reason)->cause;
}

constexpr std::string_view kNobody = "<sip:anonymous@anonymous.invalid>";

// --- reading ----------------------------------------------------------------------------------------------------

std::vector<Redirect> from_diversion(const sip::Message& message, limit::Counts* limits) {
  std::vector<Redirect> redirects;
  sip::for_each_value(message, sip::HeaderId::Diversion, [&redirects, limits](std::string_view value) {
    if (redirects.size() == kMaxRedirects) {
      limit::note(limits, limit::Reached::Redirects);
      return false;
    }
    const auto address = sip::parse_name_addr(value);
    if (!address) return true;
    Redirect redirect;
    redirect.from = person_of(*address).value_or(Person{});
    redirect.reason = known_reason(address->param("reason").value_or("unknown"));
    const auto counter = base::parse_unsigned<unsigned>(address->param("counter").value_or("1"));
    redirect.counter = std::clamp(counter.value_or(1U), 1U, static_cast<unsigned>(kMaxRedirects));
    const std::string privacy = base::to_lower(sip::unquote(address->param("privacy").value_or("off")));
    redirect.hidden = privacy != "off";
    redirects.push_back(std::move(redirect));
    return true;
  });
  std::ranges::reverse(redirects);  // the top one is the youngest (RFC 7544 5)
  return redirects;
}

struct HistoryEntry {
  Person who;
  std::string index;
  std::string mapped_from;  // ;mp=
  std::string reason;       // of the cause of RFC 4458; "" when it has none
  bool hidden = false;
};

HistoryEntry history_entry(const sip::NameAddr& address) {
  HistoryEntry entry;
  entry.who = person_of(address).value_or(Person{});
  entry.index = address.param("index").value_or("");
  entry.mapped_from = address.param("mp").value_or("");
  if (const auto cause = address.uri.is_sip() ? address.uri.param("cause") : std::nullopt) {
    const auto found = std::ranges::find(kReasons, *cause, &ReasonCause::cause);
    if (found != kReasons.end()) entry.reason = found->reason;
  }
  // RFC 7044 10.1.2: "history" escaped into the URI as a Privacy header.
  const std::string headers = base::to_lower(address.uri.headers);
  const auto privacy = headers.find("privacy=");
  entry.hidden =
      privacy != std::string::npos && headers.substr(privacy, headers.find('&', privacy) - privacy).contains("history");
  return entry;
}

std::vector<Redirect> from_history(const sip::Message& message, limit::Counts* limits) {
  std::vector<HistoryEntry> entries;
  sip::for_each_value(message, sip::HeaderId::HistoryInfo, [&entries, limits](std::string_view value) {
    if (entries.size() == kMaxHistoryEntries) {
      limit::note(limits, limit::Reached::Redirects);
      return false;
    }
    if (const auto address = sip::parse_name_addr(value)) entries.push_back(history_entry(*address));
    return true;
  });
  std::vector<Redirect> redirects;
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].reason.empty()) continue;
    // RFC 7544 6: who forwarded it stands in the entry that "mp" names, or in the one before.
    const auto named = std::ranges::find(entries, entries[i].mapped_from, &HistoryEntry::index);
    const HistoryEntry& by = entries[i].mapped_from.empty() || named == entries.end() ? entries[i - 1] : *named;
    redirects.push_back({.from = by.who, .reason = entries[i].reason, .counter = 1, .hidden = by.hidden});
  }
  if (redirects.size() > kMaxRedirects) {
    limit::note(limits, limit::Reached::Redirects);
    redirects.erase(redirects.begin(), redirects.end() - static_cast<std::ptrdiff_t>(kMaxRedirects));
  }
  return redirects;
}

// --- writing ----------------------------------------------------------------------------------------------------

bool is_hidden(const Redirect& redirect, const RedirectTarget& target) {
  return redirect.from.user.empty() || target.hide_all || (redirect.hidden && !target.trusted);
}

// <sip:user@host;cause=486?Privacy=history>;index=1.1;mp=1. A tel URI takes neither parameter, so it becomes a SIP URI
// (RFC 7544 5 note 3).
std::string history_value(std::string_view user_at_host, std::string_view cause, bool hidden, std::string_view index,
                          std::string_view parent) {
  std::string value = "<sip:";
  value.append(user_at_host);
  if (!cause.empty()) value.append(";cause=").append(cause);
  if (hidden) value.append("?Privacy=history");
  value.append(">;index=").append(index);
  if (!parent.empty()) value.append(";mp=").append(parent);
  return value;
}

}  // namespace

std::vector<Redirect> redirects_of(const sip::Message& message, limit::Counts* limits) {
  return message.count(sip::HeaderId::HistoryInfo) != 0 ? from_history(message, limits)
                                                        : from_diversion(message, limits);
}

std::vector<std::string> diversion_values(const std::vector<Redirect>& redirects, const RedirectTarget& target) {
  std::vector<std::string> values;
  for (auto redirect = redirects.rbegin(); redirect != redirects.rend(); ++redirect) {
    const bool anonymous = is_hidden(*redirect, target);
    std::string value = anonymous ? std::string(kNobody) : value_of(redirect->from, target.host);
    value.append(";reason=").append(redirect->reason).append(";counter=");
    base::append_number(value, redirect->counter);
    value.append(redirect->hidden || anonymous ? ";privacy=full" : ";privacy=off");
    values.push_back(std::move(value));
  }
  return values;
}

std::vector<std::string> history_values(const std::vector<Redirect>& redirects, const RedirectTarget& target) {
  std::vector<std::string> values;
  if (redirects.empty()) return values;
  std::string index;
  std::string parent;
  std::string cause;
  const auto add = [&](const std::string& who, bool hidden) {
    parent = index;
    index = index.empty() ? "1" : index + ".1";
    values.push_back(history_value(who, cause, hidden, index, parent));
  };
  for (const Redirect& redirect : redirects) {
    // Forwardings that nobody wrote down still count (RFC 7544 5, placeholder entries).
    for (unsigned i = 1; i < redirect.counter && values.size() < kMaxHistoryEntries; ++i) {
      add("unknown@unknown.invalid", false);
      cause = "404";
    }
    const bool anonymous = is_hidden(redirect, target);
    add(anonymous ? "anonymous@anonymous.invalid" : redirect.from.user + "@" + std::string(target.host),
        redirect.hidden || anonymous);
    cause = cause_for(redirect.reason);
  }
  add((target.user.empty() ? "" : std::string(target.user) + "@") + std::string(target.host), false);
  return values;
}

}  // namespace sbc::identity
