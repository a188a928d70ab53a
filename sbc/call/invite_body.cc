#include "sbc/call/invite_body.h"

#include "media-relay/base/hash.h"

#include "sbc/body/multipart.h"
#include "sbc/body/rewrite.h"
#include "sbc/identity/emergency.h"

namespace sbc::call {
namespace {

// What stands in the parts is about the caller; dialogs have no place in an INVITE.
class CallerNames final : public body::Identifiers {
 public:
  explicit CallerNames(std::string_view domain) : domain_(domain) {}
  std::optional<body::DialogIds> other_side(std::string_view, std::string_view, std::string_view) override {
    return std::nullopt;
  }
  std::string public_uri(const sip::Uri& uri) override {
    if (!uri.is_sip()) return "";
    return "sip:" + std::string(uri.user) + (uri.user.empty() ? "" : "@") + std::string(domain_);
  }
  std::string opaque(std::string_view id) override { return "i" + std::to_string(base::StringHash{}(id)); }

 private:
  std::string_view domain_;
};

}  // namespace

std::expected<InviteBody, MediaError> invite_body(const InviteBodyPlan& plan) {
  InviteBody plain{.type = plan.sdp.empty() ? "" : "application/sdp", .text = std::string(plan.sdp)};
  const auto type = plan.caller.find(sip::HeaderId::ContentType).value_or("");
  if (plan.caller.body().empty() || !body::is_multipart(type)) return plain;
  body::Rules rules;
  rules.pass_unknown = plan.trusted;
  rules.keep_location = plan.emergency || identity::is_emergency_urn(plan.caller.to().uri);
  // Several descriptions (alternatives) become one: ours.
  bool placed = false;
  rules.sdp = [&plan, &placed](std::string_view) -> std::optional<std::string> {
    if (placed || plan.sdp.empty()) return std::nullopt;
    placed = true;
    return std::string(plan.sdp);
  };
  CallerNames names(plan.domain);
  auto result = body::rewrite(type, plan.caller.body(), names, rules);
  if (result.fate == body::Fate::Required) return std::unexpected(MediaError{415, std::move(result.why)});
  if (!result.crosses() || (!plan.sdp.empty() && !placed)) return plain;
  return InviteBody{.type = std::move(result.type), .text = std::move(result.text)};
}

}  // namespace sbc::call
