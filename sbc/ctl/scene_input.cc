#include "sbc/ctl/scene_input.h"

#include "media-relay/base/text.h"
#include "media-relay/settings/settings.h"

#include "sbc/app/policy_tests.h"
#include "sbc/json/value.h"
#include "sbc/simulate/spelled.h"

namespace sbc::ctl {
namespace {

std::expected<simulate::Step, std::string> read_step(std::string_view text) {
  const auto at = text.find('@');
  const auto status = base::parse_unsigned(text.substr(0, at));
  if (!status || *status < 100 || *status > 699)
    return std::unexpected("expected a status such as 503 or 486@3, got \"" + std::string(text) + "\"");
  simulate::Step step{.after = base::milliseconds(100), .status = static_cast<int>(*status), .headers = {}};
  if (at != std::string_view::npos) {
    const auto seconds = base::parse_unsigned(text.substr(at + 1));
    if (!seconds || *seconds > 3600)
      return std::unexpected("expected seconds behind @, got \"" + std::string(text) + "\"");
    step.after = base::seconds(*seconds);
  }
  return step;
}

// What is asked may have any number of words.
std::expected<std::pair<std::string, simulate::LookupReply>, std::string> read_store_lookup(std::string_view text) {
  const auto equals = text.find(" = ");
  std::string_view rest = equals == std::string_view::npos ? std::string_view() : base::trim(text.substr(equals + 3));
  if (rest.empty())
    return std::unexpected(
        "expected QUESTION = ANSWER or QUESTION = TIME ANSWER, where QUESTION is as in redis GET key or sql name 43, "
        "and ANSWER is JSON or a reason such as timeout, got \"" +
        std::string(text) + "\"");
  std::pair<std::string, simulate::LookupReply> result{std::string(base::trim(text.substr(0, equals))), {}};
  const auto blank = rest.find(' ');
  if (const auto after = settings::parse_duration(rest.substr(0, blank)); after && blank != std::string_view::npos) {
    result.second.after = *after;
    rest = base::trim(rest.substr(blank));
  }
  // Words of JSON are null, true and false; all others are reasons.
  const bool reason = base::is_alpha(rest.front()) && rest != "null" && rest != "true" && rest != "false";
  if (reason) {
    result.second.found = std::unexpected(std::string(rest));
    return result;
  }
  auto value = json::parse(rest);
  if (!value) return std::unexpected("expected JSON behind =, got " + value.error());
  result.second.found = std::make_shared<const json::Value>(*std::move(value));
  return result;
}

}  // namespace

std::expected<std::pair<std::string, simulate::Behaviour>, std::string> read_behaviour(std::string_view text) {
  const auto equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0)
    return std::unexpected("expected WHO=STATUS,... or WHO=silence, got \"" + std::string(text) + "\"");
  std::pair<std::string, simulate::Behaviour> result{std::string(text.substr(0, equals)), {}};
  result.second.steps.clear();
  std::string_view rest = text.substr(equals + 1);
  if (rest == "silence") return result;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    auto step = read_step(rest.substr(0, comma));
    if (!step) return std::unexpected(step.error());
    // In their order, also when no time is given.
    if (!result.second.steps.empty() && step->after <= result.second.steps.back().after)
      step->after = result.second.steps.back().after + base::milliseconds(100);
    result.second.steps.push_back(*std::move(step));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  if (result.second.steps.empty()) return std::unexpected("expected a status or \"silence\" behind =");
  return result;
}

std::expected<simulate::Phone, std::string> read_phone(std::string_view text, const app::Config& config,
                                                       std::size_t number) {
  const auto equals = text.rfind('=');
  auto phone = simulate::make_phone(app::setting_of(config),
                                    simulate::whole_aor(text.substr(0, equals), config.policy_environment.domain),
                                    app::phones_realm(config), number);
  if (!phone || equals == std::string_view::npos) return phone;
  const auto address = simulate::read_address(text.substr(equals + 1));
  if (!address) return std::unexpected(address.error());
  phone->address = *address;
  return phone;
}

std::expected<std::pair<std::string, simulate::LookupReply>, std::string> read_lookup(std::string_view text) {
  if (text.starts_with("redis ") || text.starts_with("sql ")) return read_store_lookup(text);
  const auto wrong = [](std::string_view got) {
    return std::unexpected(
        "expected URL ANSWER or URL TIME ANSWER, where ANSWER is a status, JSON or a reason such as "
        "timeout, got \"" +
        std::string(got) + "\"");
  };
  const auto word = [&text] {
    const auto end = std::min(text.find(' '), text.size());
    const auto first = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return first;
  };
  const auto whole = text;
  std::pair<std::string, simulate::LookupReply> result{std::string(word()), {}};
  const bool number = result.first == "enum";
  if (number) result.first.append(" ").append(word());
  const auto after_url = text;
  if (const auto after = settings::parse_duration(word()); after && !text.empty()) {
    result.second.after = *after;
  } else {
    text = after_url;
  }
  const auto status = base::parse_unsigned(text);
  if (text.empty()) return wrong(whole);
  if (status && (*status < 100 || *status > 599)) return wrong(whole);
  if (status && !number) {
    result.second.found =
        policy::HttpAnswer{.status = static_cast<std::uint16_t>(*status), .content_type = "", .body = ""};
  } else if (number && text.front() == '[') {
    auto value = json::parse(text);
    if (!value) return wrong(value.error());
    result.second.found = std::make_shared<const json::Value>(*std::move(value));
  } else if (text.front() == '{' || text.front() == '[') {
    result.second.found =
        policy::HttpAnswer{.status = 200, .content_type = "application/json", .body = std::string(text)};
  } else {
    result.second.found = std::unexpected(std::string(text));
  }
  return result;
}

}  // namespace sbc::ctl
