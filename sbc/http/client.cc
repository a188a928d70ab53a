#include "sbc/http/client.h"

#include <curl/curl.h>

#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sbc/http/limits.h"
#include "sbc/lookup/cache.h"
#include "sbc/lookup/limits.h"

namespace sbc::http {
namespace {

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(started));
}

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string key_of(const Request& request, const Target& target) {
  std::string key = target.url;
  for (const auto& [name, value] : request.headers) key.append("\n").append(name).append(":").append(value);
  return key;
}

Problem problem_of(CURLcode code, bool too_large) {
  if (too_large) return Problem::TooLarge;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Problem::Timeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return Problem::Connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
      return Problem::Tls;
    default:
      return Problem::Failed;
  }
}

// One request on its way.
struct Exchange {
  std::unique_ptr<CURL, FreeEasy> easy{};
  std::unique_ptr<curl_slist, FreeList> headers{};
  Target target{};
  std::string body{};  // of the request
  std::string key{};   // "": the answer is not kept
  base::Duration keep{};
  std::size_t most = 0;
  bool too_large = false;
  Response response{};
  std::vector<Client::Done> done{};
};

}  // namespace

std::string_view name_of(Problem problem) {
  switch (problem) {
    case Problem::Timeout:
      return "timeout";
    case Problem::NotAllowed:
      return "not_allowed";
    case Problem::Busy:
      return "busy";
    case Problem::Resting:
      return "resting";
    case Problem::Connect:
      return "connect";
    case Problem::Tls:
      return "tls";
    case Problem::TooLarge:
      return "too_large";
    case Problem::Failed:
      return "failed";
  }
  return "failed";
}

struct Client::Inner {
  Inner(loop::EventLoop& l, Settings s)
      : loop(l),
        settings(std::move(s)),
        cache(settings.cache_entries),
        timer(l, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
    start_curl();
    multi = curl_multi_init();
    if (multi == nullptr) throw std::runtime_error("libcurl cannot be started");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kMaxIdleConnections);
  }
  ~Inner() {
    for (auto& [easy, exchange] : exchanges) curl_multi_remove_handle(multi, easy);
    exchanges.clear();
    curl_multi_cleanup(multi);
  }

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* inner, void* watch);
  static int on_timer(CURLM* multi, long ms, void* inner);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t count, void* exchange);
  void act(curl_socket_t fd, int what);
  void take_finished();
  void finish(Exchange exchange, CURLcode code);
  void ask(const Request& request, Done done);
  void begin(const Request& request, Target target, std::string key, Done done);
  bool prepare(const Request& request, Exchange& exchange);
  void refuse(Problem problem, const Done& done) {
    ++counters.problems[static_cast<std::size_t>(problem)];
    done(std::unexpected(problem));
  }

  loop::EventLoop& loop;
  Settings settings;
  lookup::Cache<Response> cache;
  lookup::Breaker breaker;
  Counters counters;
  loop::Timer timer;
  CURLM* multi = nullptr;
  std::unordered_map<curl_socket_t, std::unique_ptr<loop::FdWatch>> watches;
  std::unordered_map<CURL*, std::unique_ptr<Exchange>> exchanges;
  std::unordered_map<std::string, Exchange*> by_key;  // those whose answer will be kept
};

int Client::Inner::on_socket(CURL*, curl_socket_t fd, int what, void* inner, void*) {
  auto& self = *static_cast<Inner*>(inner);
  if (what == CURL_POLL_REMOVE) {
    self.watches.erase(fd);
    return 0;
  }
  auto& watch = self.watches[fd];
  if (watch == nullptr) {
    watch = std::make_unique<loop::FdWatch>(self.loop, fd, [&self, fd](loop::Ready ready) {
      self.act(fd, (ready.read ? CURL_CSELECT_IN : 0) | (ready.write ? CURL_CSELECT_OUT : 0));
    });
  }
  watch->want({.read = (what & CURL_POLL_IN) != 0, .write = (what & CURL_POLL_OUT) != 0});
  return 0;
}

int Client::Inner::on_timer(CURLM*, long ms, void* inner) {
  auto& self = *static_cast<Inner*>(inner);
  if (ms < 0) {
    self.timer.cancel();
  } else {
    self.timer.arm(self.loop.now() + base::milliseconds(ms));
  }
  return 0;
}

std::size_t Client::Inner::on_body(char* bytes, std::size_t one, std::size_t count, void* of) {
  auto& exchange = *static_cast<Exchange*>(of);
  if (exchange.response.body.size() + one * count > exchange.most) {
    exchange.too_large = true;
    return 0;  // ends the transfer
  }
  exchange.response.body.append(bytes, one * count);
  return one * count;
}

void Client::Inner::act(curl_socket_t fd, int what) {
  int running = 0;
  curl_multi_socket_action(multi, fd, what, &running);
  take_finished();
}

void Client::Inner::take_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;  // the message is gone with its handle
    const auto found = exchanges.find(easy);
    if (found == exchanges.end()) continue;
    auto exchange = std::move(found->second);
    exchanges.erase(found);
    if (!exchange->key.empty()) by_key.erase(exchange->key);
    curl_multi_remove_handle(multi, easy);
    finish(std::move(*exchange), code);
  }
}

void Client::Inner::finish(Exchange exchange, CURLcode code) {
  Reply reply = std::unexpected(Problem::Failed);
  if (code == CURLE_OK) {
    long status = 0;
    const char* type = nullptr;
    curl_easy_getinfo(exchange.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(exchange.easy.get(), CURLINFO_CONTENT_TYPE, &type);
    exchange.response.status = static_cast<std::uint16_t>(status);
    if (type != nullptr) exchange.response.content_type = type;
    if (status == 200 && !exchange.key.empty())
      cache.store(exchange.key, exchange.response,
                  exchange.response.content_type.size() + exchange.response.body.size(), loop.now() + exchange.keep);
    reply = std::move(exchange.response);
    counters.answered += exchange.done.size();
  } else {
    reply = std::unexpected(problem_of(code, exchange.too_large));
    counters.problems[static_cast<std::size_t>(reply.error())] += exchange.done.size();
  }
  // A service that answers is well, whatever it says, unless it says that it is not.
  if (reply ? reply->status < 500 : reply.error() == Problem::TooLarge) {
    breaker.succeeded(exchange.target.origin);
  } else if (breaker.failed(exchange.target.origin, settings.breaker, loop.now())) {
    ++counters.rests;
  }
  for (const Done& done : exchange.done) done(reply);
}

void Client::Inner::ask(const Request& request, Done done) {
  auto target = parse_url(request.url);
  if (!target || !settings.allow.allows(*target)) return refuse(Problem::NotAllowed, done);
  std::string key;
  if (!request.json && request.keep > base::Duration::zero()) key = key_of(request, *target);
  if (!key.empty()) {
    if (const Response* known = cache.find(key, loop.now())) {
      ++counters.cached;
      return done(Reply(*known));
    }
    const auto same = by_key.find(key);
    if (same != by_key.end() && same->second->done.size() < lookup::kMaxJoined) {
      ++counters.joined;
      same->second->done.push_back(std::move(done));
      return;
    }
    if (same != by_key.end()) key.clear();
  }
  if (exchanges.size() >= settings.at_once * (request.urgent ? lookup::kRoomForHelp : 1))
    return refuse(Problem::Busy, done);
  if (!breaker.admits(target->origin, settings.breaker, loop.now())) return refuse(Problem::Resting, done);
  begin(request, *std::move(target), std::move(key), std::move(done));
}

void Client::Inner::begin(const Request& request, Target target, std::string key, Done done) {
  auto exchange = std::make_unique<Exchange>();
  exchange->easy.reset(curl_easy_init());
  exchange->target = std::move(target);
  exchange->key = std::move(key);
  exchange->keep = request.keep;
  exchange->most = settings.body_bytes;
  exchange->body = request.json.value_or("");
  if (exchange->easy == nullptr || !prepare(request, *exchange)) return refuse(Problem::Failed, done);
  exchange->done.push_back(std::move(done));
  CURL* const easy = exchange->easy.get();
  if (!exchange->key.empty()) by_key.emplace(exchange->key, exchange.get());
  exchanges.emplace(easy, std::move(exchange));
  curl_multi_add_handle(multi, easy);  // begins from the timer, in a later turn
}

bool Client::Inner::prepare(const Request& request, Exchange& exchange) {
  CURL* const easy = exchange.easy.get();
  const auto add = [&exchange](const std::string& line) {
    curl_slist* longer = curl_slist_append(exchange.headers.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(exchange.headers.release());
    exchange.headers.reset(longer);
    return true;
  };
  bool all = add("Accept: application/json, text/plain;q=0.5, */*;q=0.1");
  // ";" sends a header without a value.
  for (const auto& [name, value] : request.headers) all = add(value.empty() ? name + ";" : name + ": " + value) && all;
  if (request.json) all = add("Content-Type: application/json") && add("Expect:") && all;
  const auto set = [&](CURLoption option, auto value) {
    all = curl_easy_setopt(easy, option, value) == CURLE_OK && all;
  };
  const auto ms = static_cast<long>(std::chrono::duration_cast<base::milliseconds>(request.timeout).count());
  set(CURLOPT_URL, exchange.target.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTPHEADER, exchange.headers.get());
  set(CURLOPT_USERAGENT, "parapet");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that says nothing must not hold up the loop
  set(CURLOPT_TIMEOUT_MS, std::max(ms, 1L));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (!settings.ca_file.empty()) {
    set(CURLOPT_CAINFO, settings.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  if (request.json) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange.body.size()));
    set(CURLOPT_POSTFIELDS, exchange.body.c_str());
  }
  return all;
}

Client::Client(loop::EventLoop& loop, Settings settings) : inner_(std::make_unique<Inner>(loop, std::move(settings))) {}
Client::~Client() = default;

void Client::use(Settings settings) {
  inner_->settings = std::move(settings);
  inner_->cache.set_entries(inner_->settings.cache_entries);
}

void Client::ask(const Request& request, Done done) {
  inner_->ask(request, std::move(done));
}

const Counters& Client::counters() const {
  return inner_->counters;
}
std::size_t Client::under_way() const {
  return inner_->exchanges.size();
}
std::size_t Client::cached() const {
  return inner_->cache.size();
}
std::size_t Client::resting() const {
  return inner_->breaker.resting(inner_->loop.now());
}

}  // namespace sbc::http
