#include "relay.h"

#include <algorithm>
#include <utility>

#include "media-relay/base/ip.h"

namespace sbc::call::test {
namespace {

base::IpAddress address_of(const std::string& network) {
  const char* text = network == "access" ? "198.51.100.2" : network == "core" ? "203.0.113.2" : "192.0.2.130";
  return *base::IpAddress::parse(text);
}

constexpr const char* kFingerprint =
    "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF";

control::HalfAddress half_address(const control::HalfSpec& half, std::uint16_t port) {
  const auto ip = address_of(half.network);
  return {.rtp = {ip, port},
          .rtcp = {ip, static_cast<std::uint16_t>(port + 1)},
          .fingerprint = half.dtls || half.shared ? kFingerprint : ""};
}

}  // namespace

std::vector<control::FlowAddresses> FakeRelay::addresses(const std::string& id, const control::SessionSpec& spec) {
  std::vector<control::FlowAddresses> flows;
  for (const auto& flow : spec.flows) {
    auto& places = places_[id + "/" + std::to_string(flow.index)];
    const std::array halves{&flow.a, &flow.b};
    bool anew = false;
    for (std::size_t i = 0; i < halves.size(); ++i)
      anew = anew || (places[i].network != halves[i]->network && places[i].party == halves[i]->party);
    bool taken = false;
    for (std::size_t i = 0; i < halves.size(); ++i) {
      if (!anew && places[i].party == halves[i]->party) continue;
      places[i] = {static_cast<std::uint16_t>(next_port_ + 2 * i), halves[i]->party, halves[i]->network};
      taken = true;
    }
    if (taken) next_port_ = static_cast<std::uint16_t>(next_port_ >= 60000 ? 20000 : next_port_ + 4);
    flows.push_back(
        {.index = flow.index, .a = half_address(flow.a, places[0].port), .b = half_address(flow.b, places[1].port)});
    for (auto [half, address] :
         {std::pair{&flow.a, &control::FlowAddresses::a}, std::pair{&flow.b, &control::FlowAddresses::b}})
      if (half->shared)
        flows.back().*address =
            (*std::ranges::find(flows, half->shared->flow, &control::FlowAddresses::index)).*address;
  }
  return flows;
}

void FakeRelay::take(const RelayCommand& command, base::Instant now) {
  if (const auto* send = std::get_if<control::SendDigits>(&command.command)) return digits.push_back(*send);
  control::RelayReply reply{.owner = command.owner,
                            .request = 0,
                            .reply = control::Pong{},
                            .session = std::visit([](const auto& asked) { return asked.id; }, command.command)};
  const bool closes = std::holds_alternative<control::Close>(command.command);
  const bool refuses = mood == Mood::Refusing || (!closes && refuse_next > 0);
  if (!closes && refuse_next > 0) --refuse_next;
  if (const auto* open = std::get_if<control::Open>(&command.command)) {
    history.push_back(open->spec);
    if (owners.contains(open->id)) ++strange;
    owners[open->id] = command.owner;
    if (refuses) {
      reply.reply = control::Error{control::ErrorCode::NoPorts, "no ports"};
    } else {
      ++opened;
      sessions[open->id] = open->spec;
      reply.reply = control::Opened{open->id, addresses(open->id, open->spec)};
    }
  } else if (const auto* modify = std::get_if<control::Modify>(&command.command)) {
    history.push_back(modify->spec);
    if (!owners.contains(modify->id)) ++strange;
    if (refuses || !sessions.contains(modify->id)) {
      reply.reply = control::Error{refuses ? control::ErrorCode::NoPorts : control::ErrorCode::UnknownSession, "no"};
    } else {
      sessions[modify->id] = modify->spec;
      reply.reply = control::Modified{modify->id, addresses(modify->id, modify->spec)};
    }
  } else {
    const auto& close = std::get<control::Close>(command.command);
    if (!owners.contains(close.id)) ++strange;
    const bool existed = sessions.erase(close.id) != 0;
    closed += existed ? 1 : 0;
    std::erase_if(places_, [&close](const auto& entry) { return entry.first.starts_with(close.id + "/"); });
    reply.reply = control::Closed{close.id, existed, last_words};
  }
  base::Instant due = now;
  if (mood == Mood::Slow) due = base::kNever;
  if (mood == Mood::Silent) {
    due = now + kTimeout;
    reply.reply = control::Error{control::ErrorCode::Timeout, "no reply"};
  }
  waiting_.push_back({due, std::move(reply)});
}

std::vector<control::RelayReply> FakeRelay::replies(base::Instant now) {
  std::vector<control::RelayReply> due;
  while (!waiting_.empty() && waiting_.front().due <= now) {
    due.push_back(std::move(waiting_.front().reply));
    waiting_.pop_front();
  }
  return due;
}

void FakeRelay::release() {
  for (auto& waiting : waiting_) waiting.due = base::Instant{};
}

void FakeRelay::fail(control::ErrorCode why) {
  for (auto& waiting : waiting_) {
    if (waiting.due != base::kNever) continue;
    waiting.due = base::Instant{};
    if (const auto* open = std::get_if<control::Opened>(&waiting.reply.reply)) sessions.erase(open->id);
    // What ends does so, whatever else there is no room for.
    if (why == control::ErrorCode::NoPorts && std::holds_alternative<control::Closed>(waiting.reply.reply)) continue;
    waiting.reply.reply = control::Error{why, "late"};
  }
}

bool FakeRelay::waits() const {
  return std::ranges::any_of(waiting_, [](const Waiting& waiting) { return waiting.due == base::kNever; });
}

base::Instant FakeRelay::next_deadline() const {
  return waiting_.empty() ? base::kNever : waiting_.front().due;
}

}  // namespace sbc::call::test
