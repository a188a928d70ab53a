#include "sbc/admin/control.h"

namespace sbc::admin {

Control::Control(loop::EventLoop& loop, observe::Log& log)
    : log_(log), http_(loop, loop::HttpLimits{.most_body_bytes = kMaxOrderBytes}) {}

Control::~Control() = default;

void Control::get(const std::string& path, Handler handler) {
  http_.get(path, std::move(handler));
}

void Control::post(const std::string& path, Handler handler) {
  http_.post(path, [this, handler = std::move(handler)](const loop::HttpRequest& request) {
    auto answer = handler(request);
    const bool done = answer.status < 300;
    (done ? done_ : refused_).add();
    log_.info("order on the control socket",
              {{"path", request.path}, {"by", request.peer}, {"status", static_cast<std::uint64_t>(answer.status)}});
    return answer;
  });
}

std::expected<void, std::string> Control::listen(const std::string& path) {
  return http_.listen_local(path);
}

void Control::expose(observe::Metrics& metrics) const {
  constexpr const char* kHelp = "Orders (POST) on the control socket, by result.";
  metrics.counter("parapet_control_orders_total", kHelp, {{"result", "done"}}, done_);
  metrics.counter("parapet_control_orders_total", kHelp, {{"result", "refused"}}, refused_);
}

}  // namespace sbc::admin
