#pragma once
// The REGISTER that goes upstream, written from nothing: our Via, our Call-ID and tag, our aliases; the phone's own
// Request-URI, address of record and credentials.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::registrar {

struct AliasContact {
  std::string_view alias;
  std::string_view instance;  // +sip.instance, unquoted; "": none
  std::string_view reg_id;    // RFC 5626; "": none
  std::optional<float> q;
  std::uint32_t expires = 0;
};

struct UpstreamRegister {
  std::string_view request_uri;
  std::string_view from;  // name-addr without tag
  std::string_view to;
  std::string_view call_id;
  std::string_view tag;
  std::uint32_t cseq = 0;
  std::string_view sent_by;  // of our listener toward the registrar: Via and Contact
  sip::Transport transport = sip::Transport::Udp;
  bool remove_all = false;
  std::vector<AliasContact> contacts;
  std::uint32_t expires = 0;
  std::string path = {};  // value of Path; "": none
  bool require_path = false;
  std::string supported = {};                    // option tags
  const sip::Message* credentials_of = nullptr;  // its Authorization and Proxy-Authorization go along untouched
};

// A URI of ours on one of our listeners; `user` may be "".
std::string own_uri(std::string_view user, std::string_view sent_by, sip::Transport transport);

std::string write(const UpstreamRegister& text, std::string_view branch);

}  // namespace sbc::registrar
