#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "media-relay/loop/stream.h"

namespace loop {
namespace {

constexpr int kBacklog = 1024;

bool retry_at_once(int error) {
  // Errors of the connection that was to be taken, not of the listener (accept(2)).
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENOPROTOOPT || error == EHOSTDOWN ||
         error == EHOSTUNREACH || error == ENETDOWN || error == ENETUNREACH || error == ENONET || error == EOPNOTSUPP;
}

// Nobody listens behind this socket file any more.
bool stale(const sockaddr_un& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return false;
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

struct StreamListener::Inner {
  Inner(EventLoop& on, Fd socket, OnAccept accept)
      : loop(on),
        fd(std::move(socket)),
        on_accept(std::move(accept)),
        watch(on, fd.get(), [this](Ready) { accept_some(); }),
        pause(on, [this] { watch.want({.read = true}); }) {
    watch.want({.read = true});
  }
  ~Inner() {
    if (destroyed != nullptr) *destroyed = true;
    if (path.empty()) return;
    // Only if the file is still ours: a successor may have replaced it.
    struct stat now{};
    if (::stat(path.c_str(), &now) == 0 && now.st_dev == device && now.st_ino == inode) ::unlink(path.c_str());
  }

  EventLoop& loop;
  Fd fd;
  OnAccept on_accept;
  FdWatch watch;
  Timer pause;
  std::uint64_t failures = 0;
  bool* destroyed = nullptr;
  std::string path;  // of a Unix socket
  dev_t device{};
  ino_t inode{};

  void accept_some() {
    bool gone = false;
    destroyed = &gone;
    for (int i = 0; i < kMostAcceptsPerTurn; ++i) {
      SocketAddress peer;
      peer.length = sizeof peer.storage;
      Fd taken(::accept4(fd.get(), peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (taken) {
        const base::Endpoint from = from_kernel(peer.storage);
        const int on = 1;
        if (!from.empty()) ::setsockopt(taken.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        on_accept(std::move(taken), from);
        if (gone) return;
        continue;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      ++failures;
      if (retry_at_once(errno)) continue;
      watch.want({});
      pause.arm(loop.now() + kAcceptPause);
      break;
    }
    destroyed = nullptr;
  }
};

StreamListener::StreamListener(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
StreamListener::~StreamListener() = default;

std::expected<std::unique_ptr<StreamListener>, std::string> StreamListener::listen_unix(EventLoop& loop,
                                                                                        const std::string& path,
                                                                                        unsigned mode,
                                                                                        OnAccept on_accept) {
  const auto failed = [&](const char* what, int code) {
    return std::unexpected(std::string(what) + " " + path + ": " + std::strerror(code));
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return failed("bind", ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat file{};
  if (::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) && stale(address)) ::unlink(path.c_str());

  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed("socket", errno);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed("bind", errno);
  // Before listen(), so that nobody connects under the wider mode that the umask left.
  if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return failed("chmod", errno);
  if (::listen(fd.get(), kBacklog) != 0) return failed("listen", errno);
  auto inner = std::make_unique<Inner>(loop, std::move(fd), std::move(on_accept));
  if (::stat(path.c_str(), &file) == 0) {
    inner->path = path;
    inner->device = file.st_dev;
    inner->inode = file.st_ino;
  }
  return std::unique_ptr<StreamListener>(new StreamListener(std::move(inner)));
}

std::expected<std::unique_ptr<StreamListener>, std::string> StreamListener::listen_tcp(EventLoop& loop,
                                                                                       const base::Endpoint& where,
                                                                                       BindOptions options,
                                                                                       OnAccept on_accept) {
  std::expected<Fd, std::string> fd = open_bound(SocketKind::Stream, where, options);
  if (!fd) return std::unexpected(std::move(fd.error()));
  if (::listen(fd->get(), kBacklog) != 0)
    return std::unexpected("listen " + where.text() + ": " + std::strerror(errno));
  return std::unique_ptr<StreamListener>(
      new StreamListener(std::make_unique<Inner>(loop, std::move(*fd), std::move(on_accept))));
}

base::Endpoint StreamListener::local() const {
  return local_endpoint(inner_->fd.get());
}

std::uint64_t StreamListener::accept_failures() const {
  return inner_->failures;
}

}  // namespace loop
