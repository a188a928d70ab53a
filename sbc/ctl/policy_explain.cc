#include "sbc/ctl/policy_explain.h"

#include <cstdio>

#include "sbc/ctl/policy.h"
#include "sbc/explain/explanation.h"

namespace sbc::ctl {
namespace {

int not_told(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return kCannotAsk;
}

// What peers wrote is shown on a terminal: nothing in it may command that.
std::string shown(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : '\0';
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f) text[i] = '?';
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) text[i] = text[i + 1] = '?';  // U+0080..U+009F
  }
  return text;
}

}  // namespace

int explain_call(const ExplainOptions& options) {
  const auto said = ask_border(options.place, {.path = "/policy/explain", .query = {{"call", options.call_id}}});
  if (!said) return not_told(said.error());
  if (options.json) {
    std::fputs(said->c_str(), stdout);
    return kGood;
  }
  // As many values as an explanation can have, and some more.
  constexpr std::size_t kMostValues = 1U << 20;
  const auto explanation = json::parse(*said, kMostValues);
  if (!explanation) return not_told("the border's answer cannot be read: " + explanation.error());
  std::fputs(shown(explain::to_text(*explanation)).c_str(), stdout);
  return kGood;
}

}  // namespace sbc::ctl
