// The relay and the DNS of a scene: both willing, and at once. Whom the policy asks says what the scene says.

#include <algorithm>

#include "sbc/simulate/stage.h"

namespace sbc::simulate {
namespace {

// Of nobody's certificate.
constexpr const char* kFingerprint =
    "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF";

}  // namespace

control::HalfAddress Stage::half(const control::HalfSpec& spec) {
  base::IpAddress ip = base::IpAddress::v4(0xc6120001);  // RFC 2544
  for (const auto& realm : setting_.calls->routes->realms())
    if (realm.media_network == spec.network && !realm.listeners.empty()) ip = realm.listeners.front().address.ip;
  const std::uint16_t port = next_port_;
  next_port_ = static_cast<std::uint16_t>(next_port_ >= 60000 ? 20000 : next_port_ + 2);
  return {.rtp = {ip, port},
          .rtcp = {ip, static_cast<std::uint16_t>(port + 1)},
          .fingerprint = spec.dtls || spec.shared ? kFingerprint : ""};
}

std::vector<control::FlowAddresses> Stage::addresses(const control::SessionSpec& spec) {
  std::vector<control::FlowAddresses> flows;
  for (const auto& flow : spec.flows) {
    control::FlowAddresses at{.index = flow.index, .a = half(flow.a), .b = half(flow.b)};
    const auto share = [&flows](const control::HalfSpec& spec_half, control::HalfAddress& own,
                                control::HalfAddress control::FlowAddresses::* side) {
      if (!spec_half.shared) return;
      const auto other = std::ranges::find(flows, spec_half.shared->flow, &control::FlowAddresses::index);
      if (other != flows.end()) own = (*other).*side;
    };
    share(flow.a, at.a, &control::FlowAddresses::a);
    share(flow.b, at.b, &control::FlowAddresses::b);
    flows.push_back(std::move(at));
  }
  return flows;
}

void Stage::command(const call::RelayCommand& command) {
  control::RelayReply reply{.owner = command.owner, .request = 0, .reply = control::Pong{}};
  if (const auto* open = std::get_if<control::Open>(&command.command)) {
    session_ = open->id;
    spec_ = open->spec;
    reply.reply = control::Opened{open->id, addresses(open->spec)};
  } else if (const auto* modify = std::get_if<control::Modify>(&command.command)) {
    spec_ = modify->spec;
    reply.reply = control::Modified{modify->id, addresses(modify->spec)};
  } else if (const auto* close = std::get_if<control::Close>(&command.command)) {
    reply.reply = control::Closed{close->id, true, {}};
  } else {
    return;
  }
  calls_.on_relay_reply(reply, now_, out_);
}

void Stage::look_up(const call::Lookup& lookup) {
  const auto transport = lookup.host.transport.value_or(lookup.host.secure ? sip::Transport::Tls : sip::Transport::Udp);
  const std::uint16_t port = lookup.host.port != 0 ? lookup.host.port : sip::default_port(transport);
  base::Endpoint remote{base::IpAddress::v4(0xc6120100U + static_cast<std::uint32_t>(located_.size())), port};
  if (const auto known = scene_.names.find(lookup.host.host); known != scene_.names.end()) remote = known->second;
  for (const auto& [endpoint, host] : located_)
    if (host == lookup.host.host) remote = endpoint;
  located_[remote] = lookup.host.host;
  calls_.on_located(lookup, {{.transport = transport, .remote = remote}}, "", now_, out_);
}

// The answer may come after the policy has ceased to wait.
void Stage::ask(const call::PolicyQuestion& question) {
  const auto subject = subject_of(question.question);
  const auto reply = [&](base::Duration after, policy::Found found) {
    replies_.emplace(now_ + after,
                     Reply{.owner = question.owner, .number = question.number, .found = std::move(found)});
  };
  const bool http = std::holds_alternative<policy::HttpQuestion>(question.question.what);
  if (http && !setting_.may_ask(subject)) return reply({}, std::unexpected("not_allowed"));
  const auto* redis = std::get_if<policy::RedisQuestion>(&question.question.what);
  if (redis != nullptr && !setting_.may_command(redis->words)) return reply({}, std::unexpected("not_allowed"));
  const auto said = scene_.lookups.find(subject);
  if (said == scene_.lookups.end()) {
    story_.notes.push_back(text_of(question.question) + ": the scene does not say what is answered");
    return reply({}, std::unexpected("unavailable"));
  }
  const auto& [after, found] = said->second;
  if (found && std::holds_alternative<policy::HttpAnswer>(*found) != http) {
    story_.notes.push_back(text_of(question.question) + (http ? ": the scene answers with a value, not as HTTP"
                                                              : ": the scene answers as HTTP, not with a value"));
    return reply(after, std::unexpected("failed"));
  }
  if (found || found.error() != "timeout") reply(after, found);
}

}  // namespace sbc::simulate
