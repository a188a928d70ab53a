#include "sbc/app/named_dialogs.h"

#include "sbc/body/rewrite.h"
#include "sbc/call/refer.h"
#include "sbc/sip/params.h"

namespace sbc::app {
namespace {

// Asks nothing: it hears what a rewriter would ask.
class Listener final : public body::Identifiers {
 public:
  explicit Listener(limit::Counts& counts) : limits(counts) {}

  std::optional<body::DialogIds> other_side(std::string_view call_id, std::string_view local_tag,
                                            std::string_view remote_tag) override {
    if (named.size() < kMostNamed) {
      named.push_back({std::string(call_id), std::string(local_tag), std::string(remote_tag)});
    } else {
      limits.add(limit::Reached::NamedDialogs);
    }
    return std::nullopt;
  }
  std::string public_uri(const sip::Uri&) override { return "sip:border.invalid"; }
  std::string opaque(std::string_view) override { return "i"; }

  std::vector<body::DialogIds> named;
  limit::Counts& limits;
};

void hear_event(const sip::Message& request, Listener& listener) {
  const auto value = request.find(sip::HeaderId::Event);
  const auto semicolon = value ? value->find(';') : std::string_view::npos;
  if (semicolon == std::string_view::npos) return;
  const auto params = value->substr(semicolon);
  const auto call_id = sip::find_param(params, "call-id");
  if (!call_id) return;
  const auto tag = [params](std::string_view name) { return sip::unquote(sip::find_param(params, name).value_or("")); };
  listener.other_side(sip::unquote(*call_id), tag("to-tag"), tag("from-tag"));
}

}  // namespace

std::vector<body::DialogIds> dialogs_named_in(const sip::Message& request, limit::Counts& limits) {
  Listener listener(limits);
  if (request.method() == sip::Method::Refer) {
    const auto target = call::refer_target(request);
    if (target && target->replaces) {
      const auto& named = *target->replaces;
      listener.other_side(named.call_id, named.from_tag, named.to_tag);
    }
    return std::move(listener.named);
  }
  hear_event(request, listener);
  // The root element has this name in every document of the package.
  if (request.body().find("dialog-info") != std::string_view::npos)
    (void)body::rewrite(request.find(sip::HeaderId::ContentType).value_or(""), request.body(), listener, {},
                        request.find(sip::HeaderId::ContentEncoding).value_or(""));
  return std::move(listener.named);
}

}  // namespace sbc::app
