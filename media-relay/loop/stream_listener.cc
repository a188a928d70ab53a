#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

#include "media-relay/loop/local_socket.h"
#include "media-relay/loop/stream.h"

namespace loop {
namespace {

constexpr int kBacklog = 1024;

bool retry_at_once(int error) {
  // Errors of the connection that was to be taken, not of the listener (accept(2)).
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENOPROTOOPT || error == EHOSTDOWN ||
         error == EHOSTUNREACH || error == ENETDOWN || error == ENETUNREACH || error == ENONET || error == EOPNOTSUPP;
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
  }

  EventLoop& loop;
  Fd fd;
  OnAccept on_accept;
  FdWatch watch;
  Timer pause;
  std::uint64_t failures = 0;
  bool* destroyed = nullptr;
  LocalSocket file{};  // of a Unix socket; its descriptor is `fd`

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
  auto made = LocalSocket::listen(path, mode, kBacklog);
  if (!made) return std::unexpected(std::move(made.error()));
  auto inner = std::make_unique<Inner>(loop, made->take(), std::move(on_accept));
  inner->file = *std::move(made);
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
