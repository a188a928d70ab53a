#pragma once
// A listening Unix stream socket with its file: made with its mode, taken away with its owner.

#include <sys/types.h>

#include <expected>
#include <string>

#include "media-relay/loop/socket.h"

namespace loop {

class LocalSocket {
 public:
  // A stale socket file (nobody answers there) is replaced; a live one, and any other file, is an error. The mode is
  // set before anybody can connect. Error: "bind /run/x: Address already in use".
  static std::expected<LocalSocket, std::string> listen(const std::string& path, unsigned mode, int backlog);

  LocalSocket() = default;
  LocalSocket(LocalSocket&& other) noexcept;
  LocalSocket& operator=(LocalSocket&& other) noexcept;
  ~LocalSocket();  // the file goes, if it is still this socket's: a successor may have replaced it

  const Fd& fd() const { return fd_; }
  // Somebody else closes the descriptor; the file stays this object's.
  Fd take() { return std::move(fd_); }

 private:
  void remove();

  Fd fd_;
  std::string path_;  // "": there is no file
  dev_t device_{};
  ino_t inode_{};
};

}  // namespace loop
