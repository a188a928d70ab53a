#include "sbc/leak/watch.h"

#include <algorithm>
#include <functional>

#include "media-relay/base/text.h"

#include "sbc/leak/learn.h"

namespace sbc::leak {
namespace {

constexpr std::size_t kMostAllowed = 32;

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::any_of(words, [word](const auto& known) { return base::equals_ignoring_case(known, word); });
}

// A request goes where these say, and they came from its receiver or from the operator.
bool addresses_receiver(bool request, const Hit& hit, const Place& place) {
  if (!request || (hit.kind != Kind::Address && hit.kind != Kind::Host)) return false;
  return place.where == Place::Where::StartLine ||
         (place.where == Place::Where::Header && (place.name == "To" || place.name == "Route"));
}

bool passes(const Place& place, std::span<const std::string_view> passed) {
  return (place.where == Place::Where::Header || place.where == Place::Where::Body) &&
         std::ranges::any_of(passed, [&](auto name) { return base::equals_ignoring_case(name, place.name); });
}

}  // namespace

void Ours::add(std::string_view word) {
  if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
  if (!word.empty() && !has(word)) words_.push_back(base::to_lower(word));
}

bool Ours::has(std::string_view word) const {
  return leak::has(words_, word);
}

void Watch::heard(End from, const sip::Message& message, const base::IpAddress& source, const Ours& ours) {
  WordSet& theirs = ends_[static_cast<std::size_t>(leak::other(from))];
  for (const Hit& hit : theirs.find(message.bytes())) theirs.release(hit);
  for (const auto host : addressed_by(message)) allow(host);
  const auto take = [&](const Word& word) { learn(from, word, ours); };
  for_each_word(message, std::ref(take));
  if (!source.empty() && !source.is_loopback()) {
    const std::string text = source.text();
    learn(from, {Kind::Address, text}, ours);
  }
}

void Watch::learn(End end, const Word& word, const Ours& ours) {
  WordSet& mine = ends_[static_cast<std::size_t>(end)];
  // Most of what a later message says was said before.
  if (mine.knows(word.text)) return;
  if (!ours.has(word.text) && !leak::has(allowed_, word.text) && !of(other(end)).mentions(word)) mine.learn(word);
}

void Watch::allow(std::string_view word) {
  if (word.empty() || has(allowed_, word)) return;
  if (allowed_.size() >= kMostAllowed) {
    ++not_allowed_;
    return;
  }
  allowed_.emplace_back(word);
  for (WordSet& set : ends_) set.release(word);
}

std::uint64_t Watch::take_unlearned() {
  const std::uint64_t all = ends_[0].unlearned() + ends_[1].unlearned() + not_allowed_;
  return all - std::exchange(taken_, all);
}

std::vector<Leak> Watch::leaks_in(End to, std::string_view message, std::span<const std::string_view> passed) {
  std::vector<Leak> leaks;
  const bool request = !message.starts_with("SIP/2.0");
  std::size_t seen = 0;
  const auto see = [&](const Hit& hit) {
    if (++seen > kMostHits) {
      ++overfull_;
      return message.size();
    }
    const Place place = place_of(message, hit.at);
    if (!passes(place, passed) && !addresses_receiver(request, hit, place)) leaks.push_back({hit.kind, place});
    return std::size_t{0};
  };
  of(leak::other(to)).search(message, std::ref(see));
  return leaks;
}

std::vector<Leak> Watch::leaky_places(End to, std::string_view message,
                                      std::span<const std::string_view> passed) const {
  std::vector<Leak> leaks;
  const bool request = !message.starts_with("SIP/2.0");
  const auto see = [&](const Hit& hit) {
    const Place place = place_of(message, hit.at);
    if (passes(place, passed)) return place.end;
    if (addresses_receiver(request, hit, place)) return std::size_t{0};
    leaks.push_back({hit.kind, place});
    return place.end;
  };
  of(leak::other(to)).search(message, std::ref(see));
  return leaks;
}

Scrubbed scrub(std::string_view message, const std::vector<Leak>& leaks) {
  Scrubbed result;
  std::vector<Place> places;
  for (const Leak& leak : leaks) {
    if (removable(leak.place)) {
      places.push_back(leak.place);
    } else {
      ++result.kept;
    }
  }
  std::ranges::sort(places, {}, &Place::begin);
  const auto last = std::ranges::unique(places, {}, &Place::begin);
  places.erase(last.begin(), last.end());
  result.removed = places.size();
  result.message = places.empty() ? std::string(message) : without(message, std::move(places));
  return result;
}

}  // namespace sbc::leak
