#pragma once
// What the tests of early dialogs have in common.

#include <string>
#include <string_view>

#include "rig.h"

namespace sbc::call::test {

inline std::string reliable(int rseq) {
  return "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\nAllow: INVITE, PRACK, UPDATE\r\n";
}

inline std::string rack(const sip::Message& response) {
  return "RAck: " + std::string(response.find(sip::HeaderId::RSeq).value_or("0")) + " " +
         std::to_string(response.cseq().number) + " INVITE\r\n";
}

inline bool is_reliable(const sip::Message& response) {
  return response.find(sip::HeaderId::RSeq) && response.find(sip::HeaderId::Require) == "100rel";
}

inline InviteOptions offer(const Rig& rig, const std::string& headers) {
  return {.body = sdp(rig.a.ip(), 4000), .headers = headers};
}

inline const std::string kSupports = "Supported: 100rel, 199\r\nAllow: INVITE, PRACK, UPDATE\r\n";
inline const std::string kRequires = "Require: 100rel\r\n";

// What the far side says inside an early dialog.
inline void say_early(Peer& peer, const sip::MessagePtr& invite, std::string_view tag, std::string_view method,
                      std::uint32_t cseq, std::string_view body = {}, const std::string& headers = {}) {
  static int number = 0;
  const std::string text(body);
  const auto contact = invite->find(sip::HeaderId::Contact).value_or("<sip:x@y.invalid>");
  peer.send_raw(std::string(method) + " " + std::string(contact.substr(1, contact.size() - 2)) +
                " SIP/2.0\r\nVia: SIP/2.0/UDP " + peer.endpoint().text() + ";branch=z9hG4bK-early-" +
                std::to_string(++number) + "\r\nMax-Forwards: 70\r\nFrom: <" + std::string(invite->to().uri_text) +
                ">;tag=" + std::string(tag) + "\r\nTo: <" + std::string(invite->from().uri_text) +
                ">;tag=" + std::string(invite->from_tag()) + "\r\nCall-ID: " + std::string(invite->call_id()) +
                "\r\nCSeq: " + std::to_string(cseq) + " " + std::string(method) + "\r\nContact: <sip:early-" +
                peer.name() + "@" + peer.endpoint().text() + ">\r\n" + headers +
                (body.empty() || headers.contains("Content-Type:") ? "" : "Content-Type: application/sdp\r\n") +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + text);
}

inline base::Endpoint b_media(const Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0).b.remote_rtp.value_or(base::Endpoint{});
}

}  // namespace sbc::call::test
