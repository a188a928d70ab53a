#include "sbc/simulate/description.h"

namespace sbc::simulate {
namespace {

std::string address(const base::IpAddress& ip) {
  return (ip.is_v4() ? "IN IP4 " : "IN IP6 ") + ip.text();
}

}  // namespace

std::string usual_offer(const base::IpAddress& at) {
  return "v=0\r\no=- 1 1 " + address(at) + "\r\ns=-\r\nc=" + address(at) +
         "\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n";
}

std::string again(std::string_view description, std::uint32_t version, bool hold) {
  std::string out;
  bool said = false;
  while (!description.empty()) {
    const auto end = description.find('\n');
    std::string_view line = description.substr(0, end);
    description.remove_prefix(end == std::string_view::npos ? description.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("o=")) {
      // <username> <sess-id> <sess-version> ... (RFC 8866 5.2)
      const auto id = line.find(' ');
      const auto at = id == std::string_view::npos ? id : line.find(' ', id + 1);
      const auto rest = at == std::string_view::npos ? at : line.find(' ', at + 1);
      if (rest != std::string_view::npos) {
        out.append(line.substr(0, at + 1)).append(std::to_string(version)).append(line.substr(rest)).append("\r\n");
        continue;
      }
    }
    const bool direction = line == "a=sendrecv" || line == "a=sendonly" || line == "a=recvonly" || line == "a=inactive";
    if (!direction) {
      out.append(line).append("\r\n");
      continue;
    }
    out += hold ? "a=sendonly\r\n" : "a=sendrecv\r\n";
    said = true;
  }
  if (hold && !said) out += "a=sendonly\r\n";
  return out;
}

std::string answer_to(std::string_view offer, const base::IpAddress& at) {
  std::string answer;
  int port = 42000;
  while (!offer.empty()) {
    const auto end = offer.find('\n');
    std::string_view line = offer.substr(0, end);
    offer.remove_prefix(end == std::string_view::npos ? offer.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::string out(line);
    if (line.starts_with("o=")) out = "o=- 2 2 " + address(at);
    if (line.starts_with("c=")) out = "c=" + address(at);
    if (line == "a=sendonly") out = "a=recvonly";
    if (line == "a=recvonly") out = "a=sendonly";
    if (line == "a=setup:actpass") out = "a=setup:active";  // RFC 5763 5
    if (line.starts_with("a=candidate:") || line.starts_with("a=rtcp:")) continue;
    if (line.starts_with("m=")) {
      const auto first = line.find(' ');
      const auto second = line.find(' ', first + 1);
      if (second != std::string_view::npos && line.substr(first + 1, second - first - 1) != "0") {
        out = std::string(line.substr(0, first + 1)) + std::to_string(port) + std::string(line.substr(second));
        port += 2;
      }
    }
    answer += out + "\r\n";
  }
  return answer;
}

}  // namespace sbc::simulate
