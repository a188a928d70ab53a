#include "sbc/app/scene_input.h"

#include <ctime>

#include "media-relay/base/text.h"
#include "media-relay/settings/settings.h"

#include "sbc/app/policy_tests.h"
#include "sbc/json/value.h"
#include "sbc/simulate/limits.h"
#include "sbc/simulate/spelled.h"

namespace sbc::app {
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

std::expected<void, std::string> fill_caller(const SceneInput& input, const Config& config, simulate::Caller& caller) {
  caller.from = input.from;
  caller.to = input.to;
  caller.realm = input.realm;
  caller.trunk = input.trunk;
  caller.authenticated = input.authenticated;
  caller.behind_nat = input.behind_nat;
  if (!input.registered.empty())
    caller.registered_aor = simulate::whole_aor(input.registered, config.policy_environment.domain);
  if (!input.user_agent.empty()) caller.user_agent = input.user_agent;
  const auto transport = sip::transport_from(input.transport);
  if (!transport)
    return std::unexpected("--transport: expected udp, tcp, tls, ws or wss, got \"" + input.transport + "\"");
  caller.transport = *transport;
  if (!input.source.empty()) {
    const auto source = simulate::read_address(input.source);
    if (!source) return std::unexpected("--source: " + source.error());
    caller.source = *source;
  }
  for (const auto& header : input.headers) {
    if (!header.contains(':') || header.contains('\n') || header.contains('\r'))
      return std::unexpected("--header: expected \"Name: value\", got \"" + header + "\"");
    caller.headers += header + "\r\n";
  }
  const auto talks = settings::parse_duration(input.talks);
  if (!talks) return std::unexpected("--talks: expected a time such as 10s, got \"" + input.talks + "\"");
  caller.talks = *talks;
  if (input.gives_up.empty()) return {};
  const auto gives_up = settings::parse_duration(input.gives_up);
  if (!gives_up) return std::unexpected("--gives-up: expected a time such as 5s, got \"" + input.gives_up + "\"");
  caller.gives_up = *gives_up;
  return {};
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

std::expected<simulate::Phone, std::string> read_phone(std::string_view text, const Config& config,
                                                       std::size_t number) {
  const auto equals = text.rfind('=');
  auto phone = simulate::make_phone(setting_of(config),
                                    simulate::whole_aor(text.substr(0, equals), config.policy_environment.domain),
                                    phones_realm(config), number);
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
  const bool number = result.first == "enum" || result.first == "dns";
  if (result.first == "dns") result.first.append(" ").append(word());  // the type
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

std::expected<simulate::Scene, std::string> read_scene(const SceneInput& input, const Config& config) {
  simulate::Scene scene;
  const auto setting = setting_of(config);
  if (auto filled = fill_caller(input, config, scene.caller); !filled) return std::unexpected(filled.error());
  if (!input.message.empty()) {
    scene.caller.message = input.message;
  } else if (input.to.empty()) {
    return std::unexpected("expected --to, or an INVITE with --sip");
  }
  for (const auto& text : input.phones) {
    auto phone = read_phone(text, config, scene.phones.size());
    if (!phone) return std::unexpected("--phone: " + phone.error());
    scene.phones.push_back(*std::move(phone));
  }
  for (const auto& text : input.answers) {
    auto behaviour = read_behaviour(text);
    if (!behaviour) return std::unexpected("--answer: " + behaviour.error());
    auto who = simulate::callee_named(setting, config.policy_environment.domain, scene.phones, behaviour->first);
    if (!who) return std::unexpected("--answer: " + who.error());
    scene.behaviours.insert_or_assign(*std::move(who), std::move(behaviour->second));
  }
  for (const auto& text : input.lookups) {
    auto reply = read_lookup(text);
    if (!reply) return std::unexpected("--lookup: " + reply.error());
    scene.lookups.insert(*std::move(reply));
  }
  for (const auto& text : input.at_once) {
    const auto end = text.rfind('=');
    const auto count = end == std::string::npos ? std::nullopt : base::parse_unsigned(text.substr(end + 1));
    if (!count || *count > simulate::kMaxAtOnce || !simulate::is_at_once(text))
      return std::unexpected("--at-once: expected such as \"trunk carrier_a=30\", got \"" + text + "\"");
    if (auto wrong = simulate::wrong_at_once(setting, text.substr(0, end)); !wrong.empty())
      return std::unexpected("--at-once: " + wrong);
    scene.at_once[text.substr(0, end)] = *count;
  }
  scene.seed = input.seed;
  if (input.at.empty()) {
    scene.wall.seconds = std::time(nullptr);
    std::tm local{};
    const std::time_t now = scene.wall.seconds;
    localtime_r(&now, &local);
    scene.utc_offset_seconds = static_cast<std::int32_t>(local.tm_gmtoff);
    return scene;
  }
  const auto wall = simulate::read_time(input.at);
  if (!wall) return std::unexpected("--at: " + wall.error());
  scene.wall = *wall;
  return scene;
}

}  // namespace sbc::app
