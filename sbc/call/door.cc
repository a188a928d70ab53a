#include "sbc/call/door.h"

#include <array>
#include <span>
#include <string_view>

#include "sbc/call/core.h"
#include "sbc/call/explaining.h"

namespace sbc::call {
namespace {

// Where help is needed is said to whoever is called, whatever it names (RFC 6442; trap 85).
constexpr std::array<std::string_view, 2> kWhereHelpIsNeeded = {"Geolocation", "application/pidf+xml"};

std::string_view tag_of(std::string_view value) {
  const auto at = value.rfind(";tag=");
  if (at == std::string_view::npos) return {};
  const auto tag = value.substr(at + 5);
  return tag.substr(0, tag.find(';'));
}

}  // namespace

// The leg of a dialog by our tag in it. That of an attempt is unknown until it is answered: leg B's, or the one that a
// transfer takes over.
Door::Way Door::way_of(std::string_view own_tag, transaction::Owner owner) const {
  const auto found = core_.dialogs.find(own_tag);
  if (found != core_.dialogs.end())
    return {core_.calls.find(found->second.call), found->second.side, found->second.recorder};
  Call* call = core_.calls.find(CallHandle::unpack(owner));
  return {call, call != nullptr && call->transfer ? call->transfer->from : Side::B};
}

transaction::ClientId Door::request(transaction::ClientRequest request, base::Instant now, transaction::Output& out) {
  request.bytes = guarded("\r\nFrom: ", request.owner, std::move(request.bytes));
  if (core_.advisor.explainer() != nullptr) {
    const Way way = way_of(tag_of(written_value(*request.bytes, "\r\nFrom: ")), request.owner);
    explain_request(core_, request, {.call = way.call, .side = way.side, .recorder = way.recorder}, now);
  }
  return layer_.request(request, now, out);
}

bool Door::respond(transaction::ServerId id, int status, base::SharedBytes bytes, base::Instant now,
                   transaction::Output& out) {
  return layer_.respond(id, status, guarded("\r\nTo: ", 0, std::move(bytes)), now, out);
}

void Door::send(const Call& call, const sip::Hop& hop, base::SharedBytes bytes, transaction::Output& out) {
  out.sends.push_back({hop, guarded("\r\nFrom: ", call.handle.pack(), std::move(bytes)), 0});
}

void Door::watch(Call& call) const {
  call.watch = LeakGuard::watch(*core_.settings);
}

void Door::heard(Call& call, std::string_view own_tag, const sip::Message& message, const sip::Source& source) {
  if (call.watch == nullptr) return;
  // A dialog aside that is over (a REFER's, whose last NOTIFY is answered) may have been of either side: its words are
  // learned for neither.
  if (!call.transfer && !core_.dialogs.contains(own_tag)) return;
  const Side side = way_of(own_tag, call.handle.pack()).side;
  guard_.heard(core_.settings, call.watch.get(), end_of(side), message, source);
}

base::SharedBytes Door::guarded(std::string_view our_header, transaction::Owner owner, base::SharedBytes bytes) {
  if (core_.settings->leak_guard == leak::Mode::Off) return bytes;
  const Way way = way_of(tag_of(written_value(*bytes, our_header)), owner);
  if (way.call == nullptr) return bytes;
  // A recording server is on neither side.
  if (way.recorder)
    bytes = guard_.checked(*core_.settings, way.call->watch.get(), leak::End::A, std::move(bytes), way.call->session);
  const std::span<const std::string_view> passed(kWhereHelpIsNeeded);
  return guard_.checked(*core_.settings, way.call->watch.get(), end_of(way.side), std::move(bytes), way.call->session,
                        way.call->emergency ? passed : passed.first(0));
}

}  // namespace sbc::call
