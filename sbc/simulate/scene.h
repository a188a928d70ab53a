#pragma once
// A call that is to be simulated: what stands around it, who calls, and how those behave who are called.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

#include "sbc/call/settings.h"
#include "sbc/policy/host.h"
#include "sbc/policy/rate_windows.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/config.h"

namespace sbc::simulate {

// A configuration, as far as calls see it.
struct Setting {
  std::shared_ptr<const call::Settings> calls;
  transaction::Config transactions;
  // Whether policies may ask for a URL.
  std::function<bool(std::string_view url)> may_ask = [](std::string_view) { return true; };
  // What a REGISTER of this realm asks for, by the realm's settings.
  std::function<void(const sip::Message& message, std::string_view realm, policy::RegisterFacts& facts)>
      describe_registration = [](const sip::Message&, std::string_view, policy::RegisterFacts&) {};
  // Whether policies may give Redis a command ("HGET", "routes", "43").
  std::function<bool(const std::vector<std::string>& words)> may_command = [](const auto&) { return true; };
  // Whether an address of record ("sip:alice@example.net") has an account here.
  std::function<bool(std::string_view aor)> account = [](std::string_view) { return false; };
};

// A phone that has registered.
struct Phone {
  std::string aor;        // "sip:alice@example.net"
  std::string contact{};  // URI; "": its user at `address`
  std::string contact_uri() const {
    const auto user = aor.substr(0, aor.find('@'));
    return contact.empty() ? user + "@" + address.text() : contact;
  }
  std::string realm;  // "": the first realm
  base::Endpoint address;
  sip::Transport transport = sip::Transport::Udp;
  std::string user_agent = "Phone/1";
  float q = 1.0F;
};

// One response to an INVITE, so long after it came.
struct Step {
  base::Duration after{};
  int status = 200;
  std::string headers{};  // whole lines
};

// What somebody who is called does. No steps: nothing at all.
struct Behaviour {
  std::vector<Step> steps{{base::milliseconds(100), 180}, {base::seconds(2), 200}};
};

// What the policy gets to know when it looks something up. "timeout": nothing comes.
struct LookupReply {
  base::Duration after{};
  policy::Found found;
};

struct Caller {
  std::string from = "sip:alice@example.net";  // URI, or a name-addr
  std::string to;                              // Request-URI
  std::string realm;                           // "": of the trunk, or the first one
  std::string trunk;                           // calls from the address of this trunk
  std::optional<base::Endpoint> source{};
  sip::Transport transport = sip::Transport::Udp;
  std::string authenticated{};   // has proved to be this user
  std::string registered_aor{};  // calls over the flow of this registration
  std::vector<std::string> tls_peer{};
  bool behind_nat = false;  // names a private address of its own
  std::string user_agent = "Simulated/1";
  std::string headers{};             // whole lines
  std::optional<std::string> sdp{};  // nullopt: an offer of PCMA and PCMU; "": none
  std::string message{};  // the INVITE as it is written; the fields from `from` to `to` and below mean nothing then
  base::Duration talks = base::seconds(10);  // from the answer to BYE
  std::optional<base::Duration> gives_up{};  // CANCEL, after so long without an answer
};

// What a party does in the call once it is answered.
struct InsideEvent {
  base::Duration after{};      // since the answer
  bool callee = false;         // it is the callee's
  std::string method{};        // "INVITE", "UPDATE", "REFER", "INFO"; "": it presses a key, heard in its media
  bool hold = false;           // INVITE and UPDATE without a body of their own: the offer holds the other side
  std::string headers{};       // whole lines
  std::string content_type{};  // of:
  std::string body{};
  char digit = '0';
  std::uint32_t duration_ms = 160;
};

struct Scene {
  Caller caller;
  std::vector<Phone> phones{};
  // By trunk, by address of record of a phone, or by address ("192.0.2.1:5060"); the others behave as Behaviour{}.
  std::map<std::string, Behaviour, std::less<>> behaviours{};
  std::map<std::string, base::Endpoint, std::less<>>
      names{};  // what hosts stand for; others get an address of 198.18/15
  std::vector<InsideEvent> inside{};
  policy::RateWindows* counters = nullptr;  // of the policy, by the scene's time; null: they begin with the scene
  std::map<std::string, LookupReply, std::less<>> lookups{};  // by subject_of; others are "unavailable"
  base::WallTime wall{};
  std::int32_t utc_offset_seconds = 0;
  std::uint32_t recent_failures = 0;  // of the caller's address
  // Calls that are up besides, by what they count for: "trunk carrier", "realm access", "user sip:bob@example.net",
  // "class gold".
  std::map<std::string, std::uint32_t, std::less<>> at_once{};
  bool may_leak = false;  // what the leak guard finds is meant, and fails no test
  std::uint64_t seed = 1;
};

}  // namespace sbc::simulate
