#include "sbc/identity/passport.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/identity/limits.h"
#include "sbc/sip/params.h"
#include "sbc/sip/uri.h"

namespace sbc::identity {
namespace {

// signed-identity-digest SEMI ident-info *( SEMI ident-info-params ). The digest is what RFC 8225 makes: base64url and
// dots.
bool is_passport(std::string_view value) {
  if (value.size() > kMaxPassportBytes) return false;
  const auto end = value.find(';');
  if (end == std::string_view::npos) return false;
  const auto digest = base::trim(value.substr(0, end));
  const auto fits = [](char c) { return base::is_alnum(c) || std::string_view("+/-_=.").contains(c); };
  if (digest.empty() || !std::ranges::all_of(digest, fits)) return false;
  const auto rest = base::trim(value.substr(end + 1));
  return base::equals_ignoring_case(rest.substr(0, 6), "info=<") && rest.find('>') != std::string_view::npos &&
         rest.find(',', rest.find('>')) == std::string_view::npos;
}

// Digits, '#' and '*' of a user part; "" when it is no telephone number.
std::string number_of(std::string_view user) {
  std::string number;
  for (const char c : sip::unescape(user.substr(0, user.find(';')))) {
    if (base::is_digit(c) || c == '#' || c == '*')
      number += c;
    else if (!std::string_view("+-.() ").contains(c))
      return {};
  }
  return number;
}

}  // namespace

std::vector<std::string> passports(const sip::Message& message) {
  std::vector<std::string> values;
  for (const auto& field : message.headers())
    if (field.id == sip::HeaderId::Identity && values.size() < kMaxPassports && is_passport(field.value))
      values.emplace_back(field.value);
  return values;
}

std::string signed_date(const sip::Message& message) {
  const auto date = message.find(sip::HeaderId::Date);
  if (!date) return {};
  constexpr std::string_view kForm = "Aaa, 00 Aaa 0000 00:00:00 GMT";
  if (date->size() != kForm.size()) return {};
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const char c = (*date)[i], like = kForm[i];
    const bool fits = i >= kForm.size() - 3  ? c == like
                      : base::is_alpha(like) ? base::is_alpha(c)
                      : base::is_digit(like) ? base::is_digit(c)
                                             : c == like;
    if (!fits) return {};
  }
  return std::string(*date);
}

bool same_number(std::string_view one, std::string_view other) {
  const std::string number = number_of(one);
  return !number.empty() && number == number_of(other);
}

}  // namespace sbc::identity
