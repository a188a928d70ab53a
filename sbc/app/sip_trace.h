#pragma once
// Every SIP message in and out as one JSON object per line, for people who must see what happened on the wire. Off by
// default: messages hold numbers and names of subscribers. Credentials and media keys are blanked.

#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "media-relay/base/ip.h"

#include "sbc/sip/transport.h"

namespace sbc::app {

class SipTrace {
 public:
  static std::expected<std::unique_ptr<SipTrace>, std::string> open(const std::string& path);
  ~SipTrace();
  SipTrace(const SipTrace&) = delete;
  SipTrace& operator=(const SipTrace&) = delete;

  enum class Direction : std::uint8_t { In, Out };
  struct Ends {
    base::Endpoint local;
    base::Endpoint remote;
    std::string_view realm;
  };
  // Any thread. Blocks for the disk: a tool for diagnosis, not for full load.
  void write(Direction direction, sip::Transport transport, const Ends& ends, std::string_view message);

 private:
  explicit SipTrace(std::FILE* file) : file_(file) {}
  std::mutex mutex_;
  std::FILE* file_;
};

}  // namespace sbc::app
