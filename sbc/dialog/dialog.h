#pragma once
// A dialog (RFC 3261 12): what two user agents remember about each other, as a value. It is copied into checkpoints,
// and it sends nothing by itself.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sip/message.h"
#include "sbc/sip/writer.h"

namespace sbc::dialog {

// What a client knew when it sent the request that makes the dialog.
struct ClientStart {
  std::string call_id;
  std::string local_tag;
  std::string local;   // From without its tag, as written: "\"A\" <sip:a@example.com>"
  std::string remote;  // To as written
  std::string target;  // Request-URI: remote target when a response names no Contact
  std::uint32_t cseq = 0;
};

class Dialog {
 public:
  enum class State : std::uint8_t { Early, Confirmed };
  enum class Check : std::uint8_t {
    Accept,
    OutOfOrder  // lower CSeq than the last: answer 500 (12.2.2)
  };

  Dialog() = default;

  // 12.1.1: the server's side of a dialog that `request` (INVITE, SUBSCRIBE, REFER) makes. Starts Early. Without
  // Contact the remote target is the From URI (RFC 2543 peers).
  static Dialog from_server(const sip::Message& request, std::string local_tag);

  // 12.1.2: the client's side, from a response 101-299. Error: the response makes no dialog (100, a provisional one
  // without To tag, or a final one that is not 2xx). Confirmed if it is a 2xx.
  static std::expected<Dialog, std::string> from_client(const ClientStart& start, const sip::Message& response);

  // Server: our 2xx went out. The route set stays.
  void confirm() { state_ = State::Confirmed; }
  // Client: the 2xx for this early dialog came; route set and remote target are computed again from it (13.2.2.4).
  void confirm(const sip::Message& response);

  const std::string& call_id() const { return call_id_; }
  const std::string& local_tag() const { return local_tag_; }
  const std::string& remote_tag() const { return remote_tag_; }  // "": a peer without tags (RFC 2543)
  const std::string& local_uri() const { return local_uri_; }    // name-addr with angle brackets, without tag
  const std::string& remote_uri() const { return remote_uri_; }
  const std::string& remote_target() const { return remote_target_; }    // a URI
  const std::vector<std::string>& route_set() const { return routes_; }  // values of Route, in order
  std::optional<std::uint32_t> local_cseq() const { return local_cseq_; }
  std::optional<std::uint32_t> remote_cseq() const { return remote_cseq_; }
  State state() const { return state_; }
  // Its first request was ours, and so its Call-ID is.
  bool opened() const { return opened_; }

  // Call-ID and both tags (12): for a request From is the remote side, for a response To is.
  bool matches(const sip::Message& message) const;

  // 12.2.2: order of requests within the dialog; remembers the highest CSeq. ACK and CANCEL are always accepted, and
  // not counted.
  Check on_request(const sip::Message& request);

  // 12.2.1.2, 12.2.2: target refresh. Call it for an accepted re-INVITE or UPDATE, and for a 2xx to ours. Nothing
  // happens when the message has no usable Contact.
  void refresh_target(const sip::Message& message);

  // 12.2.1.1: the number of our next request (not for ACK, which repeats its INVITE's, nor CANCEL).
  std::uint32_t next_cseq();
  // Continues after a number that was used outside (INVITE sent again with credentials).
  void raise_local_cseq(std::uint32_t used);

  // 12.2.1.1: request line, Via, Max-Forwards, Route, From, To, Call-ID, CSeq; the caller goes on with Contact. Strict
  // routers (no ;lr on the first Route) get the old form.
  void write_request_head(sip::Writer& writer, std::string_view method, std::uint32_t cseq, std::string_view via,
                          std::uint32_t max_forwards) const;

  // Where the request goes: the first Route, or the remote target. A URI without angle brackets.
  std::string next_hop_uri() const;

  friend bool operator==(const Dialog&, const Dialog&) = default;

 private:
  void take_route_set(const sip::Message& message, bool reversed);

  std::string call_id_;
  std::string local_tag_;
  std::string remote_tag_;
  std::string local_uri_;
  std::string remote_uri_;
  std::string remote_target_;
  std::vector<std::string> routes_;
  std::optional<std::uint32_t> local_cseq_;
  std::optional<std::uint32_t> remote_cseq_;
  State state_ = State::Early;
  bool opened_ = false;
};

// More Record-Routes than kMaxRoutes: no dialog is to be made of it.
bool has_too_many_routes(const sip::Message& message);

}  // namespace sbc::dialog
