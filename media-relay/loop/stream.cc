#include "media-relay/loop/stream.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>

namespace loop {
namespace {

constexpr std::size_t kReadChunk = 64 * 1024;
// Pieces below the first size that have to wait join up to the second: alone, each would cost many times its size.
constexpr std::size_t kSmallPiece = 512;
constexpr std::size_t kJointPiece = 16 * 1024;
constexpr std::size_t kPiecesPerWrite = 64;  // well below IOV_MAX; more pieces gain nothing per call

}  // namespace

struct Stream::Inner {
  Inner(Stream& stream, EventLoop& loop, Fd socket, Delegate& to, StreamLimits with, bool still_connecting)
      : owner(&stream),
        delegate(&to),
        limits(with),
        fd(std::move(socket)),
        connecting(still_connecting),
        watch(std::make_unique<FdWatch>(loop, fd.get(), [this](Ready ready) { on_ready(ready); })),
        turn_end(loop, [this] { at_turn_end(); }) {
    update_interest();
  }
  ~Inner() {
    if (destroyed != nullptr) *destroyed = true;
  }

  Stream* owner;
  Delegate* delegate;
  StreamLimits limits;
  Fd fd;
  bool connecting;
  bool announce = false;  // on_connected is due
  bool paused = false;
  bool done = false;
  int error = 0;
  std::optional<CloseReason> pending;  // found out where no callback is allowed
  std::deque<base::SharedBytes> output;
  std::shared_ptr<std::string> joint;  // the newest piece that small ones joined
  std::size_t output_offset = 0;       // of the first piece
  std::size_t waiting = 0;
  std::uint64_t accepted_total = 0;
  std::uint64_t on_the_way = 0;  // when it ended: taken by the kernel, and not acknowledged
  bool* destroyed = nullptr;     // set by the destructor while a callback runs
  std::unique_ptr<FdWatch> watch;
  TurnEnd turn_end;

  void update_interest() {
    if (done) return;
    watch->want({.read = !connecting && !paused, .write = connecting || (blocked && waiting > 0)});
  }
  bool blocked = false;  // the kernel's buffer was full

  // Calls f; false when the stream was destroyed or closed inside.
  template <typename F>
  bool call(F&& f) {
    bool gone = false;
    bool* const outer = destroyed;
    destroyed = &gone;
    f();
    if (gone) {
      if (outer != nullptr) *outer = true;
      return false;
    }
    destroyed = outer;
    return !done;
  }

  void on_ready(Ready ready) {
    if (connecting) {
      if (ready.write) finish_connect();
      return;
    }
    if (ready.write) {
      blocked = false;
      if (!flush()) return finish(CloseReason::Error);
      update_interest();
      if (waiting == 0 && !call([this] { delegate->on_drained(*owner); })) return;
    }
    if (ready.read) read_some();
  }

  void finish_connect() {
    socklen_t length = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error != 0) return finish(CloseReason::Error);
    connecting = false;
    update_interest();
    if (!call([this] { delegate->on_connected(*owner); })) return;
    if (waiting > 0) turn_end.request();
  }

  void read_some() {
    std::array<char, kReadChunk> buffer;
    std::size_t taken = 0;
    while (taken < limits.most_input_per_turn && !paused) {
      const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
      if (n > 0) {
        taken += static_cast<std::size_t>(n);
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
        if (!call([&] { delegate->on_bytes(*owner, bytes); })) return;
        if (bytes.size() < buffer.size()) return;
        continue;
      }
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (n < 0) {
        error = errno;
        return finish(CloseReason::Error);
      }
      // The peer has said all it wanted; what we have for it may still arrive if it closed only its own direction.
      flush();
      return finish(CloseReason::EndOfStream);
    }
  }

  // Hands the kernel as much as it takes. False on a broken connection.
  bool flush() {
    while (waiting > 0 && !connecting && !blocked) {
      std::array<iovec, kPiecesPerWrite> pieces;
      std::size_t count = 0;
      for (const base::SharedBytes& piece : output) {
        const std::size_t skip = count == 0 ? output_offset : 0;
        pieces[count].iov_base = const_cast<char*>(piece->data() + skip);
        pieces[count].iov_len = piece->size() - skip;
        if (++count == pieces.size()) break;
      }
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = count;
      const ssize_t n = ::sendmsg(fd.get(), &message, MSG_NOSIGNAL);
      if (n < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
          blocked = true;
          break;
        }
        error = errno;
        return false;
      }
      took(static_cast<std::size_t>(n));
    }
    return true;
  }

  void took(std::size_t n) {
    waiting -= n;
    n += output_offset;
    while (!output.empty() && n >= output.front()->size()) {
      n -= output.front()->size();
      output.pop_front();
    }
    output_offset = n;
  }

  bool accept_output(base::SharedBytes bytes) {
    if (done || pending) return false;
    if (bytes->empty()) return true;
    if (waiting + bytes->size() > limits.most_output) {
      fail_later(CloseReason::OutputOverflow);
      return false;
    }
    waiting += bytes->size();
    accepted_total += bytes->size();
    enqueue(std::move(bytes));
    if (!connecting && !blocked) turn_end.request();
    return true;
  }

  void enqueue(base::SharedBytes bytes) {
    if (output.empty() || bytes->size() >= kSmallPiece) return output.push_back(std::move(bytes));
    if (joint == nullptr || output.back() != joint || joint->size() + bytes->size() > kJointPiece) {
      joint = std::make_shared<std::string>();
      output.push_back(joint);
    }
    *joint += *bytes;
  }

  // connect() decided at once; the delegate hears of it from the loop.
  void started(int connect_error) {
    error = connect_error;
    if (error == 0) {
      announce = true;
      turn_end.request();
      return;
    }
    watch->want({});
    fail_later(CloseReason::Error);
  }

  void fail_later(CloseReason reason) {
    pending = reason;
    turn_end.request();
  }

  void at_turn_end() {
    if (done) return;
    if (pending) return finish(*pending);
    if (std::exchange(announce, false) && !call([this] { delegate->on_connected(*owner); })) return;
    if (pending) return finish(*pending);
    const bool had = waiting > 0;
    if (!flush()) return finish(CloseReason::Error);
    update_interest();
    if (had && waiting == 0) call([this] { delegate->on_drained(*owner); });
  }

  // What the kernel has taken and the peer's has not acknowledged. Linux knows it after a reset, too.
  std::uint64_t unacknowledged() const {
    if (done) return on_the_way;
    int bytes = 0;
    if (connecting || ::ioctl(fd.get(), SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
    return std::min(static_cast<std::uint64_t>(bytes), accepted_total - waiting);
  }

  void shut() {
    done = true;
    watch->want({});
    fd.reset();
  }

  void finish(CloseReason reason) {
    if (done) return;
    on_the_way = unacknowledged();
    shut();
    call([&] { delegate->on_closed(*owner, reason); });
  }
};

Stream::Stream(EventLoop& loop, Fd socket, Delegate& delegate, StreamLimits limits, bool connecting)
    : inner_(new Inner(*this, loop, std::move(socket), delegate, limits, connecting)) {}

Stream::Stream(EventLoop& loop, Fd socket, Delegate& delegate, StreamLimits limits)
    : Stream(loop, std::move(socket), delegate, limits, false) {}

Stream::~Stream() {
  close();
  delete inner_;
}

std::expected<std::unique_ptr<Stream>, std::string> Stream::connect_unix(EventLoop& loop, const std::string& path,
                                                                         Delegate& delegate, StreamLimits limits) {
  const auto failed = [&](int code) { return std::unexpected("connect " + path + ": " + std::strerror(code)); };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return failed(ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(errno);
  const int error = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  std::unique_ptr<Stream> stream(new Stream(loop, std::move(fd), delegate, limits, false));
  stream->inner_->started(error);
  return stream;
}

std::expected<std::unique_ptr<Stream>, std::string> Stream::connect_tcp(EventLoop& loop, const base::Endpoint& to,
                                                                        const base::Endpoint& from, Delegate& delegate,
                                                                        StreamLimits limits) {
  const auto failed = [&](int code) { return std::unexpected("connect " + to.text() + ": " + std::strerror(code)); };
  Fd fd(::socket(to.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(errno);
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!from.empty()) {
    // Lets the kernel choose the port at connect time, by the whole 4-tuple (ip(7)): otherwise ports run out early.
    ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const SocketAddress local = to_kernel(from);
    if (::bind(fd.get(), local.get(), local.length) != 0) return failed(errno);
  }
  const SocketAddress peer = to_kernel(to);
  const int error = ::connect(fd.get(), peer.get(), peer.length) == 0 ? 0 : errno;
  const bool connecting = error == EINPROGRESS;
  std::unique_ptr<Stream> stream(new Stream(loop, std::move(fd), delegate, limits, connecting));
  if (!connecting) stream->inner_->started(error);
  return stream;
}

bool Stream::write(std::string_view bytes) {
  return inner_->accept_output(base::share(std::string(bytes)));
}

bool Stream::write(base::SharedBytes bytes) {
  return inner_->accept_output(std::move(bytes));
}

void Stream::pause_reading(bool pause) {
  inner_->paused = pause;
  inner_->update_interest();
}

void Stream::close() {
  if (inner_->done) return;
  if (!inner_->pending) inner_->flush();
  inner_->shut();
}

bool Stream::connected() const {
  return !inner_->done && !inner_->connecting && !inner_->pending;
}
bool Stream::closed() const {
  return inner_->done || inner_->pending;
}
bool Stream::overflowed() const {
  return inner_->pending == CloseReason::OutputOverflow;
}
std::size_t Stream::waiting() const {
  return inner_->waiting;
}
std::uint64_t Stream::written_total() const {
  return inner_->accepted_total;
}
std::uint64_t Stream::delivered_total() const {
  return inner_->accepted_total - inner_->waiting;
}
std::uint64_t Stream::acknowledged_total() const {
  return delivered_total() - inner_->unacknowledged();
}
int Stream::last_errno() const {
  return inner_->error;
}
int Stream::fd() const {
  return inner_->fd.get();
}

const char* name_of(Stream::CloseReason reason) {
  switch (reason) {
    case Stream::CloseReason::EndOfStream:
      return "end of stream";
    case Stream::CloseReason::Error:
      return "error";
    case Stream::CloseReason::OutputOverflow:
      return "output overflow";
  }
  return "?";
}

}  // namespace loop
