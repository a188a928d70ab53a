#pragma once
// The words of one side, and the search for all of them in one pass over a text. Bytes compare in any case.
//
// The search looks at every third position only: a word has at least six bytes, so one of its first three windows of
// four bytes lies on such a position. Windows are in a table of 256 chains.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/leak/limits.h"
#include "sbc/leak/word.h"

namespace sbc::leak {

// Where a word stands in a text that was searched.
struct Hit {
  Kind kind = Kind::Address;
  std::size_t at = 0;
  std::size_t size = 0;
  std::size_t word = 0;  // for release()
};

class WordSet {
 public:
  // Remembers a word, unless it is too short or known. When the set is full an older branch makes room; if there is
  // none, the word is not remembered. True: it is new.
  bool learn(const Word& word);
  void learn_all(const WordSet& others);  // that are secrets
  // The word that a hit found is no secret: it will not be found again, nor learned again.
  void release(const Hit& hit) { words_[hit.word].secret = false; }
  void release(std::string_view text);
  // Whether some word is this one, or has it inside.
  bool mentions(const Word& word) const;
  // At most kMostHits, in the order of the text.
  std::vector<Hit> find(std::string_view text) const;

  std::size_t size() const { return words_.size(); }

 private:
  struct Known {
    std::string text;  // lower case
    Kind kind = Kind::Address;
    bool secret = true;
  };
  struct Window {
    std::uint32_t bytes = 0;
    std::uint8_t word = 0;
    std::uint8_t offset = 0;
    std::uint8_t next = 0;
  };
  static constexpr std::uint8_t kNone = 0xff;
  static_assert(kMostWords * 3 < kNone);

  void index() const;

  std::vector<Known> words_;
  // Made when it is needed: what is learned in between costs nothing.
  mutable bool indexed_ = true;
  mutable std::vector<Window> windows_;
  mutable std::array<std::uint8_t, 256> heads_ = [] {
    std::array<std::uint8_t, 256> none{};
    none.fill(kNone);
    return none;
  }();
};

// Whether text[at, at+size) stands there as a word, and not inside a longer one: no letter or digit goes on at its
// ends, nor, for an address or a host, what would make it another one ("10.0.0.1" in "10.0.0.1.2"). Identifiers of 16
// bytes and more are found inside other words too: nobody writes those by chance.
bool stands_alone(Kind kind, std::string_view text, std::size_t at, std::size_t size);

}  // namespace sbc::leak
