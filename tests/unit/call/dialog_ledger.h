#pragma once
// What a peer knows of its dialogs from the messages that it got and sent, whatever the border thinks: the witness for
// "no half call". It judges by RFC 3261 12 and 15 alone: a 2xx to INVITE confirms a dialog, BYE ends it. And for "every
// offer is answered", by 13.2.1: the ACK to a 2xx that has the offer brings the answer, unless the dialog ends with it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/sip/message.h"

namespace sbc::call::test {

struct DialogName {
  std::string call_id;
  std::string local_tag;
  std::string remote_tag;
  auto operator<=>(const DialogName&) const = default;
};

// What a peer says to an INVITE, or to another request.
struct Reply {
  int status = 0;
  std::string_view own_tag;
  bool described = false;  // with SDP that can be read
  bool reliable = false;   // RFC 3262
};

class DialogLedger {
 public:
  // The border has sent it; it may be lost on the way.
  void on_its_way(const sip::Message& message, base::Instant now);
  // The transport has told the border that it cannot be sent: nobody waits for an answer to it any more (RFC 3261
  // 17.1.4), and a BYE was all that could be said. The peer's own timers end what is left.
  void could_not_be_sent(const sip::Message& message, base::Instant now);
  void got(const sip::Message& message);
  void answered(const sip::Message& request, const Reply& reply, base::Instant now);
  void said_bye(const DialogName& dialog);

  // Confirmed, with no BYE sent and none that came.
  std::vector<DialogName> alive() const;
  // The ACKs without the answer that they had to bring, as text.
  std::vector<std::string> unanswered() const;

 private:
  enum class State { Confirmed, Ended };
  // How long a 2xx to an INVITE finds somebody who acknowledges it. A later one is the peer's own to end, with BYE
  // after 64*T1 without ACK (RFC 3261 13.3.1.4).
  struct Invite {
    base::Instant ends;  // timer B; 64*T1 after CANCEL (9.1), or after the first 2xx (13.2.2.4)
    bool cancelled = false;
    bool heard = false;     // some response was sent
    bool accepted = false;  // a 2xx was
    bool refused = false;   // a final one other than 2xx was: no server transaction sends another (17.2.1)
  };

  // An offer in our answer to an INVITE without one: where its answer is to be.
  enum class Offer { InPrack, InAck, Done };
  struct InviteName {
    DialogName dialog;
    std::uint32_t cseq = 0;
    auto operator<=>(const InviteName&) const = default;
  };

  bool is_heard(const sip::Message& invite, int status, base::Instant now);
  void offered(const sip::Message& invite, const DialogName& dialog, const Reply& reply);
  void acknowledged(const sip::Message& ack, base::Instant now);
  void hung_up(const sip::Message& bye, base::Instant now);
  void confirm(DialogName dialog);
  void end(const DialogName& dialog);

  std::map<DialogName, State> dialogs_;
  std::map<std::string, Invite, std::less<>> invites_;  // by branch
  std::map<InviteName, Offer> offers_;
  struct BareAck {
    base::Instant sent;
    std::string text;  // empty: one of the two has hung up, and nothing is missing
  };
  std::map<DialogName, BareAck> bare_acks_;
};

}  // namespace sbc::call::test
