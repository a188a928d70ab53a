#pragma once
// A connected byte stream (Unix or TCP) on the loop, with bounded output.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "media-relay/base/ip.h"
#include "media-relay/base/shared_bytes.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/limits.h"
#include "media-relay/loop/socket.h"

namespace loop {

class Stream {
 public:
  enum class CloseReason : std::uint8_t {
    EndOfStream,    // the peer closed in good order
    Error,          // read, write or connect failed: last_errno() says why
    OutputOverflow  // the peer does not read: more than most_output was waiting
  };

  // All calls come from the loop, never from inside write() or close(). The stream may be destroyed inside any of them.
  class Delegate {
   public:
    virtual ~Delegate() = default;
    // Only for streams made by connect_*: the connection stands. Writing is allowed before.
    virtual void on_connected(Stream&) {}
    // New bytes; the view ends with the call.
    virtual void on_bytes(Stream&, std::string_view bytes) = 0;
    // Everything written so far went to the kernel.
    virtual void on_drained(Stream&) {}
    // Once, and the last call. Not called after close() or destruction by the owner.
    virtual void on_closed(Stream&, CloseReason reason) = 0;
  };

  // Takes over a connected socket (from StreamListener, socketpair).
  Stream(EventLoop& loop, Fd socket, Delegate& delegate, StreamLimits limits = {});
  // Connecting goes on in the loop; its failure arrives as on_closed(Error). The error returned here is for what cannot
  // even start ("connect /run/x.sock: File name too long").
  static std::expected<std::unique_ptr<Stream>, std::string> connect_unix(EventLoop& loop, const std::string& path,
                                                                          Delegate& delegate, StreamLimits limits = {});
  // `from`: local address to bind to when not empty (port 0: any).
  static std::expected<std::unique_ptr<Stream>, std::string> connect_tcp(EventLoop& loop, const base::Endpoint& to,
                                                                         const base::Endpoint& from, Delegate& delegate,
                                                                         StreamLimits limits = {});
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Queues the bytes; they leave at the end of the turn, several writes in one system call. False when the stream is
  // closed or this write broke the output limit (on_closed(OutputOverflow) then follows from the loop).
  bool write(std::string_view bytes);
  bool write(base::SharedBytes bytes);
  // Stops reading for a while (the owner's own back pressure) or goes on.
  void pause_reading(bool pause);
  // No more callbacks; what is still queued is tried once and then dropped.
  void close();

  bool connected() const;
  bool closed() const;
  bool overflowed() const;                // a write broke the output limit
  std::size_t waiting() const;            // bytes accepted and not yet taken by the kernel
  std::uint64_t written_total() const;    // bytes accepted since the start
  std::uint64_t delivered_total() const;  // bytes taken by the kernel since the start
  // TCP: those that the peer's kernel has acknowledged. When the peer or the network has ended the connection: that it
  // had until then. After our own close() the same as delivered_total().
  std::uint64_t acknowledged_total() const;
  int last_errno() const;
  int fd() const;

 private:
  struct Inner;
  Stream(EventLoop& loop, Fd socket, Delegate& delegate, StreamLimits limits, bool connecting);
  Inner* inner_;
};

const char* name_of(Stream::CloseReason reason);

// Accepts connections and hands the sockets out.
class StreamListener {
 public:
  using OnAccept = std::function<void(Fd socket, const base::Endpoint& peer)>;  // peer is empty for Unix sockets

  // A Unix stream socket with the given mode (0660). A stale socket file (nobody answers there) is replaced; a live one
  // is an error. The file is removed with the listener.
  static std::expected<std::unique_ptr<StreamListener>, std::string> listen_unix(EventLoop& loop,
                                                                                 const std::string& path, unsigned mode,
                                                                                 OnAccept on_accept);
  static std::expected<std::unique_ptr<StreamListener>, std::string> listen_tcp(EventLoop& loop,
                                                                                const base::Endpoint& where,
                                                                                BindOptions options,
                                                                                OnAccept on_accept);
  ~StreamListener();
  StreamListener(const StreamListener&) = delete;
  StreamListener& operator=(const StreamListener&) = delete;

  base::Endpoint local() const;  // empty for Unix sockets
  std::uint64_t accept_failures() const;

 private:
  struct Inner;
  explicit StreamListener(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace loop
