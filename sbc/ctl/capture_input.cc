#include "sbc/ctl/capture_input.h"

#include <array>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "media-relay/base/text.h"

#include "sbc/app/policy_tests.h"
#include "sbc/replay/fragments.h"
#include "sbc/replay/hep.h"
#include "sbc/replay/invites.h"
#include "sbc/replay/pcap.h"

namespace sbc::ctl {
namespace {

using Wrong = std::unexpected<std::string>;

// A capture is read whole. Of signalling alone that is the calls of days; one with media is to be cut down first.
constexpr std::size_t kMaxCapture = std::size_t{1} << 30;

std::int32_t utc_offset(std::int64_t unix_seconds) {
  const std::time_t at = unix_seconds;
  std::tm local{};
  return localtime_r(&at, &local) != nullptr ? static_cast<std::int32_t>(local.tm_gmtoff) : 0;
}

replay::Border border_of(const app::Config& config) {
  replay::Border border{.calls = config.calls};
  border.has_users = [&config](std::string_view name) {
    const auto* realm = config.realm(name);
    return realm != nullptr && realm->registrar;
  };
  border.account = app::setting_of(config).account;
  border.utc_offset = utc_offset;
  return border;
}

class Notes {
 public:
  void add(std::uint64_t count, const std::string& what) {
    if (count > 0) lines_.push_back("not used: " + std::to_string(count) + " " + what);
  }
  void say(std::string line) { lines_.push_back(std::move(line)); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

std::expected<std::string, std::string> whole(std::istream& in) {
  std::string bytes;
  std::array<char, 1 << 16> part{};
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kMaxCapture)
      return Wrong("it is larger than " + std::to_string(kMaxCapture >> 20) + " MiB; leave out what is not SIP");
  }
  if (in.bad()) return Wrong("it cannot be read");
  return bytes;
}

void read_pcap(std::string_view bytes, replay::Invites& invites, Notes& notes) {
  replay::PcapReader reader(bytes);
  replay::Fragments fragments;
  std::array<std::uint64_t, 2> unusable{};
  while (const auto record = reader.next()) {
    auto unwrapped = replay::unwrap(*record);
    if (unwrapped.fragment)
      if (auto whole = fragments.add(*unwrapped.fragment, record->at_us)) unwrapped = *std::move(whole);
    if (unwrapped.packet) invites.add(*unwrapped.packet);
    if (unwrapped.unusable) ++unusable[static_cast<std::size_t>(*unwrapped.unusable)];
  }
  notes.add(unusable[static_cast<std::size_t>(replay::Unusable::Link)], "packets of a link type that is not known");
  notes.add(fragments.lost(), "fragments of IP packets whose others are not there");
  notes.add(unusable[static_cast<std::size_t>(replay::Unusable::Cut)], "packets that were captured in part");
  if (!reader.error().empty()) notes.say("not read to its end: " + reader.error());
}

void read_hep(std::string_view bytes, replay::Invites& invites, Notes& notes) {
  replay::HepReader reader(bytes);
  while (const auto packet = reader.next()) invites.add(*packet);
  if (!reader.error().empty()) notes.say("not read to its end: " + reader.error());
}

void note(const replay::Invites::Counts& counts, Notes& notes) {
  notes.add(counts.elsewhere, "INVITEs that did not come to a listener of this configuration");
  notes.add(counts.unreadable, "INVITEs that cannot be read");
  notes.add(counts.inside, "INVITEs of calls that existed");
  notes.add(counts.repeated, "INVITEs that came again");
  notes.add(counts.too_many, "calls beyond the most that are taken from one capture");
  notes.add(counts.gaps, "messages with gaps in their TCP stream");
  const auto closed = [&notes](std::uint64_t connections, std::uint64_t packets, const std::string& what) {
    notes.add(connections, what + " (" + std::to_string(packets) + " packets): a capture cannot be read there; " +
                               "policy.record and HEP have these calls in clear");
  };
  closed(counts.tls, counts.tls_packets, "connections over TLS");
  closed(counts.web_socket, counts.web_socket_packets, "connections over WebSocket");
}

}  // namespace

bool is_capture(std::istream& in) {
  std::array<char, 4> first{};
  in.read(first.data(), first.size());
  const std::string_view bytes(first.data(), static_cast<std::size_t>(in.gcount()));
  in.clear();
  in.seekg(0);
  return replay::PcapReader::begins(bytes) || replay::HepReader::begins(bytes);
}

std::expected<std::vector<std::string>, std::string> read_capture(
    std::istream& in, const app::Config& config, policy::Host& before,
    const std::function<void(const retell::Invocation&)>& take) {
  const auto bytes = whole(in);
  if (!bytes) return Wrong(bytes.error());
  const auto border = border_of(config);
  replay::Invites invites(border);
  Notes notes;
  if (replay::HepReader::begins(*bytes)) {
    read_hep(*bytes, invites, notes);
  } else {
    read_pcap(*bytes, invites, notes);
  }
  replay::Decider decider(border, before);
  for (const auto& invite : invites.take()) take(decider.decide(invite));
  note(invites.counts(), notes);
  std::uint64_t unknown = 0;
  for (const auto& [what, count] : decider.unknown()) unknown += count;
  if (unknown > 0)
    notes.say("not in a capture: " + std::to_string(unknown) + " answers, such as that to " +
              base::printable(decider.unknown().begin()->first));
  return notes.take();
}

}  // namespace sbc::ctl
