#include "sbc/leak/word_set.h"

#include <algorithm>
#include <array>
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

class WordSet::Index {
 public:
  static constexpr std::uint8_t kNone = 0xff;
  static_assert(kMostWords * kStep < kNone);

  struct Window {
    std::uint32_t bytes;
    std::uint8_t word;
    std::uint8_t offset;
    std::uint8_t next;
  };

  explicit Index(const WordSet& set) {
    heads_.fill(kNone);
    std::uint8_t count = 0;
    for (std::size_t i = 0; i < set.words_.size(); ++i) {
      if (!set.words_[i].secret) continue;
      const char* text = set.text_of(set.words_[i]).data();
      for (std::size_t offset = 0; offset < kStep; ++offset) {
        const std::uint32_t bytes = window_at(text + offset);
        auto& head = heads_[chain_of(bytes)];
        windows_[count] = {bytes, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(offset), head};
        head = count++;
      }
    }
  }

  std::uint8_t first(std::uint32_t bytes) const { return heads_[chain_of(bytes)]; }
  const Window& operator[](std::uint8_t index) const { return windows_[index]; }

 private:
  std::array<std::uint8_t, 256> heads_;
  std::array<Window, kMostWords * kStep> windows_;  // the first ones are set
};

bool WordSet::knows(std::string_view text) const {
  text = text.substr(0, kLongestWord);
  return std::ranges::any_of(words_,
                             [&](const Known& known) { return base::equals_ignoring_case(text_of(known), text); });
}

bool WordSet::forget_a_branch() {
  const auto oldest = std::ranges::find(words_, Kind::Branch, &Known::kind);
  if (oldest == words_.end()) return false;
  text_.erase(oldest->at, oldest->size);
  for (auto later = oldest + 1; later != words_.end(); ++later)
    later->at = static_cast<std::uint16_t>(later->at - oldest->size);
  words_.erase(oldest);
  return true;
}

bool WordSet::learn(const Word& word) {
  if (word.text.size() < kShortestWord) return false;
  const auto text = word.text.substr(0, kLongestWord);
  if (knows(text)) return false;
  if (words_.size() == kMostWords && !forget_a_branch()) {
    ++unlearned_;
    return false;
  }
  words_.push_back({.at = static_cast<std::uint16_t>(text_.size()),
                    .size = static_cast<std::uint8_t>(text.size()),
                    .kind = word.kind});
  for (const char c : text) text_ += base::ascii_lower(c);
  return true;
}

void WordSet::learn_all(const WordSet& others) {
  for (const Known& known : others.words_)
    if (known.secret) learn({known.kind, others.text_of(known)});
}

void WordSet::release(std::string_view text) {
  for (Known& known : words_)
    if (base::equals_ignoring_case(text_of(known), text)) known.secret = false;
}

bool WordSet::mentions(const Word& word) const {
  const auto text = word.text.substr(0, kLongestWord);
  return std::ranges::any_of(words_, [&](const Known& known) {
    const auto whole = text_of(known);
    if (whole.size() <= text.size()) return base::equals_ignoring_case(whole, text);
    const auto found = std::ranges::search(whole, text, {}, {}, base::ascii_lower);
    if (found.empty()) return false;
    return stands_alone(word.kind, whole, static_cast<std::size_t>(found.begin() - whole.begin()), text.size());
  });
}

void WordSet::search(std::string_view text, const See& see) const {
  if (words_.empty()) return;
  const Index index(*this);
  for (std::size_t at = 0, next = 0; at + kWindow <= text.size(); at = next) {
    next = at + kStep;
    const std::uint32_t bytes = window_at(text.data() + at);
    for (std::uint8_t w = index.first(bytes); w != Index::kNone; w = index[w].next) {
      const Index::Window& window = index[w];
      if (window.bytes != bytes || at < window.offset) continue;
      const Known& known = words_[window.word];
      const std::size_t start = at - window.offset;
      if (!base::equals_ignoring_case(text.substr(start, known.size), text_of(known))) continue;
      if (!stands_alone(known.kind, text, start, known.size)) continue;
      const std::size_t from = see({.kind = known.kind, .at = start, .size = known.size, .word = window.word});
      if (from <= at) continue;
      next = from;
      break;
    }
  }
}

std::vector<Hit> WordSet::find(std::string_view text) const {
  std::vector<Hit> hits;
  const auto keep = [&hits, text](const Hit& hit) {
    hits.push_back(hit);
    return hits.size() == kMostHits ? text.size() : std::size_t{0};
  };
  search(text, std::ref(keep));
  return hits;
}

}  // namespace sbc::leak
