#include "sbc/app/shadow_pages.h"

#include <charconv>
#include <optional>
#include <utility>

#include "sbc/policy/parcel.h"

namespace sbc::app {
namespace {

using admin::Control;
using loop::HttpRequest;
using loop::HttpResponse;

// Above 0 and up to 1; without one all of them.
std::optional<double> share_of(const HttpRequest& request) {
  const auto arguments = loop::arguments_of(request.query);
  const auto found = arguments.find("share");
  if (found == arguments.end()) return 1;
  const std::string& text = found->second;
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc{} || end != text.data() + text.size() || !(share > 0) || !(share <= 1)) return std::nullopt;
  return share;
}

HttpResponse shown(const Shadow& shadow, const HttpRequest& request) {
  const auto arguments = loop::arguments_of(request.query);
  const auto form = arguments.find("form");
  const auto standing = shadow.standing();
  if (form != arguments.end() && form->second == "text") return {.status = 200, .body = text_of(standing)};
  return Control::json(json_of(standing));
}

}  // namespace

void add_shadow_pages(Control& control, Shadow& shadow, std::function<std::shared_ptr<const Config>()> config) {
  control.get("/policy/shadow", [&shadow](const HttpRequest& request) { return shown(shadow, request); });
  // Whether the candidate can be loaded is found out in its own thread; who asked learns it from GET by the number of
  // the order, mostly some milliseconds later.
  control.post("/policy/shadow", [&shadow, config = std::move(config)](const HttpRequest& request) {
    const auto share = share_of(request);
    if (!share) return Control::refuse(400, "share: expected a number above 0 and up to 1");
    auto candidate = policy::unpacked(request.body);
    if (!candidate) return Control::refuse(422, candidate.error());
    const std::uint64_t order = shadow.start(*std::move(candidate), *share, config());
    return Control::json("{\"order\": " + std::to_string(order) + "}\n");
  });
  control.post("/policy/shadow/stop", [&shadow](const HttpRequest& request) {
    if (!shadow.stop()) return Control::refuse(409, "no policy shadows this border");
    return shown(shadow, request);
  });
}

}  // namespace sbc::app
