#include "sbc/app/record_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace sbc::app {
namespace {

constexpr mode_t kMode = 0600;

}  // namespace

std::unexpected<std::string> RecordFile::wrong(const char* doing) const {
  return std::unexpected("policy.record: " + settings_.file + ": " + doing + ": " + std::strerror(errno));
}

std::expected<std::unique_ptr<RecordFile>, std::string> RecordFile::open(const RecordSettings& settings) {
  if (settings.file.empty()) return nullptr;
  auto file = std::unique_ptr<RecordFile>(new RecordFile(settings));
  if (auto begun = file->begin(); !begun) return std::unexpected(begun.error());
  return file;
}

RecordFile::~RecordFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<void, std::string> RecordFile::begin() {
  if (fd_ >= 0) ::close(fd_);
  // A pipe that nobody reads must not hold us up.
  fd_ = ::open(settings_.file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kMode);
  if (fd_ < 0) return wrong("open");
  auto fit = examine();
  if (!fit) {
    ::close(fd_);
    fd_ = -1;
  }
  return fit;
}

std::expected<void, std::string> RecordFile::examine() {
  struct stat is{};
  if (::fstat(fd_, &is) != 0) return wrong("stat");
  if (!S_ISREG(is.st_mode)) return std::unexpected("policy.record: " + settings_.file + ": expected a file");
  if ((is.st_mode & 0777) != kMode && ::fchmod(fd_, kMode) != 0) return wrong("chmod");
  size_ = static_cast<std::uint64_t>(is.st_size);
  // Cut off when the last process ended.
  char last = '\n';
  torn_ = size_ > 0 && ::pread(fd_, &last, 1, is.st_size - 1) == 1 && last != '\n';
  return {};
}

std::expected<void, std::string> RecordFile::turn() {
  const std::string older = settings_.file + ".1";
  // Somebody may have taken it away: there is nothing to keep then, and a new one begins.
  if (std::rename(settings_.file.c_str(), older.c_str()) == 0)
    ++turned_;
  else if (errno != ENOENT)
    return wrong("rename");
  return begin();
}

std::expected<void, std::string> RecordFile::write(std::string_view line) {
  if (fd_ < 0 || (size_ > 0 && size_ + line.size() + 2 > settings_.limit)) {
    const auto begun = fd_ < 0 ? begin() : turn();
    if (!begun) return begun;
  }
  std::string whole;
  whole.reserve(line.size() + 2);
  if (torn_) whole.push_back('\n');
  whole.append(line).push_back('\n');
  std::string_view left = whole;
  while (!left.empty()) {
    const auto written = ::write(fd_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      torn_ = torn_ || left.size() != whole.size();
      return wrong("write");
    }
    size_ += static_cast<std::uint64_t>(written);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  torn_ = false;
  return {};
}

}  // namespace sbc::app
