// rooms: leak
// The leak guard reads what anybody sends: nothing breaks, what it learned from a message it finds in that message, and
// what it takes out leaves a message that is no longer.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sbc/leak/learn.h"
#include "sbc/leak/limits.h"
#include "sbc/leak/watch.h"
#include "sbc/sip/parser.h"

namespace {

using namespace sbc;

void must(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = sip::parse(std::string(text));
  if (!result.ok()) return 0;
  leak::for_each_word(*result.message, [&](const leak::Word& word) { must(word.text.size() <= text.size()); });
  leak::Ours ours;
  ours.add("203.0.113.1");
  leak::Watch watch;
  watch.heard(leak::End::A, *result.message, *base::IpAddress::parse("198.51.100.7"), ours);
  must(watch.words() <= 2 * leak::kMostWords);
  const auto leaks = watch.leaks_in(leak::End::B, text);
  must(leaks.size() <= leak::kMostHits);
  const auto scrubbed = leak::scrub(text, leaks);
  must(scrubbed.message.size() <= text.size() && scrubbed.removed + scrubbed.kept <= leaks.size());
  // Mode Scrub: nothing is left that could be taken out. It is for messages that we wrote, whose lines end with CRLF.
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    if (at == 0 || text[at - 1] != '\r') return 0;
  const auto clean = leak::scrub(text, watch.leaky_places(leak::End::B, text));
  for (const auto& left : watch.leaky_places(leak::End::B, clean.message)) must(!leak::removable(left.place));
  return 0;
}
