#include "sbc/net/udp_listener.h"

#include <linux/sock_diag.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "media-relay/base/text.h"
#include "media-relay/stun/binding.h"

namespace sbc::net {
namespace {

// The largest UDP payload is smaller than this, so that nothing is cut by the buffer.
constexpr std::size_t kDatagramBytes = 65536;
constexpr unsigned kSendBatch = 64;

// RFC 5626 3.5.1 and what phones send to keep a NAT open: a few bytes, or nothing but line ends and zeros.
bool is_keep_alive(std::string_view bytes) {
  return bytes.size() <= 4 || std::ranges::all_of(bytes, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// A start line begins with a token (RFC 3261 25.1), after line ends that 7.5 has us ignore. Turns away RTP and
// scanners' noise before anything is allocated.
bool may_be_sip(std::string_view bytes) {
  const std::size_t start = bytes.find_first_not_of("\r\n");
  if (start == std::string_view::npos) return false;
  const char c = bytes[start];
  return base::is_alnum(c) || std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
}

}  // namespace

ReceiveBatch::ReceiveBatch(unsigned datagrams)
    : buffer_(std::make_unique_for_overwrite<char[]>(kDatagramBytes * datagrams)),
      addresses_(datagrams),
      pieces_(datagrams),
      headers_(datagrams) {
  for (unsigned i = 0; i < datagrams; ++i) {
    pieces_[i] = {.iov_base = buffer_.get() + i * kDatagramBytes, .iov_len = kDatagramBytes};
    headers_[i] = {};
    headers_[i].msg_hdr.msg_name = &addresses_[i];
    headers_[i].msg_hdr.msg_iov = &pieces_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

unsigned ReceiveBatch::receive(int fd) {
  for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  for (;;) {
    const int n = ::recvmmsg(fd, headers_.data(), capacity(), MSG_DONTWAIT, nullptr);
    if (n >= 0) return static_cast<unsigned>(n);
    if (errno != EINTR) return 0;
  }
}

std::string_view ReceiveBatch::bytes(unsigned i) const {
  return {static_cast<const char*>(pieces_[i].iov_base), headers_[i].msg_len};
}

UdpListener::UdpListener(Context& context, const ListenerConfig& config, ReceiveBatch& batch)
    : context_(context), config_(config), batch_(batch) {}

std::expected<void, std::string> UdpListener::open(bool reuse_port) {
  auto fd =
      loop::open_bound(loop::SocketKind::Datagram, config_.bind, {.reuse_port = reuse_port, .dscp = config_.dscp});
  if (!fd) return std::unexpected(std::move(fd.error()));
  fd_ = std::move(*fd);
  loop::grow_receive_buffer(fd_.get(), context_.limits.receive_buffer_bytes);
  loop::grow_send_buffer(fd_.get(), context_.limits.send_buffer_bytes);
  local_ = loop::local_endpoint(fd_.get());
  watch_ = std::make_unique<loop::FdWatch>(context_.loop, fd_.get(), [this](loop::Ready ready) { on_ready(ready); });
  watch_->want({.read = true});
  return {};
}

void UdpListener::on_ready(loop::Ready ready) {
  if (ready.write) {
    blocked_ = false;
    flush();
  }
  if (ready.read) receive();
}

void UdpListener::receive() {
  for (unsigned round = 0; round < context_.limits.batches_per_turn; ++round) {
    const unsigned count = batch_.receive(fd_.get());
    if (count == 0) return;
    context_.counters.udp_in_batches.add();
    for (unsigned i = 0; i < count; ++i) take(batch_.bytes(i), batch_.from(i), batch_.truncated(i));
    if (count < batch_.capacity()) return;
  }
}

void UdpListener::take(std::string_view bytes, const base::Endpoint& from, bool truncated) {
  Counters& counters = context_.counters;
  counters.udp_in_bytes.add(bytes.size());
  if (truncated || bytes.size() > context_.limits.sip.message_bytes) return counters.drop(Drop::UdpTruncated).add();
  if (is_keep_alive(bytes)) return counters.udp_in_keepalives.add();
  if (stun::looks_like_stun(bytes)) return answer_stun(bytes, from);
  if (!may_be_sip(bytes)) return counters.drop(Drop::UdpNotSip).add();
  if (from.port == 0) return counters.drop(Drop::UdpNoPort).add();
  counters.udp_in_messages.add();
  const sip::Source source{
      .hop = {.transport = sip::Transport::Udp, .listener = config_.index, .remote = from, .connection = {}},
      .local = local_};
  context_.delegate.on_message(std::string(bytes), source);
}

// RFC 5626 4.4.2: phones ask on the SIP port whether their NAT still knows them.
void UdpListener::answer_stun(std::string_view bytes, const base::Endpoint& from) {
  std::optional<std::string> answer = stun::answer_binding(bytes, from);
  if (!answer) return context_.counters.drop(Drop::StunBadRequest).add();
  context_.counters.udp_in_stun.add();
  const sip::Hop hop{.transport = sip::Transport::Udp, .listener = config_.index, .remote = from, .connection = {}};
  send(hop, base::share(std::move(*answer)), 0);
}

void UdpListener::send(const sip::Hop& hop, base::SharedBytes bytes, std::uint64_t token) {
  if (queue_.size() >= context_.limits.datagrams_queued) return context_.fail(Drop::UdpQueueFull, token, hop);
  queue_.push_back({hop, std::move(bytes), token});
  if (!blocked_) context_.turn_end.request();
}

void UdpListener::sent(unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    context_.counters.udp_out_messages.add();
    context_.counters.udp_out_bytes.add(queue_.front().bytes->size());
    queue_.pop_front();
  }
}

void UdpListener::flush() {
  while (!queue_.empty() && !blocked_) {
    std::array<sockaddr_storage, kSendBatch> addresses;
    std::array<iovec, kSendBatch> pieces;
    std::array<mmsghdr, kSendBatch> headers;
    const unsigned count = static_cast<unsigned>(std::min<std::size_t>(queue_.size(), kSendBatch));
    for (unsigned i = 0; i < count; ++i) {
      const Outgoing& out = queue_[i];
      // The kernel only reads; iovec has no const form.
      pieces[i] = {.iov_base = const_cast<char*>(out.bytes->data()), .iov_len = out.bytes->size()};
      headers[i] = {};
      headers[i].msg_hdr.msg_name = &addresses[i];
      headers[i].msg_hdr.msg_namelen = loop::to_kernel(out.hop.remote, addresses[i]);
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int n = ::sendmmsg(fd_.get(), headers.data(), count, MSG_NOSIGNAL);
    if (n > 0) {
      context_.counters.udp_out_batches.add();
      sent(static_cast<unsigned>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      blocked_ = true;
      break;
    }
    // sendmmsg reports only what is wrong with the first datagram: give that one up and go on.
    context_.fail(Drop::UdpSendError, queue_.front().token, queue_.front().hop);
    queue_.pop_front();
  }
  if (watch_) watch_->want({.read = true, .write = blocked_});
}

std::uint32_t UdpListener::kernel_drops() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0) return 0;
  return info[SK_MEMINFO_DROPS];
}

}  // namespace sbc::net
