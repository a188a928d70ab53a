#pragma once
// Runs one policy: Lua 5.4 in a sandbox, one Host per shard, used by one thread at a time.
//
// A Host is loaded once and then asked for each call. It cannot touch files, clocks or the network; each invocation has
// a budget of instructions and memory. A handler that fails or exceeds its budget never stops the border: the
// caller gets the fallback decision, the error text with file and line, and a counter moves.
//
// To reload: load a new Host; on success replace the old one between two invocations, on failure keep the old one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sbc/policy/bundle.h"
#include "sbc/policy/decision.h"
#include "sbc/policy/facts.h"
#include "sbc/policy/limits.h"
#include "sbc/policy/lines_run.h"
#include "sbc/policy/purse.h"
#include "sbc/policy/question.h"
#include "sbc/policy/reads.h"

namespace sbc::table {
class Source;
}

namespace sbc::policy {

struct Argument;  // state.h

// What a handler may ask while it runs.
class Lookup {
 public:
  virtual ~Lookup() = default;
  // Live contacts of an address of record, best first (q, then newest). `aor` is "sip:user@host".
  virtual std::vector<Contact> location(std::string_view aor) = 0;
  // True if `aor` is a local account, registered or not.
  virtual bool known(std::string_view /*aor*/) { return false; }
  // Calls that are up, or on their way, at this moment: of a trunk, a realm, or an address of record.
  enum class CallsOf : std::uint8_t { Trunk, Realm, User };
  virtual std::uint64_t calls(CallsOf /*what*/, std::string_view /*name*/) { return 0; }
  // Adds to a counter that all threads share, and gives its sum over the last `window` (rate_windows.h).
  virtual std::uint64_t count(std::string_view /*name*/, base::Duration /*window*/, std::uint32_t amount) {
    return amount;
  }
};

using Tables = std::map<std::string, std::shared_ptr<const table::Source>, std::less<>>;
using Setting = std::variant<bool, std::int64_t, double, std::string>;

// What the configuration tells the policy. Names are checked: a policy that routes to a trunk that does not
// exist is an error of that invocation with the nearest name.
struct Environment {
  std::vector<std::string> realms;
  std::vector<std::string> trunks;
  std::vector<std::string> groups;
  std::string domain;                       // of the local users; location.lookup("alice") means sip:alice@domain
  std::map<std::string, Setting> settings;  // [policy.settings] of the configuration, Lua: settings.<name>
  Tables tables;                            // [policy.table.<name>], Lua: tables.find("<name>", key)
  std::vector<std::string> queries{};       // [policy.sql.<name>], Lua: sql.query("<name>", ...)
  std::vector<std::string> classes{};       // [limits.class.<name>], Lua: route{ ..., class = "<name>" }
};

// What happens when a handler fails. Others than these two take the documented default of a missing handler.
struct Fallback {
  std::uint16_t invite_status = 500;    // 400..699
  std::uint16_t register_status = 500;  // 400..699
};

struct LogLine {
  enum class Level : std::uint8_t { Debug, Info, Warning, Error };
  Level level = Level::Info;
  std::string text;
  std::string where;
};

enum class Handler : std::uint8_t {
  Invite,
  Register,
  Request,
  Nat,
  Failure,
  MediaQuality,
  End,
  Screen,
  Provisional,
  Answer,
  Reinvite,
  Refer,
  Info,
  Dtmf,
  Timer
};
inline constexpr std::size_t kHandlerCount = 15;
std::string_view name_of(Handler handler);  // "on_invite"

// Whether a handler may wait for answers that take time.
enum class Patience : std::uint8_t {
  None,   // whoever calls it cannot wait: such look-ups say "unavailable"
  Some,   // as long as there is room (Limits::waiting), else they say "busy"
  First,  // of a call for help: there is always more room than for the others
};

// `decision` is always usable, unless `asks`. `error` is "" when the handler ran well, or is missing and the default
// applied.
template <typename Decision>
struct Outcome {
  Decision decision;
  std::optional<Pending> asks;  // there is no decision yet: the handler waits for this answer
  std::string error;            // "default.lua:12: text"
  std::vector<LogLine> log;
  std::vector<Read> reads;      // with Host::note_reads
  std::vector<TimerOp> timers;  // none of a handler that failed
  bool failed() const { return !error.empty(); }
};
struct Nothing {};  // the decision of on_media_quality and on_end

struct Counters {
  std::array<std::uint64_t, kHandlerCount> invocations{};  // by Handler, of handlers that exist
  std::array<std::uint64_t, kHandlerCount> failures{};     // the fallback applied; includes the three below
  std::uint64_t out_of_instructions = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t out_of_time = 0;        // waited for longer than Limits::wait
  std::uint64_t questions = 0;          // times that an invocation began to wait
  std::uint64_t not_waited = 0;         // times that it could not: no room, or an event in which nobody waits
  std::uint64_t abandoned = 0;          // invocations that waited and were no longer wanted
  std::uint64_t log_lines_dropped = 0;  // beyond kMaxLogLines of one invocation
  std::uint64_t reads_left_out = 0;     // beyond kMaxReads of one invocation
};

class Host {
 public:
  // `lines`, when given, gets every line that runs, from loading on, and outlives the Host.
  static std::expected<std::unique_ptr<Host>, PolicyError> load(const Bundle& bundle, const Limits& limits = {},
                                                                const Environment& environment = {},
                                                                const Fallback& fallback = {},
                                                                LinesRun* lines = nullptr);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  bool has(Handler handler) const;
  // From now on outcomes say what the handler has read.
  void note_reads(bool wanted);
  // From now on handlers pay from there, and do not run while it is empty: the fallback decides, except of calls for
  // help. It outlives the Host.
  void draw_from(Purse& purse);
  // By which people know the policy: the SHA-256 of its files. "" until whoever loaded it has said it.
  void set_hash(std::string hash);
  const std::string& hash() const;

  Outcome<InviteDecision> on_invite(const InviteFacts& call, Lookup& lookup, Patience patience = Patience::None);
  // Missing: accept when authenticated, challenge otherwise; a trunk is denied.
  Outcome<RegisterDecision> on_register(const RegisterFacts& registration, Lookup& lookup);
  // Missing: accept (the border answers by itself).
  Outcome<RequestDecision> on_request(const RequestFacts& request, Lookup& lookup);
  // Missing: symmetric signalling and learning for peers behind a NAT, strict for the others.
  // Never with an empty list of sources to learn from.
  Outcome<NatDecision> on_nat(const LegFacts& leg);
  // Missing: Usual.
  Outcome<FailureDecision> on_failure(const InviteFacts& call, const AttemptFacts& attempt, Lookup& lookup,
                                      Patience patience = Patience::None);
  Outcome<Nothing> on_media_quality(const InviteFacts& call, const QualityFacts& quality, Lookup& lookup);
  Outcome<Nothing> on_end(const InviteFacts& call, const EndFacts& end, Lookup& lookup);
  // Missing: Accept.
  Outcome<ScreenDecision> on_screen(const RequestFacts& request, Lookup& lookup);
  // The others. Missing: Usual.
  Outcome<ResponseDecision> on_provisional(const InviteFacts& call, const ResponseFacts& response, Lookup& lookup);
  Outcome<ResponseDecision> on_answer(const InviteFacts& call, const ResponseFacts& response, Lookup& lookup);
  // `handler`: Reinvite, Refer, Info or Dtmf.
  Outcome<InsideDecision> on_inside(Handler handler, const InviteFacts& call, const InsideFacts& event, Lookup& lookup);
  Outcome<TimerDecision> on_timer(const InviteFacts& call, const TimerFacts& due, Lookup& lookup);

  // Goes on with what waits, in the handler that it began in. The budgets are those of the whole invocation.
  Outcome<InviteDecision> resume_invite(std::uint64_t ticket, Answer answer, Lookup& lookup);
  Outcome<FailureDecision> resume_failure(std::uint64_t ticket, Answer answer, Lookup& lookup);
  // Nobody wants its decision any more.
  void abandon(std::uint64_t ticket);
  std::size_t waiting() const;

  const Counters& counters() const;
  std::size_t memory_in_use() const;  // bytes held by Lua

 private:
  Outcome<Nothing> tell(Handler handler, const std::array<Argument, 2>& facts, Lookup& lookup);
  template <typename Decision>
  Outcome<Decision> ask(Handler handler, const std::array<Argument, 2>& facts, Lookup& lookup);
  Outcome<NatDecision> asked_about(const LegFacts& leg, const NatDecision& usual);
  class State;
  explicit Host(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Tenure {
  std::shared_ptr<Host> host;
};

}  // namespace sbc::policy
