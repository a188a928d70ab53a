#include "sbc/limit/reached.h"

namespace sbc::limit {

const char* name_of(Reached limit) {
  switch (limit) {
    case Reached::LeakWords:
      return "leak_words";
    case Reached::LeakHits:
      return "leak_hits";
    case Reached::HeldProgress:
      return "held_progress";
    case Reached::Referrals:
      return "referrals";
    case Reached::RedirectContacts:
      return "redirect_contacts";
    case Reached::Farewells:
      return "farewells";
    case Reached::StoredAcks:
      return "stored_acks";
    case Reached::CancelHeaders:
      return "cancel_headers";
    case Reached::WithoutTcp:
      return "without_tcp";
    case Reached::FlowNotes:
      return "flow_notes";
    case Reached::Signposts:
      return "signposts";
    case Reached::Attempts:
      return "attempts";
    case Reached::NamedDialogs:
      return "named_dialogs";
    case Reached::AtOnce:
      return "at_once";
    case Reached::Contacts:
      return "contacts";
    case Reached::DnsRecords:
      return "dns_records";
    case Reached::Places:
      return "places";
    case Reached::HealthMarks:
      return "health_marks";
    case Reached::Challenges:
      return "challenges";
    case Reached::ChallengeRealms:
      return "challenge_realms";
    case Reached::Reasons:
      return "reasons";
    case Reached::Redirects:
      return "redirects";
    case Reached::Priorities:
      return "priorities";
    case Reached::PrivacyWords:
      return "privacy_words";
    case Reached::Identities:
      return "identities";
    case Reached::PolicyInstructions:
      return "policy_instructions";
    case Reached::kCount:
      break;
  }
  return "unknown";
}

}  // namespace sbc::limit
