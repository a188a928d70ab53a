#include "sbc/register/upstream_message.h"

#include "media-relay/base/text.h"

#include "sbc/sip/values.h"
#include "sbc/sip/via.h"
#include "sbc/sip/writer.h"

namespace sbc::registrar {
namespace {

std::string contact_of(const UpstreamRegister& text, const AliasContact& contact) {
  std::string value = "<" + own_uri(contact.alias, text.sent_by, text.transport) + ">";
  if (!contact.instance.empty()) value += ";+sip.instance=" + sip::quote(contact.instance);
  if (!contact.reg_id.empty()) value += ";reg-id=" + std::string(contact.reg_id);
  if (contact.q) {
    const auto thousandths = static_cast<unsigned>(std::min(1.0F, *contact.q) * 1000.0F + 0.5F);
    value += thousandths >= 1000 ? ";q=1.0" : ";q=0." + std::to_string(1000 + thousandths).substr(1);
  }
  return value + ";expires=" + std::to_string(contact.expires);
}

}  // namespace

std::string own_uri(std::string_view user, std::string_view sent_by, sip::Transport transport) {
  std::string uri = "sip:" + std::string(user) + (user.empty() ? "" : "@") + std::string(sent_by);
  // RFC 7118 5.2: "ws" is the only word, secure or not.
  if (transport == sip::Transport::Wss) transport = sip::Transport::Ws;
  if (transport != sip::Transport::Udp) uri += ";transport=" + std::string(sip::uri_name_of(transport));
  return uri;
}

std::string write(const UpstreamRegister& text, std::string_view branch) {
  std::string bytes;
  sip::Writer writer(bytes, 900);
  writer.request_line(sip::Method::Register, text.request_uri);
  writer.begin(sip::HeaderId::Via);
  sip::append_via(writer.text(), text.transport, text.sent_by, branch);
  writer.end();
  writer.header(sip::HeaderId::MaxForwards, 70);
  writer.header(sip::HeaderId::From, std::string(text.from) + ";tag=" + std::string(text.tag));
  writer.header(sip::HeaderId::To, text.to);
  writer.header(sip::HeaderId::CallId, text.call_id);
  writer.header(sip::HeaderId::CSeq, std::to_string(text.cseq) + " REGISTER");
  if (text.remove_all) {
    writer.header(sip::HeaderId::Contact, "*");
    writer.header(sip::HeaderId::Expires, 0);
  } else if (!text.contacts.empty()) {
    for (const auto& contact : text.contacts) writer.header(sip::HeaderId::Contact, contact_of(text, contact));
    writer.header(sip::HeaderId::Expires, text.expires);
  }
  if (!text.path.empty()) writer.header(sip::HeaderId::Path, text.path);
  if (text.require_path) writer.header(sip::HeaderId::Require, "path");
  if (!text.supported.empty()) writer.header(sip::HeaderId::Supported, text.supported);
  if (text.credentials_of != nullptr) {
    for (const auto& field : text.credentials_of->headers())
      if (field.id == sip::HeaderId::Authorization || field.id == sip::HeaderId::ProxyAuthorization)
        writer.header(field.id, field.value);
  }
  writer.finish();
  return bytes;
}

}  // namespace sbc::registrar
