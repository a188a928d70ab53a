// rooms: check
//
// The text of a policy: parsed and checked without running it.

#include <cstddef>
#include <cstdint>
#include <string>

#include "sbc/check/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const sbc::policy::Language language = sbc::policy::language();
  static const sbc::policy::Environment names = [] {
    sbc::policy::Environment there;
    there.realms = {"access"};
    there.trunks = {"carrier"};
    there.groups = {"carriers"};
    return there;
  }();
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const sbc::policy::Bundle bundle("p.lua",
                                   {{"p.lua", text}, {"lib/x.lua", "return { f = function(a) return a end }"}});
  for (const auto& finding : sbc::check::check(bundle, language, &names))
    if (finding.message().empty()) __builtin_trap();
  return 0;
}
