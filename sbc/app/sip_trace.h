#pragma once
// Every SIP message in and out as one JSON object per line, for people who must see what happened on the wire. Off by
// default: messages hold numbers and names of subscribers. Credentials and media keys are blanked.

#include <cstdint>
#include <string_view>
#include <utility>

#include "media-relay/base/ip.h"
#include "media-relay/observe/metrics.h"

#include "sbc/app/line_file.h"
#include "sbc/sip/transport.h"

namespace sbc::app {

class SipTrace {
 public:
  // Bytes of messages that may wait for the disk.
  static constexpr std::size_t kMaxWaiting = std::size_t{32} << 20;

  // From now on into this file; nullptr: none.
  void use(LineFile::Handle file) { lines_.use(std::move(file)); }
  bool wanted() const { return lines_.wanted(); }

  enum class Direction : std::uint8_t { In, Out };
  struct Ends {
    base::Endpoint local;
    base::Endpoint remote;
    std::string_view realm;
  };
  // Any thread.
  void write(Direction direction, sip::Transport transport, const Ends& ends, std::string_view message);

  void expose(observe::Metrics& metrics) const;

 private:
  LineFile lines_{kMaxWaiting};
};

}  // namespace sbc::app
