#include "media-relay/loop/local_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace loop {
namespace {

// Nobody listens behind this socket file any more.
bool stale(const sockaddr_un& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return false;
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

std::expected<LocalSocket, std::string> LocalSocket::listen(const std::string& path, unsigned mode, int backlog) {
  const auto failed = [&path](const char* what, int code) {
    return std::unexpected(std::string(what) + " " + path + ": " + std::strerror(code));
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return failed("bind", ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat file{};
  if (::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) && stale(address)) ::unlink(path.c_str());

  LocalSocket made;
  made.fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.fd_) return failed("socket", errno);
  if (::bind(made.fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed("bind", errno);
  if (::lstat(path.c_str(), &file) == 0) {
    made.path_ = path;
    made.device_ = file.st_dev;
    made.inode_ = file.st_ino;
  }
  // Before listen(), so that nobody connects under the wider mode that the umask left.
  if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return failed("chmod", errno);
  if (::listen(made.fd_.get(), backlog) != 0) return failed("listen", errno);
  return made;
}

LocalSocket::LocalSocket(LocalSocket&& other) noexcept
    : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

LocalSocket& LocalSocket::operator=(LocalSocket&& other) noexcept {
  if (this == &other) return *this;
  remove();
  fd_ = std::move(other.fd_);
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

LocalSocket::~LocalSocket() {
  remove();
}

void LocalSocket::remove() {
  if (path_.empty()) return;
  struct stat now{};
  if (::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace loop
