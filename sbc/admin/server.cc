#include "media-relay/loop/http_server.h"

#include "sbc/admin/admin.h"

namespace sbc::admin {

struct Server::Inner {
  Inner(loop::EventLoop& loop, const observe::Metrics& with, std::vector<ReadyCheck> to_ask)
      : metrics(with), checks(std::move(to_ask)), http(loop) {}

  const observe::Metrics& metrics;
  std::vector<ReadyCheck> checks;
  loop::HttpServer http;

  // One line per check, so that an operator sees at once what is missing.
  loop::HttpResponse ready() const {
    loop::HttpResponse out;
    for (const ReadyCheck& check : checks) {
      const bool fine = check.ready();
      if (!fine) out.status = 503;
      out.body += check.name + (fine ? ": ok\n" : ": not ready\n");
    }
    if (checks.empty()) out.body = "ok\n";
    return out;
  }
};

Server::Server(loop::EventLoop& loop, const observe::Metrics& metrics, std::vector<ReadyCheck> checks)
    : inner_(std::make_unique<Inner>(loop, metrics, std::move(checks))) {
  inner_->http.get("/metrics", [inner = inner_.get()](const loop::HttpRequest&) {
    return loop::HttpResponse{
        .status = 200, .content_type = observe::Metrics::content_type(), .body = inner->metrics.render()};
  });
  inner_->http.get("/healthz", [](const loop::HttpRequest&) { return loop::HttpResponse{.body = "ok\n"}; });
  inner_->http.get("/readyz", [inner = inner_.get()](const loop::HttpRequest&) { return inner->ready(); });
}

Server::~Server() = default;

void Server::page(const std::string& path, const char* content_type, std::function<std::string()> body) {
  inner_->http.get(path, [content_type, body = std::move(body)](const loop::HttpRequest&) {
    return loop::HttpResponse{.status = 200, .content_type = content_type, .body = body()};
  });
}

std::expected<base::Endpoint, std::string> Server::listen(const base::Endpoint& where) {
  return inner_->http.listen(where);
}

}  // namespace sbc::admin
