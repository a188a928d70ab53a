#include "media-relay/loop/http_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <unordered_map>

#include "media-relay/base/hash.h"
#include "media-relay/loop/local_socket.h"
#include "media-relay/loop/socket.h"

namespace loop {
namespace {

constexpr int kBacklog = 64;

struct FreeHttp {
  void operator()(evhttp* http) const { evhttp_free(http); }
};

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return status < 400 ? "OK" : "Error";
  }
}

void reply(evhttp_request* request, const HttpResponse& response) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Content-Type", response.content_type.c_str());
  evhttp_add_header(headers, "Content-Length", std::to_string(response.body.size()).c_str());
  evhttp_add_header(headers, "Cache-Control", "no-store");
  evbuffer* body = nullptr;
  if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD) {
    body = evbuffer_new();
    if (body != nullptr) evbuffer_add(body, response.body.data(), response.body.size());
  }
  evhttp_send_reply(request, response.status, reason_of(response.status), body);
  if (body != nullptr) evbuffer_free(body);
}

// `plus`: stands for a space, as in queries.
std::string decoded(const std::string& raw, bool plus) {
  std::size_t length = 0;
  char* const text = evhttp_uridecode(raw.c_str(), plus ? 1 : 0, &length);
  if (text == nullptr) return "";
  std::string out(text, length);
  std::free(text);
  return out;
}

std::string decoded_path(const evhttp_uri* uri) {
  const char* const raw = uri == nullptr ? nullptr : evhttp_uri_get_path(uri);
  return raw == nullptr ? "" : decoded(raw, false);
}

std::string body_of(evhttp_request* request) {
  evbuffer* const buffer = evhttp_request_get_input_buffer(request);
  std::string body(buffer == nullptr ? 0 : evbuffer_get_length(buffer), '\0');
  if (!body.empty()) evbuffer_remove(buffer, body.data(), body.size());
  return body;
}

std::string peer_of(evhttp_connection* connection) {
  char* peer = nullptr;  // stays libevent's
  ev_uint16_t port = 0;
  evhttp_connection_get_peer(connection, &peer, &port);
  bufferevent* const stream = evhttp_connection_get_bufferevent(connection);
  const int fd = stream == nullptr ? -1 : bufferevent_getfd(stream);
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  if (fd >= 0 && ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) == 0 && local.ss_family == AF_UNIX) {
    ucred who{};
    length = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0) return "uid " + std::to_string(who.uid);
    return "local";
  }
  return peer == nullptr ? "" : peer;
}

}  // namespace

std::map<std::string, std::string, std::less<>> arguments_of(std::string_view query) {
  std::map<std::string, std::string, std::less<>> out;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.empty()) continue;
    const auto equals = one.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
    out[decoded(std::string(one.substr(0, equals)), true)] = decoded(std::string(value), true);
  }
  return out;
}

struct HttpServer::Inner {
  struct Page {
    Handler get, post;
  };
  LocalSocket file;  // of a Unix socket; its descriptor is evhttp's
  std::unique_ptr<evhttp, FreeHttp> http;
  std::unordered_map<std::string, Page, base::StringHash, std::equal_to<>> pages;

  static void serve(evhttp_request* request, void* self) { static_cast<Inner*>(self)->answer(request); }

  void answer(evhttp_request* request) const {
    const evhttp_uri* const uri = evhttp_request_get_evhttp_uri(request);
    HttpRequest in{.path = decoded_path(uri), .query = "", .peer = ""};
    if (uri != nullptr && evhttp_uri_get_query(uri) != nullptr) in.query = evhttp_uri_get_query(uri);
    if (evhttp_connection* const connection = evhttp_request_get_connection(request)) in.peer = peer_of(connection);
    const auto page = pages.find(in.path);
    if (page == pages.end()) return reply(request, {.status = 404, .body = "not found\n"});
    const evhttp_cmd_type method = evhttp_request_get_command(request);
    const Handler* handler = nullptr;
    if (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD) handler = &page->second.get;
    if (method == EVHTTP_REQ_POST) handler = &page->second.post;
    if (handler == nullptr || !*handler) return refuse_method(request, page->second);
    if (method == EVHTTP_REQ_POST) in.body = body_of(request);
    reply(request, (*handler)(in));
  }

  static void refuse_method(evhttp_request* request, const Page& page) {
    const char* const allow = !page.post ? "GET, HEAD" : !page.get ? "POST" : "GET, HEAD, POST";
    evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", allow);
    reply(request, {.status = 405, .body = std::string("only ") + allow + "\n"});
  }
};

HttpServer::HttpServer(EventLoop& loop, HttpLimits limits) : inner_(std::make_unique<Inner>()) {
  inner_->http.reset(evhttp_new(loop.native()));
  if (!inner_->http) throw std::runtime_error("libevent: no HTTP server");
  evhttp* const http = inner_->http.get();
  evhttp_set_max_headers_size(http, static_cast<ev_ssize_t>(limits.most_header_bytes));
  evhttp_set_max_body_size(http, static_cast<ev_ssize_t>(limits.most_body_bytes));
  const auto wait = std::chrono::ceil<base::seconds>(limits.timeout).count();
  evhttp_set_timeout(http, static_cast<int>(wait));
  // All methods that libevent knows come through, so that they get a proper 405; others it answers itself.
  evhttp_set_allowed_methods(http, 0xffff);
  evhttp_set_gencb(http, Inner::serve, inner_.get());
}

HttpServer::~HttpServer() = default;

void HttpServer::get(const std::string& path, Handler handler) {
  inner_->pages[path].get = std::move(handler);
}

void HttpServer::post(const std::string& path, Handler handler) {
  inner_->pages[path].post = std::move(handler);
}

std::expected<base::Endpoint, std::string> HttpServer::listen(const base::Endpoint& where) {
  std::expected<Fd, std::string> fd = open_bound(SocketKind::Stream, where);
  if (!fd) return std::unexpected(std::move(fd.error()));
  if (::listen(fd->get(), kBacklog) != 0)
    return std::unexpected("listen " + where.text() + ": " + std::strerror(errno));
  const base::Endpoint local = local_endpoint(fd->get());
  if (evhttp_accept_socket(inner_->http.get(), fd->get()) != 0)
    return std::unexpected("listen " + where.text() + ": libevent refused the socket");
  fd->release();  // closed by evhttp_free
  return local;
}

std::expected<void, std::string> HttpServer::listen_local(const std::string& path) {
  auto made = LocalSocket::listen(path, 0600, kBacklog);
  if (!made) return std::unexpected(std::move(made.error()));
  if (evhttp_accept_socket(inner_->http.get(), made->fd().get()) != 0)
    return std::unexpected("listen " + path + ": libevent refused the socket");
  made->take().release();  // closed by evhttp_free
  inner_->file = *std::move(made);
  return {};
}

}  // namespace loop
