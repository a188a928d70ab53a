#include "media-relay/server/sound_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace server {
namespace {

namespace fs = std::filesystem;

std::string le(std::uint32_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::string wav(std::size_t samples) {
  const auto bytes = static_cast<std::uint32_t>(samples * 2);
  return "RIFF" + le(36 + bytes, 4) + "WAVEfmt " + le(16, 4) + le(1, 2) + le(1, 2) + le(8000, 4) + le(16'000, 4) +
         le(2, 2) + le(16, 2) + "data" + le(bytes, 4) + std::string(bytes, '\x10');
}

struct Directory {
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "parapet-sounds-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Directory() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(fs::path(path) / name, std::ios::binary) << bytes;
  }
  std::string path;
};

TEST(SoundFiles, WavFilesAreSoundsByTheirNames) {
  Directory directory;
  directory.write("busy.wav", wav(100));
  directory.write("music.wav", wav(200));
  directory.write("README", "not one");
  auto loaded = load_sounds(directory.path, 1 << 20);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(loaded->problems.empty());
  EXPECT_EQ(loaded->sounds.size(), 2U);
  ASSERT_NE(loaded->sounds.find("music"), nullptr);
  EXPECT_EQ(loaded->sounds.find("music")->samples.size(), 200U);
}

TEST(SoundFiles, ABadFileIsToldAndKeepsNoOtherBack) {
  Directory directory;
  directory.write("a.wav", "RIFFnothing");
  directory.write("b.wav", wav(10));
  directory.write("c d.wav", wav(10));
  auto loaded = load_sounds(directory.path, 1 << 20);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->sounds.size(), 1U);
  ASSERT_EQ(loaded->problems.size(), 2U);
  EXPECT_NE(loaded->problems[0].find("a.wav"), std::string::npos);
  EXPECT_NE(loaded->problems[1].find("expected the name of a sound"), std::string::npos);
}

TEST(SoundFiles, MemoryIsLimited) {
  Directory directory;
  directory.write("a.wav", wav(100));
  directory.write("b.wav", wav(100));
  auto loaded = load_sounds(directory.path, 399);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->sounds.size(), 1U);
  ASSERT_EQ(loaded->problems.size(), 1U);
  EXPECT_NE(loaded->problems[0].find("sounds.memory"), std::string::npos);
}

TEST(SoundFiles, AMissingDirectoryIsAnError) {
  EXPECT_FALSE(load_sounds("/nonexistent/sounds", 1 << 20).has_value());
}

}  // namespace
}  // namespace server
