#pragma once
// The texts of a policy: the main file and everything it may require. Read once, then loaded into one Host per shard,
// so that all shards run the same text even while an operator edits the files.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sbc::policy {

// Where a policy is wrong. `line` 0: no line applies (a missing file).
struct PolicyError {
  std::string file;
  int line = 0;
  std::string text;
  std::string message() const;  // "default.lua:12: text"
};

struct BundleFile {
  std::string name;  // relative to the policy folder: "default.lua", "lib/numbers.lua"
  std::string text;
};

class Bundle {
 public:
  // `files` must hold `main`. For tests and for policies that do not come from a disk.
  Bundle(std::string main, std::vector<BundleFile> files);

  // Reads the main file and every .lua file in its folder and the folders below (limits.h). Symbolic links below the
  // folder are not followed. The only place of this room that touches a file system; called by the rim.
  static std::expected<Bundle, PolicyError> read(const std::string& main_path);

  const std::string& main() const { return main_; }
  const BundleFile* find(std::string_view name) const;
  const std::vector<BundleFile>& files() const { return files_; }

 private:
  std::string main_;
  std::vector<BundleFile> files_;
};

}  // namespace sbc::policy
