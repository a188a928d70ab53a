#include "sbc/app/shard.h"

#include <algorithm>

#include "media-relay/base/clock.h"
#include "media-relay/base/text.h"

#include "sbc/app/record_line.h"
#include "sbc/app/shard_setup.h"
#include "sbc/call/consumed_body.h"
#include "sbc/call/extensions.h"
#include "sbc/call/extra_headers.h"
#include "sbc/call/leg_message.h"
#include "sbc/identity/emergency.h"
#include "sbc/sip/params.h"
#include "sbc/sip/response.h"
#include "sbc/sip/values.h"

namespace sbc::app {
namespace {

constexpr base::Duration kSecond = base::seconds(1);

// Everything that is sent but keep-alives, which are line ends or STUN.
bool is_message(std::string_view bytes) {
  return !bytes.empty() && bytes.front() >= 'A';
}

}  // namespace

Shared::Shared(observe::Log& l, std::size_t max_registrations) : log(l), location(max_registrations) {}
Shared::~Shared() = default;

Shard::Shard(std::uint8_t index, Shared& shared, std::shared_ptr<const Config> config,
             std::unique_ptr<policy::Host> policy)
    : index_(index),
      shared_(shared),
      config_(std::move(config)),
      metrics_(std::make_unique<admin::ShardMetrics>()),
      minter_(shared.mint_key, index),
      resolver_(loop_, config_->dns, random_),
      lookups_(loop_, resolver_, shared_.log, config_->policy_lookups),
      trunk_names_(resolver_),
      transports_(loop_, net_setup(*config_, index, &shared.aliases), *this),
      layer_(config_->transactions, minter_, random_),
      advisor_(shared, *metrics_, random_, trunk_names_.addresses(), minter_),
      upstream_(layer_, minter_, random_, shared, *metrics_),
      keep_alives_(layer_, minter_, random_, shared, advisor_, upstream_, *metrics_),
      trunk_registrar_(layer_, minter_, random_, resolver_, shared, *metrics_,
                       [this](const std::string& name, std::vector<registrar::UpstreamWay> ways) {
                         trunk_registrar_.located(name, std::move(ways), loop_.now(), out_.transaction);
                         carry_out();
                       }),
      calls_(layer_, minter_, random_, advisor_, config_->calls),
      exchange_(layer_, minter_, random_, advisor_, dialogs_,
                {calls_.health(), calls_.credentials(), calls_.leak_guard()}, config_->calls, config_->exchange),
      relays_(loop_, relay_links(*config_, index), *this, random_),
      timer_(loop_, [this] { on_timer(); }),
      second_(loop_, [this] {
        advisor_.new_second();
        copy_counters();
        trunk_names_.refresh(*config_->routes);
        watch_targets();
        if (index_ == 0) shared_.location.expire(loop_.now());
        second_.arm(loop_.now() + kSecond);
      }) {
  advisor_.use(config_, std::move(policy));
  upstream_.ask({calls_.health(), resolver_, trunk_names_});
  upstream_.use(config_);
  upstream_.use_guard(calls_.leak_guard());
  trunk_registrar_.use_guard(calls_.leak_guard());
  layer_.use_twins(tcp_twins(*config_));
  use_urgency();
  upstream_.when_accepted([this](const sip::Message& request, const sip::Source& source, base::Instant now) {
    keep_alives_.on_registered(request, source, now);
  });
  keep_alives_.use(config_);
  if (index_ == 0) probes_ = std::make_unique<TargetProbes>(layer_, minter_, random_);
  metrics_->relay_links.set(static_cast<std::int64_t>(relays_.size()));
}

Shard::~Shard() {
  join();
}

std::expected<void, std::string> Shard::open() {
  return transports_.start();
}

void Shard::start() {
  thread_ = std::thread([this] {
    relays_.start();
    second_.arm(loop_.now() + kSecond);
    trunk_names_.refresh(*config_->routes);
    trunk_registrar_.use(config_, loop_.now(), out_.transaction);
    watch_targets();
    carry_out();
    loop_.run();
  });
}

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

// --- from other threads -----------------------------------------------------------------------------------------

// What a full table of transactions takes all the same.
void Shard::use_urgency() {
  layer_.use_emergency_numbers(config_->calls->emergency_numbers);
  layer_.use_trust([this](const sip::Source& source) {
    const auto* realm = config_->routes->realm_of(source.hop.listener);
    if (realm == nullptr) return false;
    const auto* trunk = config_->routes->identify(realm->name, source.hop.remote.ip, source.tls_peer.get());
    return call::trusts(*config_->calls, realm->name, trunk != nullptr ? trunk->name : std::string_view());
  });
}

void Shard::reload(std::shared_ptr<const Config> config, std::unique_ptr<policy::Host> policy) {
  loop_.post([this, config = std::move(config), policy = std::move(policy)]() mutable {
    config_ = std::move(config);
    for (std::size_t i = 0; i < config_->certificates.size(); ++i)
      transports_.use_certificates(static_cast<std::uint16_t>(i), config_->certificates[i]);
    layer_.use_twins(tcp_twins(*config_));
    use_urgency();
    calls_.replace_settings(config_->calls);
    exchange_.replace_settings(config_->calls, config_->exchange);
    advisor_.use(config_, std::move(policy));
    lookups_.use(config_->policy_lookups);
    upstream_.use(config_);
    keep_alives_.use(config_);
    trunk_registrar_.use(config_, loop_.now(), out_.transaction);
    carry_out();
  });
}

void Shard::try_out(TriedPolicy tried) {
  loop_.post([this, tried = std::move(tried)] { advisor_.try_out(tried); });
}

void Shard::end_trial(bool promote) {
  loop_.post([this, promote] { advisor_.end_trial(promote); });
}

void Shard::drain() {
  loop_.post([this] {
    calls_.drain();
    exchange_.drain();
    trunk_registrar_.stop(loop_.now(), out_.transaction);
    carry_out();
  });
}

void Shard::kill_calls() {
  loop_.post([this] {
    calls_.kill_all(loop_.now(), out_);
    carry_out();
  });
}

void Shard::stop() {
  loop_.post([this] {
    transports_.flush();
    loop_.stop();
  });
}

// --- messages in ------------------------------------------------------------------------------------------------

void Shard::trace(SipTrace::Direction direction, const sip::Hop& hop, const base::Endpoint& local,
                  std::string_view bytes) {
  if (!shared_.trace.wanted()) return;
  shared_.trace.write(direction, hop.transport,
                      {.local = local, .remote = hop.remote, .realm = config_->listeners.at(hop.listener).realm},
                      bytes);
}

void Shard::on_message(std::string&& bytes, const sip::Source& source) {
  trace(SipTrace::Direction::In, source.hop, source.local, bytes);
  // RFC 7118 5: a WebSocket message is whole, as a datagram is, and needs no Content-Length.
  const auto transport = source.hop.transport;
  const bool stream = transport == sip::Transport::Tcp || transport == sip::Transport::Tls;
  const auto framing = stream ? sip::Framing::Stream : sip::Framing::Datagram;
  parsed(sip::parse(std::move(bytes), config_->net.sip, framing), source);
}

void Shard::on_bad_stream(const sip::ParseError& error, std::string&& head, const sip::Source& source) {
  trace(SipTrace::Direction::In, source.hop, source.local, head);
  auto result = sip::parse(std::move(head), config_->net.sip, sip::Framing::Datagram);
  result.error = error;
  parsed(std::move(result), source);
}

void Shard::parsed(sip::ParseResult&& result, const sip::Source& source) {
  if (result.ok()) {
    if (source.tls_peer && result.message->is_request()) {
      const sip::Via& via = result.message->top_via();
      if (sip::find_param(via.params, "alias")) transports_.alias(source.hop.connection, via.port_or_default());
    }
    const std::uint8_t owner = owner_of(*result.message);
    if (owner == index_) {
      take(std::move(result.message), source);
    } else {
      if (!shared_.shards[owner]->hand_over(std::move(result.message), source)) metrics_->mailbox_dropped.add();
    }
    return;
  }
  const bool answer = result.answerable && result.message != nullptr && result.error->status != 0;
  reject(answer ? admin::RejectReason::Malformed : admin::RejectReason::Dropped);
  shared_.log.limited(bad_messages_, loop_.now(), observe::Level::Warn, "malformed message",
                      {{"source", source.hop.remote.text()},
                       {"transport", sip::name_of(source.hop.transport)},
                       {"status", answer ? result.error->status : 0},
                       {"error", result.error->text}});
  if (!answer) return;
  // No transaction: the request is not good enough to be matched, and its repetition gets the same answer.
  const std::string& text = result.error->text;
  const std::string warning = "399 - " + sip::quote(base::printable(text, 200));
  const sip::ExtraHeader headers[] = {{"Warning", warning}};
  auto bytes =
      base::share(sip::build_response(*result.message, result.error->status, minter_.tag(random_), source, headers));
  out_.transaction.sends.push_back({sip::response_hop(*result.message, source), std::move(bytes), 0});
  carry_out();
}

void Shard::take(sip::MessagePtr message, const sip::Source& source) {
  if (!asks_for_names(message, source)) read(std::move(message), source);
}

void Shard::read(sip::MessagePtr message, const sip::Source& source) {
  if (message->is_request()) {
    metrics_->requests_in[message->method()].add();
  } else {
    metrics_->count_response_in(message->method(), message->status());
  }
  layer_.on_message(std::move(message), source, loop_.now(), out_.transaction);
  carry_out();
}

// --- events of the transaction layer ----------------------------------------------------------------------------

void Shard::dispatch() {
  const auto now = loop_.now();
  while (!out_.transaction.events.empty()) {
    std::vector<transaction::Event> events;
    events.swap(out_.transaction.events);
    for (auto& event : events) {
      std::visit(
          [&](auto& e) {
            using E = std::decay_t<decltype(e)>;
            if constexpr (std::is_same_v<E, transaction::RequestArrived>) {
              on_event(e);
            } else if constexpr (std::is_same_v<E, transaction::AckArrived>) {
              calls_.on_ack(e, now, out_);
            } else if constexpr (std::is_same_v<E, transaction::CancelArrived>) {
              calls_.on_cancel(e, now, out_);
            } else if constexpr (std::is_same_v<E, transaction::ResponseArrived>) {
              if (probes_ && probes_->on_response(e, now)) return;
              if (exchange_.on_response(e, now, out_) || keep_alives_.on_response(e, now) ||
                  trunk_registrar_.on_response(e, now, out_.transaction))
                return;
              if (!upstream_.on_response(e, now, out_.transaction)) calls_.on_response(e, now, out_);
            } else if constexpr (std::is_same_v<E, transaction::ClientFailed>) {
              if (probes_ && probes_->on_client_failed(e, now)) return;
              if (exchange_.on_client_failed(e, now, out_) || keep_alives_.on_client_failed(e, now, out_.transaction) ||
                  trunk_registrar_.on_client_failed(e, now, out_.transaction))
                return;
              if (!upstream_.on_client_failed(e, now, out_.transaction)) calls_.on_client_failed(e, now, out_);
            } else {
              static_assert(std::is_same_v<E, transaction::ServerFailed>);
              calls_.on_server_failed(e, now, out_);
            }
          },
          event);
    }
  }
}

void Shard::answer_plain(const transaction::RequestArrived& request, int status,
                         std::span<const sip::ExtraHeader> headers, std::string_view reason) {
  auto bytes = base::share(
      sip::build_response(*request.message, status, minter_.tag(random_), request.source, headers, {}, {}, reason));
  layer_.respond(request.transaction, status, std::move(bytes), loop_.now(), out_.transaction);
}

// The cheapest refusal: nothing is looked up, checked or kept for it. True: it has its answer, or gets none.
bool Shard::is_screened_out(const transaction::RequestArrived& request) {
  const auto decision = advisor_.screen(request.message, request.source);
  switch (decision.kind) {
    case policy::ScreenDecision::Kind::Accept:
      return false;
    case policy::ScreenDecision::Kind::Reject:
      answer_plain(request, decision.status, call::as_extra(decision.headers), decision.reason);
      return true;
    case policy::ScreenDecision::Kind::Drop:
      layer_.ignore(request.transaction, loop_.now());
      return true;
  }
  return false;
}

void Shard::on_event(const transaction::RequestArrived& request) {
  const sip::Message& message = *request.message;
  const auto now = loop_.now();
  if (!message.to_tag().empty() && message.method() != sip::Method::Register) {
    if (exchange_.owns_tag(message.to_tag())) return exchange_.on_dialog_request(request, now, out_);
    return calls_.on_dialog_request(request, now, out_);
  }
  if (is_screened_out(request)) return;
  const bool help = message.method() == sip::Method::Invite && identity::is_emergency_urn(message.request_uri());
  if (message.request_uri().scheme == sip::Uri::Scheme::Other && !help) {  // RFC 3261 8.2.2.1
    reject(admin::RejectReason::Unsupported);
    return answer_plain(request, 416);
  }
  if (message.method() == sip::Method::Invite && message.count(sip::HeaderId::Contact) == 0) {
    // RFC 3261 8.1.1.8: without it nobody knows where the requests of the dialog go.
    reject(admin::RejectReason::Malformed);
    const sip::ExtraHeader warning[] = {{"Warning", "399 - \"Contact: expected an address, got none\""}};
    return answer_plain(request, 400, warning);
  }
  const call::Arrival arrival = advisor_.arrival_of(message, request.source);
  if (const int status = message.method() != sip::Method::Register ? advisor_.refusal(message) : 0; status != 0) {
    metrics_
        ->registration_events[status == 430 || status == 403 ? admin::RegistrationEvent::FlowRefused
                                                             : admin::RegistrationEvent::GruuRefused]
        .add();
    return answer_plain(request, status);
  }
  switch (message.method()) {
    case sip::Method::Invite:
      return calls_.on_invite(request, arrival, now, out_);
    case sip::Method::Register: {
      if (refuses_body(request)) return;
      if (upstream_.relays(arrival.realm)) {
        const auto decision = advisor_.register_decision(message, request.source, arrival);
        return upstream_.on_register(request, arrival, decision, now, out_.transaction);
      }
      const auto plan = advisor_.registration(message, request.source, arrival);
      if (plan.status == 0) {
        reject(admin::RejectReason::Policy);
        return layer_.ignore(request.transaction, now);
      }
      metrics_->registrations[register_result(message, plan.status, plan.refreshed)].add();
      std::vector<sip::ExtraHeader> headers;
      for (const auto& header : plan.headers) headers.push_back({header.name, header.value});
      answer_plain(request, plan.status, headers, plan.reason);
      if (plan.status == 200) keep_alives_.on_registered(message, request.source, now);
      return;
    }
    case sip::Method::Bye:
    case sip::Method::Prack:
    case sip::Method::Update:
    case sip::Method::Info:
      return answer_plain(request, 481);  // they live in dialogs only
    default: {
      if (exchange_.on_request(request, arrival, now, out_)) return;
      if (message.method() == sip::Method::Options) return on_options(request, arrival.realm);
      if (message.method() == sip::Method::Refer && calls_.on_refer(request, arrival, now, out_)) return;
      reject(admin::RejectReason::Unsupported);
      const sip::ExtraHeader allow[] = {{"Allow", kAllowOutside}};
      return answer_plain(request, message.method() == sip::Method::Other ? 501 : 405, allow);
    }
  }
}

// RFC 3261 8.2.3, of what is answered here.
bool Shard::refuses_body(const transaction::RequestArrived& request) {
  if (!call::refused_body_of(*request.message)) return false;
  reject(admin::RejectReason::Unsupported);
  answer_plain(request, 415, call::kUnderstoodBodies);
  return true;
}

void Shard::on_options(const transaction::RequestArrived& request, const std::string& realm) {
  if (refuses_body(request)) return;
  const std::string unsupported = call::unsupported_extensions(*request.message);
  if (!unsupported.empty()) {
    reject(admin::RejectReason::Unsupported);
    const sip::ExtraHeader headers[] = {{"Unsupported", unsupported}};
    return answer_plain(request, 420, headers);
  }
  // RFC 3261 11.2: as an INVITE would be answered now, that is 503 while this shard drains or has all the calls that it
  // may have. Who asks need not be somebody who may call: what the policy would say of him is not told.
  const bool open = !shared_.draining.load(std::memory_order_relaxed) && calls_.size() < config_->calls->max_calls;
  const std::string seconds = std::to_string(config_->calls->busy_retry_after);
  const std::string allow = call::allow_value(*config_->calls, realm) + ", REGISTER";
  const std::string extensions = call::supported_extensions();
  std::string events;
  for (const auto& event : config_->exchange.events) events.append(events.empty() ? "" : ", ").append(event);
  const sip::ExtraHeader yes[] = {{"Allow", allow},
                                  {"Accept", "application/sdp, multipart/mixed"},
                                  {"Supported", extensions},
                                  {"Allow-Events", events}};
  const sip::ExtraHeader no[] = {{"Retry-After", seconds}};
  answer_plain(request, open ? 200 : 503,
               open ? std::span<const sip::ExtraHeader>(yes) : std::span<const sip::ExtraHeader>(no));
}

// --- what comes out ---------------------------------------------------------------------------------------------

void Shard::carry_out() {
  if (dispatching_) return;  // the outer call goes on until nothing is left
  dispatching_ = true;
  while (!out_.transaction.events.empty() || !out_.transaction.sends.empty() || !out_.relay.empty() ||
         !out_.lookups.empty() || !out_.questions.empty() || !out_.wanted.empty()) {
    dispatch();
    std::vector<transaction::Send> sends;
    sends.swap(out_.transaction.sends);
    for (auto& send : sends) {
      if (is_message(*send.bytes)) {
        count_out(*metrics_, *send.bytes);
        trace(SipTrace::Direction::Out, send.hop, transports_.local_endpoint(send.hop.listener), *send.bytes);
      }
      this->send(send.hop, std::move(send.bytes), send.token);
    }
    std::vector<call::RelayCommand> commands;
    commands.swap(out_.relay);
    for (auto& command : commands) send_relay(command);
    std::vector<call::Lookup> lookups;
    lookups.swap(out_.lookups);
    for (const auto& lookup : lookups) look_up(lookup);
    for (const auto& question : std::exchange(out_.questions, {})) ask(question);
    for (const auto& wanted : std::exchange(out_.wanted, {})) ask_for_leg(wanted);
  }
  for (const auto& record : out_.records) close_record(record);
  for (const auto& note : out_.notes)
    shared_.log.write(level_of(note.level), note.text, {{"call", note.call}, {"session_id", note.session_id}});
  for (const auto& tag : out_.guests_gone) shared_.signposts.remove(tag);
  for (const auto& note : calls_.leak_guard().take_notes())
    shared_.log.limited(leak_notes_, loop_.now(), level_of(note.level), note.text, {{"call", note.call}});
  out_.records.clear();
  out_.notes.clear();
  out_.guests_gone.clear();
  tell_of_targets();
  dispatching_ = false;
  calls_now_.store(calls_.size() + calls_.endings(), std::memory_order_relaxed);
  registrations_now_.store(trunk_registrar_.size(), std::memory_order_relaxed);
  arm_timer();
}

void Shard::look_up(const call::Lookup& lookup) {
  const auto tell = [this, lookup](const std::vector<route::Place>& places, const std::string& problem) {
    if (exchange::Exchange::owns(lookup)) return exchange_.on_located(lookup, places, loop_.now(), out_);
    calls_.on_located(lookup, places, problem, loop_.now(), out_);
  };
  const auto* realm = config_->routes->realm(lookup.realm);
  if (realm == nullptr) return tell({}, "its realm is gone");
  resolver_.locate(lookup.host, *realm, resolve::Resolver::Want::Now, [this, tell](const route::Located& located) {
    tell(located.places, located.problem);
    carry_out();
  });
}

void Shard::ask(const call::PolicyQuestion& question) {
  lookups_.ask(question.question, question.emergency,
               [this, owner = question.owner, number = question.number](policy::Found found) {
                 calls_.on_answer(owner, number, std::move(found), loop_.now(), out_);
                 carry_out();
               });
}

void Shard::close_record(const call::CallRecord& record) {
  count_record(*metrics_, record);
  advisor_.ended(record);
  // A challenge is no call, and refusals are cheap to provoke: they must not push real calls out of the log.
  if (record.cause == call::EndCause::Policy && record.status == 407) return;
  const bool refused = record.cause == call::EndCause::Policy || record.cause == call::EndCause::Limit;
  std::uint64_t suppressed = 0;
  if (refused && !refused_calls_.allow(loop_.now(), suppressed)) return;
  shared_.log.write(observe::Level::Info, "call ended", RecordLine(record).fields());
  shared_.explanations.ended(record.call_id_a);
}

// --- net, relay, time -------------------------------------------------------------------------------------------

void Shard::on_send_failed(std::uint64_t token, const sip::Hop& hop, const base::SharedBytes& bytes, net::Loss loss) {
  shared_.log.debug("send failed", {{"remote", hop.remote.text()}});
  // A response that has perhaps arrived goes out once more, and nobody is told if it cannot.
  const bool perhaps = loss == net::Loss::Doubtful;
  if (detour({.hop = hop, .bytes = bytes, .token = perhaps ? ForeignSends::kNobody : token})) return;
  tell_of_loss(token, bytes == nullptr ? net::Loss::Unsent : loss);
  carry_out();
}

void Shard::on_connection_closed(sip::ConnectionId id) {
  flow_closed(id);
  const auto registers = [](const RealmConfig& realm) { return realm.has_registrations(); };
  if (std::ranges::none_of(config_->realms, registers)) return;
  // A REGISTER of it may wait at the shard of its Call-ID, or be on its way there: this comes after it.
  for (auto& shard : shared_.shards)
    if (shard.get() != this) shard->loop_.post([other = shard.get(), id] { other->flow_closed(id); });
}

void Shard::flow_closed(sip::ConnectionId id) {
  shared_.location.remove_flow(id);
  upstream_.on_flow_closed(id, loop_.now(), out_.transaction);
  carry_out();
}

void Shard::on_timer() {
  const auto now = loop_.now();
  layer_.on_deadline(now, out_.transaction);
  calls_.on_deadline(now, out_);
  upstream_.on_deadline(now, out_.transaction);
  keep_alives_.on_deadline(now, out_.transaction);
  trunk_registrar_.on_deadline(now, out_.transaction);
  exchange_.on_deadline(now, out_);
  if (probes_) probes_->on_deadline(now, out_.transaction);
  for (auto& held : held_.due(now)) {  // what nobody told of is removed
    metrics_->names_late.add();
    read(std::move(held.message), held.source);
  }
  carry_out();
}

void Shard::arm_timer() {
  // Firing early costs one turn; moving the timer for every message would cost more.
  const auto next = std::min({layer_.next_deadline(), calls_.next_deadline(), upstream_.next_deadline(),
                              keep_alives_.next_deadline(), trunk_registrar_.next_deadline(), exchange_.next_deadline(),
                              held_.next_deadline(), probes_ ? probes_->next_deadline() : base::kNever});
  if (next < timer_.deadline()) timer_.arm(next);
}

// The rooms count for themselves; each limit is one room's.
void Shard::copy_limits() {
  limit::Counts all = limits_;
  all += layer_.counters().limits;
  all += calls_.limits();
  all += exchange_.counters().limits;
  all += advisor_.limits();
  all += upstream_.limits();
  all += trunk_registrar_.limits();
  all += resolver_.counters().limits;
  for (std::size_t i = 0; i < static_cast<std::size_t>(limit::Reached::kCount); ++i) {
    const auto limit = static_cast<limit::Reached>(i);
    metrics_->limits[limit].set(all[limit]);
  }
}

void Shard::copy_counters() {
  static_assert(relay_client::kFullReasons == static_cast<std::size_t>(admin::RelayRefusal::kCount));
  for (std::size_t i = 0; i < relay_client::kFullReasons; ++i)
    metrics_->relay_refusals[static_cast<admin::RelayRefusal>(i)].set(relays_.refusals()[i]);
  copy(layer_.counters(), *metrics_);
  copy(resolver_.counters(), *metrics_);
  copy(detours_, *metrics_);
  lookups_.copy_counters(*metrics_);
  metrics_->dns_cached.set(static_cast<std::int64_t>(resolver_.cached()));
  metrics_->server_transactions.set(static_cast<std::int64_t>(layer_.server_count()));
  metrics_->client_transactions.set(static_cast<std::int64_t>(layer_.client_count()));
  metrics_->calls_started.set(calls_.counters().started);
  metrics_->calls_active.set(static_cast<std::int64_t>(calls_.size()));
  metrics_->calls_connected.set(static_cast<std::int64_t>(calls_.connected()));
  upstream_.copy_counters();
  keep_alives_.copy_counters();
  trunk_registrar_.copy_counters(loop_.now());
  metrics_->policies_held.set(static_cast<std::int64_t>(advisor_.tenures().held()));
  metrics_->policies_cut.set(advisor_.tenures().cut());
  copy(calls_.credential_counters(), *metrics_);
  copy(calls_.leaks(), *metrics_);
  copy(exchange_, *metrics_);
  copy_limits();
  copy(calls_.counters(), advisor_.registrar_counters(), advisor_.identity_counters(), *metrics_);
  metrics_->dialogs[admin::DialogCount::LateInvitesForgotten].set(calls_.late_forks().forgotten());
}

}  // namespace sbc::app
