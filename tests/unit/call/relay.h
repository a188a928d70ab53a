#pragma once
// A relay as the calls see it: opens, changes and closes sessions, and can be slow, unwilling or silent.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/control/messages.h"

#include "sbc/call/output.h"

namespace sbc::call::test {

class FakeRelay {
 public:
  enum class Mood : std::uint8_t {
    Willing,   // answers at once
    Slow,      // answers when told to (release)
    Refusing,  // Error NoPorts to Open and Modify
    Silent,    // does the work, but the reply is lost: the link reports a timeout after kTimeout
  };
  static constexpr base::Duration kTimeout = base::seconds(5);

  void take(const RelayCommand& command, base::Instant now);
  // Replies that are due, in the order of their commands.
  std::vector<control::RelayReply> replies(base::Instant now);
  void release();                     // Slow: everything that waits is due now
  void fail(control::ErrorCode why);  // the same, and it fails: what was to be opened is not there
  bool waits() const;                 // Slow: something waits
  base::Instant next_deadline() const;

  // The relay forgets the session, as after a restart.
  void forget(const std::string& id) { sessions.erase(id); }

  Mood mood = Mood::Willing;
  std::vector<control::FlowStats> last_words = {};       // with every Closed
  int refuse_next = 0;                                   // so many commands are refused, whatever the mood
  std::map<std::string, control::SessionSpec> sessions;  // open now, with the last spec
  std::map<std::string, std::uint64_t> owners;           // of every session there ever was
  std::vector<control::SessionSpec> history;             // every spec that was asked for, in order
  std::vector<control::SendDigits> digits;               // that it was to send
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t strange = 0;  // commands that make no sense: open twice, modify of what was never opened

 private:
  struct Waiting {
    base::Instant due{};
    control::RelayReply reply;
  };

  std::vector<control::FlowAddresses> addresses(const std::string& id, const control::SessionSpec& spec);

  std::deque<Waiting> waiting_;
  // Of one half. Another party gets another port, another network another flow.
  struct Place {
    std::uint16_t port = 0;
    std::uint32_t party = 0;
    std::string network = {};
  };
  std::map<std::string, std::array<Place, 2>> places_;  // by "<id>/<flow>"; kept while the session lives
  std::uint16_t next_port_ = 20000;
};

}  // namespace sbc::call::test
