// Values of labels: handlers of policies and what they look up.

#include "sbc/admin/shard_metrics.h"

namespace sbc::admin {

const char* name_of(PolicyHandler handler) {
  switch (handler) {
    case PolicyHandler::OnRegister:
      return "on_register";
    case PolicyHandler::OnInvite:
      return "on_invite";
    case PolicyHandler::OnRequest:
      return "on_request";
    case PolicyHandler::OnNat:
      return "on_nat";
    case PolicyHandler::OnFailure:
      return "on_failure";
    case PolicyHandler::OnMediaQuality:
      return "on_media_quality";
    case PolicyHandler::OnEnd:
      return "on_end";
    case PolicyHandler::OnScreen:
      return "on_screen";
    case PolicyHandler::OnProvisional:
      return "on_provisional";
    case PolicyHandler::OnAnswer:
      return "on_answer";
    case PolicyHandler::OnReinvite:
      return "on_reinvite";
    case PolicyHandler::OnRefer:
      return "on_refer";
    case PolicyHandler::OnInfo:
      return "on_info";
    case PolicyHandler::OnDtmf:
      return "on_dtmf";
    case PolicyHandler::OnTimer:
      return "on_timer";
    case PolicyHandler::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(PolicyWait wait) {
  switch (wait) {
    case PolicyWait::Began:
      return "began";
    case PolicyWait::Answered:
      return "answered";
    case PolicyWait::Timeout:
      return "timeout";
    case PolicyWait::Failed:
      return "failed";
    case PolicyWait::Abandoned:
      return "abandoned";
    case PolicyWait::NotStarted:
      return "not_started";
    case PolicyWait::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(HttpLookup result) {
  switch (result) {
    case HttpLookup::Answered:
      return "answered";
    case HttpLookup::Cached:
      return "cached";
    case HttpLookup::Joined:
      return "joined";
    case HttpLookup::Timeout:
      return "timeout";
    case HttpLookup::NotAllowed:
      return "not_allowed";
    case HttpLookup::Busy:
      return "busy";
    case HttpLookup::Resting:
      return "resting";
    case HttpLookup::Connect:
      return "connect";
    case HttpLookup::Tls:
      return "tls";
    case HttpLookup::TooLarge:
      return "too_large";
    case HttpLookup::Failed:
      return "failed";
    case HttpLookup::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(StoreLookup result) {
  switch (result) {
    case StoreLookup::Answered:
      return "answered";
    case StoreLookup::Cached:
      return "cached";
    case StoreLookup::Joined:
      return "joined";
    case StoreLookup::Timeout:
      return "timeout";
    case StoreLookup::NotAllowed:
      return "not_allowed";
    case StoreLookup::Busy:
      return "busy";
    case StoreLookup::Resting:
      return "resting";
    case StoreLookup::Connect:
      return "connect";
    case StoreLookup::Refused:
      return "refused";
    case StoreLookup::TooLarge:
      return "too_large";
    case StoreLookup::Failed:
      return "failed";
    case StoreLookup::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(EnumResult result) {
  switch (result) {
    case EnumResult::Found:
      return "found";
    case EnumResult::Nothing:
      return "nothing";
    case EnumResult::Timeout:
      return "timeout";
    case EnumResult::NotAllowed:
      return "not_allowed";
    case EnumResult::NoNumber:
      return "no_number";
    case EnumResult::Failed:
      return "failed";
    case EnumResult::Resting:
      return "resting";
    case EnumResult::kCount:
      break;
  }
  return "unknown";
}

const char* name_of(DnsResult result) {
  switch (result) {
    case DnsResult::Found:
      return "found";
    case DnsResult::Nothing:
      return "nothing";
    case DnsResult::Timeout:
      return "timeout";
    case DnsResult::NotAllowed:
      return "not_allowed";
    case DnsResult::NoName:
      return "no_name";
    case DnsResult::Failed:
      return "failed";
    case DnsResult::Resting:
      return "resting";
    case DnsResult::kCount:
      break;
  }
  return "unknown";
}

}  // namespace sbc::admin
