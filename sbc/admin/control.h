#pragma once
// The operator's tool comes in here: a Unix socket that only our own user (and root) may open. What shows calls, or
// changes something, is served here and never on the TCP address of the metrics.

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "media-relay/base/counter.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/http_server.h"
#include "media-relay/observe/log.h"
#include "media-relay/observe/metrics.h"

namespace sbc::admin {

// A policy with its libraries is the largest thing that is sent here (sbc/policy/limits.h bounds a file at 8 MiB).
inline constexpr std::size_t kMaxOrderBytes = 16U << 20;

class Control {
 public:
  // On the loop's thread; must not wait for other threads.
  using Handler = std::function<loop::HttpResponse(const loop::HttpRequest&)>;

  Control(loop::EventLoop& loop, observe::Log& log);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Before listen(). A POST is an order: it is written into the log with who gave it (as the kernel says) and what
  // became of it, and counted.
  void get(const std::string& path, Handler handler);
  void post(const std::string& path, Handler handler);
  std::expected<void, std::string> listen(const std::string& path);

  // parapet_control_orders_total{result="done"|"refused"}. The object must outlive `metrics`' last reading.
  void expose(observe::Metrics& metrics) const;

  static loop::HttpResponse json(std::string body) {
    return {.status = 200, .content_type = "application/json", .body = std::move(body)};
  }
  // The text goes to the operator as it is; 400: the order makes no sense, 409: not now, 422: what came with it is bad.
  static loop::HttpResponse refuse(int status, std::string why) {
    if (!why.ends_with('\n')) why += '\n';
    return {.status = status, .body = std::move(why)};
  }

 private:
  observe::Log& log_;
  loop::HttpServer http_;
  base::Counter done_, refused_;
};

}  // namespace sbc::admin
