// rooms: retell
// A line of a recording: what can be read is written as a line that says the same, and its facts make a decision or an
// error, never worse.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sbc/retell/limits.h"
#include "sbc/retell/retell.h"

namespace {

sbc::policy::Host& host() {
  static const auto loaded = sbc::policy::Host::load(
      {"p.lua",
       {{"p.lua",
         "return { on_invite = function(call) if not location.known(call.to.aor) then "
         "return reject(404, call.to.user) end return route(location.lookup(call.to.aor)) end,\n"
         "on_failure = function(call, attempt) return give_up(attempt.status) end,\n"
         "on_end = function(call, ending) log.info(ending.cause, #ending.streams) end }"}}});
  return **loaded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = sbc::retell::read_line({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const auto line = sbc::retell::line_of(*read);
  const auto again = sbc::retell::read_line(line);
  if (again && sbc::retell::line_of(*again) != line) std::abort();
  const auto retold = sbc::retell::retell(host(), *read);
  if (host().waiting() != 0) std::abort();
  if (retold) static_cast<void>(sbc::retell::same(*read, *retold));
  return 0;
}
