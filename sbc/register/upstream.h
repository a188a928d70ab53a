#pragma once
// Registrations that belong to a registrar behind the border. Toward the phone they are short, so that its NAT stays
// open; upstream they are long, and the refreshes in between are absorbed. Sans-IO: REGISTERs, responses and time go
// in, answers and requests come out. One object per shard; the phone's Call-ID decides which.
//
//   phone --REGISTER (60 s)--> border --REGISTER (3600 s, alias)--> registrar
//   phone --REGISTER (60 s)--> border, answered here
//
// Credentials and challenges pass untouched, and the Request-URI stays the phone's, because its digest covers it (RFC
// 7616 3.4, RFC 3261 22). What is sent upstream names an alias of ours for each contact, so that two phones behind one
// address stay apart. The location store holds each binding twice: under its address of record and under its alias.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"
#include "media-relay/base/shared_bytes.h"
#include "media-relay/base/time.h"

#include "sbc/leak/watch.h"
#include "sbc/limit/reached.h"
#include "sbc/policy/decision.h"
#include "sbc/register/gruu.h"
#include "sbc/register/identity.h"
#include "sbc/register/location.h"
#include "sbc/register/settings.h"
#include "sbc/sip/message.h"
#include "sbc/sip/minter.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::registrar {

struct UpstreamRegister;

// With RelaySettings::path the registrar gets a Path of ours (RFC 3327), whose token is the alias: proven ours by the
// minter, and silent about the phone's address. What the registrar says of routes (Service-Route, RFC 3608) is kept
// with the binding for calls toward it; the phone gets a Service-Route that names us. Its GRUUs (RFC 5627) reach the
// phone when they name nothing but the address of record's own domain.
//
// The key in the location store under which a request to an alias finds its phone.
std::string alias_key(std::string_view user);

// One address of the registrar, and how our listener toward it shows itself.
struct UpstreamWay {
  sip::Hop hop;
  std::string sent_by;
};

struct UpstreamCounters {
  std::uint64_t forwarded = 0;     // REGISTERs sent upstream
  std::uint64_t absorbed = 0;      // refreshes answered here
  std::uint64_t challenged = 0;    // 401 and 407 passed to the phone
  std::uint64_t accepted = 0;      // 200 upstream
  std::uint64_t refused = 0;       // other final responses upstream
  std::uint64_t lost = 0;          // no response, 5xx, or nowhere to send to
  std::uint64_t ridden_out = 0;    // answered here although the registrar was lost
  std::uint64_t over_rate = 0;     // 503 with Retry-After: too many at once
  std::uint64_t hidden = 0;        // GRUUs and service routes of the registrar that cannot be used or shown
  std::uint64_t dropped = 0;       // answers of the registrar to phones whose connection was closed meanwhile
  std::uint64_t closed = 0;        // registrations whose connection was closed
  std::uint64_t deregistered = 0;  // a phone fell silent: its alias was taken back upstream
  limit::Counts limits{};          // of what has no counter of another name
};

class Upstream {
 public:
  Upstream(LocationStore& store, const sip::Minter& minter, base::Random& random, const Gruus& gruus)
      : store_(store), minter_(minter), random_(random), gruus_(gruus) {}

  struct Request {
    std::string_view realm_name;
    const RealmSettings& realm;
    const RelaySettings& relay;
    const std::vector<UpstreamWay>& ways;  // in the order of preference; empty: nowhere to send to
    bool vouched = false;                  // Identity::vouched
    std::string_view own_sent_by = {};     // of the listener that the phone speaks to
    sip::MessagePtr message;
    sip::Source source;
    transaction::ServerId server;
    const policy::RegisterDecision& decision;
    // The leak guard's, of this exchange alone: it comes back with what follows. Null: it is off.
    std::shared_ptr<leak::Watch> watch = {};
  };
  // A word of one side that is known from before (leak guard): A is the phone, B the registrar.
  struct Known {
    leak::End end = leak::End::A;
    leak::Kind kind = leak::Kind::Address;
    std::string text;
  };
  struct Answer {
    transaction::ServerId server;
    sip::MessagePtr request;
    sip::Source source;
    Plan plan;          // status 0: no answer at all
    bool gone = false;  // the phone's connection was closed: nobody would hear an answer
    std::shared_ptr<leak::Watch> watch = {};
    std::vector<Known> known = {};
  };
  struct Forward {
    std::uint64_t id = 0;  // give it back with the response; 0: nobody waits for it
    std::string branch;
    sip::Hop hop;
    base::SharedBytes bytes;
    std::shared_ptr<leak::Watch> watch = {};  // null for what nobody waits for, which has
    std::vector<Known> known = {};
  };
  struct Output {
    std::vector<Answer> answers;
    std::vector<Forward> forwards;
  };

  void on_register(const Request& request, base::Instant now, Output& out);
  void on_response(std::uint64_t id, const sip::Message& response, base::Instant now, Output& out);
  // Request::watch of the REGISTER that waits for this response; nullptr: none does.
  leak::Watch* watch_of(std::uint64_t id) const;
  // No response in time, or the request could not be sent.
  void on_failed(std::uint64_t id, base::Instant now, Output& out);
  // The connection is closed (RFC 5626 7): what was registered over it is taken back upstream, unless
  // RelaySettings::keep_closed; a REGISTER of it that waits for the registrar will not be answered, nor bound.
  void on_flow_closed(sip::ConnectionId connection, base::Instant now, Output& out);
  // A phone is gone, as a keep-alive found out: its alias is taken back upstream now.
  void on_lost_phone(std::string_view realm, std::string_view aor, std::string_view call_id, base::Instant now,
                     Output& out);
  void on_deadline(base::Instant now, Output& out);
  base::Instant next_deadline() const { return deadlines_.next(); }

  std::size_t size() const { return records_.size(); }
  const UpstreamCounters& counters() const { return counters_; }

 private:
  struct Aliased {
    std::string uri;     // as the phone wrote it
    std::string params;  // and its parameters
    std::string alias;   // user part of our Contact upstream
    std::string instance;
    std::string reg_id;
    std::string pub_gruu, temp_gruu;  // as the registrar gave them; "": it did not
  };
  // One phone's registration that the registrar has accepted.
  struct Record {
    std::string aor;
    sip::Hop flow;
    std::string digest_user;
    std::string path;
    std::uint32_t phone_cseq = 0;
    std::vector<Aliased> contacts;
    // Upstream.
    std::string request_uri, from, to, call_id, tag;
    std::uint32_t cseq = 0;
    std::string service_route;
    UpstreamWay way;
    base::Instant forward_at;  // half of the upstream life
    base::Instant expires;     // and its end
    base::Instant until;       // the phone's own end
    base::DeadlineId deadline;
    bool keep_closed = false;  // RelaySettings
    bool waiting = false;      // a REGISTER of this phone is on its way
  };
  // A REGISTER of a phone that waits for the registrar.
  struct Waiting {
    std::string key;
    Answer answer;  // without its plan
    Update update;
    RelaySettings relay;
    Record record;  // what it becomes when the registrar accepts
    std::vector<Aliased> named;
    std::uint32_t asked = 0;
    std::uint32_t flow_timer = 0;
    std::string own_sent_by;
    bool gone = false;   // the phone's connection was closed
    bool again = false;  // sent a second time because of 423
  };
  // What the phone's 200 depends on besides its bindings.
  struct Asked {
    const sip::Message& request;
    std::uint32_t flow_timer;
    const sip::Source& source;
    std::string_view own_sent_by;
  };
  struct Due {
    std::string key;         // of a record, or
    std::uint64_t wait = 0;  // of a request without response
  };
  struct Bucket {
    double tokens = 0;
    base::Instant filled;
    bool used = false;
    sip::Hop way{};     // the one that was used last; no port: none was
    bool lost = false;  // and it did not answer
  };

  template <typename T>
  using ByText = std::unordered_map<std::string, T, base::StringHash, std::equal_to<>>;

  std::optional<Plan> refuse_early(const Request& request);
  static std::vector<Known> known_of(std::string_view key, const Record& record);
  static bool is_known_refresh(const Record& record, const sip::Message& message, const Update& update);
  void absorb(Record& record, const std::string& key, const Request& request, const Update& update, base::Instant now,
              Output& out);
  void forward(const std::string& key, const Request& request, Update update, base::Instant now, Output& out);
  std::string alias_for(const std::string& key, const Record& record, const ContactChange& change);
  static bool add_path(const Waiting& waiting, const sip::Message& phone, UpstreamRegister& text);
  void send(std::uint64_t id, Waiting& waiting, Output& out);
  void accepted(Waiting& waiting, const sip::Message& response, base::Instant now, Output& out);
  void lost(Waiting& waiting, base::Instant now, Output& out);
  Plan bind(const std::string& key, Record& record, const Update& update, const std::vector<Aliased>& named,
            const Asked& asked, base::Instant now);
  void hear(Waiting& waiting, const sip::Message& response, std::uint32_t& granted);
  Plan phones_answer(const Record& record, const std::vector<Binding>& bindings, const Update& update,
                     const Asked& asked, base::Instant now);
  static std::string instance_key(std::string_view key, std::string_view aor, std::string_view instance,
                                  std::string_view reg_id);
  void take_over(const std::string& key, const Aliased& contact, const Update& update, base::Instant now);
  void note_flow(sip::ConnectionId connection, Due due);
  void take_back(std::string_view key, const Record& record, const UpstreamRegister& text, Output& out);
  void drop_answer(Waiting& waiting, bool accepted, Output& out);
  void forget(const std::string& key);
  void forget_instance(const std::string& key, const std::string& aor, const Aliased& contact);
  void unbind_aliases(const Update& update, const std::vector<Aliased>& contacts, base::Instant now);
  Plan later(std::uint32_t least, std::uint32_t spread);
  static bool same_place(const sip::Hop& one, const sip::Hop& other);
  static const UpstreamWay& choose_way(Bucket& bucket, const std::vector<UpstreamWay>& ways);
  bool take_token(Bucket& bucket, const RelaySettings& relay, base::Instant now);
  void give_up(const std::string& key, Record& record, Output& out);

  LocationStore& store_;
  const sip::Minter& minter_;
  base::Random& random_;
  const Gruus& gruus_;
  ByText<Record> records_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  ByText<Bucket> buckets_;  // by realm
  // By connection: what its end concerns. An entry that is out of date is harmless.
  std::unordered_map<sip::ConnectionId, std::vector<Due>> flows_;
  ByText<std::string> instances_;  // which record has a contact, by instance_key
  base::DeadlineQueue<Due> deadlines_;
  std::uint64_t last_id_ = 0;
  UpstreamCounters counters_;
};

}  // namespace sbc::registrar
