// rooms: transaction
// A life of a transaction layer: records of one opcode byte and its operands, in any order.
//
//   M text NUL     a message arrives by UDP ("$B" in it stands for the branch of our last request), S: by TCP
//   T a            time passes: a * 100 ms
//   R i s          the user answers its i-th request with status 100 + 10 * s
//   C m            we send a request: INVITE, BYE, OPTIONS or REGISTER
//   X i            we cancel our i-th request
//   A i            we abandon it
//   E i            the i-th thing that was sent could not be
//   L i            its connection has ended
//
// Whatever happened: no impossible pair of state and event, and in the end nothing is left.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"
#include "sbc/sip/writer.h"
#include "sbc/transaction/layer.h"

namespace {

using namespace sbc;
using transaction::Event;
using transaction::Send;

void require(bool promise) {
  if (!promise) std::abort();
}

class Life {
 public:
  Life() : layer_(config(), minter_, random_) {}

  void run(std::string_view input) {
    input_ = input;
    for (int i = 0; i < 400 && !input_.empty(); ++i) {
      step();
      look();
    }
    pass(base::seconds(2000));
    look();
    require(layer_.server_count() == 0);
    require(layer_.client_count() == 0);
    require(layer_.next_deadline() == base::kNever);
    require(layer_.counters().bugs == 0);
  }

 private:
  static transaction::Config config() { return {.max_servers = 8, .max_clients = 8}; }

  unsigned take() {
    if (input_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(input_.front());
    input_.remove_prefix(1);
    return byte;
  }

  template <typename T>
  const T* pick(const std::vector<T>& all) {
    const unsigned i = take();
    return all.empty() ? nullptr : &all[i % all.size()];
  }

  void step() {
    switch (take()) {
      case 'M':
        return arrive(sip::Transport::Udp);
      case 'S':
        return arrive(sip::Transport::Tcp);
      case 'T':
        return pass(base::milliseconds(100) * static_cast<int>(take()));
      case 'R':
        return respond();
      case 'C':
        return request();
      case 'X':
        if (const auto* id = pick(clients_)) layer_.cancel(*id, "Reason: SIP;cause=487\r\n", now_, out_);
        return;
      case 'A':
        if (const auto* id = pick(clients_)) layer_.abandon(*id);
        return;
      case 'E':
        if (const auto* token = pick(tokens_)) layer_.on_transport_error(*token, now_, out_);
        return;
      case 'L':
        if (const auto* token = pick(tokens_)) layer_.on_connection_lost(*token, *token % 3 == 0, now_, out_);
        return;
      default:
        return;
    }
  }

  void arrive(sip::Transport transport) {
    const std::size_t end = std::min(input_.find('\0'), input_.size());
    std::string text(input_.substr(0, end));
    input_.remove_prefix(std::min(end + 1, input_.size()));
    for (std::size_t at = text.find("$B"); at != std::string::npos; at = text.find("$B", at + 1))
      text.replace(at, 2, branch_);
    sip::ParseResult parsed = sip::parse(std::move(text));
    if (!parsed.ok()) return;
    sip::Source source;
    source.hop.transport = transport;
    source.hop.remote = *base::Endpoint::parse("192.0.2.10:5060");
    source.hop.connection.value = transport == sip::Transport::Udp ? 0 : 9;
    layer_.on_message(std::move(parsed.message), source, now_, out_);
  }

  void respond() {
    const auto* id = pick(servers_);
    const int status = std::min(100 + 10 * static_cast<int>(take()), 699);
    if (id == nullptr) return;
    const sip::MessagePtr request = layer_.request_ptr(*id);
    std::string bytes =
        request ? sip::build_response(*request, status, "ours", *layer_.source_of(*id)) : "SIP/2.0 200 OK\r\n\r\n";
    layer_.respond(*id, status, base::share(std::move(bytes)), now_, out_);
  }

  void request() {
    constexpr std::array kMethods{sip::Method::Invite, sip::Method::Bye, sip::Method::Options, sip::Method::Register};
    const unsigned choice = take();
    const sip::Method method = kMethods[choice % kMethods.size()];
    branch_ = minter_.branch(random_);
    std::string text;
    sip::Writer writer(text);
    writer.request_line(method, "sip:carol@203.0.113.5");
    writer.header("Via", "SIP/2.0/UDP 198.51.100.1;branch=" + branch_);
    writer.header("From", "<sip:us@border.example.net>;tag=l").header("To", "<sip:carol@example.com>");
    writer.header("Call-ID", "leg-b").header("CSeq", "1 " + std::string(sip::name_of(method)));
    writer.finish();
    transaction::ClientRequest request;
    request.method = method;
    request.branch = branch_;
    request.hop.transport = choice < 128 ? sip::Transport::Udp : sip::Transport::Tcp;
    request.bytes = base::share(std::move(text));
    clients_.push_back(layer_.request(request, now_, out_));
  }

  void pass(base::Duration d) {
    const base::Instant end = now_ + d;
    while (layer_.next_deadline() <= end) {
      now_ = std::max(now_, layer_.next_deadline());
      layer_.on_deadline(now_, out_);
      look();
    }
    now_ = end;
  }

  void look() {
    for (const Send& send : out_.sends) {
      require(send.bytes != nullptr && !send.bytes->empty());
      if (send.token != 0) tokens_.push_back(send.token);
    }
    for (const Event& event : out_.events)
      if (const auto* arrived = std::get_if<transaction::RequestArrived>(&event))
        servers_.push_back(arrived->transaction);
    out_.clear();
  }

  base::SeededRandom random_{1};
  sip::Minter minter_{{1, 2}, 0};
  transaction::Layer layer_;
  transaction::Output out_;
  base::Instant now_{};
  std::string_view input_;
  std::string branch_;
  std::vector<transaction::ServerId> servers_;
  std::vector<transaction::ClientId> clients_;
  std::vector<std::uint64_t> tokens_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Life().run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
