#include "sbc/route/locate.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/route/limits.h"
#include "sbc/route/order.h"

namespace sbc::route {
namespace {

using sip::Transport;

// RFC 3263 4.1, RFC 7118 section 7 says nothing of DNS, so WebSocket is never found by it.
std::optional<Transport> transport_of(std::string_view service) {
  if (base::equals_ignoring_case(service, "SIP+D2U")) return Transport::Udp;
  if (base::equals_ignoring_case(service, "SIP+D2T")) return Transport::Tcp;
  if (base::equals_ignoring_case(service, "SIPS+D2T")) return Transport::Tls;
  return std::nullopt;
}

std::string srv_name(Transport transport, const std::string& host) {
  switch (transport) {
    case Transport::Udp:
      return "_sip._udp." + host;
    case Transport::Tcp:
      return "_sip._tcp." + host;
    case Transport::Tls:
      return "_sips._tcp." + host;
    case Transport::Ws:
    case Transport::Wss:
      break;
  }
  return "";
}

// One run: what it needs and does not know goes to `missing`.
class Search {
 public:
  Search(const NamedHost& host, const Realm& realm, const Knowledge& known, base::Random& random)
      : host_(host), realm_(realm), known_(known), random_(random) {}

  Located run() {
    if (const auto ip = base::IpAddress::parse(host_.host)) {
      add_place(plain_transport(), *ip, host_.port);
    } else if (name_ = host_name(host_.host); name_.empty()) {
      located_.problem = "\"" + base::printable(host_.host) + "\" is no host name";
    } else {
      search();
    }
    if (silent_) located_.missing.clear();  // one timeout is enough
    if (!located_.missing.empty()) located_.places.clear();
    if (located_.missing.empty() && located_.places.empty() && located_.problem.empty())
      located_.problem = silent_ ? "no DNS server answers" : "the name has no address that can be reached";
    return std::move(located_);
  }

 private:
  // RFC 3263 4.1: what holds when nothing says otherwise. RFC 3261 26.2.2: sips means TLS, also with transport=tcp.
  Transport plain_transport() const {
    const Transport transport = host_.transport.value_or(host_.secure ? Transport::Tls : Transport::Udp);
    return host_.secure && transport == Transport::Tcp ? Transport::Tls : transport;
  }

  bool has(Transport transport) const {
    return std::ranges::any_of(realm_.listeners, [&](const Listener& l) { return l.transport == transport; });
  }

  const DnsAnswer* ask(Question::Type type, const std::string& name) {
    const Question question{type, name};
    const DnsAnswer* answer = known_.find(question);
    if (answer == nullptr) {
      if (std::ranges::find(located_.missing, question) != located_.missing.end()) return nullptr;
      if (located_.missing.size() >= kMaxQuestions) {
        ++located_.left_out;
      } else {
        located_.missing.push_back(question);
      }
    } else if (answer->outcome == DnsAnswer::Outcome::Silent) {
      silent_ = true;
    }
    return answer;
  }

  static bool found(const DnsAnswer* answer) { return answer->outcome == DnsAnswer::Outcome::Found; }

  void search() {
    // 4.1: a port says that SRV is not wanted; 4.2: then the addresses of the host are all that is asked for.
    if (host_.port != 0) return add_host(plain_transport(), name_, host_.port);
    if (host_.transport) return by_srv_of(plain_transport());
    const DnsAnswer* naptr = ask(Question::Type::Naptr, name_);
    if (naptr == nullptr || silent_) return;
    if (found(naptr) && by_naptr(naptr->naptr)) return;
    by_srv();
  }

  // RFC 3403 4.1: once a rule of one order fits, those of higher orders are not looked at.
  bool by_naptr(std::vector<NaptrRecord> records) {
    std::erase_if(records, [&](const NaptrRecord& record) {
      const auto transport = transport_of(record.service);
      // RFC 3263 4.1: a SIPS URI takes SIPS services only, and only what we can speak is kept.
      return !transport || !has(*transport) || (host_.secure && *transport != Transport::Tls);
    });
    if (records.empty()) return false;
    std::ranges::stable_sort(records, [](const NaptrRecord& a, const NaptrRecord& b) {
      return a.order != b.order ? a.order < b.order : a.preference < b.preference;
    });
    for (const NaptrRecord& record : records) {
      if (record.order != records.front().order) break;
      const Transport transport = *transport_of(record.service);
      const DnsAnswer* srv = ask(Question::Type::Srv, record.replacement);
      if (srv != nullptr && found(srv)) add_srv(transport, srv->srv);
    }
    return true;
  }

  // RFC 3263 4.1: without NAPTR, SRV for each transport that we speak shows which ones the peer has.
  void by_srv() {
    bool any = false;
    bool waiting = false;
    for (const Transport transport : {Transport::Tls, Transport::Udp, Transport::Tcp}) {
      if (!has(transport) || (host_.secure && transport != Transport::Tls)) continue;
      const DnsAnswer* srv = ask(Question::Type::Srv, srv_name(transport, name_));
      waiting = waiting || srv == nullptr;
      if (srv == nullptr || !found(srv)) continue;
      any = true;
      add_srv(transport, srv->srv);
    }
    if (!any && !waiting && !silent_) add_host(plain_transport(), name_, 0);
  }

  void by_srv_of(Transport transport) {
    const std::string name = srv_name(transport, name_);
    if (name.empty()) return add_host(transport, name_, 0);
    const DnsAnswer* srv = ask(Question::Type::Srv, name);
    if (srv == nullptr || silent_) return;
    if (found(srv)) return add_srv(transport, srv->srv);
    add_host(transport, name_, 0);
  }

  void add_srv(Transport transport, const std::vector<SrvRecord>& records) {
    for (const SrvRecord* record : in_order(records, random_))
      if (!record->target.empty() && record->port != 0) add_host(transport, record->target, record->port);
  }

  // Port 0: the transport's default.
  void add_host(Transport transport, const std::string& name, std::uint16_t port) {
    for (const auto& [type, sample] : {std::pair(Question::Type::Aaaa, base::IpAddress::v6({})),
                                       std::pair(Question::Type::A, base::IpAddress::v4(0))}) {
      if (realm_.listener_for(transport, sample) == nullptr) continue;
      if (const DnsAnswer* answer = ask(type, name); answer != nullptr && found(answer))
        for (const base::IpAddress& ip : answer->addresses) add_place(transport, ip, port);
    }
  }

  void add_place(Transport transport, const base::IpAddress& ip, std::uint16_t port) {
    if (realm_.listener_for(transport, ip) == nullptr) {
      located_.problem =
          "realm " + realm_.name + " has no " + std::string(sip::name_of(transport)) + " listener for it";
      return;
    }
    if (ip.is_any() || ip.is_multicast()) return;
    const Place place{transport, {.ip = ip, .port = port != 0 ? port : sip::default_port(transport)}};
    if (std::ranges::find(located_.places, place) != located_.places.end()) return;
    if (located_.places.size() >= kMaxTargets) {
      ++located_.left_out;
    } else {
      located_.places.push_back(place);
    }
  }

  const NamedHost& host_;
  const Realm& realm_;
  const Knowledge& known_;
  base::Random& random_;
  std::string name_;
  Located located_;
  bool silent_ = false;
};

}  // namespace

std::string_view name_of(Question::Type type) {
  switch (type) {
    case Question::Type::Naptr:
      return "NAPTR";
    case Question::Type::Enum:
      return "NAPTR (ENUM)";
    case Question::Type::Srv:
      return "SRV";
    case Question::Type::A:
      return "A";
    case Question::Type::Aaaa:
      return "AAAA";
    case Question::Type::Txt:
      return "TXT";
  }
  return "?";
}

std::string host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxHostName) return "";
  std::string name;
  name.reserve(text.size());
  std::size_t label = 0;
  for (const char c : text) {
    label = c == '.' ? 0 : label + 1;
    const bool fits = base::is_alnum(c) || c == '-' || c == '_' || (c == '.' && !name.empty() && name.back() != '.');
    if (!fits || label > 63) return "";
    name += base::ascii_lower(c);
  }
  return name;
}

std::optional<NamedHost> named_host(const sip::Uri& uri) {
  if (!uri.is_sip()) return std::nullopt;
  NamedHost named;
  const auto maddr = uri.param("maddr");
  named.host = std::string(maddr && !maddr->empty() ? *maddr : uri.host);
  named.port = uri.has_port ? uri.port : std::uint16_t{0};
  named.transport = uri.transport();
  if (uri.param("transport") && !named.transport) return std::nullopt;
  named.secure = uri.scheme == sip::Uri::Scheme::Sips;
  return named;
}

Located locate(const NamedHost& host, const Realm& realm, const Knowledge& known, base::Random& random) {
  return Search(host, realm, known, random).run();
}

}  // namespace sbc::route
