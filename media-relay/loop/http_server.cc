#include "media-relay/loop/http_server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <unordered_map>

#include "media-relay/base/hash.h"
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
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
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

std::string decoded_path(const evhttp_uri* uri) {
  const char* const raw = uri == nullptr ? nullptr : evhttp_uri_get_path(uri);
  if (raw == nullptr) return "";
  std::size_t length = 0;
  char* const decoded = evhttp_uridecode(raw, 0, &length);
  if (decoded == nullptr) return "";
  std::string path(decoded, length);
  std::free(decoded);
  return path;
}

}  // namespace

struct HttpServer::Inner {
  std::unique_ptr<evhttp, FreeHttp> http;
  std::unordered_map<std::string, Handler, base::StringHash, std::equal_to<>> handlers;

  static void serve(evhttp_request* request, void* self) { static_cast<Inner*>(self)->answer(request); }

  void answer(evhttp_request* request) const {
    const evhttp_uri* const uri = evhttp_request_get_evhttp_uri(request);
    HttpRequest in{.path = decoded_path(uri), .query = "", .peer = ""};
    if (uri != nullptr && evhttp_uri_get_query(uri) != nullptr) in.query = evhttp_uri_get_query(uri);
    if (evhttp_connection* const connection = evhttp_request_get_connection(request)) {
      char* peer = nullptr;  // stays libevent's
      ev_uint16_t port = 0;
      evhttp_connection_get_peer(connection, &peer, &port);
      if (peer != nullptr) in.peer = peer;
    }
    const auto handler = handlers.find(in.path);
    if (handler == handlers.end()) return reply(request, {.status = 404, .body = "not found\n"});
    const evhttp_cmd_type method = evhttp_request_get_command(request);
    if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
      evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET, HEAD");
      return reply(request, {.status = 405, .body = "only GET and HEAD\n"});
    }
    reply(request, handler->second(in));
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
  inner_->handlers[path] = std::move(handler);
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

}  // namespace loop
