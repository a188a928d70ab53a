#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/sip/grammar.h"
#include "sbc/sip/method.h"

namespace sbc::app {
namespace {

// Methods that the border handles itself: to pass them as they are would break what it keeps for both sides.
bool is_own(std::string_view method) {
  using sip::Method;
  switch (sip::method_from(method)) {
    case Method::Info:
    case Method::Message:
    case Method::Notify:
    case Method::Options:
    case Method::Publish:
    case Method::Subscribe:
    case Method::Other:
      return false;
    default:
      return true;
  }
}

}  // namespace

call::CrossingRules read_crossing(settings::Table& realm) {
  call::CrossingRules rules;
  using call::Transfers;
  static constexpr std::pair<std::string_view, Transfers> kTransfer[] = {
      {"handle", Transfers::Handle}, {"pass", Transfers::Pass}, {"refuse", Transfers::Refuse}};
  rules.transfers = realm.one_of<Transfers>("transfer", kTransfer, rules.transfers);
  if (!realm.has("pass_methods")) return rules;
  rules.methods = realm.texts("pass_methods");
  static const std::vector<std::string> kUsual = call::CrossingRules{}.methods;
  for (const auto& method : rules.methods) {
    if (method.empty() || !sip::grammar::all(sip::grammar::kToken, method)) {
      realm.fail("pass_methods", "expected a method, got \"" + base::printable(method) + "\"", method, kUsual);
    } else if (is_own(method)) {
      realm.fail("pass_methods",
                 "expected a method that the border can pass on, got \"" + method + "\", which it handles itself");
    }
  }
  return rules;
}

leak::Mode read_leak_guard(settings::Table root) {
  auto guard = root.table("leak_guard");
  using enum leak::Mode;
  static constexpr std::pair<std::string_view, leak::Mode> kModes[] = {
      {"off", Off}, {"count", Count}, {"log", Log}, {"scrub", Scrub}};
  return guard.one_of<leak::Mode>("mode", kModes, Count);
}

}  // namespace sbc::app
