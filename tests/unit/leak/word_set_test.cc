#include "sbc/leak/word_set.h"

#include <gtest/gtest.h>

namespace sbc::leak {
namespace {

std::string found(const WordSet& set, std::string_view text) {
  std::string all;
  for (const Hit& hit : set.find(text)) all.append(text.substr(hit.at, hit.size)).append(" ");
  return all;
}

WordSet knowing(Kind kind, std::string_view text) {
  WordSet set;
  EXPECT_TRUE(set.learn({kind, text}));
  return set;
}

TEST(WordSet, FindsAWordWhereverItStands) {
  const auto set = knowing(Kind::Tag, "Sesame7");
  for (std::size_t before = 0; before < 12; ++before) {
    for (std::size_t after = 0; after < 5; ++after) {
      const std::string text = std::string(before, ';') + "sESAME7" + std::string(after, ';');
      const auto hits = set.find(text);
      ASSERT_EQ(hits.size(), 1U) << text;
      EXPECT_EQ(hits[0].at, before);
      EXPECT_EQ(hits[0].size, 7U);
      EXPECT_EQ(hits[0].kind, Kind::Tag);
    }
  }
  EXPECT_EQ(found(set, "Sesame"), "");
  EXPECT_EQ(found(set, "sesame7 and sesame7"), "sesame7 sesame7 ");
}

TEST(WordSet, FindsEachOfManyWordsOfTheShortestLengthUp) {
  WordSet set;
  std::string text;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < kMostWords; ++i) {
    words.push_back("w" + std::to_string(10'000 + i) + std::string(i % 20, 'x'));
    ASSERT_TRUE(set.learn({Kind::CallId, words.back()}));
  }
  EXPECT_FALSE(set.learn({Kind::CallId, "one too many"}));
  for (const auto& word : words) EXPECT_EQ(found(set, "a " + word + " b"), word + " ");
  EXPECT_EQ(set.size(), kMostWords);
}

TEST(WordSet, WordsThatAreTooShortAreNotLearnedAndLongOnesAreKnownByTheirBeginning) {
  WordSet set;
  EXPECT_FALSE(set.learn({Kind::Tag, std::string(kShortestWord - 1, 'a')}));
  EXPECT_TRUE(set.learn({Kind::Tag, std::string(kShortestWord, 'a')}));
  EXPECT_TRUE(set.learn({Kind::Tag, std::string(kLongestWord + 1, 'b')}));
  EXPECT_EQ(set.find(std::string(kLongestWord, 'b')).size(), 1U);
}

TEST(WordSet, AFullSetGivesUpItsOldestBranch) {
  WordSet set;
  for (std::size_t i = 0; i < kMostWords; ++i)
    set.learn({i == 3 || i == 5 ? Kind::Branch : Kind::Tag, "word" + std::to_string(100 + i)});
  EXPECT_TRUE(set.learn({Kind::Branch, "branch-of-a-request"}));
  EXPECT_EQ(found(set, "word103 word105 branch-of-a-request"), "word105 branch-of-a-request ");
  EXPECT_EQ(set.size(), kMostWords);
}

TEST(WordSet, AddressesAndNamesAreWholeOrNotThere) {
  const auto v4 = knowing(Kind::Address, "10.0.0.1");
  for (const char* text : {"10.0.0.1", "@10.0.0.1:5060", "x=10.0.0.1;", "IP4 10.0.0.1\r\n", "at 10.0.0.1."})
    EXPECT_EQ(v4.find(text).size(), 1U) << text;
  for (const char* text : {"10.0.0.12", "110.0.0.1", "1.10.0.0.1", "10.0.0.1.2", "v10.0.0.1"})
    EXPECT_TRUE(v4.find(text).empty()) << text;
  const auto v6 = knowing(Kind::Address, "fd00::1:2");
  for (const char* text : {"[fd00::1:2]:5060", "IP6 fd00::1:2\r\n", "[FD00::1:2]"})
    EXPECT_EQ(v6.find(text).size(), 1U) << text;
  for (const char* text : {"fd00::1:2:3", "1:fd00::1:2", "fd00::1:22"}) EXPECT_TRUE(v6.find(text).empty()) << text;
  const auto host = knowing(Kind::Host, "pbx.example");
  for (const char* text : {"sip:pbx.example", "a@x.pbx.example;lr", "to pbx.example."})
    EXPECT_EQ(host.find(text).size(), 1U) << text;
  for (const char* text : {"pbx.example.com", "mypbx.example", "my-pbx.example", "pbx.example-2.com"})
    EXPECT_TRUE(host.find(text).empty()) << text;
}

TEST(WordSet, LongIdentifiersAreFoundInsideOthersAndShortOnesAreNot) {
  EXPECT_EQ(knowing(Kind::CallId, "0123456789abcdef").find("x0123456789abcdefx").size(), 1U);
  EXPECT_TRUE(knowing(Kind::CallId, "0123456789abcde").find("x0123456789abcdex").empty());
  EXPECT_EQ(knowing(Kind::Branch, "0123456").find("z9hG4bK0123456").size(), 1U) << "behind its cookie";
  EXPECT_TRUE(knowing(Kind::Product, "Something of a phone").find("xSomething of a phone").empty());
}

TEST(WordSet, WhatIsReleasedIsNotFoundNorLearnedAgain) {
  auto set = knowing(Kind::Product, "Example/1.0");
  for (const Hit& hit : set.find("Server: example/1.0")) set.release(hit);
  EXPECT_TRUE(set.find("Server: example/1.0").empty());
  EXPECT_FALSE(set.learn({Kind::Product, "Example/1.0"}));
  EXPECT_TRUE(set.find("Server: example/1.0").empty());
}

TEST(WordSet, MentionsItsWordsAndWhatStandsInsideThem) {
  const auto set = knowing(Kind::CallId, "12345678@pbx.example");
  EXPECT_TRUE(set.mentions({Kind::CallId, "12345678@PBX.example"}));
  EXPECT_TRUE(set.mentions({Kind::Host, "pbx.example"}));
  EXPECT_FALSE(set.mentions({Kind::Host, "bx.example"}));
  EXPECT_FALSE(set.mentions({Kind::Host, "other.example"}));
}

TEST(WordSet, HitsOfOneTextAreBounded) {
  const auto set = knowing(Kind::Tag, "secret");
  std::string text;
  for (std::size_t i = 0; i < kMostHits + 5; ++i) text += "secret ";
  EXPECT_EQ(set.find(text).size(), kMostHits);
}

TEST(WordSet, EveryKindHasAName) {
  for (std::size_t i = 0; i < kKinds; ++i) EXPECT_STRNE(name_of(static_cast<Kind>(i)), "unknown");
}

}  // namespace
}  // namespace sbc::leak
