#include "sbc/leak/learn.h"

#include "media-relay/base/ip.h"
#include "media-relay/base/text.h"

#include "sbc/leak/limits.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/values.h"

namespace sbc::leak {
namespace {

using sip::HeaderId;

class Learner {
 public:
  Learner(const sip::Message& message, const std::function<void(const Word&)>& take) : message_(message), take_(take) {}

  void learn() {
    add(Kind::CallId, message_.call_id());
    add(Kind::Tag, message_.from_tag());
    add(Kind::Tag, message_.to_tag());
    if (message_.is_request()) {
      vias();
      host(message_.from().uri.host);
    } else {
      add(Kind::Branch, without_cookie(message_.top_via().branch));
    }
    addresses(HeaderId::RecordRoute);
    addresses(HeaderId::Path);
    // Where else to ask (3xx, 485) does not name who answers.
    if (message_.status_class() < 3) addresses(HeaderId::Contact);
    for (const auto id : {HeaderId::UserAgent, HeaderId::Server})
      if (const auto product = message_.find(id)) add(Kind::Product, base::trim(*product));
    const auto type = message_.find(HeaderId::ContentType).value_or("");
    const auto media = base::to_lower(type.substr(0, type.find(';')));
    if (media == "application/sdp" || media.starts_with("multipart/")) description(message_.body());
  }

 private:
  void add(Kind kind, std::string_view text) {
    if (text.size() < kShortestWord) return;
    take_({kind, text});
    ++taken_;
  }

  static std::string_view without_cookie(std::string_view branch) {
    return branch.starts_with("z9hG4bK") ? branch.substr(7) : branch;
  }

  void host(std::string_view text) {
    if (const auto ip = base::IpAddress::parse(text)) {
      if (ip->is_any() || ip->is_loopback() || ip->is_multicast()) return;
      if (text.starts_with('[')) text = text.substr(1, text.size() - 2);
      return add(Kind::Address, text);
    }
    if (text.contains('.') && !base::equals_ignoring_case(text, "anonymous.invalid")) add(Kind::Host, text);
  }

  void vias() {
    std::size_t count = 0;
    sip::for_each_value(message_, HeaderId::Via, [&](std::string_view value) {
      const auto via = sip::parse_via(value);
      if (!via) return false;
      host(via->host);
      host(via->received);
      add(Kind::Branch, without_cookie(via->branch));
      return ++count < kMostValues;
    });
  }

  void addresses(HeaderId id) {
    std::size_t count = 0;
    sip::for_each_value(message_, id, [&](std::string_view value) {
      if (const auto address = sip::parse_name_addr(value)) host(address->uri.host);
      return ++count < kMostValues;
    });
  }

  // Lines that look like those of a description, wherever in the body they stand.
  void description(std::string_view body) {
    std::size_t found = 0;
    while (!body.empty() && found < kMostValues) {
      const auto end = body.find('\n');
      const auto line = base::trim(body.substr(0, end));
      body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
      if (line.size() < 3 || line[1] != '=') continue;
      const std::size_t before = taken_;
      if (line[0] == 'o') origin(line.substr(2));
      if (line[0] == 'c') host(last_field(line));
      if (line[0] == 'a') attribute(line.substr(2));
      found += taken_ != before ? 1 : 0;
    }
  }

  static std::string_view field(std::string_view line, std::size_t index) {
    for (; index > 0; --index) {
      const auto blank = line.find(' ');
      if (blank == std::string_view::npos) return {};
      line = line.substr(blank + 1);
    }
    return line.substr(0, line.find(' '));
  }
  static std::string_view last_field(std::string_view line) { return line.substr(line.rfind(' ') + 1); }

  void origin(std::string_view value) {
    // Small numbers (time, process, 0) say nothing, and stand everywhere.
    if (const auto session = field(value, 1); session.size() >= 9) add(Kind::Session, session);
    host(last_field(value));
  }

  void attribute(std::string_view value) {
    const auto colon = value.find(':');
    if (colon == std::string_view::npos) return;
    const auto name = value.substr(0, colon);
    const auto rest = value.substr(colon + 1);
    if (name == "candidate") {
      host(field(rest, 4));
      if (const auto related = rest.find(" raddr "); related != std::string_view::npos)
        host(field(rest.substr(related + 7), 0));
    } else if (name == "rtcp") {
      host(last_field(rest));
    } else if (name == "ice-ufrag" || name == "ice-pwd") {
      add(Kind::Candidate, rest);
    } else if (name == "ssrc") {
      if (const auto cname = rest.find(" cname:"); cname != std::string_view::npos)
        add(Kind::Cname, rest.substr(cname + 7));
    }
  }

  const sip::Message& message_;
  const std::function<void(const Word&)>& take_;
  std::size_t taken_ = 0;
};

}  // namespace

void for_each_word(const sip::Message& message, const std::function<void(const Word&)>& take) {
  Learner(message, take).learn();
}

std::vector<std::string_view> addressed_by(const sip::Message& message) {
  if (message.is_response() || !message.to_tag().empty()) return {};
  std::vector<std::string_view> hosts;
  for (auto host : {message.request_uri().host, message.to().uri.host}) {
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    if (!host.empty()) hosts.push_back(host);
  }
  return hosts;
}

}  // namespace sbc::leak
