// Decisions on their way into a file: all of them, by people who may read them, and within bounds.

#include "sbc/app/recorder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "../surroundings.h"

namespace sbc::app {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::shared_ptr<const retell::Invocation> decision(const std::string& call_id, std::size_t size = 0) {
  auto made = std::make_shared<retell::Invocation>();
  made->call_id = call_id;
  made->error.assign(size, 'x');
  return made;
}

unsigned mode_of(const std::string& path) {
  struct stat is{};
  EXPECT_EQ(::stat(path.c_str(), &is), 0) << path;
  return is.st_mode & 0777;
}

struct Stage {
  tests::Directory directory;
  std::string file = directory.file("record.jsonl");
  std::unique_ptr<observe::Log> log =
      *observe::Log::open({.level = observe::Level::Info, .file = directory.file("log"), .process = "sbc"});

  std::unique_ptr<RecordFile> open(std::uint64_t limit = 1U << 20) const {
    auto opened = RecordFile::open({.file = file, .limit = limit});
    EXPECT_TRUE(opened) << opened.error();
    return *std::move(opened);
  }
};

TEST(Recorder, WritesWhatItHears) {
  Stage stage;
  {
    Recorder recorder(*stage.log);
    EXPECT_FALSE(recorder.wants());
    recorder.use(stage.open());
    EXPECT_TRUE(recorder.wants());
    for (int i = 0; i < 100; ++i) recorder.heard(decision("call-" + std::to_string(i)));
  }
  const auto lines = lines_of(stage.file);
  ASSERT_EQ(lines.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    const auto read = retell::read_line(lines[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->call_id, "call-" + std::to_string(i));
  }
  EXPECT_EQ(mode_of(stage.file), 0600U);
}

TEST(Recorder, GoesOnInAnotherFileAndStops) {
  Stage stage;
  const std::string other = stage.directory.file("other");
  Recorder recorder(*stage.log);
  recorder.use(stage.open());
  recorder.heard(decision("a"));
  while (recorder.recorded() < 1) std::this_thread::yield();
  recorder.use(*RecordFile::open({.file = other, .limit = 1U << 20}));
  recorder.heard(decision("b"));
  while (recorder.recorded() < 2) std::this_thread::yield();
  recorder.use(nullptr);
  EXPECT_FALSE(recorder.wants());
  EXPECT_TRUE(text_of(stage.file).contains("\"call_id\":\"a\"")) << text_of(stage.file);
  EXPECT_EQ(lines_of(stage.file).size() + lines_of(other).size(), 2U);
  EXPECT_TRUE(text_of(other).contains("\"call_id\":\"b\"")) << text_of(other);
}

TEST(Recorder, WhatIsTooLongIsLeftOutAndCounted) {
  Stage stage;
  Recorder recorder(*stage.log);
  recorder.use(stage.open());
  recorder.heard(decision("long", 2U << 20));
  recorder.heard(decision("short"));
  while (recorder.recorded() < 1) std::this_thread::yield();
  EXPECT_EQ(recorder.dropped(), 1U);
  EXPECT_EQ(lines_of(stage.file).size(), 1U);
}

TEST(Recorder, NeverHoldsMoreThanItsQueue) {
  Stage stage;
  Recorder recorder(*stage.log);
  recorder.use(stage.open());
  constexpr std::size_t kMany = 20 * Recorder::kMaxQueued;
  const auto one = decision("a");
  for (std::size_t i = 0; i < kMany; ++i) recorder.heard(one);
  while (recorder.recorded() + recorder.dropped() < kMany) std::this_thread::yield();
  EXPECT_EQ(recorder.recorded() + recorder.dropped(), kMany);
}

TEST(RecordFile, IsTurnedWhenItIsFullAndOneIsKept) {
  Stage stage;
  const auto file = stage.open(10);
  for (const char* line : {"aaaa", "bb", "cccc", "dddd"}) EXPECT_TRUE(file->write(line));
  EXPECT_EQ(text_of(stage.file), "dddd\n");
  EXPECT_EQ(text_of(stage.file + ".1"), "cccc\n");
  EXPECT_EQ(file->turned(), 2U);
  EXPECT_EQ(mode_of(stage.file + ".1"), 0600U);
}

TEST(RecordFile, BeginsAnewWhereSomebodyHasTakenItAway) {
  Stage stage;
  const auto file = stage.open(10);
  EXPECT_TRUE(file->write("aaaaaa"));
  ASSERT_EQ(::unlink(stage.file.c_str()), 0);
  EXPECT_TRUE(file->write("bbbbbb"));
  EXPECT_TRUE(file->write("cc"));
  EXPECT_EQ(text_of(stage.file), "cc\n");
}

TEST(RecordFile, IsWrittenOnAndALineThatWasCutStaysAlone) {
  Stage stage;
  std::ofstream(stage.file) << "whole\ncu";
  ASSERT_EQ(::chmod(stage.file.c_str(), 0644), 0);
  EXPECT_TRUE(stage.open()->write("next"));
  EXPECT_TRUE(stage.open()->write("last"));
  EXPECT_EQ(text_of(stage.file), "whole\ncu\nnext\nlast\n");
  EXPECT_EQ(mode_of(stage.file), 0600U) << "others could read it";
}

TEST(RecordFile, SaysWhyItCannotBe) {
  Stage stage;
  EXPECT_EQ(*RecordFile::open({.file = "", .limit = 1}), nullptr);
  const auto error = [](const std::string& path) { return RecordFile::open({.file = path, .limit = 1}).error(); };
  EXPECT_TRUE(error("/nonexistent/record").contains("policy.record: /nonexistent/record: open: No such file"));
  EXPECT_EQ(error("/dev/null"), "policy.record: /dev/null: expected a file");
  ASSERT_EQ(::symlink(stage.file.c_str(), stage.directory.file("link").c_str()), 0);
  EXPECT_TRUE(error(stage.directory.file("link")).contains("open")) << "a link may lead anywhere";
}

}  // namespace
}  // namespace sbc::app
