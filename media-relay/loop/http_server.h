#pragma once
// A small HTTP/1.1 server for scrapers, probes and the operator's own tool: GET, HEAD and POST on exact paths, over TCP
// or a Unix socket. On libevent's evhttp.

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "media-relay/base/ip.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/limits.h"

namespace loop {

struct HttpRequest {
  std::string path;   // decoded, without query
  std::string query;  // as sent, without '?'
  std::string peer;   // address text; of a Unix socket "uid 0": who has connected
  std::string body{};
};

// What stands behind the '?': name=value&..., percent-decoded, '+' for a space; of equal names the last one counts.
std::map<std::string, std::string, std::less<>> arguments_of(std::string_view query);

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

  // Unknown paths get 404, other methods 405 or 501, too large requests are refused. One path may have both.
  void get(const std::string& path, Handler handler);  // HEAD, too
  void post(const std::string& path, Handler handler);
  // May be called for several addresses. Port 0 takes any free port; local() tells. Error: "bind ...: ...".
  std::expected<base::Endpoint, std::string> listen(const base::Endpoint& where);
  // A Unix socket for the user of this process alone (mode 0600). A stale file is replaced, one behind which somebody
  // listens is an error; the file goes with the server.
  std::expected<void, std::string> listen_local(const std::string& path);

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace loop
