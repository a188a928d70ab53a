#pragma once
// Messages that wait, before anybody has read them, for what other shards know of the dialogs that they name
// (named_dialogs.h). The answer is one turn of another loop away; one that does not come is not waited for.

#include <map>
#include <optional>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::app {

class HeldMessages {
 public:
  struct Held {
    sip::MessagePtr message;
    sip::Source source;
  };

  // For that many answers. The number that they are to bear; nullopt: kMost wait already.
  std::optional<std::uint32_t> hold(Held held, std::size_t answers, base::Instant now);
  // One answer has come: the message, when it was the last one and the message waits still.
  std::optional<Held> answered(std::uint32_t number);
  // Those that have waited for kLongest, oldest first.
  std::vector<Held> due(base::Instant now);
  base::Instant next_deadline() const;
  std::size_t size() const { return waiting_.size(); }

  static constexpr std::size_t kMost = 1024;  // messages of a turn that name dialogs, with room; 1 MiB of them
  static constexpr base::Duration kLongest = base::milliseconds(200);  // before T1: nobody repeats it meanwhile

 private:
  struct Waiting {
    Held held;
    std::size_t answers = 0;
    base::Instant until{};
  };
  std::map<std::uint32_t, Waiting> waiting_;  // numbers grow, and so do the deadlines
  std::uint32_t last_ = 0;
};

}  // namespace sbc::app
