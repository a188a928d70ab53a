// Values of labels: registrations here, upstream and at trunks.

#include "sbc/admin/shard_metrics.h"

namespace sbc::admin {

const char* name_of(RegisterResult result) {
  switch (result) {
    case RegisterResult::Registered:
      return "registered";
    case RegisterResult::Refreshed:
      return "refreshed";
    case RegisterResult::Removed:
      return "removed";
    case RegisterResult::Queried:
      return "queried";
    case RegisterResult::Challenged:
      return "challenged";
    case RegisterResult::Rejected:
      return "rejected";
    case RegisterResult::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(RegistrationEvent event) {
  switch (event) {
    case RegistrationEvent::Flows:
      return "flows";
    case RegistrationEvent::LackingFlows:
      return "lacking_flows";
    case RegistrationEvent::FlowRefused:
      return "flow_refused";
    case RegistrationEvent::Gruus:
      return "gruus";
    case RegistrationEvent::GruuRefused:
      return "gruu_refused";
    case RegistrationEvent::kCount:
      break;
  }
  return "";
}

const char* name_of(KeepAliveEvent event) {
  switch (event) {
    case KeepAliveEvent::Options:
      return "options";
    case KeepAliveEvent::Crlf:
      return "crlf";
    case KeepAliveEvent::Stun:
      return "stun";
    case KeepAliveEvent::Answered:
      return "answered";
    case KeepAliveEvent::Silent:
      return "silent";
    case KeepAliveEvent::Marked:
      return "marked";
    case KeepAliveEvent::Unbound:
      return "unbound";
    case KeepAliveEvent::Recovered:
      return "recovered";
    case KeepAliveEvent::Refused:
      return "refused";
    case KeepAliveEvent::kCount:
      break;
  }
  return "";
}

const char* name_of(TrunkRegistrationEvent event) {
  switch (event) {
    case TrunkRegistrationEvent::Sent:
      return "sent";
    case TrunkRegistrationEvent::Accepted:
      return "accepted";
    case TrunkRegistrationEvent::Challenged:
      return "challenged";
    case TrunkRegistrationEvent::TooBrief:
      return "too_brief";
    case TrunkRegistrationEvent::Refused:
      return "refused";
    case TrunkRegistrationEvent::Lost:
      return "lost";
    case TrunkRegistrationEvent::Expired:
      return "expired";
    case TrunkRegistrationEvent::kCount:
      break;
  }
  return "";
}

const char* name_of(UpstreamRegistration event) {
  switch (event) {
    case UpstreamRegistration::Forwarded:
      return "forwarded";
    case UpstreamRegistration::Absorbed:
      return "absorbed";
    case UpstreamRegistration::Challenged:
      return "challenged";
    case UpstreamRegistration::Accepted:
      return "accepted";
    case UpstreamRegistration::Refused:
      return "refused";
    case UpstreamRegistration::Lost:
      return "lost";
    case UpstreamRegistration::RiddenOut:
      return "ridden_out";
    case UpstreamRegistration::OverRate:
      return "over_rate";
    case UpstreamRegistration::Hidden:
      return "hidden";
    case UpstreamRegistration::Dropped:
      return "dropped";
    case UpstreamRegistration::Closed:
      return "closed";
    case UpstreamRegistration::Deregistered:
      return "deregistered";
    case UpstreamRegistration::kCount:
      break;
  }
  return "";
}

}  // namespace sbc::admin
