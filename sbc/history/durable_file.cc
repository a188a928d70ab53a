#include "sbc/history/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sbc::history {
namespace {

constexpr mode_t kMode = 0640;  // policies hold no secrets, but they say how calls can be placed

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, kMode)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool good() const { return fd_ >= 0; }
  bool settle() const { return ::fsync(fd_) == 0; }
  bool write(std::string_view text) const {
    while (!text.empty()) {
      const auto written = ::write(fd_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return settle();
  }

 private:
  int fd_;
};

std::unexpected<std::string> wrong(const std::string& path) {
  return std::unexpected(path + ": " + std::strerror(errno));
}

}  // namespace

std::expected<void, std::string> write_file(const std::string& path, std::string_view text) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  if (!file.good() || !file.write(text)) return wrong(path);
  return {};
}

std::expected<void, std::string> append_to_file(const std::string& path, std::string_view text) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW);
  if (!file.good() || !file.write(text)) return wrong(path);
  return {};
}

std::expected<void, std::string> settle_folder(const std::string& path) {
  const Descriptor folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.good() || !folder.settle()) return wrong(path);
  return {};
}

}  // namespace sbc::history
