#include "sbc/identity/reason.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/identity/limits.h"
#include "sbc/sip/params.h"
#include "sbc/sip/values.h"
#include "sbc/sip/writer.h"

namespace sbc::identity {
namespace {

struct Protocol {
  Reason::Protocol id;
  std::string_view name;
  std::uint16_t least;
  std::uint16_t most;
};
constexpr std::array kProtocols = {
    Protocol{Reason::Protocol::Sip, "SIP", 200, 699},
    Protocol{Reason::Protocol::Q850, "Q.850", 1, 127},
    Protocol{Reason::Protocol::Preemption, "Preemption", 1, 5},
};

const Protocol& protocol_of(Reason::Protocol id) {
  return kProtocols[static_cast<std::size_t>(id)];
}

struct CauseText {
  std::uint16_t cause;
  std::string_view text;
};
// ITU-T Q.850 table 1.
constexpr auto kQ850Texts = std::to_array<CauseText>({
    {1, "Unallocated number"},
    {2, "No route to transit network"},
    {3, "No route to destination"},
    {16, "Normal call clearing"},
    {17, "User busy"},
    {18, "No user responding"},
    {19, "No answer from user"},
    {20, "Subscriber absent"},
    {21, "Call rejected"},
    {22, "Number changed"},
    {23, "Redirection to new destination"},
    {26, "Non-selected user clearing"},
    {27, "Destination out of order"},
    {28, "Invalid number format"},
    {29, "Facility rejected"},
    {31, "Normal, unspecified"},
    {34, "No circuit/channel available"},
    {38, "Network out of order"},
    {41, "Temporary failure"},
    {42, "Switching equipment congestion"},
    {47, "Resource unavailable, unspecified"},
    {55, "Incoming calls barred within CUG"},
    {57, "Bearer capability not authorized"},
    {58, "Bearer capability not presently available"},
    {65, "Bearer capability not implemented"},
    {70, "Only restricted digital information bearer capability is available"},
    {79, "Service or option not implemented, unspecified"},
    {87, "User not member of CUG"},
    {88, "Incompatible destination"},
    {102, "Recovery on timer expiry"},
    {111, "Protocol error, unspecified"},
    {127, "Interworking, unspecified"},
});
// RFC 4411 5.
constexpr std::array<std::string_view, 5> kPreemptionTexts = {
    "UA Preemption", "Reserved Resources Preempted", "Generic Preemption", "Non-IP Preemption", "Network Preemption"};

std::string_view text_of(const Reason& reason) {
  switch (reason.protocol) {
    case Reason::Protocol::Sip:
      // RFC 3326 3.1: a branch of a fork that is cancelled because another one was answered.
      return reason.cause == 200 ? "Call completed elsewhere" : sip::reason_phrase_for(reason.cause);
    case Reason::Protocol::Q850: {
      const auto found = std::ranges::find(kQ850Texts, reason.cause, &CauseText::cause);
      return found != kQ850Texts.end() ? found->text : "";
    }
    case Reason::Protocol::Preemption:
      return kPreemptionTexts.at(reason.cause - 1U);
  }
  return "";
}

struct Mapping {
  std::uint16_t from;
  std::uint16_t to;
};
// RFC 3398 8.2.6.1.
constexpr auto kStatusToCause = std::to_array<Mapping>({
    {400, 41}, {401, 21},  {402, 21},  {403, 21},  {404, 1},   {405, 63},  {406, 79},  {407, 21},  {408, 102},
    {410, 22}, {413, 127}, {414, 127}, {415, 79},  {416, 127}, {420, 127}, {421, 127}, {423, 127}, {480, 18},
    {481, 41}, {482, 25},  {483, 25},  {484, 28},  {485, 1},   {486, 17},  {500, 41},  {501, 79},  {502, 38},
    {503, 41}, {504, 102}, {505, 127}, {513, 127}, {600, 17},  {603, 21},  {604, 1},
});

}  // namespace

std::optional<Reason> parse_reason(std::string_view value) {
  const auto semicolon = value.find(';');
  const auto name = base::trim(value.substr(0, semicolon));
  for (const Protocol& protocol : kProtocols) {
    if (!base::equals_ignoring_case(name, protocol.name)) continue;
    if (semicolon == std::string_view::npos) return std::nullopt;
    const auto text = sip::find_param(value.substr(semicolon + 1), "cause");
    const auto cause = text ? base::parse_unsigned<std::uint16_t>(*text) : std::nullopt;
    if (!cause || *cause < protocol.least || *cause > protocol.most) return std::nullopt;
    return Reason{protocol.id, *cause};
  }
  return std::nullopt;
}

std::vector<Reason> reasons_of(const sip::Message& message, limit::Counts* limits) {
  std::vector<Reason> reasons;
  sip::for_each_value(message, sip::HeaderId::Reason, [&reasons, limits](std::string_view value) {
    if (reasons.size() == kMaxReasons) {
      limit::note(limits, limit::Reached::Reasons);
      return false;
    }
    const auto reason = parse_reason(value);
    if (reason && std::ranges::find(reasons, reason->protocol, &Reason::protocol) == reasons.end())
      reasons.push_back(*reason);
    return true;
  });
  return reasons;
}

std::string value_of(const Reason& reason) {
  std::string value(protocol_of(reason.protocol).name);
  value.append(";cause=");
  base::append_number(value, reason.cause);
  if (const auto text = text_of(reason); !text.empty()) value.append(";text=").append(sip::quote(text));
  return value;
}

std::string reason_lines(const std::vector<Reason>& reasons, bool response) {
  std::string lines;
  for (const Reason& reason : reasons)
    if (!response || reason.protocol == Reason::Protocol::Q850)
      lines.append("Reason: ").append(value_of(reason)).append("\r\n");
  return lines;
}

std::optional<Reason> q850_from_status(int status) {
  const auto found = std::ranges::find(kStatusToCause, status, &Mapping::from);
  if (found == kStatusToCause.end()) return std::nullopt;
  return Reason{Reason::Protocol::Q850, found->to};
}

}  // namespace sbc::identity
