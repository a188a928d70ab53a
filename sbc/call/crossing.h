#pragma once
// Requests inside a call's dialogs that are none of the call's own business (INFO, MESSAGE, NOTIFY, SUBSCRIBE, methods
// we have never heard of) cross from one leg to the other: what of them does, and what their answers become.
//
//   leg A: server transaction  --- Passing --->  leg B: client transaction, with B's own Call-ID, tags, CSeq, Contact
//                              <-- status, a few headers
//
// Nothing is copied but what is listed in crossing.cc.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sbc/body/identifiers.h"
#include "sbc/call/media.h"
#include "sbc/sip/message.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

// Which methods cross when they come from a realm's peers. The peer has proved with its tags that it belongs to the
// call, bodies that carry addresses or dialog identifiers are rewritten or refused, so the usual ones may.
// Who carries out the REFERs of a realm's peers.
enum class Transfers : std::uint8_t {
  Handle,  // the border, to where the policy lets them call
  Pass,    // the other party, where it can: what names another call must be known there
  Refuse,
};

struct CrossingRules {
  std::vector<std::string> methods = {"INFO", "MESSAGE", "NOTIFY", "SUBSCRIBE"};
  bool allows(std::string_view method) const;  // case-sensitive (RFC 3261 7.1)
  Transfers transfers = Transfers::Handle;
};

// One request on its way.
struct Passing {
  Side from = Side::A;
  sip::Method method = sip::Method::Other;
  transaction::ServerId server = {};  // none: one of ours
  transaction::ClientId client = {};
  bool picture = false;  // it asks for a picture (pictures.cc)
};

// What one leg was asked for (pictures.cc).
struct PictureAsking {
  std::optional<base::Instant> last;
  bool refused = false;  // by INFO: it cannot
};

struct CrossingBody {
  std::string type;  // Content-Type; "": no body
  std::string text;
};
// The body as the other side may see it; nullopt: it must not cross (RFC 3261 21.4.13: 415). `trusted`: both sides are,
// and types that nobody here can read cross as well.
std::optional<CrossingBody> crossing_body(const sip::Message& message, body::Identifiers& identifiers, bool trusted);
// What we say we understand when a body was refused.
inline constexpr std::string_view kCrossingBodies =
    "application/dtmf-relay, application/media_control+xml, message/sipfrag, application/dialog-info+xml, text/plain";

// The header lines of a request, or of a final response, that the other leg sees.
std::string crossing_request_headers(const sip::Message& request);
std::vector<std::pair<std::string, std::string>> crossing_response_headers(const sip::Message& response);

// The status that the asking leg gets; 0: none at all (RFC 4320 4.2: 408 is never sent to a non-INVITE).
int crossing_status(int status);
// Whether the answer ends the dialog of the call (RFC 3261 12.2.1.2), and not just the usage that the request was about
// (RFC 5057): SUBSCRIBE, NOTIFY and REFER have a usage of their own, a MESSAGE or an unknown method has none.
bool ends_call(sip::Method method, int status);

// RFC 6665 8.2.1: package and id. Other parameters name dialogs (RFC 4235 3.2) and stay behind.
std::string crossing_event(std::string_view value);

// Values of Recv-Info (RFC 6086 7.3) as one list, but for packages that are of one leg alone (trickle-ice, RFC 8840);
// nullopt when the message has none.
std::optional<std::string> info_packages(const sip::Message& message);
// Whether the list names the package of an Info-Package value. Names compare byte for byte (RFC 6086 7.2), parameters
// do not count.
bool names_package(std::string_view list, std::string_view package);

}  // namespace sbc::call
