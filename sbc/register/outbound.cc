#include "sbc/register/outbound.h"

#include "media-relay/base/text.h"

#include "sbc/sip/values.h"

namespace sbc::registrar {

FirstHop first_hop_of(const sip::Message& request) {
  if (sip::count_values(request, sip::HeaderId::Via) == 1) return FirstHop::Ours;
  // Each proxy puts itself on top (RFC 3327 5.2), and only the one next to the phone may say ;ob (RFC 5626 5.1): the
  // first hop is the last value.
  std::string_view nearest;
  sip::for_each_value(request, sip::HeaderId::Path, [&nearest](std::string_view value) { nearest = value; });
  const auto address = sip::parse_name_addr(nearest);
  return address && address->uri.param("ob") ? FirstHop::Edge : FirstHop::Lacking;
}

std::string reg_id_of(const sip::NameAddr& contact) {
  if (!contact.param("+sip.instance")) return {};
  const auto number = base::parse_unsigned<std::uint32_t>(contact.param("reg-id").value_or(""));
  return number && *number > 0 && *number < 0x80000000U ? std::to_string(*number) : std::string{};
}

std::optional<std::string> joined_routes(const sip::Message& message, sip::HeaderId id) {
  std::string path;
  bool loose = true;
  sip::for_each_value(message, id, [&](std::string_view value) {
    const auto address = sip::parse_name_addr(value);
    loose = loose && address && address->bracketed && address->uri.is_sip() && address->uri.param("lr");
    if (!path.empty()) path += ", ";
    path += value;
  });
  return loose ? std::optional(std::move(path)) : std::nullopt;
}

void add_flow_headers(const sip::Message& request, std::uint32_t flow_timer, Plan& plan) {
  plan.headers.push_back({"Require", "outbound"});
  if (flow_timer != 0 && first_hop_of(request) == FirstHop::Ours)
    plan.headers.push_back({"Flow-Timer", std::to_string(flow_timer)});
}

std::vector<std::string> routes_of(std::string_view joined) {
  std::vector<std::string> routes;
  sip::ValueReader reader(joined);
  while (const auto value = reader.next()) routes.emplace_back(*value);
  return routes;
}

}  // namespace sbc::registrar
