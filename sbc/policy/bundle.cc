#include "sbc/policy/bundle.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "sbc/policy/limits.h"

namespace sbc::policy {
namespace {

namespace fs = std::filesystem;

std::expected<std::string, PolicyError> read_text(const fs::path& path, const std::string& name) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return std::unexpected(PolicyError{.file = name, .line = 0, .text = "cannot be read: " + error.message()});
  if (size > kMaxFileBytes)
    return std::unexpected(
        PolicyError{.file = name, .line = 0, .text = "is larger than " + std::to_string(kMaxFileBytes) + " bytes"});
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || !in.is_open()) return std::unexpected(PolicyError{.file = name, .line = 0, .text = "cannot be read"});
  return text;
}

// Names of the .lua files below `folder`, relative to it, in order.
std::expected<std::vector<std::string>, PolicyError> list(const fs::path& folder, const std::string& main) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk.depth() + 1 >= static_cast<int>(kMaxFolderDepth)) walk.disable_recursion_pending();
    std::error_code ignored;
    if (walk->symlink_status(ignored).type() != fs::file_type::regular || walk->path().extension() != ".lua") continue;
    // Beside the main file lie other policies, which it cannot require; below it lie the libraries.
    if (walk.depth() == 0) continue;
    names.push_back(walk->path().lexically_relative(folder).generic_string());
    if (names.size() > kMaxFiles)
      return std::unexpected(
          PolicyError{.file = main,
                      .line = 0,
                      .text = "there are more than " + std::to_string(kMaxFiles) + " .lua files below its folder"});
  }
  if (error)
    return std::unexpected(PolicyError{.file = main, .line = 0, .text = "cannot list its folder: " + error.message()});
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string PolicyError::message() const {
  std::string message = file;
  if (line > 0) message.append(":").append(std::to_string(line));
  return message.append(": ").append(text);
}

Bundle::Bundle(std::string main, std::vector<BundleFile> files) : main_(std::move(main)), files_(std::move(files)) {}

const BundleFile* Bundle::find(std::string_view name) const {
  const auto file = std::find_if(files_.begin(), files_.end(), [name](const BundleFile& f) { return f.name == name; });
  return file == files_.end() ? nullptr : &*file;
}

std::expected<Bundle, PolicyError> Bundle::read(const std::string& main_path) {
  const fs::path path(main_path);
  const std::string main = path.filename().string();
  std::expected<std::string, PolicyError> text = read_text(path, main_path);
  if (!text) return std::unexpected(text.error());
  std::vector<BundleFile> files;
  files.push_back({.name = main, .text = std::move(*text)});
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const std::expected<std::vector<std::string>, PolicyError> names = list(folder, main_path);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    std::expected<std::string, PolicyError> library = read_text(folder / name, name);
    if (!library) return std::unexpected(library.error());
    files.push_back({.name = name, .text = std::move(*library)});
  }
  return Bundle(main, std::move(files));
}

}  // namespace sbc::policy
