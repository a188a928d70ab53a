#include "sbc/sdp/attribute.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sbc::sdp {

namespace {

struct Entry {
  std::string_view name;
  AttributeId id;
};

using enum AttributeId;

constexpr std::array kTable = std::to_array<Entry>({
    {"rtpmap", Rtpmap},
    {"fmtp", Fmtp},
    {"ptime", Ptime},
    {"maxptime", Maxptime},
    {"rtcp-fb", RtcpFb},
    {"rtcp-rsize", RtcpRsize},
    {"rtcp-xr", RtcpXr},
    {"silenceSupp", SilenceSupp},
    {"ecan", Ecan},
    {"gpmd", Gpmd},
    {"framerate", Framerate},
    {"imageattr", Imageattr},
    {"framesize", Framesize},
    // a=T38VendorInfo is not among them: it names the product.
    {"T38FaxVersion", Fax},
    {"T38MaxBitRate", Fax},
    {"T38FaxFillBitRemoval", Fax},
    {"T38FaxTranscodingMMR", Fax},
    {"T38FaxTranscodingJBIG", Fax},
    {"T38FaxRateManagement", Fax},
    {"T38FaxMaxBuffer", Fax},
    {"T38FaxMaxDatagram", Fax},
    {"T38FaxMaxIFP", Fax},
    {"T38FaxUdpEC", Fax},
    {"T38FaxUdpECDepth", Fax},
    {"T38FaxUdpECMax", Fax},
    {"T38FaxUdpFECMaxSpan", Fax},
    {"T38ModemType", Fax},
    {"T38VendorInfo", Private},
    {"sendrecv", SendRecv},
    {"sendonly", SendOnly},
    {"recvonly", RecvOnly},
    {"inactive", Inactive},
    {"rtcp", Rtcp},
    {"rtcp-mux", RtcpMux},
    {"mid", Mid},
    {"extmap", Extmap},
    {"group", Group},
    {"curr", Precondition},
    {"des", Precondition},
    {"conf", Precondition},
    // ICE and other ways to name addresses (RFC 8839, 3605, 4570, 6947, 4975, 4145).
    {"candidate", Private},
    {"remote-candidates", Private},
    {"end-of-candidates", Private},
    {"ice-ufrag", Private},
    {"ice-pwd", Private},
    {"ice-lite", Private},
    {"ice-options", Private},
    {"ice-mismatch", Private},
    {"ice-pacing", Private},
    {"altc", Private},
    {"source-filter", Private},
    {"path", Private},
    {"connection", Private},
    {"rtcp-unicast", Private},
    // Keys and their transports (RFC 4568, 8122, 4145, 8842, 6189, 4567), signed assertions (RFC 8827).
    {"crypto", Crypto},
    {"fingerprint", Private},
    {"setup", Private},
    {"tls-id", Private},
    {"zrtp-hash", Private},
    {"key-mgmt", Private},
    {"identity", Private},
    // Names of sources and streams (RFC 5576, 8830, 9143), which stand for one side's grouping.
    {"ssrc", Private},
    {"ssrc-group", Private},
    {"msid", Private},
    {"msid-semantic", Private},
    {"bundle-only", Private},
    {"rtcp-mux-only", Private},
    {"cname", Private},
    // Capability negotiation would offer transports that are not anchored (RFC 5939).
    {"tcap", Private},
    {"acap", Private},
    {"pcfg", Private},
    {"acfg", Private},
    {"creq", Private},
    {"csup", Private},
    // The product's name (RFC 8866 6.2).
    {"tool", Private},
});

constexpr std::size_t kLongest = 24;

constexpr std::size_t longest_name() {
  std::size_t longest = 0;
  for (const Entry& e : kTable) longest = std::max(longest, e.name.size());
  return longest;
}
static_assert(longest_name() < kLongest);

struct Index {
  std::array<Entry, kTable.size()> entries;
  std::array<std::uint8_t, kLongest + 1> first;  // of the entries with that length
};

// By length: most lookups then compare one or two names.
constexpr Index kByLength = [] {
  Index index{};
  std::size_t at = 0;
  for (std::size_t length = 0; length < kLongest; ++length) {
    index.first[length] = static_cast<std::uint8_t>(at);
    for (const Entry& e : kTable)
      if (e.name.size() == length) index.entries[at++] = e;
  }
  index.first[kLongest] = static_cast<std::uint8_t>(at);
  return index;
}();

}  // namespace

AttributeId attribute_from(std::string_view name) {
  if (name.empty() || name.size() >= kLongest) return Other;
  for (std::size_t i = kByLength.first[name.size()]; i < kByLength.first[name.size() + 1]; ++i) {
    const Entry& e = kByLength.entries[i];
    if (e.name.front() == name.front() && e.name == name) return e.id;
  }
  return Other;
}

Crossing crossing_of(AttributeId id) {
  switch (id) {
    case Rtpmap:
    case Fmtp:
    case Ptime:
    case Maxptime:
    case RtcpFb:
    case RtcpRsize:
    case SilenceSupp:
    case Ecan:
    case Gpmd:
    case Framerate:
    case Imageattr:
    case Framesize:
    case Fax:
      return Crossing::Always;
    case Other:
      return Crossing::OnDemand;
    case None:
    case SendRecv:
    case SendOnly:
    case RecvOnly:
    case Inactive:
    case Rtcp:
    case RtcpMux:
    case RtcpXr:
    case Mid:
    case Extmap:
    case Group:
    case Crypto:
    case Precondition:
    case Private:
      break;
  }
  return Crossing::Never;
}

}  // namespace sbc::sdp
