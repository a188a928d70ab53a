#include "media-relay/recording/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "media-relay/recording/limits.h"

namespace recording {
namespace {

constexpr mode_t kMode = 0600;

std::unexpected<std::string> wrong(std::string_view what, int error) {
  return std::unexpected(std::string(what) + ": " + std::strerror(error));
}

bool exists(const std::string& path) {
  struct stat found{};
  return lstat(path.c_str(), &found) == 0;
}

}  // namespace

std::expected<PartFile, std::string> PartFile::create(const std::string& directory, const std::string& name,
                                                      std::string_view extension, base::Instant now) {
  for (unsigned i = 1; i <= kMaxSameName; ++i) {
    std::string path = directory + "/" + name;
    if (i > 1) path.append("-").append(std::to_string(i));
    path.append(".").append(extension);
    if (exists(path)) continue;
    const std::string part = path + std::string(kPartSuffix);
    const int fd = open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return wrong(part, errno);
    PartFile file(fd, std::move(path), 0);
    file.written_ = now;
    return file;
  }
  return std::unexpected(name + ": expected at most " + std::to_string(kMaxSameName) + " files of this name");
}

std::expected<PartFile, std::string> PartFile::reopen(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return wrong(path, errno);
  struct stat found{};
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
    close(fd);
    return std::unexpected(path + ": expected a file");
  }
  return PartFile(fd, path.substr(0, path.size() - kPartSuffix.size()), static_cast<std::uint64_t>(found.st_size));
}

PartFile::PartFile(PartFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      size_(other.size_),
      waiting_(std::move(other.waiting_)),
      written_(other.written_) {}

PartFile& PartFile::operator=(PartFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(waiting_, other.waiting_);
  std::swap(written_, other.written_);
  return *this;
}

PartFile::~PartFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool PartFile::is_due(base::Instant now) const {
  return waiting_.size() >= kWriteBytes || (!waiting_.empty() && now - written_ >= kWriteInterval);
}

std::expected<void, std::string> PartFile::write(base::Instant now) {
  written_ = now;
  if (size() > kMaxFileBytes)
    return std::unexpected("expected at most " + std::to_string(kMaxFileBytes) + " bytes in a file");
  std::size_t done = 0;
  while (done < waiting_.size()) {
    const ssize_t n =
        pwrite(descriptor_, waiting_.data() + done, waiting_.size() - done, static_cast<off_t>(size_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = n < 0 ? errno : ENOSPC;
      // What fits stays; the last piece may be half a packet, which `cut` may take off.
      size_ += done;
      waiting_.clear();
      return wrong("write", error);
    }
    done += static_cast<std::size_t>(n);
  }
  size_ += done;
  waiting_.clear();
  return {};
}

std::expected<void, std::string> PartFile::patch(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) != static_cast<ssize_t>(bytes.size()))
    return wrong("write", errno);
  return {};
}

std::expected<void, std::string> PartFile::cut(std::uint64_t size) {
  if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return wrong("truncate", errno);
  size_ = size;
  waiting_.clear();
  return {};
}

std::size_t PartFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  const ssize_t n = pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

std::expected<std::string, std::string> PartFile::finish() {
  const std::string part = path_ + std::string(kPartSuffix);
  // Not over a file that has appeared meanwhile.
  if (renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) return wrong(path_, errno);
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  return path_.substr(path_.rfind('/') + 1);
}

std::expected<void, std::string> PartFile::remove() {
  const std::string part = path_ + std::string(kPartSuffix);
  if (unlink(part.c_str()) != 0) return wrong(part, errno);
  return {};
}

}  // namespace recording
