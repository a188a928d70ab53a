#include "media-relay/server/snapshot_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "media-relay/loop/socket.h"
#include "media-relay/server/limits.h"

namespace server {
namespace {

std::string reason() {
  return std::strerror(errno);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool read_all(int fd, std::string& out) {
  std::size_t at = 0;
  while (at < out.size()) {
    const ssize_t n = ::read(fd, out.data() + at, out.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

// Empty, or what is wrong with the file.
std::string objection(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "expected a plain file";
  if (info.st_uid != geteuid()) return "expected a file of our own user";
  if ((info.st_mode & 077) != 0) return "expected a file that nobody else may read or write";
  if (info.st_size < 0 || static_cast<std::size_t>(info.st_size) > kMaxSnapshotBytes)
    return "expected at most " + std::to_string(kMaxSnapshotBytes) + " bytes";
  return {};
}

}  // namespace

bool is_in_memory(const std::string& path) {
  struct statfs info{};
  const std::string folder = std::filesystem::path(path).parent_path();
  return ::statfs(folder.c_str(), &info) == 0 && (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC);
}

std::expected<void, std::string> leave_snapshot(const std::string& path, std::string_view bytes) {
  const std::string part = path + ".part";
  ::unlink(part.c_str());
  const loop::Fd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.get() < 0) return std::unexpected("open " + part + ": " + reason());
  std::string wrong;
  if (!write_all(fd.get(), bytes))
    wrong = "write " + part + ": " + reason();
  else if (::rename(part.c_str(), path.c_str()) != 0)
    wrong = "rename to " + path + ": " + reason();
  if (wrong.empty()) return {};
  ::unlink(part.c_str());
  return std::unexpected(wrong);
}

std::expected<std::string, std::string> take_snapshot(const std::string& path) {
  const loop::Fd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (fd.get() < 0 && errno == ENOENT) return std::string();
  const std::string not_open = fd.get() < 0 ? "open " + path + ": " + reason() : std::string();
  // Whatever it is, it must not be found again.
  if (::unlink(path.c_str()) != 0) return std::unexpected("remove " + path + ": " + reason());
  if (!not_open.empty()) return std::unexpected(not_open);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return std::unexpected("stat " + path + ": " + reason());
  if (const std::string wrong = objection(info); !wrong.empty()) return std::unexpected(path + ": " + wrong);
  std::string out(static_cast<std::size_t>(info.st_size), '\0');
  if (!read_all(fd.get(), out)) return std::unexpected("read " + path + ": " + reason());
  return out;
}

}  // namespace server
