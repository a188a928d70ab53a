#include "sbc/ctl/candidate.h"

#include <filesystem>

namespace sbc::ctl {

namespace fs = std::filesystem;

std::string policy_file(const std::string& given, const std::string& configured) {
  std::error_code error;
  const fs::path folder(given);
  if (!fs::is_directory(folder, error)) return given;
  if (const auto same = folder / fs::path(configured).filename(); fs::is_regular_file(same, error))
    return same.string();
  std::string only;
  for (fs::directory_iterator walk(folder, error); !error && walk != fs::directory_iterator(); walk.increment(error)) {
    if (walk->path().extension() != ".lua") continue;
    if (!only.empty()) return given;
    only = walk->path().string();
  }
  return only.empty() ? given : only;
}

}  // namespace sbc::ctl
