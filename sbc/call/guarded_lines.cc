#include "sbc/call/guarded_lines.h"

#include <utility>

namespace sbc::call {

std::string guarded_lines(LeakGuard& guard, const Settings& settings, leak::Watch* watch, leak::End to,
                          std::string_view lines, std::string_view call_id, std::string_view call) {
  if (lines.empty()) return {};
  std::string text = "CANCEL sip: SIP/2.0\r\nCall-ID: ";
  text.append(call_id).append("\r\n");
  const std::size_t head = text.size();  // Call-ID is never taken out
  text.append(lines).append("\r\n");
  const auto kept = guard.checked(settings, watch, to, base::share(std::move(text)), call);
  return kept->substr(head, kept->size() - head - 2);
}

}  // namespace sbc::call
