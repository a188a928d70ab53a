#include "sbc/resolve/resolver.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <sys/time.h>

#include <map>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sbc/resolve/cache.h"
#include "sbc/resolve/limits.h"
#include "sbc/resolve/reply.h"
#include "sbc/route/limits.h"

namespace sbc::resolve {
namespace {

using route::DnsAnswer;
using route::Question;

int class_type(Question::Type type) {
  switch (type) {
    case Question::Type::Naptr:
    case Question::Type::Enum:
      return ns_t_naptr;
    case Question::Type::Srv:
      return ns_t_srv;
    case Question::Type::A:
      return ns_t_a;
    case Question::Type::Aaaa:
      return ns_t_aaaa;
    case Question::Type::Txt:
      return ns_t_txt;
  }
  return ns_t_a;
}

// "_sip._udp.example.net" -> "example.net"
std::string host_of(std::string_view name) {
  while (name.starts_with('_') && name.find('.') != std::string_view::npos) name.remove_prefix(name.find('.') + 1);
  return std::string(name);
}

}  // namespace

struct Resolver::Inner {
  // One location under way.
  struct Inquiry {
    route::NamedHost host;
    route::Realm realm;
    Want want = Want::Now;
    Done done;
    std::map<Question, DnsAnswer> known{};
    std::size_t waiting = 0;
  };
  struct Query {
    Inner* owner;
    Question question;
  };
  class View final : public route::Knowledge {
   public:
    View(Inner& inner, const Inquiry& inquiry) : inner_(inner), inquiry_(inquiry) {}
    const DnsAnswer* find(const Question& question) const override {
      const auto own = inquiry_.known.find(question);
      if (own != inquiry_.known.end()) return &own->second;
      return inner_.cache.find(question, inner_.loop.now(), inquiry_.want == Want::Refresh);
    }

   private:
    Inner& inner_;
    const Inquiry& inquiry_;
  };

  Inner(loop::EventLoop& l, const Settings& s, base::Random& r)
      : loop(l), settings(s), random(r), cache(s.cache), timer(l, [this] { process(ARES_SOCKET_BAD, {}); }) {
    start();
  }
  ~Inner() {
    closing = true;
    ares_destroy(channel);  // calls back for what is under way; the answers go nowhere
    ares_library_cleanup();
  }

  void start();
  static void on_reply(void* query, int status, int timeouts, unsigned char* bytes, int length);
  static void on_socket(void* inner, ares_socket_t fd, int readable, int writable);
  void process(ares_socket_t fd, loop::Ready ready);
  void arm();
  bool in_hosts_file(const std::string& name, int family, DnsAnswer* answer);
  void ask(const Question& question, std::uint64_t inquiry);
  void step(std::uint64_t id);
  void settle();

  loop::EventLoop& loop;
  Settings settings;
  base::Random& random;
  Cache cache;
  loop::Timer timer;
  ares_channel channel = nullptr;
  std::unordered_map<ares_socket_t, std::unique_ptr<loop::FdWatch>> watches;
  std::map<Question, std::vector<std::uint64_t>> asked;  // under way, and who waits
  std::vector<std::pair<Question, DnsAnswer>> arrived;
  std::unordered_map<std::uint64_t, Inquiry> inquiries;
  std::unordered_map<std::uint64_t, RecordsDone> questions;  // numbered as inquiries
  std::uint64_t last_inquiry = 0;
  Counters counters;
  bool settling = false;
  bool closing = false;
};

void Resolver::Inner::start() {
  ares_options options{};
  options.timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(settings.timeout).count());
  options.tries = static_cast<int>(settings.tries);
  options.sock_state_cb = on_socket;
  options.sock_state_cb_data = this;
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) throw std::runtime_error("c-ares cannot be initialised");
  int status = ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status == ARES_SUCCESS && !settings.servers.empty()) {
    std::string list;
    for (const auto& server : settings.servers) list += (list.empty() ? "" : ",") + server.text();
    status = ares_set_servers_ports_csv(channel, list.c_str());
  }
  if (status != ARES_SUCCESS) throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
}

void Resolver::Inner::on_socket(void* inner, ares_socket_t fd, int readable, int writable) {
  auto& self = *static_cast<Inner*>(inner);
  if (readable == 0 && writable == 0) {
    self.watches.erase(fd);
    return;
  }
  auto& watch = self.watches[fd];
  if (watch == nullptr)
    watch = std::make_unique<loop::FdWatch>(self.loop, fd, [&self, fd](loop::Ready ready) { self.process(fd, ready); });
  watch->want({.read = readable != 0, .write = writable != 0});
}

void Resolver::Inner::on_reply(void* query, int status, int, unsigned char* bytes, int length) {
  const std::unique_ptr<Query> asked(static_cast<Query*>(query));
  Inner& self = *asked->owner;
  if (self.closing) return;
  DnsAnswer answer;
  switch (status) {
    case ARES_SUCCESS:
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
      if (bytes != nullptr && length > 0)
        answer = read_reply({bytes, static_cast<std::size_t>(length)}, asked->question);
      break;
    case ARES_ETIMEOUT:
      answer.outcome = DnsAnswer::Outcome::Silent;
      break;
    default:  // also ECONNREFUSED, which c-ares says after SERVFAIL of every server
      answer.outcome = DnsAnswer::Outcome::Failed;
      break;
  }
  self.counters.limits.add(limit::Reached::DnsRecords, answer.left_out);
  self.arrived.emplace_back(asked->question, std::move(answer));
}

void Resolver::Inner::process(ares_socket_t fd, loop::Ready ready) {
  ares_process_fd(channel, ready.read ? fd : ARES_SOCKET_BAD, ready.write ? fd : ARES_SOCKET_BAD);
  settle();
}

void Resolver::Inner::arm() {
  timeval wait{};
  if (ares_timeout(channel, nullptr, &wait) == nullptr) return timer.cancel();
  // One millisecond more: what comes due a moment too early is not due for c-ares.
  timer.arm(loop.now() + base::seconds(wait.tv_sec) + base::milliseconds(wait.tv_usec / 1000 + 1));
}

bool Resolver::Inner::in_hosts_file(const std::string& name, int family, DnsAnswer* answer) {
  hostent* host = nullptr;
  if (ares_gethostbyname_file(channel, name.c_str(), family, &host) != ARES_SUCCESS) return false;
  for (char** at = host->h_addr_list; answer != nullptr && *at != nullptr; ++at) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(*at);
    if (family == AF_INET) {
      answer->addresses.push_back(base::IpAddress::v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                                                      std::uint32_t{bytes[2]} << 8 | bytes[3]));
    } else {
      std::array<std::uint8_t, 16> ip{};
      std::copy_n(bytes, 16, ip.begin());
      answer->addresses.push_back(base::IpAddress::v6(ip));
    }
  }
  ares_free_hostent(host);
  return true;
}

void Resolver::Inner::ask(const Question& question, std::uint64_t inquiry) {
  if (const auto found = asked.find(question); found != asked.end()) {
    ++counters.coalesced;
    found->second.push_back(inquiry);
    return;
  }
  asked[question].push_back(inquiry);
  // What /etc/hosts knows is the operator's word, also about services.
  DnsAnswer local{.outcome = DnsAnswer::Outcome::Found, .ttl = kHostsFileTtl};
  const bool service = question.type != Question::Type::A && question.type != Question::Type::Aaaa;
  const std::string host = host_of(question.name);
  if (service && (in_hosts_file(host, AF_INET, nullptr) || in_hosts_file(host, AF_INET6, nullptr))) {
    local.outcome = DnsAnswer::Outcome::Nothing;
    arrived.emplace_back(question, std::move(local));
  } else if (!service && in_hosts_file(host, question.type == Question::Type::A ? AF_INET : AF_INET6, &local)) {
    arrived.emplace_back(question, std::move(local));
  } else if (asked.size() > settings.queries) {
    ++counters.refused;
    arrived.emplace_back(question, DnsAnswer{.outcome = DnsAnswer::Outcome::Silent});
  } else {
    ++counters.queries;
    ares_query(channel, question.name.c_str(), ns_c_in, class_type(question.type), on_reply, new Query{this, question});
  }
}

// Goes on with a location as far as what is known leads.
void Resolver::Inner::step(std::uint64_t id) {
  const auto found = inquiries.find(id);
  if (found == inquiries.end()) return;
  Inquiry& inquiry = found->second;
  auto located = route::locate(inquiry.host, inquiry.realm, View(*this, inquiry), random);
  counters.limits.add(limit::Reached::Places, located.left_out);
  if (!located.missing.empty() && inquiry.known.size() + located.missing.size() > route::kMaxQuestions) {
    located = {};
    located.problem = "the name needs more questions than " + std::to_string(route::kMaxQuestions);
  }
  if (located.missing.empty()) {
    if (inquiry.known.empty()) ++counters.hits;
    const Done done = std::move(inquiry.done);
    inquiries.erase(found);
    done(located);
    return;
  }
  inquiry.waiting = located.missing.size();
  for (const Question& question : located.missing) ask(question, id);
}

void Resolver::Inner::settle() {
  if (settling) return;
  settling = true;
  while (!arrived.empty()) {
    auto [question, answer] = std::move(arrived.back());
    arrived.pop_back();
    switch (answer.outcome) {
      case DnsAnswer::Outcome::Found:
        ++counters.found;
        break;
      case DnsAnswer::Outcome::Nothing:
        ++counters.nothing;
        break;
      case DnsAnswer::Outcome::Failed:
        ++counters.failed;
        break;
      case DnsAnswer::Outcome::Silent:
        ++counters.silent;
        break;
    }
    const auto waiting = asked.extract(question);
    const DnsAnswer holds = cache.store(question, std::move(answer), loop.now());
    if (waiting.empty()) continue;
    for (const std::uint64_t id : waiting.mapped()) {
      if (auto enumeration = questions.extract(id)) {
        enumeration.mapped()(holds);
        continue;
      }
      const auto found = inquiries.find(id);
      if (found == inquiries.end()) continue;
      found->second.known.emplace(question, holds);
      if (--found->second.waiting == 0) step(id);
    }
  }
  settling = false;
  arm();
}

Resolver::Resolver(loop::EventLoop& loop, const Settings& settings, base::Random& random)
    : inner_(std::make_unique<Inner>(loop, settings, random)) {}

Resolver::~Resolver() = default;

void Resolver::locate(const route::NamedHost& host, const route::Realm& realm, Want want, Done done) {
  if (inner_->inquiries.size() >= kMaxInquiries) {
    ++inner_->counters.refused;
    done({.missing = {}, .places = {}, .problem = "too many names are being resolved"});
    return;
  }
  const std::uint64_t id = ++inner_->last_inquiry;
  inner_->inquiries.emplace(id, Inner::Inquiry{host, realm, want, std::move(done)});
  inner_->step(id);
  inner_->settle();
}

void Resolver::ask(const Question& question, RecordsDone done) {
  if (inner_->inquiries.size() + inner_->questions.size() >= kMaxInquiries) {
    ++inner_->counters.refused;
    return done(DnsAnswer{.outcome = DnsAnswer::Outcome::Silent});
  }
  if (const auto* known = inner_->cache.find(question, inner_->loop.now())) {
    ++inner_->counters.hits;
    const DnsAnswer answer = *known;
    return done(answer);
  }
  const std::uint64_t id = ++inner_->last_inquiry;
  inner_->questions.emplace(id, std::move(done));
  inner_->ask(question, id);
  inner_->settle();
}

bool Resolver::knows(const route::Question& question) const {
  return inner_->cache.find(question, inner_->loop.now()) != nullptr;
}

Counters Resolver::counters() const {
  Counters all = inner_->counters;
  all.stale = inner_->cache.stale();
  all.evicted = inner_->cache.evicted();
  return all;
}

std::size_t Resolver::cached() const {
  return inner_->cache.size();
}

std::size_t Resolver::under_way() const {
  return inner_->asked.size();
}

}  // namespace sbc::resolve
