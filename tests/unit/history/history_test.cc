#include "sbc/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace sbc::history {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

policy::Bundle bundle(const std::string& text, const std::string& library = "return {}") {
  return {"default.lua", {{"default.lua", text}, {"lib/numbers.lua", library}}};
}

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() { fs::remove_all(folder_); }
  ~HistoryTest() override { fs::remove_all(folder_); }

  History open(std::size_t keep = kUsualEntries) {
    auto history = History::open(folder_, keep);
    EXPECT_TRUE(history) << history.error();
    return *std::move(history);
  }
  std::string log() const {
    std::ifstream in(folder_ + "/log.jsonl");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write_log(const std::string& text) const { std::ofstream(folder_ + "/log.jsonl", std::ios::app) << text; }

  std::string folder_ = testing::TempDir() + "parapet-history-" + std::to_string(::getpid());
};

std::vector<std::uint64_t> numbers(const History& history) {
  std::vector<std::uint64_t> out;
  for (const auto& entry : history.entries()) out.push_back(entry.number);
  return out;
}

TEST_F(HistoryTest, WhatRanIsThereAfterARestart) {
  auto history = open();
  EXPECT_TRUE(history.entries().empty());
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 1'000));
  ASSERT_TRUE(history.add(bundle("return 2"), {.how = "reload", .author = "ines", .note = "new carrier"}, 2'000));

  const auto again = open();
  ASSERT_EQ(again.entries().size(), 2U);
  EXPECT_EQ(again.entries()[0].coming.how, "start");
  const Entry& last = again.entries()[1];
  EXPECT_EQ(last.number, 2U);
  EXPECT_EQ(last.at, 2'000);
  EXPECT_EQ(last.main, "default.lua");
  EXPECT_EQ(last.coming.author, "ines");
  EXPECT_EQ(last.coming.note, "new carrier");
  const auto text = again.bundle(again.entries()[0]);
  ASSERT_TRUE(text) << text.error();
  EXPECT_EQ(text->find("default.lua")->text, "return 1");
  EXPECT_EQ(text->find("lib/numbers.lua")->text, "return {}");
}

TEST_F(HistoryTest, WhoGaveTheOrderIsTheAuthorWhenNobodyHasSaidWhoItIs) {
  auto history = open();
  ASSERT_TRUE(history.say(bundle("return 2"), "ines", "new carrier"));
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "reload", .author = {}, .note = {}, .by = "root"}, 1));
  ASSERT_TRUE(history.add(bundle("return 2"), {.how = "reload", .author = {}, .note = {}, .by = "root"}, 2));
  EXPECT_EQ(history.entries()[0].coming.author, "root");
  EXPECT_EQ(history.entries()[1].coming.author, "ines");
}

TEST_F(HistoryTest, ARestartWithTheSamePolicyIsNoChange) {
  auto history = open();
  EXPECT_EQ(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 1), true);
  EXPECT_EQ(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 2), false);
  EXPECT_EQ(history.entries().size(), 1U);
  // Back to an old one is a change again, and keeps its text once.
  EXPECT_EQ(history.add(bundle("return 2"), {.how = "reload", .author = {}, .note = {}}, 3), true);
  EXPECT_EQ(history.add(bundle("return 1"), {.how = "rollback", .author = {}, .note = {}}, 4), true);
  EXPECT_THAT(numbers(history), ElementsAre(1U, 2U, 3U));
  EXPECT_EQ(history.entries()[0].hash, history.entries()[2].hash);
}

TEST_F(HistoryTest, EveryPartOfAPolicyIsInItsHash) {
  const std::string hash = hash_of(bundle("return 1"));
  EXPECT_EQ(hash.size(), 64U);
  EXPECT_EQ(hash, hash_of(bundle("return 1")));
  EXPECT_NE(hash, hash_of(bundle("return 2")));
  EXPECT_NE(hash, hash_of(bundle("return 1", "return { 1 }")));
  EXPECT_NE(hash, hash_of({"default.lua", {{"default.lua", "return 1"}}}));
  // Not only the letters in a row.
  EXPECT_NE(hash_of({"a.lua", {{"a.lua", "x"}, {"b.lua", "y"}}}), hash_of({"a.lua", {{"a.lua", "xb.luay"}}}));
}

TEST_F(HistoryTest, OldEntriesGoWithTheirText) {
  auto history = open(2);
  for (int i = 1; i <= 4; ++i)
    ASSERT_TRUE(history.add(bundle("return " + std::to_string(i)), {.how = "reload", .author = {}, .note = {}}, i));
  EXPECT_THAT(numbers(history), ElementsAre(3U, 4U));
  EXPECT_THAT(numbers(open(2)), ElementsAre(3U, 4U));
  std::size_t folders = 0;
  for (const auto& one : fs::directory_iterator(folder_)) folders += one.is_directory() ? 1 : 0;
  EXPECT_EQ(folders, 2U);
}

TEST_F(HistoryTest, ATextThatAnEntryStillNamesStays) {
  auto history = open(2);
  for (const char* text : {"return 1", "return 2", "return 1"})
    ASSERT_TRUE(history.add(bundle(text), {.how = "reload", .author = {}, .note = {}}, 1));
  ASSERT_EQ(history.entries().size(), 2U);
  EXPECT_TRUE(history.bundle(history.entries()[1]));
}

TEST_F(HistoryTest, ALineThatACrashHasCutOffCostsNoOther) {
  auto history = open();
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 1));
  write_log(R"({"number":2,"at":2,"ha)");
  auto again = open();
  EXPECT_THAT(numbers(again), ElementsAre(1U));
  EXPECT_EQ(again.unreadable(), 1U);
  ASSERT_TRUE(again.add(bundle("return 2"), {.how = "reload", .author = {}, .note = {}}, 3));
  EXPECT_THAT(numbers(open()), ElementsAre(1U, 2U));
}

TEST_F(HistoryTest, LinesThatWouldLeadElsewhereAreNotRead) {
  auto history = open();
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 1));
  const std::string hash(64, 'a');
  write_log(R"({"number":2,"at":2,"hash":"../../etc","main":"default.lua"})"
            "\n");
  write_log(R"({"number":2,"at":2,"hash":")" + hash +
            R"(","main":"../passwd"})"
            "\n");
  write_log(R"({"number":1,"at":2,"hash":")" + hash +
            R"(","main":"default.lua"})"
            "\n");
  write_log("[]\n7\n\"\"\n{}\n");
  const auto again = open();
  EXPECT_THAT(numbers(again), ElementsAre(1U));
  EXPECT_EQ(again.unreadable(), 7U);
}

TEST_F(HistoryTest, TextThatWasChangedIsNotWhatRan) {
  auto history = open();
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 1));
  std::ofstream(history.folder_of(history.entries()[0]) + "/lib/numbers.lua") << "return evil";
  const auto text = history.bundle(history.entries()[0]);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error(), HasSubstr("is not what ran"));
}

TEST_F(HistoryTest, EntriesAreFoundByNumberAndByTheBeginningOfTheirHash) {
  auto history = open();
  for (const char* text : {"return 1", "return 2", "return 1"})
    ASSERT_TRUE(history.add(bundle(text), {.how = "reload", .author = {}, .note = {}}, 1));
  const std::string hash = history.entries()[0].hash;
  EXPECT_EQ(history.find(std::uint64_t{2}), &history.entries()[1]);
  EXPECT_EQ(history.find(std::uint64_t{9}), nullptr);
  EXPECT_EQ(history.find(std::string_view(hash).substr(0, 8)), &history.entries()[2]);
  EXPECT_EQ(history.find(std::string_view(hash).substr(0, 3)), nullptr);
  EXPECT_EQ(history.find("zzzz"), nullptr);
}

TEST_F(HistoryTest, WhatWasSaidAboutAPolicyStaysWithIt) {
  auto history = open();
  ASSERT_TRUE(history.say(bundle("return 2"), "ines", "ticket 4711"));
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 1));
  EXPECT_EQ(history.entries()[0].coming.author, "") << "nothing was said about this one";
  ASSERT_TRUE(history.add(bundle("return 2"), {.how = "reload", .author = {}, .note = {}}, 2));
  EXPECT_EQ(history.entries()[1].coming.author, "ines");
  EXPECT_EQ(history.entries()[1].coming.note, "ticket 4711");
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "reload", .author = {}, .note = {}}, 3));
  ASSERT_TRUE(history.add(bundle("return 2"), {.how = "reload", .author = {}, .note = {}}, 4));
  EXPECT_EQ(history.entries()[3].coming.note, "") << "it was said of the first time";
  EXPECT_THAT(to_json(open()), HasSubstr("\"note\": \"ticket 4711\""));
}

TEST_F(HistoryTest, WordsAreCutAndNonsenseSaysNothing) {
  auto history = open();
  ASSERT_TRUE(history.say(bundle("return 1"), std::string(1000, 'a'), std::string(10'000, 'n')));
  ASSERT_TRUE(history.add(bundle("return 1"), {.how = "start", .author = {}, .note = {}}, 1));
  EXPECT_EQ(history.entries()[0].coming.author.size(), kMaxAuthor);
  EXPECT_EQ(history.entries()[0].coming.note.size(), kMaxNote);
  std::ofstream(folder_ + "/notes/" + hash_of(bundle("return 2")) + ".json") << "[\"author\"]";
  ASSERT_TRUE(history.add(bundle("return 2"), {.how = "reload", .author = {}, .note = {}}, 2));
  EXPECT_EQ(history.entries()[1].coming.author, "");
}

TEST_F(HistoryTest, AFolderThatCannotBeWrittenIsSaid) {
  const auto history = History::open("/proc/parapet-history");
  ASSERT_FALSE(history);
  EXPECT_THAT(history.error(), HasSubstr("/proc/parapet-history"));
  const auto read = History::read(folder_);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error(), HasSubstr("no such folder"));
}

}  // namespace
}  // namespace sbc::history
