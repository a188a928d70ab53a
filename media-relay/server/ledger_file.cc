#include "media-relay/server/ledger_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "media-relay/loop/socket.h"
#include "media-relay/server/limits.h"
#include "media-relay/session/snapshot.h"

namespace server {
namespace {

constexpr std::string_view kMagic = "PRPTLEDG";
constexpr std::size_t kFront = 4096;
// Memory is asked for in pieces: a page that the file system cannot give when it is written to ends the process.
constexpr std::size_t kPiece = 64 * sizeof(flow::Ledger);
constexpr std::size_t kBytes = kFront + kMaxLedgers * sizeof(flow::Ledger);

std::unexpected<std::string> failure(std::string_view what, const std::string& path) {
  return std::unexpected(std::string(what) + " " + path + ": " + std::strerror(errno));
}

std::byte* map(int fd, std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

void write_front(std::byte* memory) {
  const std::uint64_t layout = session::kSnapshotLayout;
  std::memcpy(memory, kMagic.data(), kMagic.size());
  std::memcpy(memory + kMagic.size(), &layout, sizeof layout);
}

}  // namespace

LedgerFile::~LedgerFile() {
  ::munmap(memory_, bytes_);
  ::close(fd_);
}

std::expected<std::unique_ptr<LedgerFile>, std::string> LedgerFile::create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return failure("open", path);
  std::byte* memory = nullptr;
  if (::ftruncate(fd, static_cast<off_t>(kBytes)) == 0) memory = map(fd, kBytes);
  if (memory == nullptr || ::posix_fallocate(fd, 0, static_cast<off_t>(kFront)) != 0) {
    auto error = failure("make room in", path);
    if (memory != nullptr) ::munmap(memory, kBytes);
    ::close(fd);
    ::unlink(path.c_str());
    return error;
  }
  write_front(memory);
  auto made = std::unique_ptr<LedgerFile>(new LedgerFile(fd, memory, kBytes));
  made->room_ = kFront;
  return made;
}

std::expected<std::unique_ptr<LedgerFile>, std::string> LedgerFile::take(const std::string& path) {
  loop::Fd fd(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (fd.get() < 0 && errno == ENOENT) return nullptr;
  if (::unlink(path.c_str()) != 0) return failure("remove", path);
  if (fd.get() < 0) return std::unexpected("open " + path);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid() ||
      (info.st_mode & 077) != 0 || static_cast<std::size_t>(info.st_size) != kBytes)
    return std::unexpected(path + ": expected a file of our own user's, with ledgers");
  std::byte* memory = map(fd.get(), kBytes);
  if (memory == nullptr) return failure("map", path);
  auto taken = std::unique_ptr<LedgerFile>(new LedgerFile(fd.release(), memory, kBytes));
  taken->room_ = kBytes;  // what was never written reads as zeros
  std::byte front[kMagic.size() + sizeof(std::uint64_t)];
  write_front(front);
  if (std::memcmp(memory, front, sizeof front) != 0) return std::unexpected(path + ": of another version");
  return taken;
}

flow::Ledger* LedgerFile::at(std::uint32_t number) {
  const std::size_t from = kFront + number * sizeof(flow::Ledger);
  const std::size_t to = from + sizeof(flow::Ledger);
  if (to > bytes_) return nullptr;
  if (to > room_) {
    const std::size_t wanted = std::min(bytes_, to + kPiece);
    if (::posix_fallocate(fd_, static_cast<off_t>(room_), static_cast<off_t>(wanted - room_)) != 0) return nullptr;
    room_ = wanted;
  }
  return reinterpret_cast<flow::Ledger*>(memory_ + from);
}

}  // namespace server
