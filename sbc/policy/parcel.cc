#include "sbc/policy/parcel.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/policy/limits.h"

namespace sbc::policy {
namespace {

constexpr std::size_t kMaxName = 256;  // a path of kMaxFolderDepth folders with names that people give

bool good_name(std::string_view name) {
  if (name.size() > kMaxName || !name.ends_with(".lua")) return false;
  std::size_t depth = 0;
  for (std::string_view rest = name; !rest.empty(); ++depth) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    if (std::ranges::any_of(part, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\\'; }))
      return false;
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return depth <= kMaxFolderDepth + 1 && !name.ends_with('/');
}

}  // namespace

std::string packed(const Bundle& bundle) {
  std::string out;
  const auto put = [&out](const BundleFile& file) {
    out.append(std::to_string(file.text.size())).append(" ").append(file.name).append("\n").append(file.text);
  };
  if (const BundleFile* main = bundle.find(bundle.main())) put(*main);
  for (const BundleFile& file : bundle.files())
    if (file.name != bundle.main()) put(file);
  return out;
}

std::expected<Bundle, std::string> unpacked(std::string_view parcel) {
  std::vector<BundleFile> files;
  while (!parcel.empty()) {
    const auto end = parcel.find('\n');
    const std::string_view line = parcel.substr(0, std::min(end, kMaxName + 32));
    const auto space = line.find(' ');
    const auto length = base::parse_unsigned<std::size_t>(line.substr(0, space));
    if (end == std::string_view::npos || space == std::string_view::npos || !length)
      return std::unexpected("parcel: expected \"<length> <name>\", got \"" + base::printable(line) + "\"");
    const std::string_view name = parcel.substr(space + 1, end - space - 1);
    if (!good_name(name))
      return std::unexpected("parcel: expected the name of a .lua file below one folder, got \"" +
                             base::printable(name.substr(0, kMaxName)) + "\"");
    parcel.remove_prefix(end + 1);
    if (*length > kMaxFileBytes || *length > parcel.size())
      return std::unexpected("parcel: " + std::string(name) + " has no " + std::to_string(*length) + " bytes");
    if (files.size() == kMaxFiles) return std::unexpected("parcel: more than " + std::to_string(kMaxFiles) + " files");
    if (std::ranges::any_of(files, [&name](const BundleFile& file) { return file.name == name; }))
      return std::unexpected("parcel: " + std::string(name) + " is there twice");
    files.push_back({std::string(name), std::string(parcel.substr(0, *length))});
    parcel.remove_prefix(*length);
  }
  if (files.empty()) return std::unexpected("parcel: expected a policy, got nothing");
  std::string main = files.front().name;
  // As Bundle::read leaves them: history::hash_of goes by their order.
  std::sort(files.begin() + 1, files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return Bundle(std::move(main), std::move(files));
}

}  // namespace sbc::policy
