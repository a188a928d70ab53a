// The words that stand in labels. Changing one breaks dashboards and alert rules: see CHANGELOG.md.

#include "sbc/admin/shard_metrics.h"

namespace sbc::admin {

const char* name_of(CallResult result) {
  switch (result) {
    case CallResult::Answered:
      return "answered";
    case CallResult::Busy:
      return "busy";
    case CallResult::NoAnswer:
      return "no_answer";
    case CallResult::Cancelled:
      return "cancelled";
    case CallResult::Rejected:
      return "rejected";
    case CallResult::Refused:
      return "refused";
    case CallResult::Unreachable:
      return "unreachable";
    case CallResult::Failed:
      return "failed";
    case CallResult::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(RejectReason reason) {
  switch (reason) {
    case RejectReason::Malformed:
      return "malformed";
    case RejectReason::Dropped:
      return "dropped";
    case RejectReason::Policy:
      return "policy";
    case RejectReason::PolicyError:
      return "policy_error";
    case RejectReason::Auth:
      return "auth";
    case RejectReason::UnknownUser:
      return "unknown_user";
    case RejectReason::NoRoute:
      return "no_route";
    case RejectReason::Limit:
      return "limit";
    case RejectReason::Help:
      return "help";
    case RejectReason::Draining:
      return "draining";
    case RejectReason::Relay:
      return "relay";
    case RejectReason::Media:
      return "media";
    case RejectReason::LoopDetected:
      return "loop";
    case RejectReason::Routes:
      return "routes";
    case RejectReason::Unsupported:
      return "unsupported";
    case RejectReason::Screened:
      return "screened";
    case RejectReason::Internal:
      return "internal";
    case RejectReason::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(ResponseClass c) {
  switch (c) {
    case ResponseClass::C1xx:
      return "1xx";
    case ResponseClass::C2xx:
      return "2xx";
    case ResponseClass::C3xx:
      return "3xx";
    case ResponseClass::C4xx:
      return "4xx";
    case ResponseClass::C5xx:
      return "5xx";
    case ResponseClass::C6xx:
      return "6xx";
    case ResponseClass::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(DialogCount c) {
  switch (c) {
    case DialogCount::Bugs:
      return "bugs";
    case DialogCount::OutsideDialogs:
      return "outside_dialogs";
    case DialogCount::OutOfOrder:
      return "out_of_order";
    case DialogCount::StrayAcks:
      return "stray_acks";
    case DialogCount::LateInvitesForgotten:
      return "late_invites_forgotten";
    case DialogCount::HiddenProgress:
      return "hidden_progress";
    case DialogCount::HungUpAnswers:
      return "hung_up_answers";
    case DialogCount::LateForks:
      return "late_forks";
    case DialogCount::RefusedSips:
      return "refused_sips";
    case DialogCount::RefusedPrivacy:
      return "refused_privacy";
    case DialogCount::Loops:
      return "loops";
    case DialogCount::RefusedExtension:
      return "refused_extension";
    case DialogCount::RefusedContact:
      return "refused_contact";
    case DialogCount::RefusedMethod:
      return "refused_method";
    case DialogCount::Passed:
      return "passed";
    case DialogCount::RefusedPassing:
      return "refused_passing";
    case DialogCount::RefusedPackage:
      return "refused_package";
    case DialogCount::RefusedBody:
      return "refused_body";
    case DialogCount::DigitsToInfo:
      return "digits_to_info";
    case DialogCount::DigitsToMedia:
      return "digits_to_media";
    case DialogCount::DigitsSuppressed:
      return "digits_suppressed";
    case DialogCount::Announcements:
      return "announcements";
    case DialogCount::Ringbacks:
      return "ringbacks";
    case DialogCount::SoundsUnheard:
      return "sounds_unheard";
    case DialogCount::PolicyRefusedReinvite:
      return "policy_refused_reinvite";
    case DialogCount::PolicyRefusedRefer:
      return "policy_refused_refer";
    case DialogCount::PolicyRefusedInfo:
      return "policy_refused_info";
    case DialogCount::PolicyHangUps:
      return "policy_hang_ups";
    case DialogCount::PolicyTimers:
      return "policy_timers";
    case DialogCount::PolicyTimersLeftOut:
      return "policy_timers_left_out";
    case DialogCount::DigitsLost:
      return "digits_lost";
    case DialogCount::PicturesToInfo:
      return "pictures_to_info";
    case DialogCount::PicturesToMedia:
      return "pictures_to_media";
    case DialogCount::PicturesHeldBack:
      return "pictures_held_back";
    case DialogCount::RefusedForks:
      return "refused_forks";
    case DialogCount::StrayPracks:
      return "stray_pracks";
    case DialogCount::RefusedInterval:
      return "refused_interval";
    case DialogCount::Refreshes:
      return "refreshes";
    case DialogCount::OffersAgain:
      return "offers_again";
    case DialogCount::MediaMoves:
      return "media_moves";
    case DialogCount::MediaMoved:
      return "media_moved";
    case DialogCount::Takeovers:
      return "takeovers";
    case DialogCount::Failovers:
      return "failovers";
    case DialogCount::Transfers:
      return "transfers";
    case DialogCount::RefusedTransfer:
      return "refused_transfer";
    case DialogCount::FollowedRedirects:
      return "followed_redirects";
    case DialogCount::PassedRedirects:
      return "passed_redirects";
    case DialogCount::RefusedRedirects:
      return "refused_redirects";
    case DialogCount::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(ExchangeResult result) {
  switch (result) {
    case ExchangeResult::Accepted:
      return "accepted";
    case ExchangeResult::Rejected:
      return "rejected";
    case ExchangeResult::Refused:
      return "refused";
    case ExchangeResult::Silent:
      return "silent";
    case ExchangeResult::Unreachable:
      return "unreachable";
    case ExchangeResult::Limit:
      return "limit";
    case ExchangeResult::Looped:
      return "looped";
    case ExchangeResult::Extension:
      return "extension";
    case ExchangeResult::Body:
      return "body";
    case ExchangeResult::BadEvent:
      return "bad_event";
    case ExchangeResult::Stray:
      return "stray";
    case ExchangeResult::Reference:
      return "reference";
    case ExchangeResult::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(SubscriptionCount c) {
  switch (c) {
    case SubscriptionCount::Started:
      return "started";
    case SubscriptionCount::Expired:
      return "expired";
    case SubscriptionCount::ForksRefused:
      return "forks_refused";
    case SubscriptionCount::BodiesDropped:
      return "bodies_dropped";
    case SubscriptionCount::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(TransactionCount c) {
  switch (c) {
    case TransactionCount::ServersStarted:
      return "servers_started";
    case TransactionCount::ClientsStarted:
      return "clients_started";
    case TransactionCount::RequestsRetransmitted:
      return "requests_retransmitted";
    case TransactionCount::ResponsesRetransmitted:
      return "responses_retransmitted";
    case TransactionCount::RequestsAbsorbed:
      return "requests_absorbed";
    case TransactionCount::ResponsesAbsorbed:
      return "responses_absorbed";
    case TransactionCount::OverTcp:
      return "over_tcp";
    case TransactionCount::TcpFallbacks:
      return "tcp_fallbacks";
    case TransactionCount::LargeOnFlow:
      return "large_on_flow";
    case TransactionCount::RequestsReopened:
      return "requests_reopened";
    case TransactionCount::ClientTimeouts:
      return "client_timeouts";
    case TransactionCount::TransportErrors:
      return "transport_errors";
    case TransactionCount::AcksMissing:
      return "acks_missing";
    case TransactionCount::MergedRequests:
      return "merged_requests";
    case TransactionCount::StrayResponses:
      return "stray_responses";
    case TransactionCount::StrayAcks:
      return "stray_acks";
    case TransactionCount::StrayCancels:
      return "stray_cancels";
    case TransactionCount::OverloadRejects:
      return "overload_rejects";
    case TransactionCount::DialogReserve:
      return "dialog_reserve";
    case TransactionCount::EmergencyReserve:
      return "emergency_reserve";
    case TransactionCount::ClientOverloads:
      return "client_overloads";
    case TransactionCount::LateResponses:
      return "late_responses";
    case TransactionCount::ServersUnanswered:
      return "servers_unanswered";
    case TransactionCount::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(TrunkChallenge result) {
  switch (result) {
    case TrunkChallenge::Retried:
      return "retried";
    case TrunkChallenge::Refused:
      return "refused";
    case TrunkChallenge::Unanswerable:
      return "unanswerable";
    case TrunkChallenge::TooMany:
      return "too_many";
    case TrunkChallenge::kCount:
      break;
  }
  return "";
}

const char* name_of(CryptoLine fault) {
  switch (fault) {
    case CryptoLine::Syntax:
      return "syntax";
    case CryptoLine::Suite:
      return "suite";
    case CryptoLine::Key:
      return "key";
    case CryptoLine::Lifetime:
      return "lifetime";
    case CryptoLine::Mki:
      return "mki";
    case CryptoLine::Parameter:
      return "parameter";
    case CryptoLine::TooMany:
      return "too_many";
    case CryptoLine::kCount:
      break;
  }
  return "";
}

const char* name_of(RelayRefusal reason) {
  switch (reason) {
    case RelayRefusal::NoPorts:
      return "no_ports";
    case RelayRefusal::SessionLimit:
      return "session_limit";
    case RelayRefusal::Draining:
      return "draining";
    case RelayRefusal::NoAnswer:
      return "no_answer";
    case RelayRefusal::kCount:
      break;
  }
  return "";
}

const char* name_of(MoveReason reason) {
  switch (reason) {
    case MoveReason::Lost:
      return "lost";
    case MoveReason::Closed:
      return "closed";
    case MoveReason::Draining:
      return "draining";
    case MoveReason::kCount:
      break;
  }
  return "";
}

const char* name_of(RefusedLine reason) {
  switch (reason) {
    case RefusedLine::DataChannel:
      return "data_channel";
    case RefusedLine::Message:
      return "message";
    case RefusedLine::Profile:
      return "profile";
    case RefusedLine::Address:
      return "address";
    case RefusedLine::Codecs:
      return "codecs";
    case RefusedLine::kCount:
      break;
  }
  return "";
}

const char* name_of(ResponseDetour result) {
  switch (result) {
    case ResponseDetour::Reopened:
      return "reopened";
    case ResponseDetour::Sent:
      return "sent";
    case ResponseDetour::Untrusted:
      return "untrusted";
    case ResponseDetour::Unusable:
      return "unusable";
    case ResponseDetour::Full:
      return "full";
    case ResponseDetour::NotFound:
      return "not_found";
    case ResponseDetour::Unreachable:
      return "unreachable";
    case ResponseDetour::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(DnsCount c) {
  switch (c) {
    case DnsCount::Queries:
      return "queries";
    case DnsCount::Found:
      return "found";
    case DnsCount::Nothing:
      return "nothing";
    case DnsCount::Failed:
      return "failed";
    case DnsCount::Silent:
      return "silent";
    case DnsCount::Coalesced:
      return "coalesced";
    case DnsCount::Refused:
      return "refused";
    case DnsCount::Hits:
      return "hits";
    case DnsCount::Stale:
      return "stale";
    case DnsCount::Evicted:
      return "evicted";
    case DnsCount::kCount:
      break;
  }
  return "unknown";
}

}  // namespace sbc::admin
