#include "sbc/app/sip_trace.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "media-relay/base/text.h"

namespace sbc::app {
namespace {

// The answer of a digest is as good as a password to whoever can try many: only its presence is shown.
std::string without_credentials(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  bool blanking = false;
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    const std::string_view line = message.substr(0, end == std::string_view::npos ? message.size() : end + 1);
    if (blanking && !line.empty() && base::is_blank(line.front())) {  // the fold of a blanked line
      message.remove_prefix(line.size());
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = base::trim(line.substr(0, colon == std::string_view::npos ? 0 : colon));
    blanking =
        base::equals_ignoring_case(name, "Authorization") || base::equals_ignoring_case(name, "Proxy-Authorization");
    if (blanking) {
      out += name;
      out += ": (blanked)\r\n";
    } else {
      out += line;
    }
    message.remove_prefix(line.size());
  }
  return out;
}

// Keys of SRTP (RFC 4568: a=crypto:1 <suite> inline:<key>...): whoever has them hears the call. Passwords of ICE (RFC
// 8839: a=ice-pwd:<password>): whoever has them says where it goes. Keys of MIKEY (RFC 4567) are hidden as well.
std::string without_keys(std::string_view message) {
  constexpr std::array<std::string_view, 3> kMethods{"inline:", "ice-pwd:", "key-mgmt:mikey "};
  std::string out;
  out.reserve(message.size());
  while (!message.empty()) {
    const auto method = std::ranges::find_if(
        kMethods, [&](std::string_view m) { return base::equals_ignoring_case(message.substr(0, m.size()), m); });
    if (method == kMethods.end()) {
      out += message.front();
      message.remove_prefix(1);
      continue;
    }
    out.append(*method).append("(blanked)");
    message.remove_prefix(std::min(message.find_first_of(" \t\r\n"), message.size()));
  }
  return out;
}

struct Traced {
  std::int64_t time_us = 0;
  SipTrace::Direction direction = SipTrace::Direction::In;
  sip::Transport transport = sip::Transport::Udp;
  base::Endpoint local, remote;
  std::string realm;
  std::string message;
};

std::string text_of(const Traced& traced) {
  nlohmann::ordered_json line;
  line["time_us"] = traced.time_us;
  line["direction"] = traced.direction == SipTrace::Direction::In ? "in" : "out";
  line["transport"] = sip::name_of(traced.transport);
  line["realm"] = traced.realm;
  line["local"] = traced.local.text();
  line["remote"] = traced.remote.text();
  line["message"] = without_keys(without_credentials(traced.message));
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void SipTrace::write(Direction direction, sip::Transport transport, const Ends& ends, std::string_view message) {
  using namespace std::chrono;
  const auto time = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  const std::size_t weight = sizeof(Traced) + message.size();
  lines_.write([line = Traced{time, direction, transport, ends.local, ends.remote, std::string(ends.realm),
                              std::string(message)}] { return text_of(line); },
               weight);
}

void SipTrace::expose(observe::Metrics& metrics) const {
  const auto dropped = [&](const char* reason, std::uint64_t (LineFile::*which)() const) {
    metrics.counter("parapet_sbc_trace_dropped_total", "SIP messages that log.sip_trace does not show, by reason.",
                    {{"reason", reason}}, [this, which] { return static_cast<double>((lines_.*which)()); });
  };
  dropped("file", &LineFile::failed);
  dropped("queue", &LineFile::dropped_full);
}

}  // namespace sbc::app
