#include "media-relay/ice/agent.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "media-relay/stun/wire.h"

namespace ice {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

stun::Integrity integrity_of(const stun::Covered& covered, const secure::HmacSha1& key) {
  return key.of(std::as_bytes(std::span(covered.header)), bytes_of(covered.attributes));
}

// In a time that does not depend on where they differ.
bool equal(const stun::Integrity& a, const stun::Integrity& b) {
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different |= std::to_integer<unsigned>(a[i] ^ b[i]);
  return different == 0;
}

Refusal refusal_of(stun::Fault fault) {
  switch (fault) {
    case stun::Fault::Malformed:
      return Refusal::Malformed;
    case stun::Fault::NoFingerprint:
    case stun::Fault::WrongFingerprint:
      return Refusal::NoFingerprint;
    case stun::Fault::NotBinding:
      return Refusal::NotARequest;
  }
  return Refusal::Malformed;
}

// 0: such a message gets no answer.
unsigned error_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::Malformed:
    case Refusal::TooLong:
    case Refusal::NoFingerprint:
    case Refusal::NotARequest:
    case Refusal::Expired:
      return 0;
    case Refusal::NoCredentials:
      return 400;
    case Refusal::WrongUser:
    case Refusal::Unauthentic:
      return 401;
    case Refusal::UnknownAttribute:
      return 420;
    case Refusal::RoleConflict:
      return 487;
  }
  return 0;
}

std::size_t copy(std::string_view from, std::span<std::byte> to) {
  std::memcpy(to.data(), from.data(), from.size());
  return from.size();
}

// Why an authentic check cannot be accepted.
std::optional<Refusal> objection(const stun::Check& check) {
  if (check.unknown_count != 0) return Refusal::UnknownAttribute;
  // RFC 8445 7.3.1.1. A lite agent never leaves the controlled role towards a full one (6.1.1), so it does not matter
  // whose number is larger.
  if (check.controlled) return Refusal::RoleConflict;
  return std::nullopt;
}

// RFC 8445 5.3 and RFC 8839 5.4.
bool is_ice_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

std::string check(const Parameters& parameters) {
  const std::string& local = parameters.local_ufrag;
  if (local.size() < kMinUfragBytes || local.size() > kMaxUfragBytes || !std::ranges::all_of(local, is_ice_char))
    return "expected a local user name of 4 to 256 letters, digits, + and /";
  const std::size_t password = parameters.local_password.size();
  if (password < kMinPasswordBytes || password > kMaxLocalPasswordBytes)
    return "expected a local password of 22 to 64 bytes, got " + std::to_string(password);
  const std::string& remote = parameters.remote_ufrag;
  if (remote.size() > kMaxUfragBytes || !std::ranges::all_of(remote, is_ice_char))
    return "expected a remote user name of at most 256 letters, digits, + and /";
  return {};
}

std::string_view name_of(Refusal refusal) {
  static constexpr std::array<std::string_view, kRefusals> kNames{
      "malformed",      "too_long",   "no_fingerprint", "not_a_request",     "expired",
      "no_credentials", "wrong_user", "unauthentic",    "unknown_attribute", "role_conflict"};
  return kNames[static_cast<std::size_t>(refusal)];
}

Agent::Agent(const Parameters& parameters, base::Instant now)
    : current_(std::make_unique<Generation>(parameters)), errors_since_(now) {}

void Agent::set(const Parameters& parameters, base::Instant now, std::vector<Event>& events) {
  const Parameters& old = current_->parameters;
  const bool another_peer =
      !old.remote_ufrag.empty() && !parameters.remote_ufrag.empty() && parameters.remote_ufrag != old.remote_ufrag;
  if (another_peer || parameters.local_ufrag != old.local_ufrag || !(parameters.local_password == old.local_password)) {
    if (state_ == State::Connected && !previous_) previous_ = std::move(current_);
    current_ = std::make_unique<Generation>(parameters);
    ++generation_;
    early_.reset();
    if (state_ == State::Expired) state_ = State::Waiting;
    return;
  }
  current_->parameters.remote_ufrag = parameters.remote_ufrag;
  if (!early_) return;
  const Nomination early = *std::exchange(early_, std::nullopt);
  if (early.remote_ufrag == parameters.remote_ufrag) nominate(early.from, early.priority, now, events);
}

Outcome Agent::on_stun(std::span<const std::byte> datagram, const base::Endpoint& from, base::Instant now,
                       std::span<std::byte> response, std::vector<Event>& events) {
  const auto refuse = [&](Refusal refusal, std::size_t bytes = 0) {
    ++refusals_[static_cast<std::size_t>(refusal)];
    return Outcome{refusal, bytes};
  };
  if (datagram.size() > kMaxCheckBytes) return refuse(Refusal::TooLong);
  const auto check = stun::read_check(text_of(datagram));
  if (!check) return refuse(refusal_of(check.error()));
  // RFC 8445 section 11: keep-alives. They prove nothing and are not answered.
  if (check->indication) return {};
  const auto generation = authenticate(*check);
  if (!generation) return refuse(generation.error(), answer_error(*check, generation.error(), nullptr, now, response));
  if (state_ == State::Expired) return refuse(Refusal::Expired);
  if (const auto wrong = objection(*check))
    return refuse(*wrong, answer_error(*check, *wrong, *generation, now, response));
  ++checks_;
  // Before the response overwrites what the check is a view of.
  accept(*check, **generation, from, now, events);
  return {std::nullopt, answer(*check, **generation, from, response)};
}

const Agent::Generation* Agent::user_of(std::string_view username) const {
  const auto names = [username](const Generation& g) {
    const std::string& local = g.parameters.local_ufrag;
    if (!username.starts_with(local) || username.size() < local.size() + 2 || username[local.size()] != ':')
      return false;
    // RFC 8445 7.3: before the answer any name of the peer's is as good.
    const std::string& remote = g.parameters.remote_ufrag;
    return remote.empty() || username.substr(local.size() + 1) == remote;
  };
  if (names(*current_)) return current_.get();
  return previous_ && names(*previous_) ? previous_.get() : nullptr;
}

// RFC 8489 9.1.3.
std::expected<const Agent::Generation*, Refusal> Agent::authenticate(const stun::Check& check) const {
  if (check.username.empty() || !check.integrity) return std::unexpected(Refusal::NoCredentials);
  const Generation* generation = user_of(check.username);
  if (generation == nullptr) return std::unexpected(Refusal::WrongUser);
  if (!equal(*check.integrity, integrity_of(check.covered, generation->key)))
    return std::unexpected(Refusal::Unauthentic);
  return generation;
}

void Agent::accept(const stun::Check& check, const Generation& generation, const base::Endpoint& from,
                   base::Instant now, std::vector<Event>& events) {
  if (from == selected_ && state_ == State::Connected) refresh_consent(now);
  // Under the credentials of before a restart the old pair lives on, and nothing is chosen any more.
  if (&generation != current_.get()) return;
  remember(check, from, now);
  if (!check.use_candidate) return;
  const std::uint32_t priority = check.priority.value_or(0);
  if (!current_->parameters.remote_ufrag.empty()) return nominate(from, priority, now, events);
  const std::size_t colon = current_->parameters.local_ufrag.size();
  early_ = Nomination{from, priority, std::string(check.username.substr(colon + 1))};
}

void Agent::remember(const stun::Check& check, const base::Endpoint& from, base::Instant now) {
  auto place = std::ranges::find(sources_, from, &Source::from);
  if (place == sources_.end()) {
    if (sources_.size() < kMaxSources) {
      sources_.emplace_back();
      place = sources_.end() - 1;
    } else {
      place = std::ranges::min_element(sources_, {}, &Source::last_check);
    }
  }
  *place = Source{from, generation_, check.priority.value_or(0), now};
}

bool Agent::is_valid(const base::Endpoint& source) const {
  if (state_ == State::Expired) return false;
  if (state_ == State::Connected && source == selected_) return true;
  return std::ranges::find(sources_, source, &Source::from) != sources_.end();
}

void Agent::nominate(const base::Endpoint& from, std::uint32_t priority, base::Instant now,
                     std::vector<Event>& events) {
  const bool restarted = previous_ != nullptr;
  if (state_ == State::Connected && !restarted && from != selected_ && priority < selected_priority_ &&
      now - nominated_at_ < kNominationHold)
    return;
  const bool moved = state_ != State::Connected || from != selected_;
  if (restarted) {
    previous_.reset();
    std::erase_if(sources_, [this](const Source& s) { return s.generation != generation_; });
  }
  nominated_at_ = now;
  if (!moved && !restarted) return;
  state_ = State::Connected;
  selected_ = from;
  selected_priority_ = priority;
  consents_ = 0;
  last_check_ = now;
  deadline_ = base::kNever;
  if (moved) events.emplace_back(Selected{from});
}

void Agent::refresh_consent(base::Instant now) {
  if (now - last_check_ >= kConsentSpacing && consents_ < 2) ++consents_;
  last_check_ = now;
  // The deadline is only ever postponed by checks: it is looked at when it comes.
  if (consents_ == 2 && deadline_ == base::kNever) deadline_ = now + kConsentExpiry;
}

void Agent::on_deadline(base::Instant now, std::vector<Event>& events) {
  if (now < deadline_) return;
  deadline_ = last_check_ + kConsentExpiry;
  if (now < deadline_) return;
  deadline_ = base::kNever;
  state_ = State::Expired;
  selected_ = {};
  sources_.clear();
  previous_.reset();
  consents_ = 0;
  events.emplace_back(ConsentLost{});
}

std::size_t Agent::answer(const stun::Check& check, const Generation& generation, const base::Endpoint& from,
                          std::span<std::byte> response) const {
  stun::ResponseWriter out(check, stun::kBindingSuccess);
  out.xor_mapped_address(from);
  out.integrity(integrity_of(out.covered(), generation.key));
  out.fingerprint();
  return copy(out.bytes(), response);
}

std::size_t Agent::answer_error(const stun::Check& check, Refusal refusal, const Generation* generation,
                                base::Instant now, std::span<std::byte> response) {
  const unsigned code = error_of(refusal);
  if (code == 0 || (generation == nullptr && !may_answer_error(now))) return 0;
  stun::ResponseWriter out(check, stun::kBindingError);
  out.error_code(code);
  if (refusal == Refusal::UnknownAttribute) out.unknown_attributes(check);
  // RFC 8489 9.1.3: who has not been authenticated gets no integrity.
  if (generation != nullptr) out.integrity(integrity_of(out.covered(), generation->key));
  out.fingerprint();
  return copy(out.bytes(), response);
}

bool Agent::may_answer_error(base::Instant now) {
  if (now - errors_since_ >= base::seconds(1)) {
    errors_since_ = now;
    errors_ = 0;
  }
  return ++errors_ <= kMaxErrorsPerSecond;
}

}  // namespace ice
