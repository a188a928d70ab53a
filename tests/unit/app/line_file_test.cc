// Files of lines: written behind the shards, changed without losing a line, honest about what is lost.

#include "sbc/app/line_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>

namespace sbc::app {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::path(::testing::TempDir()) / ("line_file." + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

std::size_t lines_of(const std::string& path) {
  std::ifstream in(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) EXPECT_EQ(line, "{}");
  return lines;
}

std::string some_line() {
  return "{}";
}

void use(LineFile& lines, const std::string& path) {
  auto file = LineFile::open(path);
  ASSERT_TRUE(file) << file.error();
  lines.use(*std::move(file));
}

TEST(LineFile, WritesWhatItWasGivenBeforeItGoes) {
  const Folder folder;
  {
    LineFile lines(100);
    EXPECT_FALSE(lines.wanted());
    use(lines, folder / "one");
    EXPECT_TRUE(lines.wanted());
    for (int i = 0; i < 100; ++i) lines.write(some_line, 1);
    EXPECT_EQ(lines.dropped_full() + lines.failed(), 0U);
  }
  EXPECT_EQ(lines_of(folder / "one"), 100U);
  struct stat is{};
  ASSERT_EQ(::stat((folder / "one").c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
}

TEST(LineFile, ChangesItsFileWithoutLosingALine) {
  const Folder folder;
  {
    LineFile lines(100);
    use(lines, folder / "one");
    for (int i = 0; i < 50; ++i) lines.write(some_line, 1);
    use(lines, folder / "two");
    for (int i = 0; i < 50; ++i) lines.write(some_line, 1);
    use(lines, "");
    EXPECT_FALSE(lines.wanted());
  }
  EXPECT_EQ(lines_of(folder / "one") + lines_of(folder / "two"), 100U);
}

// A disk that stands still costs the memory that was granted, and nobody waits for it.
TEST(LineFile, DropsAndCountsWhatTheDiskIsTooSlowFor) {
  const Folder folder;
  {
    LineFile lines(100);
    use(lines, folder / "one");
    std::promise<void> begun, goes_on;
    lines.write(
        [&] {
          begun.set_value();
          goes_on.get_future().wait();
          return some_line();
        },
        40);
    begun.get_future().wait();
    lines.write(some_line, 60);
    lines.write(some_line, 1);
    EXPECT_EQ(lines.dropped_full(), 1U);
    goes_on.set_value();
  }
  EXPECT_EQ(lines_of(folder / "one"), 2U);
}

TEST(LineFile, SaysWhatCannotBeWritten) {
  const Folder folder;
  const auto missing = LineFile::open(folder / "none/file");
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().contains("none/file: No such file"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(LineFile::open(folder / "pipe")) << "a pipe nobody reads would hold the thread";
  fs::create_symlink(folder / "one", folder / "link");
  EXPECT_FALSE(LineFile::open(folder / "link"));
  EXPECT_FALSE(LineFile::open("/dev/full"));
}

}  // namespace
}  // namespace sbc::app
