#include "sbc/leak/word_set.h"

#include <algorithm>
#include <cstring>

#include "media-relay/base/text.h"

namespace sbc::leak {
namespace {

constexpr std::size_t kWindow = 4;
constexpr std::size_t kStep = 3;
static_assert(kShortestWord >= kWindow + kStep - 1);
constexpr std::size_t kUnmistakable = 16;

// Four bytes with the bit of lower case set: what that confuses is told apart by the comparison afterwards.
std::uint32_t window_at(const char* text) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, text, kWindow);
  return bytes | 0x20202020U;
}

std::size_t chain_of(std::uint32_t bytes) {
  return bytes * 0x9e3779b1U >> 24;
}

// Whether the word goes on beyond its end with `next`, behind which `beyond` comes (0: the text ends).
bool goes_on(Kind kind, std::string_view word, char next, char beyond, bool before) {
  if (base::is_alnum(next)) return true;
  if (kind == Kind::Address) return word.contains(':') ? next == ':' : next == '.' && base::is_digit(beyond);
  if (kind == Kind::Host) return next == '-' || (!before && next == '.' && base::is_alnum(beyond));
  return false;
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::Address:
      return "address";
    case Kind::Host:
      return "host";
    case Kind::CallId:
      return "call_id";
    case Kind::Tag:
      return "tag";
    case Kind::Branch:
      return "branch";
    case Kind::Product:
      return "product";
    case Kind::Session:
      return "session";
    case Kind::Candidate:
      return "candidate";
    case Kind::Cname:
      return "cname";
    case Kind::kCount:
      break;
  }
  return "unknown";
}

bool stands_alone(Kind kind, std::string_view text, std::size_t at, std::size_t size) {
  const bool identifier = kind != Kind::Address && kind != Kind::Host && kind != Kind::Product;
  if (identifier && size >= kUnmistakable) return true;
  const auto word = text.substr(at, size);
  const std::size_t end = at + size;
  const auto byte_at = [text](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  const bool after_cookie = kind == Kind::Branch;  // RFC 3261 8.1.1.7: it is learned without
  if (at > 0 && !after_cookie && goes_on(kind, word, text[at - 1], at > 1 ? text[at - 2] : '\0', true)) return false;
  return end >= text.size() || !goes_on(kind, word, text[end], byte_at(end + 1), false);
}

bool WordSet::learn(const Word& word) {
  if (word.text.size() < kShortestWord) return false;
  const auto text = word.text.substr(0, kLongestWord);
  for (const Known& known : words_)
    if (base::equals_ignoring_case(known.text, text)) return false;
  Known fresh{.text = base::to_lower(text), .kind = word.kind};
  if (words_.size() < kMostWords) {
    words_.push_back(std::move(fresh));
  } else {
    const auto oldest = std::ranges::find(words_, Kind::Branch, &Known::kind);
    if (oldest == words_.end()) return false;
    std::rotate(oldest, oldest + 1, words_.end());
    words_.back() = std::move(fresh);
  }
  indexed_ = false;
  return true;
}

void WordSet::learn_all(const WordSet& others) {
  for (const Known& known : others.words_)
    if (known.secret) learn({known.kind, known.text});
}

void WordSet::release(std::string_view text) {
  for (Known& known : words_)
    if (base::equals_ignoring_case(known.text, text)) known.secret = false;
}

bool WordSet::mentions(const Word& word) const {
  const auto text = word.text.substr(0, kLongestWord);
  return std::ranges::any_of(words_, [&](const Known& known) {
    if (known.text.size() == text.size()) return base::equals_ignoring_case(known.text, text);
    if (known.text.size() < text.size()) return false;
    const auto at = known.text.find(base::to_lower(text));
    return at != std::string::npos && stands_alone(word.kind, known.text, at, text.size());
  });
}

void WordSet::index() const {
  heads_.fill(kNone);
  windows_.clear();
  for (std::size_t i = 0; i < words_.size(); ++i) {
    for (std::size_t offset = 0; offset < kStep; ++offset) {
      const std::uint32_t bytes = window_at(words_[i].text.data() + offset);
      auto& head = heads_[chain_of(bytes)];
      windows_.push_back({bytes, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(offset), head});
      head = static_cast<std::uint8_t>(windows_.size() - 1);
    }
  }
  indexed_ = true;
}

std::vector<Hit> WordSet::find(std::string_view text) const {
  std::vector<Hit> hits;
  if (words_.empty()) return hits;
  if (!indexed_) index();
  for (std::size_t at = 0; at + kWindow <= text.size(); at += kStep) {
    const std::uint32_t bytes = window_at(text.data() + at);
    for (std::uint8_t w = heads_[chain_of(bytes)]; w != kNone; w = windows_[w].next) {
      const Window& window = windows_[w];
      const Known& known = words_[window.word];
      if (window.bytes != bytes || !known.secret || at < window.offset) continue;
      const std::size_t start = at - window.offset;
      const std::size_t size = known.text.size();
      if (!base::equals_ignoring_case(text.substr(start, size), known.text)) continue;
      if (!stands_alone(known.kind, text, start, size)) continue;
      hits.push_back({.kind = known.kind, .at = start, .size = size, .word = window.word});
      if (hits.size() == kMostHits) return hits;
    }
  }
  return hits;
}

}  // namespace sbc::leak
