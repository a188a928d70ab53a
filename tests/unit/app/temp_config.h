#pragma once
// A configuration file that lives as long as the test.

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "sbc/app/config.h"

namespace sbc::app {

inline constexpr const char* kSmall = R"([realm.access]
  media_security = "none"
  [[realm.access.listener]]
  bind = "192.0.2.1:5060"
[relay.main]
socket = "/run/parapet/relay.sock"
[policy]
file = "default.lua"
)";

class TempConfig {
 public:
  explicit TempConfig(const std::string& text) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    static int number = 0;
    path_ = testing::TempDir() + "parapet_" + test->name() + "_" + std::to_string(++number) + ".toml";
    std::ofstream(path_) << text;
  }
  TempConfig(const TempConfig&) = delete;
  TempConfig& operator=(const TempConfig&) = delete;
  ~TempConfig() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::shared_ptr<const Config> load(const std::string& text) {
  const TempConfig file(text);
  auto config = load_config(file.path());
  EXPECT_TRUE(config.has_value()) << config.error();
  return config ? *config : nullptr;
}

// The error without the path of the file.
inline std::string error_of(const std::string& text) {
  const TempConfig file(text);
  auto config = load_config(file.path());
  EXPECT_FALSE(config.has_value()) << "accepted:\n" << text;
  if (config) return {};
  std::string error = config.error();
  for (std::size_t at = error.find(file.path()); at != std::string::npos; at = error.find(file.path()))
    error.replace(at, file.path().size(), "sbc.toml");
  return error;
}

}  // namespace sbc::app
