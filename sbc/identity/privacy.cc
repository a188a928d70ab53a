#include "sbc/identity/privacy.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/identity/limits.h"

namespace sbc::identity {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::ranges::all_of(text, [](char c) { return base::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

void take(std::string_view text, Privacy& privacy) {
  const std::string word = base::to_lower(text);
  if (word == "id") {
    privacy.id = true;
  } else if (word == "header") {
    privacy.header = true;
  } else if (word == "session") {
    privacy.session = true;
  } else if (word == "user") {
    privacy.user = true;
  } else if (word == "history") {
    privacy.history = true;
  } else if (word == "none") {
    privacy.none = true;
  } else if (word == "critical") {
    privacy.critical = true;
  } else if (is_word(word) && std::ranges::find(privacy.others, word) == privacy.others.end()) {
    privacy.others.push_back(word);
  }
}

void append(std::string& list, std::string_view word) {
  if (!list.empty()) list += ';';
  list += word;
}

}  // namespace

Privacy privacy_of(const sip::Message& message, limit::Counts* limits) {
  Privacy privacy;
  std::size_t words = 0;
  for (const auto& field : message.headers()) {
    if (field.id != sip::HeaderId::Privacy) continue;
    privacy.asked = true;
    // RFC 3323 4.2: separated by semicolons. Commas are a frequent mistake whose meaning is clear.
    std::string_view rest = field.value;
    while (!rest.empty()) {
      if (words == kMaxPrivacyWords) {
        limit::note(limits, limit::Reached::PrivacyWords);
        break;
      }
      const auto end = std::min(rest.find_first_of(";,"), rest.size());
      take(base::trim(rest.substr(0, end)), privacy);
      ++words;
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
  }
  return privacy;
}

Treatment treat(const Privacy& privacy, bool trusted_destination) {
  Treatment treatment;
  if (!privacy.asked) return treatment;
  if (privacy.none) {  // RFC 3323 5: nothing is done, and the header stays
    treatment.privacy = "none";
    return treatment;
  }
  // RFC 3325 9.3 speaks of the asserted identity only; a From that a caller forgot to make anonymous would tell the
  // same.
  treatment.hide_from = privacy.user || (privacy.id && !trusted_destination);
  treatment.assert_identity = trusted_destination || !privacy.hides_caller();
  treatment.hide_history = privacy.history || privacy.header || privacy.user;
  if (trusted_destination) {
    // What was carried out is taken off (RFC 3323 5); "id" and "history" bind those behind the neighbour. A caller who
    // asked for "user" must not be shown by its asserted identity instead.
    if (privacy.id || privacy.user) append(treatment.privacy, "id");
    if (privacy.history) append(treatment.privacy, "history");
    treatment.hide_history = false;
  }
  for (const auto& word : privacy.others) append(treatment.privacy, word);
  return treatment;
}

std::string unprovidable(const Privacy& privacy) {
  std::string words;
  if (!privacy.critical || privacy.none) return words;
  for (const auto& word : privacy.others) words.append(words.empty() ? "" : ", ").append(word);
  return words;
}

}  // namespace sbc::identity
