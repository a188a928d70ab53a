#pragma once
// The border as a client of other people's registrars: one registration for each [[registration]] of the configuration,
// made, refreshed, repaired and taken back. Sans-IO: responses, time and the places of the trunk go in, REGISTERs and
// questions for those places come out.
//
//   Idle --Locate--> Locating --places--> Trying --2xx--> Registered --before its end--> Locating ...
//                        |                   |
//                        +----- failure -----+--> Waiting (RFC 5626 4.5: longer each time) --> Locating

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/random.h"
#include "media-relay/base/shared_bytes.h"
#include "media-relay/base/time.h"

#include "sbc/auth/client_session.h"
#include "sbc/limit/reached.h"
#include "sbc/register/upstream.h"
#include "sbc/sip/message.h"
#include "sbc/sip/minter.h"
#include "sbc/sip/transport.h"

namespace sbc::registrar {

// What the configuration says.
struct TrunkRegistration {
  std::string trunk;
  std::string aor;        // "sip:4313000@carrier.example"
  std::string registrar;  // Request-URI: "sip:carrier.example"
  std::string user;       // of our Contact
  std::string line;       // URI parameter of our Contact, by which calls to it are known; not to be guessed
  std::uint32_t expires = 3600;
  base::Duration retry = base::seconds(30);       // after the first failure
  base::Duration retry_most = base::minutes(30);  // and after many
  std::optional<auth::Account> account;

  std::string name() const { return trunk + " " + aor; }
};

struct TrunkRegistrationCounters {
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;    // 2xx
  std::uint64_t challenged = 0;  // answered with credentials
  std::uint64_t too_brief = 0;   // 423: asked again for longer
  std::uint64_t refused = 0;     // other final responses, challenges that cannot be answered included
  std::uint64_t lost = 0;        // no response, 5xx, or nowhere to send to
  std::uint64_t expired = 0;     // ran out before a refresh succeeded
  limit::Counts limits{};        // of what has no counter of another name
};

class TrunkRegistrations {
 public:
  enum class State : std::uint8_t { Idle, Locating, Trying, Registered, Waiting };

  TrunkRegistrations(const sip::Minter& minter, base::Random& random) : minter_(minter), random_(random) {}

  struct Register {
    std::uint64_t id = 0;  // give it back with the response
    std::string branch;
    sip::Hop hop;
    base::SharedBytes bytes;
  };
  // The places of a trunk are wanted: call located().
  struct Locate {
    std::string name;
    std::string trunk;
  };
  struct Change {
    std::string name;
    std::string trunk;
    bool registered = false;
    std::string why;  // "403 Forbidden", "no response"
  };
  struct Output {
    std::vector<Register> registers;
    std::vector<Locate> locates;
    std::vector<Change> changes;  // that an operator wants to read of
  };

  // The start, or a reload: what is new begins within kTrunkStartSpread, what is gone is taken back, what has changed
  // begins again.
  void use(const std::vector<TrunkRegistration>& wanted, base::Instant now, Output& out);
  // Takes all back, what has no answer yet when that has come. size() counts those that are not taken back yet.
  void stop(base::Instant now, Output& out);
  // The places, best first; none: a failure.
  void located(const std::string& name, std::vector<UpstreamWay> ways, base::Instant now, Output& out);
  // `request`: what the response answers.
  void on_response(std::uint64_t id, const sip::Message& response, const sip::Message* request, base::Instant now,
                   Output& out);
  void on_failed(std::uint64_t id, base::Instant now, Output& out);
  void on_deadline(base::Instant now, Output& out);
  base::Instant next_deadline() const { return deadlines_.next(); }

  std::size_t size() const { return entries_.size(); }
  std::size_t registered(base::Instant now) const;
  const TrunkRegistrationCounters& counters() const { return counters_; }

 private:
  struct Entry {
    TrunkRegistration wish;
    State state = State::Idle;
    bool leaving = false;  // the next REGISTER, and all after it, take the contact back
    bool removes = false;  // the one under way does
    std::string call_id, tag;
    std::uint32_t cseq = 0;
    std::uint32_t expires = 0;  // asked for, after 423
    std::vector<UpstreamWay> ways;
    std::size_t way = 0;
    std::uint64_t id = 0;      // of the REGISTER under way
    unsigned challenges = 0;   // in a row
    unsigned failures = 0;     // in a row
    bool told = false;         // of the last failure
    base::Instant until = {};  // the end of what was granted
    base::DeadlineId due;
    auth::ClientSession session;
  };

  void begin(Entry& entry, Output& out);
  void send(Entry& entry, Output& out);
  void leave(Entry& entry, Output& out);
  void left(Entry& entry, bool accepted, Output& out);
  void accepted(Entry& entry, const sip::Message& response, base::Instant now, Output& out);
  bool answer_challenge(Entry& entry, const sip::Message& response, const sip::Message* request, Output& out);
  void next_way(Entry& entry, std::string why, base::Instant now, Output& out);
  void wait(Entry& entry, std::string why, std::optional<std::uint32_t> seconds, base::Instant now, Output& out);
  std::string write(Entry& entry, const UpstreamWay& way, std::string_view branch);

  const sip::Minter& minter_;
  base::Random& random_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::unordered_map<std::uint64_t, std::string> waiting_;  // names by id
  base::DeadlineQueue<std::string> deadlines_;
  std::uint64_t last_id_ = 0;
  TrunkRegistrationCounters counters_;
};

}  // namespace sbc::registrar
