#include "media-relay/recording/mend.h"

#include <filesystem>
#include <vector>

#include "media-relay/recording/pcap_file.h"
#include "media-relay/recording/wav_file.h"

namespace recording {
namespace {

bool mend(const std::string& path) {
  auto file = PartFile::reopen(path);
  if (!file) return false;
  const std::string_view whole = std::string_view(path).substr(0, path.size() - kPartSuffix.size());
  const auto mended = whole.ends_with(".wav") ? settle_wav(*file) : mend_pcap(*file);
  // Cut before its header was written: there is nothing in it.
  if (!mended) {
    std::ignore = file->remove();
    return false;
  }
  return file->finish().has_value();
}

}  // namespace

std::size_t mend_all(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".wav.part") || path.ends_with(".pcap.part")) found.push_back(path);
  }
  std::size_t mended = 0;
  for (const std::string& path : found)
    if (mend(path)) ++mended;
  return mended;
}

}  // namespace recording
