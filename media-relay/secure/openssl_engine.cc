// Our own engine: counters in Streams, ciphers of OpenSSL.

#include <algorithm>
#include <utility>
#include <vector>

#include "media-relay/secure/engines.h"
#include "media-relay/secure/layout.h"
#include "media-relay/secure/streams.h"
#include "media-relay/secure/transform.h"

namespace secure {
namespace {

struct Key {
  std::string mki;
  std::unique_ptr<Transform> rtp;
  std::unique_ptr<Transform> rtcp;
  std::uint64_t left;  // packets that may still be sent
};

std::span<const std::byte> mki_of(const Key& key) {
  return std::as_bytes(std::span(key.mki));
}

std::unique_ptr<Transform> transform_for(Suite suite, const MasterKey& key, Stream stream, Way way) {
  const auto keys = derive(suite, key.key_and_salt, stream);
  return keys ? make_transform(suite, stream, *keys, way) : nullptr;
}

// Empty when the library fails.
std::vector<Key> schedule(const Parameters& parameters, Way way) {
  std::vector<Key> out;
  for (const MasterKey& master : parameters.keys) {
    Key key{master.mki, transform_for(parameters.suite, master, Stream::Rtp, way),
            transform_for(parameters.suite, master, Stream::Rtcp, way), master.lifetime};
    if (!key.rtp || !key.rtcp) return {};
    out.push_back(std::move(key));
  }
  return out;
}

class OpenSslSender final : public Sender {
 public:
  OpenSslSender(Key key, Suite suite) : key_(std::move(key)), traits_(traits_of(suite)) {}

  Outcome protect_rtp(std::span<std::byte> storage, std::size_t size) override {
    const auto layout = read_rtp_layout(storage.first(size));
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (storage.size() - size < rtp_tail(traits_, key_.mki.size()).bytes) return std::unexpected(Refusal::NoRoom);
    if (key_.left == 0) return std::unexpected(Refusal::KeyExpired);
    SourceState* source = streams_.find(layout->ssrc);
    if (source == nullptr && streams_.full()) return std::unexpected(Refusal::TooManyStreams);
    const auto index = guess_index(source == nullptr ? 0 : source->rtp.highest(), layout->sequence);
    if (!index) return std::unexpected(Refusal::KeyExpired);
    // A key stream used twice gives both packets away (RFC 3711 9.1).
    if (source != nullptr && !source->rtp.is_new(*index)) return std::unexpected(Refusal::Replayed);
    const std::size_t sealed =
        key_.rtp->seal(storage, {layout->header_bytes, size, layout->ssrc, *index}, mki_of(key_));
    if (sealed == 0) return std::unexpected(Refusal::Malformed);
    SourceState& state = source == nullptr ? streams_.add(layout->ssrc) : *source;
    state.rtp.mark(*index);
    streams_.note(state);
    --key_.left;
    return sealed;
  }

  Outcome protect_rtcp(std::span<std::byte> storage, std::size_t size) override {
    const auto layout = read_rtcp_layout(storage.first(size));
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (storage.size() - size < rtcp_tail(traits_, key_.mki.size()).bytes) return std::unexpected(Refusal::NoRoom);
    SourceState* source = streams_.find(layout->ssrc);
    if (source == nullptr && streams_.full()) return std::unexpected(Refusal::TooManyStreams);
    if (source == nullptr) source = &streams_.add(layout->ssrc);
    // RFC 3711 9.2: 2^31 SRTCP packets at most.
    if (source->next_rtcp > kMaxRtcpIndex) return std::unexpected(Refusal::KeyExpired);
    const std::uint32_t index = source->next_rtcp++;
    streams_.note(*source);
    const std::size_t sealed = key_.rtcp->seal(storage, {kRtcpClearBytes, size, layout->ssrc, index}, mki_of(key_));
    if (sealed == 0) return std::unexpected(Refusal::Malformed);
    return sealed;
  }

  void pack(base::Packer& out) override { carry(out); }
  void unpack(base::Unpacker& in) override { carry(in); }
  void keep_in(Ledger* ledger) override { streams_.keep_in(ledger); }
  bool catch_up(const Ledger& last) override {
    const auto packets = streams_.catch_up(last, true);
    if (packets) key_.left -= std::min(key_.left, *packets);
    return packets.has_value();
  }

 private:
  template <typename Carrier>
  void carry(Carrier& c) {
    std::uint64_t left = key_.left;
    c(left, streams_);
    c.expect(left <= key_.left);
    key_.left = left;
  }

  Key key_;
  const Traits& traits_;
  Streams streams_;
};

class OpenSslReceiver final : public Receiver {
 public:
  OpenSslReceiver(std::vector<Key> keys, Suite suite)
      : keys_(std::move(keys)),
        rtp_tail_(rtp_tail(traits_of(suite), keys_[0].mki.size())),
        rtcp_tail_(rtcp_tail(traits_of(suite), keys_[0].mki.size())) {}

  Outcome unprotect_rtp(std::span<std::byte> packet) override {
    const auto layout = read_rtp_layout(packet);
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (packet.size() < layout->header_bytes + rtp_tail_.bytes) return std::unexpected(Refusal::Unauthentic);
    const std::size_t size = packet.size() - rtp_tail_.bytes;
    Key* key = key_of(packet.subspan(size + rtp_tail_.mki_at));
    if (key == nullptr) return std::unexpected(Refusal::UnknownKey);
    SourceState* source = streams_.find(layout->ssrc);
    const auto index = guess_index(source == nullptr ? 0 : source->rtp.highest(), layout->sequence);
    if (!index) return std::unexpected(Refusal::KeyExpired);
    if (source != nullptr && !source->rtp.is_new(*index)) return std::unexpected(Refusal::Replayed);
    Frame frame{layout->header_bytes, size, layout->ssrc, *index};
    const bool begins = (source == nullptr || source->rtp.empty()) && tries_left_ != 0;
    if (begins) copy_.assign(packet.begin(), packet.end());
    if (!key->rtp->open(packet, frame) && !(begins && find_round(*key, packet, frame)))
      return std::unexpected(Refusal::Unauthentic);
    if (source == nullptr && streams_.full()) return std::unexpected(Refusal::TooManyStreams);
    if (begins) copy_ = std::vector<std::byte>();
    SourceState& state = source == nullptr ? streams_.add(layout->ssrc) : *source;
    state.rtp.mark(frame.index);
    streams_.note(state);
    return size;
  }

  Outcome unprotect_rtcp(std::span<std::byte> packet) override {
    const auto layout = read_rtcp_layout(packet);
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (packet.size() < kRtcpClearBytes + rtcp_tail_.bytes) return std::unexpected(Refusal::Unauthentic);
    const std::size_t size = packet.size() - rtcp_tail_.bytes;
    const std::uint32_t word = read_word(packet, size + rtcp_tail_.word_at);
    Key* key = key_of(packet.subspan(size + rtcp_tail_.mki_at));
    if (key == nullptr) return std::unexpected(Refusal::UnknownKey);
    // The E flag: clear SRTCP is a session parameter that is not supported, so a packet without it is not meant for us.
    if ((word & ~kMaxRtcpIndex) == 0) return std::unexpected(Refusal::Unauthentic);
    const std::uint32_t index = word & kMaxRtcpIndex;
    SourceState* source = streams_.find(layout->ssrc);
    if (source != nullptr && !source->rtcp.is_new(index)) return std::unexpected(Refusal::Replayed);
    if (!key->rtcp->open(packet, {kRtcpClearBytes, size, layout->ssrc, index}))
      return std::unexpected(Refusal::Unauthentic);
    if (source == nullptr && streams_.full()) return std::unexpected(Refusal::TooManyStreams);
    SourceState& state = source == nullptr ? streams_.add(layout->ssrc) : *source;
    state.rtcp.mark(index);
    streams_.note(state);
    return size;
  }

  void pack(base::Packer& out) override { out(streams_); }
  void unpack(base::Unpacker& in) override { in(streams_); }
  void keep_in(Ledger* ledger) override { streams_.keep_in(ledger); }
  bool catch_up(const Ledger& last) override { return streams_.catch_up(last, false).has_value(); }

 private:
  // The stream may have been under way for long when this began (kMaxRounds): a few rounds with each of its packets,
  // one after another.
  bool find_round(Key& key, std::span<std::byte> packet, Frame& frame) {
    --tries_left_;
    const std::uint64_t sequence = frame.index & 0xffff;
    for (unsigned i = 0; i < kRoundsPerPacket; ++i) {
      round_ = round_ % kMaxRounds + 1;
      frame.index = round_ << 16 | sequence;
      std::ranges::copy(copy_, packet.begin());  // what is refused may have been changed
      if (key.rtp->open(packet, frame)) return true;
    }
    return false;
  }

  // The key that the MKI at the start of `bytes` names.
  Key* key_of(std::span<const std::byte> bytes) {
    for (Key& key : keys_) {
      const auto mki = mki_of(key);
      if (std::equal(mki.begin(), mki.end(), bytes.begin())) return &key;
    }
    return nullptr;
  }

  std::vector<Key> keys_;
  Tail rtp_tail_;
  Tail rtcp_tail_;
  Streams streams_;
  std::vector<std::byte> copy_;  // of a packet of a stream that begins
  std::uint64_t round_ = 0;      // that was tried last
  unsigned tries_left_ = kMaxRoundTries;
};

}  // namespace

std::unique_ptr<Sender> make_openssl_sender(const Parameters& parameters) {
  std::vector<Key> keys = schedule(parameters, Way::Seal);
  if (keys.empty()) return nullptr;
  return std::make_unique<OpenSslSender>(std::move(keys[0]), parameters.suite);
}

std::unique_ptr<Receiver> make_openssl_receiver(const Parameters& parameters) {
  std::vector<Key> keys = schedule(parameters, Way::Open);
  if (keys.empty()) return nullptr;
  return std::make_unique<OpenSslReceiver>(std::move(keys), parameters.suite);
}

}  // namespace secure
