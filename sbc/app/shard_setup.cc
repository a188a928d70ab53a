#include "sbc/app/shard_setup.h"

#include <algorithm>
#include <numeric>

#include "media-relay/base/text.h"

#include "sbc/sip/contact.h"

namespace sbc::app {

net::Setup net_setup(const Config& config, std::uint8_t shard, net::Aliases* aliases) {
  net::Setup setup;
  setup.shard = shard;
  setup.aliases = aliases;
  setup.reuse_port = config.shards > 1;
  setup.limits = config.net;
  setup.limits.connections = config.net.connections / config.shards + 1;
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const auto& listener = config.listeners[i];
    setup.listeners.push_back({.index = static_cast<std::uint16_t>(i),
                               .realm = listener.realm,
                               .transport = listener.transport,
                               .bind = listener.bind,
                               .dscp = listener.dscp,
                               .certificates = config.certificates[i]});
  }
  return setup;
}

std::vector<std::optional<transaction::TcpTwin>> tcp_twins(const Config& config) {
  std::vector<std::optional<transaction::TcpTwin>> twins(config.listeners.size());
  for (const auto& realm : config.routes->realms())
    for (const auto& udp : realm.listeners) {
      const auto* tcp = realm.listener_for(sip::Transport::Tcp, udp.address.ip);
      if (udp.transport != sip::Transport::Udp || tcp == nullptr) continue;
      twins.at(udp.index) = transaction::TcpTwin{
          .limit = realm.udp_limit, .listener = tcp->index, .sent_by = config.calls->faces.at(tcp->index).sent_by};
    }
  return twins;
}

std::vector<relay_client::LinkOptions> relay_links(const Config& config, std::uint8_t shard) {
  auto links = config.relays;
  for (auto& link : links) link.controller = config.instance + "-" + std::to_string(shard);
  return links;
}

observe::Level level_of(call::Note::Level level) {
  switch (level) {
    case call::Note::Level::Debug:
      return observe::Level::Debug;
    case call::Note::Level::Info:
      return observe::Level::Info;
    case call::Note::Level::Warning:
      return observe::Level::Warn;
    case call::Note::Level::Error:
      return observe::Level::Error;
  }
  return observe::Level::Error;
}

void count_out(admin::ShardMetrics& metrics, std::string_view bytes) {
  if (!bytes.starts_with("SIP/2.0 ")) {
    metrics.requests_out[sip::method_from(bytes.substr(0, bytes.find(' ')))].add();
    return;
  }
  const int status = static_cast<int>(base::parse_unsigned<std::uint32_t>(bytes.substr(8, 3)).value_or(500));
  // Our own writer spells it so.
  const auto cseq = bytes.find("\r\nCSeq: ");
  if (cseq == std::string_view::npos) return;
  auto value = bytes.substr(cseq + 8);
  value = value.substr(0, value.find('\r'));
  const auto space = value.rfind(' ');
  metrics.count_response_out(sip::method_from(space == std::string_view::npos ? value : value.substr(space + 1)),
                             status);
}

namespace {

admin::CallResult result_of(const call::CallRecord& record) {
  using admin::CallResult;
  if (record.answered) return CallResult::Answered;
  switch (record.cause) {
    case call::EndCause::Cancel:
      return CallResult::Cancelled;
    case call::EndCause::Policy:
    case call::EndCause::HungUp:
    case call::EndCause::Limit:
    case call::EndCause::Shutdown:
      return CallResult::Refused;
    case call::EndCause::Unreachable:
      return CallResult::Unreachable;
    case call::EndCause::NoAnswer:
      return CallResult::NoAnswer;
    case call::EndCause::Rejected:
      if (record.status == 486 || record.status == 600) return CallResult::Busy;
      if (record.status == 408 || record.status == 480 || record.status == 487) return CallResult::NoAnswer;
      return CallResult::Rejected;
    case call::EndCause::Bye:
    case call::EndCause::MediaTimeout:
    case call::EndCause::NotSecured:
    case call::EndCause::NotRecorded:
    case call::EndCause::RelayFailure:
    case call::EndCause::NoAck:
    case call::EndCause::BadMedia:
    case call::EndCause::SessionExpired:
    case call::EndCause::PeerGone:
    case call::EndCause::MaxDuration:
    case call::EndCause::Error:
      return CallResult::Failed;
  }
  return CallResult::Failed;
}

void count_stream(admin::ShardMetrics& metrics, std::size_t side, const call::LineQuality& line,
                  const call::StreamQuality& stream) {
  if (stream.packets == 0) return;
  const auto kind = std::ranges::find(admin::kMediaKinds, line.kind);
  auto& to = metrics.streams[side][static_cast<std::size_t>(kind - admin::kMediaKinds.begin())];
  to.loss.observe(stream.loss);
  to.jitter_seconds.observe(base::to_seconds(stream.jitter));
  if (stream.round_trip) to.round_trip_seconds.observe(base::to_seconds(*stream.round_trip));
  if (stream.reported_mos) to.reported_mos.observe(*stream.reported_mos);
}

}  // namespace

void count_record(admin::ShardMetrics& metrics, const call::CallRecord& record) {
  // A challenge is half of a call's beginning, not the end of a call.
  if (record.cause == call::EndCause::Policy && record.status == 407) return;
  metrics.calls[result_of(record)].add();
  if (record.cause == call::EndCause::Policy || (record.cause == call::EndCause::HungUp && !record.answered))
    metrics.rejects[admin::RejectReason::Policy].add();
  if (record.cause == call::EndCause::Unreachable) metrics.rejects[admin::RejectReason::NoRoute].add();
  if (record.cause == call::EndCause::RelayFailure && !record.answered)
    metrics.rejects[admin::RejectReason::Relay].add();
  if (record.cause == call::EndCause::Error) metrics.rejects[admin::RejectReason::Internal].add();
  if (record.cause == call::EndCause::MediaTimeout) metrics.media_timeouts.add();
  if (record.cause == call::EndCause::MaxDuration) metrics.max_durations.add();
  if (record.cause == call::EndCause::NotSecured) metrics.media_not_secured.add();
  if (!record.answered) return;
  if (record.quality) {
    const call::StreamQuality* const sides[] = {&record.quality->from_a(), &record.quality->from_b()};
    for (std::size_t i = 0; i < std::size(sides); ++i)
      if (sides[i]->mos) metrics.mos[i].observe(*sides[i]->mos);
    for (const call::LineQuality& line : record.quality->lines) {
      count_stream(metrics, 0, line, line.from_a);
      count_stream(metrics, 1, line, line.from_b);
    }
  }
  metrics.setup_seconds.observe(base::to_seconds(record.setup));
  metrics.call_seconds.observe(base::to_seconds(record.duration));
}

admin::RegisterResult register_result(const sip::Message& request, int status, bool refreshed) {
  if (status == 401 || status == 407) return admin::RegisterResult::Challenged;
  if (status / 100 != 2) return admin::RegisterResult::Rejected;
  const auto contacts = sip::parse_contacts(request);
  if (!contacts || (contacts->values.empty() && !contacts->star)) return admin::RegisterResult::Queried;
  const auto expires = request.find(sip::HeaderId::Expires).value_or("1");
  const bool removed =
      contacts->star || contacts->values.front().expires.value_or(sip::parse_delta_seconds(expires).value_or(1)) == 0;
  if (removed) return admin::RegisterResult::Removed;
  return refreshed ? admin::RegisterResult::Refreshed : admin::RegisterResult::Registered;
}

void copy(const transaction::Counters& from, admin::ShardMetrics& to) {
  using admin::TransactionCount;
  to.transactions[TransactionCount::ServersStarted].set(from.servers_started);
  to.transactions[TransactionCount::ClientsStarted].set(from.clients_started);
  to.transactions[TransactionCount::RequestsRetransmitted].set(from.requests_retransmitted);
  to.transactions[TransactionCount::ResponsesRetransmitted].set(from.responses_retransmitted);
  to.transactions[TransactionCount::RequestsAbsorbed].set(from.requests_absorbed);
  to.transactions[TransactionCount::ResponsesAbsorbed].set(from.responses_absorbed);
  to.transactions[TransactionCount::OverTcp].set(from.over_tcp);
  to.transactions[TransactionCount::TcpFallbacks].set(from.tcp_fallbacks);
  to.transactions[TransactionCount::LargeOnFlow].set(from.large_on_flow);
  to.transactions[TransactionCount::RequestsReopened].set(from.requests_reopened);
  to.transactions[TransactionCount::ClientTimeouts].set(from.client_timeouts);
  to.transactions[TransactionCount::TransportErrors].set(from.client_transport_errors + from.server_transport_errors);
  to.transactions[TransactionCount::AcksMissing].set(from.acks_missing);
  to.transactions[TransactionCount::MergedRequests].set(from.merged_requests);
  to.transactions[TransactionCount::StrayResponses].set(from.stray_responses);
  to.transactions[TransactionCount::StrayAcks].set(from.stray_acks);
  to.transactions[TransactionCount::StrayCancels].set(from.stray_cancels);
  to.transactions[TransactionCount::OverloadRejects].set(from.overload_rejects);
  to.transactions[TransactionCount::DialogReserve].set(from.dialog_reserve);
  to.transactions[TransactionCount::EmergencyReserve].set(from.emergency_reserve);
  to.transactions[TransactionCount::ClientOverloads].set(from.client_overloads);
  to.transactions[TransactionCount::LateResponses].set(from.late_responses);
  to.transactions[TransactionCount::ServersUnanswered].set(from.servers_unanswered);
}

void copy(const resolve::Counters& from, admin::ShardMetrics& to) {
  using admin::DnsCount;
  to.dns[DnsCount::Queries].set(from.queries);
  to.dns[DnsCount::Found].set(from.found);
  to.dns[DnsCount::Nothing].set(from.nothing);
  to.dns[DnsCount::Failed].set(from.failed);
  to.dns[DnsCount::Silent].set(from.silent);
  to.dns[DnsCount::Coalesced].set(from.coalesced);
  to.dns[DnsCount::Refused].set(from.refused);
  to.dns[DnsCount::Hits].set(from.hits);
  to.dns[DnsCount::Stale].set(from.stale);
  to.dns[DnsCount::Evicted].set(from.evicted);
}

void copy(const route::Detours& from, admin::ShardMetrics& to) {
  static_assert(static_cast<int>(admin::ResponseDetour::kCount) == static_cast<int>(route::Detour::kCount));
  for (std::size_t i = 0; i < static_cast<std::size_t>(route::Detour::kCount); ++i)
    to.response_detours[static_cast<admin::ResponseDetour>(i)].set(from.count(static_cast<route::Detour>(i)));
}

void copy(const call::Counters& calls, const registrar::RegistrarCounters& registrations,
          const registrar::IdentityCounters& identities, admin::ShardMetrics& to) {
  using admin::DialogCount;
  to.dialogs[DialogCount::Bugs].set(calls.bugs);
  to.dialogs[DialogCount::OutsideDialogs].set(calls.outside_dialogs);
  to.dialogs[DialogCount::OutOfOrder].set(calls.out_of_order);
  to.dialogs[DialogCount::StrayAcks].set(calls.stray_acks);
  to.dialogs[DialogCount::LateForks].set(calls.late_forks);
  to.dialogs[DialogCount::HiddenProgress].set(calls.hidden_progress);
  to.dialogs[DialogCount::HungUpAnswers].set(calls.hung_up_answers);
  to.dialogs[DialogCount::RefusedExtension].set(calls.refused_extension);
  to.dialogs[DialogCount::RefusedContact].set(calls.refused_contacts);
  to.dialogs[DialogCount::Loops].set(calls.loops);
  to.dialogs[DialogCount::RefusedSips].set(calls.refused_sips);
  to.dialogs[DialogCount::RefusedPrivacy].set(calls.refused_privacy);
  to.dialogs[DialogCount::RefusedMethod].set(calls.refused_method);
  to.dialogs[DialogCount::Passed].set(calls.passed);
  to.dialogs[DialogCount::RefusedPassing].set(calls.refused_passing);
  to.dialogs[DialogCount::RefusedPackage].set(calls.refused_package);
  to.dialogs[DialogCount::Announcements].set(calls.announcements);
  to.dialogs[DialogCount::Ringbacks].set(calls.ringbacks);
  to.dialogs[DialogCount::SoundsUnheard].set(calls.sounds_unheard);
  to.dialogs[DialogCount::DigitsToInfo].set(calls.digits_to_info);
  to.dialogs[DialogCount::DigitsToMedia].set(calls.digits_to_media);
  to.dialogs[DialogCount::DigitsSuppressed].set(calls.digits_suppressed);
  to.dialogs[DialogCount::DigitsLost].set(calls.digits_lost);
  to.dialogs[DialogCount::PicturesToInfo].set(calls.pictures_to_info);
  to.dialogs[DialogCount::PicturesToMedia].set(calls.pictures_to_media);
  to.dialogs[DialogCount::PicturesHeldBack].set(calls.pictures_held_back);
  to.dialogs[DialogCount::RefusedBody].set(calls.refused_body);
  to.dialogs[DialogCount::RefusedForks].set(calls.refused_forks);
  to.dialogs[DialogCount::StrayPracks].set(calls.stray_pracks);
  to.dialogs[DialogCount::RefusedInterval].set(calls.refused_interval);
  to.dialogs[DialogCount::Refreshes].set(calls.refreshes);
  to.dialogs[DialogCount::OffersAgain].set(calls.offers_again);
  to.dialogs[DialogCount::Failovers].set(calls.failovers);
  to.dialogs[DialogCount::Transfers].set(calls.transfers);
  to.quality_reports.set(calls.quality_reports);
  to.low_quality[0].set(calls.low_callers);
  to.low_quality[1].set(calls.low_callees);
  to.silent[0].set(calls.silent_callers);
  to.silent[1].set(calls.silent_callees);
  to.recordings_stopped.set(calls.not_recorded);
  to.recording_sessions.set(calls.recording_sessions);
  to.recording_sessions_lost.set(calls.recording_sessions_lost);
  to.dialogs[DialogCount::MediaMoves].set(calls.moves);
  to.dialogs[DialogCount::MediaMoved].set(calls.moved);
  static_assert(std::tuple_size_v<call::PerMoveReason> == static_cast<std::size_t>(admin::MoveReason::kCount));
  for (std::size_t i = 0; i < calls.moves_begun.size(); ++i) {
    to.moves_begun[static_cast<admin::MoveReason>(i)].set(calls.moves_begun[i]);
    to.moves_done[static_cast<admin::MoveReason>(i)].set(calls.moves_done[i]);
  }
  to.moves_put_off.set(calls.moves_put_off);
  to.moves_failed.set(calls.moves_failed);
  to.dialogs[DialogCount::Takeovers].set(calls.takeovers);
  to.dialogs[DialogCount::RefusedTransfer].set(calls.refused_transfer);
  to.dialogs[DialogCount::PolicyRefusedReinvite].set(calls.refused_by_policy[0]);
  to.dialogs[DialogCount::PolicyRefusedRefer].set(calls.refused_by_policy[1]);
  to.dialogs[DialogCount::PolicyRefusedInfo].set(calls.refused_by_policy[2]);
  to.dialogs[DialogCount::PolicyHangUps].set(calls.policy_hang_ups);
  to.dialogs[DialogCount::PolicyTimers].set(calls.policy_timers);
  to.dialogs[DialogCount::PolicyTimersLeftOut].set(calls.policy_timers_left_out);
  using admin::RegistrationEvent;
  to.registration_events[RegistrationEvent::Flows].set(registrations.flows);
  to.registration_events[RegistrationEvent::Gruus].set(registrations.gruus);
  to.registration_events[RegistrationEvent::LackingFlows].set(registrations.lacking_outbound);
  to.dialogs[DialogCount::FollowedRedirects].set(calls.followed_redirects);
  to.dialogs[DialogCount::PassedRedirects].set(calls.passed_redirects);
  to.dialogs[DialogCount::RefusedRedirects].set(calls.refused_redirects);
  static_assert(sdp::kCryptoFaults == static_cast<std::size_t>(admin::CryptoLine::kCount));
  for (std::size_t i = 0; i < sdp::kCryptoFaults; ++i)
    to.crypto_lines_skipped[static_cast<admin::CryptoLine>(i)].set(calls.skipped_keys[i]);
  // The first two are no refusals of ours.
  static_assert(sdp::kRefusals == static_cast<std::size_t>(admin::RefusedLine::kCount) + 2);
  for (std::size_t i = 2; i < sdp::kRefusals; ++i)
    to.refused_lines[static_cast<admin::RefusedLine>(i - 2)].set(calls.refused_lines[i]);
  using admin::RejectReason;
  to.rejects[RejectReason::Draining].set(calls.refused_draining);
  to.rejects[RejectReason::Limit].set(calls.refused_limit + registrations.store_full + registrations.too_many_contacts);
  to.rejects[RejectReason::Help].set(calls.refused_help);
  to.rejects[RejectReason::LoopDetected].set(calls.refused_loop + calls.loops);
  to.rejects[RejectReason::Routes].set(calls.refused_routes);
  to.rejects[RejectReason::Media].set(calls.refused_media);
  to.rejects[RejectReason::UnknownUser].set(registrations.not_found);
  to.rejects[RejectReason::Auth].set(
      std::accumulate(identities.refused.begin(), identities.refused.end(), std::uint64_t{0}));
}

void copy(const call::CredentialCounters& from, admin::ShardMetrics& to) {
  using admin::TrunkChallenge;
  to.trunk_challenges[TrunkChallenge::Retried].set(from.retried);
  to.trunk_challenges[TrunkChallenge::Refused].set(from.refused);
  to.trunk_challenges[TrunkChallenge::Unanswerable].set(from.unanswerable);
  to.trunk_challenges[TrunkChallenge::TooMany].set(from.too_many);
}

void copy(const call::LeakCounters& from, admin::ShardMetrics& to) {
  for (std::size_t i = 0; i < leak::kKinds; ++i) to.leaks[static_cast<leak::Kind>(i)].set(from.by_kind[i]);
  for (std::size_t i = 0; i < leak::kPlaces; ++i)
    to.leaks_by_place[static_cast<leak::Place::Where>(i)].set(from.by_place[i]);
  to.leaks_removed.set(from.removed);
  to.leaks_kept.set(from.kept);
}

void copy(const exchange::Exchange& from, admin::ShardMetrics& to) {
  static_assert(exchange::kOutcomes == static_cast<std::size_t>(admin::ExchangeResult::kCount));
  const auto& counters = from.counters();
  for (std::size_t method = 0; method < admin::kMethods; ++method)
    for (std::size_t outcome = 0; outcome < exchange::kOutcomes; ++outcome)
      to.exchanges[method][static_cast<admin::ExchangeResult>(outcome)].set(counters.outcomes[method][outcome]);
  using admin::SubscriptionCount;
  to.subscription_events[SubscriptionCount::Started].set(counters.subscriptions_started);
  to.subscription_events[SubscriptionCount::Expired].set(counters.subscriptions_expired);
  to.subscription_events[SubscriptionCount::ForksRefused].set(counters.forks_refused);
  to.subscription_events[SubscriptionCount::BodiesDropped].set(counters.bodies_dropped);
  to.subscriptions.set(static_cast<std::int64_t>(from.subscriptions()));
}

}  // namespace sbc::app
