// The file of explanations: written behind the shards, changed without losing a line, honest about what is lost.

#include "sbc/app/explanation_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sbc::app {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::path(::testing::TempDir()) / ("explanation_log." + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

std::size_t lines_of(const std::string& path) {
  std::ifstream in(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) {
    EXPECT_TRUE(line.starts_with("{") && line.ends_with("}")) << line;
    ++lines;
  }
  return lines;
}

TEST(ExplanationLog, WritesWhatItWasGivenBeforeItGoes) {
  const Folder folder;
  {
    ExplanationLog log;
    EXPECT_FALSE(log.wanted());
    ASSERT_TRUE(log.write_to(folder / "one"));
    EXPECT_TRUE(log.wanted());
    for (int i = 0; i < 100; ++i) log.write({});
    EXPECT_EQ(log.dropped_full() + log.failed(), 0U);
  }
  EXPECT_EQ(lines_of(folder / "one"), 100U);
  struct stat is{};
  ASSERT_EQ(::stat((folder / "one").c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
}

TEST(ExplanationLog, ChangesItsFileWithoutLosingALine) {
  const Folder folder;
  {
    ExplanationLog log;
    ASSERT_TRUE(log.write_to(folder / "one"));
    for (int i = 0; i < 50; ++i) log.write({});
    ASSERT_TRUE(log.write_to(folder / "two"));
    for (int i = 0; i < 50; ++i) log.write({});
    ASSERT_TRUE(log.write_to(""));
    EXPECT_FALSE(log.wanted());
  }
  EXPECT_EQ(lines_of(folder / "one") + lines_of(folder / "two"), 100U);
}

TEST(ExplanationLog, SaysWhatCannotBeWritten) {
  const Folder folder;
  ExplanationLog log;
  const auto missing = log.write_to(folder / "none/file");
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().contains("none/file: No such file"));
  EXPECT_FALSE(log.wanted());
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(log.write_to(folder / "pipe")) << "a pipe nobody reads would hold the thread";
  fs::create_symlink(folder / "one", folder / "link");
  EXPECT_FALSE(log.write_to(folder / "link"));
}

}  // namespace
}  // namespace sbc::app
