// rooms: register
// Headers of a REGISTER, and of what a registrar upstream answers to it, from strangers: nothing breaks, what is kept
// stays within its limits, and everything that is said from it stands on one line. A line "==" parts the two.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sbc/register/gruu.h"
#include "sbc/register/memory_store.h"
#include "sbc/register/request.h"
#include "sbc/register/upstream.h"
#include "sbc/sip/parser.h"

namespace {

using namespace sbc;

void must(bool held) {
  if (!held) std::abort();
}

bool one_line(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

sip::Source source_of_phone() {
  sip::Source source;
  source.hop = {sip::Transport::Udp, 0, *base::Endpoint::parse("198.51.100.7:5060"), {}};
  source.local = *base::Endpoint::parse("198.51.100.1:5060");
  return source;
}

void check_update(const sip::Message& request) {
  const registrar::RealmSettings realm;
  const policy::RegisterDecision decision;
  for (const bool vouched : {false, true}) {
    auto terms = registrar::terms_for(realm, decision);
    terms.vouched = vouched;
    const auto update = registrar::read_update(request, source_of_phone(), terms, "sip:a@example.org");
    if (!update) {
      must(update.error().status >= 400 && update.error().status < 500 && one_line(update.error().text));
      continue;
    }
    must(update->path.size() <= registrar::kMaxPathBytes && one_line(update->path));
    must(update->user_agent.size() <= registrar::kMaxUserAgentBytes);
    for (const auto& change : update->changes) {
      must(one_line(change.uri) && change.uri.size() <= registrar::kMaxContactUriBytes);
      must(change.expires_s <= realm.expiry.maximum);
    }
  }
}

class Border {
 public:
  Border() {
    realm_.domains = registrar::Domains({"example.org"}, {}, true);
    relay_.upstream = "registrar";
    relay_.path = registrar::UpstreamPath::Supported;
    decision_.kind = policy::RegisterDecision::Kind::Accept;
    ways_.push_back(
        {.hop = {sip::Transport::Udp, 1, *base::Endpoint::parse("203.0.113.9:5060"), {}}, .sent_by = "203.0.113.1"});
  }

  void on_register(const sip::MessagePtr& request) {
    registrar::Upstream::Output out;
    upstream_.on_register({.realm_name = "access",
                           .realm = realm_,
                           .relay = relay_,
                           .ways = ways_,
                           .vouched = false,
                           .own_sent_by = "198.51.100.1:5060",
                           .message = request,
                           .source = source_of_phone(),
                           .server = {},
                           .decision = decision_},
                          now_, out);
    check(out);
    for (const auto& forward : out.forwards) {
      must(sip::parse(*forward.bytes).ok());
      waiting_ = forward.id;
    }
  }

  void on_answer(const sip::Message& response) {
    if (waiting_ == 0) return;
    registrar::Upstream::Output out;
    upstream_.on_response(waiting_, response, now_, out);
    check(out);
    for (const auto& forward : out.forwards) must(sip::parse(*forward.bytes).ok());
    upstream_.on_deadline(upstream_.next_deadline() == base::kNever ? now_ : upstream_.next_deadline(), out);
  }

 private:
  static void check(const registrar::Upstream::Output& out) {
    for (const auto& answer : out.answers) {
      must(one_line(answer.plan.reason));
      for (const auto& header : answer.plan.headers) must(one_line(header.name) && one_line(header.value));
    }
  }

  registrar::RealmSettings realm_;
  registrar::RelaySettings relay_;
  std::vector<registrar::UpstreamWay> ways_;
  policy::RegisterDecision decision_;
  base::Instant now_{base::hours(1)};
  base::SeededRandom random_{3};
  sip::Minter minter_{{1, 2}, 0};
  registrar::MemoryLocationStore store_;
  registrar::Gruus gruus_{base::HashKey{5, 6}};
  registrar::Upstream upstream_{store_, minter_, random_, gruus_};
  std::uint64_t waiting_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const registrar::Gruus gruus{base::HashKey{5, 6}};
  base::SeededRandom random{7};
  (void)gruus.epoch_of(input);
  must(gruus.epoch_of(gruus.temporary_user(size + 1, random)) == size + 1);

  // Header lines only: the fuzzer need not learn to write a message.
  const auto parted = input.find("==\n");
  const std::string dialog =
      "From: <sip:a@example.org>;tag=1\r\nTo: <sip:a@example.org>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n";
  const std::string via = "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n";
  auto request = sip::parse("REGISTER sip:example.org SIP/2.0\r\n" + via + "Max-Forwards: 70\r\n" + dialog +
                            std::string(input.substr(0, parted)) + "\r\nContent-Length: 0\r\n\r\n");
  if (!request.ok()) return 0;
  check_update(*request.message);
  if (parted == std::string_view::npos) return 0;
  for (const char* line : {"SIP/2.0 200 OK\r\n", "SIP/2.0 423 Interval Too Brief\r\n", "SIP/2.0 503 Busy\r\n"}) {
    const auto response =
        sip::parse(line + via + dialog + std::string(input.substr(parted + 3)) + "\r\nContent-Length: 0\r\n\r\n");
    if (!response.ok()) continue;
    Border border;
    border.on_register(request.message);
    border.on_answer(*response.message);
  }
  return 0;
}
