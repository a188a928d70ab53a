#pragma once
// A scripted user agent on one side of the border. It keeps the rules of RFC 3261 that a test does not want to write
// out each time (a request that comes again gets the same answer again, a 2xx that comes again the same ACK, a failure
// its ACK), and does everything else only when told.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

#include "dialog_ledger.h"

namespace sbc::call::test {

class Rig;

std::string sdp(std::string_view ip, int port, std::string_view direction = "sendrecv", int version = 1);
std::string sdp_two_lines(std::string_view ip, int port, int version = 1);

struct InviteOptions {
  std::string body = {};  // "": no offer
  std::string content_type = "application/sdp";
  std::string headers = {};  // whole lines
  int max_forwards = 70;
};

class Peer {
 public:
  Peer(Rig& rig, std::string name, std::string address, std::uint16_t listener);

  // --- as a caller --------------------------------------------------------------------------------------------------
  void invite(const InviteOptions& options);
  void invite() { invite({.body = sdp(ip(), 4000)}); }
  void cancel(std::string_view headers = {});
  // The ACK to the last 2xx.
  void ack(std::string_view body = {}, std::string_view headers = {});
  void ack_from(const std::string& address, std::string_view body = {});

  // --- as a callee --------------------------------------------------------------------------------------------------
  // Answers the oldest INVITE that waits. `tag`: of this branch of a fork.
  void answer(int status, std::string_view body = {}, std::string_view headers = {}, std::string_view tag = {});
  void answer_to(const sip::MessagePtr& request, int status, std::string_view body = {}, std::string_view headers = {},
                 std::string_view tag = {});
  // Sends the last 2xx again, without waiting for a reason.
  void repeat_accept();

  // --- in a dialog --------------------------------------------------------------------------------------------------
  void reinvite(std::string_view body, std::string_view headers = {});
  void request(std::string_view method, std::string_view body = {}, std::string_view headers = {},
               std::optional<std::uint32_t> cseq = {});
  void bye() { request("BYE"); }
  void send_raw(std::string bytes);
  // A request text in the dialog, not sent.
  std::string request_text(std::string_view method, std::uint32_t cseq, std::string_view body, std::string_view headers,
                           std::string_view branch) const;

  // --- what came ----------------------------------------------------------------------------------------------------
  void receive(const sip::MessagePtr& message);
  // The first new message that fits, taken out; nullptr when there is none. "INVITE", "180", "200 BYE".
  sip::MessagePtr take(std::string_view what);
  bool has(std::string_view what) const;
  // How often such a message came at all, repetitions included.
  std::size_t count(std::string_view what) const;
  std::vector<std::string> inbox_lines() const;
  void clear() { inbox.clear(); }
  std::size_t pending_invites() const { return pending_.size(); }
  sip::MessagePtr last_accepted() const { return accepted_; }
  bool in_dialog() const { return !remote_tag_.empty(); }
  bool has_unacked() const { return unacked_ != nullptr; }
  bool invite_pending() const { return own_invite_pending_; }
  const std::string& name() const { return name_; }
  std::string ip() const { return endpoint_.ip.text(); }
  const base::Endpoint& endpoint() const { return endpoint_; }

  sip::Transport transport = sip::Transport::Udp;  // that its messages come over
  std::string request_uri;                         // of the next INVITE; "": the border's

  // --- manners ------------------------------------------------------------------------------------------------------
  bool auto_bye_ok = true;     // 200 to BYE
  bool auto_cancel_ok = true;  // 200 to CANCEL
  bool auto_terminate = true;  // 487 to the cancelled INVITE
  bool deaf = false;           // nothing arrives
  bool ack_failures = true;
  bool repeats_ack = true;  // 2xx again: ACK again

  std::vector<sip::MessagePtr> inbox;  // new messages
  std::vector<sip::MessagePtr> log;    // everything
  std::vector<std::string> sent;       // everything that was said
  DialogLedger ledger;                 // which dialogs were confirmed, and ended

 private:
  friend class Rig;
  std::string new_branch();
  std::string via(std::string_view branch) const;
  sip::Source source() const;
  void on_request(const sip::MessagePtr& message);
  void on_response(const sip::MessagePtr& message);

  Rig& rig_;
  std::string name_;
  base::Endpoint endpoint_;
  std::uint16_t listener_;

  std::string call_id_, local_tag_, remote_tag_, local_uri_, remote_uri_, target_;
  std::uint32_t cseq_ = 0;
  std::uint32_t invite_cseq_ = 0;
  std::string invite_branch_;
  bool own_invite_pending_ = false;
  sip::MessagePtr accepted_;                 // the last 2xx to an INVITE of ours
  sip::MessagePtr unacked_;                  // the same, until we acknowledge it
  std::map<std::string, std::string> acks_;  // by "cseq tag"

  std::vector<sip::MessagePtr> pending_;         // INVITEs to us without final answer
  std::map<std::string, std::string> answered_;  // by "branch method": the last answer
  std::set<std::string> seen_;
  std::string last_accept_;
};

// "INVITE", "180", "200 BYE": does the message fit?
bool fits(const sip::Message& message, std::string_view what);
std::string line_of(const sip::Message& message);

}  // namespace sbc::call::test
