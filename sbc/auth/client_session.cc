#include "sbc/auth/client_session.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "sbc/auth/client.h"
#include "sbc/auth/credentials.h"
#include "sbc/auth/limits.h"

namespace sbc::auth {
namespace {

std::string new_cnonce(base::Random& random) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(random.next()),
                static_cast<unsigned long long>(random.next()));
  return text.data();
}

std::vector<Challenge> readable(std::span<const std::string_view> values, limit::Counts* limits) {
  std::vector<Challenge> challenges;
  for (const std::string_view value : values) {
    if (challenges.size() >= kMaxClientChallenges) {
      limit::note(limits, limit::Reached::Challenges);
      break;
    }
    if (auto challenge = parse_challenge(value)) challenges.push_back(*std::move(challenge));
  }
  return challenges;
}

// Whether the answer that the request carried for this realm shows that another one would be as wrong.
bool refused(const Challenge& challenge, std::span<const std::string_view> carried) {
  for (const std::string_view value : carried) {
    const auto sent = parse_credentials(value);
    if (!sent || sent->realm != challenge.realm) continue;
    if (sent->nonce == challenge.nonce) return true;
    // An older nonce may have expired without the server saying so; one that was made for this request has not.
    if (!challenge.stale && sent->nonce_count <= 1) return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(Reaction reaction) {
  switch (reaction) {
    case Reaction::Retry:
      return "retry";
    case Reaction::Unanswerable:
      return "unanswerable";
    case Reaction::Refused:
      return "refused";
  }
  return "";
}

bool ClientSession::remember(bool proxy, const Challenge& challenge) {
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.proxy == proxy && entry.challenge.realm == challenge.realm; });
  // Two requests may be challenged with one nonce; its count goes on (RFC 7616 3.4).
  std::uint32_t count = 0;
  if (found != entries_.end()) {
    if (found->challenge.nonce == challenge.nonce && found->challenge.algorithm == challenge.algorithm)
      count = found->count;
    entries_.erase(found);
  }
  const bool full = entries_.size() >= kMaxClientRealms;
  if (full) entries_.erase(entries_.begin());
  entries_.push_back({proxy, challenge, count});
  return !full;
}

Reaction ClientSession::take(const Account& account, bool proxy, std::span<const std::string_view> values,
                             std::span<const std::string_view> carried, limit::Counts* limits) {
  const auto challenges = readable(values, limits);
  Reaction reaction = Reaction::Unanswerable;
  std::vector<std::string_view> seen;
  for (const Challenge& first : challenges) {
    if (std::ranges::find(seen, first.realm) != seen.end()) continue;
    seen.push_back(first.realm);
    if (!account.realm.empty() && account.realm != first.realm) continue;
    std::vector<Challenge> offers;
    std::ranges::copy_if(challenges, std::back_inserter(offers),
                         [&](const Challenge& other) { return other.realm == first.realm; });
    const Challenge* best = choose(offers, account.secret);
    if (best == nullptr) continue;
    if (refused(*best, carried)) return Reaction::Refused;
    if (!remember(proxy, *best)) limit::note(limits, limit::Reached::ChallengeRealms);
    reaction = Reaction::Retry;
  }
  return reaction;
}

Reaction ClientSession::challenged(const Account& account, const HeaderValues& challenges, const HeaderValues& carried,
                                   limit::Counts* limits) {
  const Reaction server = take(account, false, challenges.server, carried.server, limits);
  const Reaction proxy = take(account, true, challenges.proxy, carried.proxy, limits);
  if (server == Reaction::Refused || proxy == Reaction::Refused) return Reaction::Refused;
  return server == Reaction::Retry || proxy == Reaction::Retry ? Reaction::Retry : Reaction::Unanswerable;
}

std::vector<Authorization> ClientSession::authorize(const Account& account, const Request& request,
                                                    base::Random& random) {
  std::vector<Authorization> lines;
  for (Entry& entry : entries_) {
    if (!account.realm.empty() && account.realm != entry.challenge.realm) continue;
    const std::string cnonce = new_cnonce(random);
    auto value = answer(entry.challenge,
                        {.method = request.method,
                         .uri = request.uri,
                         .username = account.username,
                         .cnonce = cnonce,
                         .nonce_count = ++entry.count,
                         .body = request.body},
                        account.secret);
    if (value) lines.push_back({entry.proxy, *std::move(value)});
  }
  return lines;
}

}  // namespace sbc::auth
