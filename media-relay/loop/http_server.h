#pragma once
// A small HTTP/1.1 server for scrapers and probes: GET and HEAD on exact paths. On libevent's evhttp.

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "media-relay/base/ip.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/limits.h"

namespace loop {

struct HttpRequest {
  std::string path;   // decoded, without query
  std::string query;  // as sent, without '?'
  std::string peer;   // address text
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
};

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;  // called on the loop's thread; must not block

  explicit HttpServer(EventLoop& loop, HttpLimits limits = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Unknown paths get 404, other methods 405 or 501, too large requests are refused.
  void get(const std::string& path, Handler handler);
  // May be called for several addresses. Port 0 takes any free port; local() tells. Error: "bind ...: ...".
  std::expected<base::Endpoint, std::string> listen(const base::Endpoint& where);

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace loop
