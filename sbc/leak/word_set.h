#pragma once
// The words of one side, and the search for all of them in one pass over a text. Bytes compare in any case.
//
// The search looks at every third position only: a word has at least six bytes, so one of its first three windows of
// four bytes lies on such a position. Windows are in a table of 256 chains, which is made for each search: that takes a
// tenth of the search, and a call that is only talking keeps no table.

#include <cstddef>
#include <cstdint>
#include <functional>
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
  // none, the word is not remembered, and counted. True: it is new.
  bool learn(const Word& word);
  void learn_all(const WordSet& others);  // that are secrets
  // Whether it is remembered, as a secret or not.
  bool knows(std::string_view text) const;
  // The word that a hit found is no secret: it will not be found again, nor learned again.
  void release(const Hit& hit) { words_[hit.word].secret = false; }
  void release(std::string_view text);
  // Whether some word is this one, or has it inside.
  bool mentions(const Word& word) const;
  // At most kMostHits, in the order of the text.
  std::vector<Hit> find(std::string_view text) const;
  // Shows every hit, in the order of the text. `see` says from which position the search goes on; 0: with the next hit.
  using See = std::function<std::size_t(const Hit&)>;
  void search(std::string_view text, const See& see) const;

  std::size_t size() const { return words_.size(); }
  // Words that found no room: nobody looks for them.
  std::uint64_t unlearned() const { return unlearned_; }

 private:
  struct Known {
    std::uint16_t at = 0;  // in text_
    std::uint8_t size = 0;
    Kind kind = Kind::Address;
    bool secret = true;
  };
  static_assert(kLongestWord <= 0xff && kMostWords * kLongestWord <= 0xffff);
  class Index;

  std::string_view text_of(const Known& known) const { return std::string_view(text_).substr(known.at, known.size); }
  bool forget_a_branch();

  std::string text_;  // of all words, lower case
  std::vector<Known> words_;
  std::uint64_t unlearned_ = 0;
};

// Whether text[at, at+size) stands there as a word, and not inside a longer one: no letter or digit goes on at its
// ends, nor, for an address or a host, what would make it another one ("10.0.0.1" in "10.0.0.1.2"). Identifiers of 16
// bytes and more are found inside other words too: nobody writes those by chance.
bool stands_alone(Kind kind, std::string_view text, std::size_t at, std::size_t size);

}  // namespace sbc::leak
