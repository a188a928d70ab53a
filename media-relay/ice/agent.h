#pragma once
// An ICE-lite agent (RFC 8445 2.5, 5.2, 7.3, 8.2) of one component on one port: it answers the peer's connectivity
// checks and lets the peer, which has to be a full agent, choose the pair. Pure: time is an argument, a response is
// written into the caller's storage, events are appended.
//
//   Waiting --authentic check--> a source is valid: media may come from it
//      |                                |  USE-CANDIDATE
//      +--------------------------------+--> Connected (a pair is selected: media is sent there)
//                                               |  new credentials: the old pair stays until a new one is nominated
//                                               |  no consent for 30 s --> Expired, until new credentials come
//
// Consent (RFC 7675). A lite agent asks for none. But a peer that asks for ours every few seconds (it has sent two
// checks on the selected pair that were no retransmissions) is gone when it stops doing so, and then nothing more is
// sent to where it was. A peer of RFC 5245, which sends no such checks, is not measured by them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/secret.h"
#include "media-relay/base/time.h"
#include "media-relay/ice/limits.h"
#include "media-relay/secure/hmac_sha1.h"
#include "media-relay/stun/check.h"

namespace ice {

struct Parameters {
  std::string local_ufrag;
  base::Secret local_password;
  // The peer's; empty: not known yet (checks may come before the answer, RFC 8445 7.3). A lite agent sends no checks,
  // so that the peer's password is never needed.
  std::string remote_ufrag;
  friend bool operator==(const Parameters&, const Parameters&) = default;

  template <typename Carrier>
  void carry(Carrier& c) {
    c(local_ufrag, local_password, remote_ufrag);
  }
};
// Empty when an agent can be made of them, else what is wrong (without the password).
std::string check(const Parameters& parameters);

enum class State : std::uint8_t { Waiting, Connected, Expired };

// Why a message got no success response. The first five are answered by nothing, the others by an error while the
// budget lasts.
enum class Refusal : std::uint8_t {
  Malformed,         // no STUN message, or not what its attributes have to be
  TooLong,           // beyond kMaxCheckBytes
  NoFingerprint,     // RFC 8445 7.3: it must be used; or it is wrong
  NotARequest,       // a response, or another method
  Expired,           // RFC 7675 5.1: after consent is lost the same credentials are not used again
  NoCredentials,     // 400: no USERNAME or no MESSAGE-INTEGRITY
  WrongUser,         // 401: not "ours:theirs"
  Unauthentic,       // 401: the password is another
  UnknownAttribute,  // 420
  RoleConflict,      // 487: the peer says that it is controlled, and so are we, always
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::RoleConflict) + 1;
std::string_view name_of(Refusal refusal);  // "wrong_user"

// The pair where media goes has been chosen, or another one.
struct Selected {
  base::Endpoint remote;
  friend bool operator==(const Selected&, const Selected&) = default;
};
struct ConsentLost {
  friend bool operator==(const ConsentLost&, const ConsentLost&) = default;
};
using Event = std::variant<Selected, ConsentLost>;

struct Outcome {
  std::optional<Refusal> refusal;
  std::size_t response_bytes = 0;  // 0: no response
};

class Agent {
 public:
  // The parameters must have passed `check`.
  Agent(const Parameters& parameters, base::Instant now);

  // What signalling says now. Other local credentials, or another name of the peer's than the one that was known
  // (another one answers the same offer), are a restart (RFC 8445 section 9): the selected pair, with the credentials
  // under which it was chosen, stays until the peer nominates under the new ones.
  void set(const Parameters& parameters, base::Instant now, std::vector<Event>& events);

  // A datagram that looks like STUN by its first byte. The response, if any, is written to `response` (at least
  // stun::ResponseWriter::kMaxBytes; it may overlap the datagram) and goes back to where the datagram came from.
  Outcome on_stun(std::span<const std::byte> datagram, const base::Endpoint& from, base::Instant now,
                  std::span<std::byte> response, std::vector<Event>& events);

  State state() const { return state_; }
  // Where media goes; empty unless connected.
  const base::Endpoint& selected() const { return selected_; }
  // Whether the peer has shown from there that it knows the password: media and DTLS may come from there.
  bool is_valid(const base::Endpoint& source) const;

  base::Instant next_deadline() const { return deadline_; }
  void on_deadline(base::Instant now, std::vector<Event>& events);

  // All but the parameters, which the successor is made with.
  template <typename Carrier>
  void carry(Carrier& c) {
    c.choice(state_, State::Expired);
    std::optional<Parameters> before;
    if (previous_) before = previous_->parameters;
    c(before, generation_, sources_, early_, selected_, selected_priority_, nominated_at_, consented_at_, consents_,
      last_check_, deadline_, refusals_, checks_);
    c.expect(sources_.size() <= kMaxSources && (!before || check(*before).empty()));
    c.expect((state_ == State::Connected) != selected_.empty());
    if constexpr (Carrier::kReading)
      if (before && !c.failed()) previous_ = std::make_unique<Generation>(*before);
  }

  const std::array<std::uint64_t, kRefusals>& refusals() const { return refusals_; }
  std::uint64_t checks() const { return checks_; }  // that were answered with success

 private:
  struct Generation {
    explicit Generation(const Parameters& p) : parameters(p), key(p.local_password.bytes()) {}
    Parameters parameters;
    secure::HmacSha1 key;
  };
  struct Source {
    base::Endpoint from;
    std::uint32_t generation = 0;
    std::uint32_t priority = 0;
    base::Instant last_check{};

    template <typename Carrier>
    void carry(Carrier& c) {
      c(from, generation, priority, last_check);
    }
  };
  struct Nomination {
    base::Endpoint from;
    std::uint32_t priority = 0;
    std::string remote_ufrag;

    template <typename Carrier>
    void carry(Carrier& c) {
      c(from, priority, remote_ufrag);
    }
  };

  // The generation whose user name this is; null: none.
  const Generation* user_of(std::string_view username) const;
  std::expected<const Generation*, Refusal> authenticate(const stun::Check& check) const;
  void accept(const stun::Check& check, const Generation& generation, const base::Endpoint& from, base::Instant now,
              std::vector<Event>& events);
  void remember(const stun::Check& check, const base::Endpoint& from, base::Instant now);
  void nominate(const base::Endpoint& from, std::uint32_t priority, base::Instant now, std::vector<Event>& events);
  void refresh_consent(base::Instant now);
  std::size_t answer(const stun::Check& check, const Generation& generation, const base::Endpoint& from,
                     std::span<std::byte> response) const;
  std::size_t answer_error(const stun::Check& check, Refusal refusal, const Generation* generation, base::Instant now,
                           std::span<std::byte> response);
  bool may_answer_error(base::Instant now);

  State state_ = State::Waiting;
  std::unique_ptr<Generation> current_;
  std::unique_ptr<Generation> previous_;  // while a restart has not nominated yet
  std::uint32_t generation_ = 1;
  std::vector<Source> sources_;
  std::optional<Nomination> early_;  // while the peer's user name is not known
  base::Endpoint selected_;
  std::uint32_t selected_priority_ = 0;
  base::Instant nominated_at_{};  // last
  base::Instant consented_at_{};  // last check on the selected pair that was no retransmission
  unsigned consents_ = 0;         // how many of these, up to two
  base::Instant last_check_{};    // any on the selected pair
  base::Instant deadline_ = base::kNever;
  base::Instant errors_since_{};
  std::size_t errors_ = 0;
  std::array<std::uint64_t, kRefusals> refusals_{};
  std::uint64_t checks_ = 0;
};

}  // namespace ice
