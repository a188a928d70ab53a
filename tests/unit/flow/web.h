#pragma once
// A peer of side A like a browser: ICE checks and a DTLS handshake by hand.

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../ice/checks.h"
#include "rig.h"

namespace flow {

inline constexpr std::string_view kPassword = "our-password-of-24-bytes";

inline std::shared_ptr<const secure::Identity> make_identity() {
  return secure::Identity::make(1'700'000'000).value();
}
inline const std::shared_ptr<const secure::Identity>& ours() {
  static const auto made = make_identity();
  return made;
}
inline const std::shared_ptr<const secure::Identity>& theirs() {
  static const auto made = make_identity();
  return made;
}

inline ice::Parameters ice_parameters(std::string_view password = kPassword) {
  return {"ours", base::Secret(std::as_bytes(std::span(password))), "them"};
}
inline Dtls dtls(secure::DtlsRole role = secure::DtlsRole::Passive, std::string association = "1") {
  return {ours(), std::move(association), {role, {theirs()->fingerprint()}}};
}
inline Spec web_to_plain(secure::DtlsRole role = secure::DtlsRole::Passive) {
  Spec spec = strict_spec();
  spec.a.rtcp_mux = true;
  spec.a.ice = ice_parameters();
  spec.a.dtls = dtls(role);
  return spec;
}
inline std::string check(bool nominate = true, std::string_view password = kPassword) {
  ice::testing::CheckBuilder b;
  b.username("ours:them").priority(100).controlling();
  if (nominate) b.use_candidate();
  return b.integrity(password).fingerprint().take();
}

// A peer of side A at one address.
class Web {
 public:
  Web(Rig& rig, secure::DtlsRole role, std::shared_ptr<const secure::Identity> identity = theirs())
      : rig_(rig), session_(secure::DtlsSession::make(std::move(identity), {role, {ours()->fingerprint()}})) {}

  // Returns why the datagram was dropped; what answers it is in `answer`.
  std::optional<Drop> send(std::string_view bytes, const base::Endpoint& from = kPhoneA) {
    packet::Packet p;
    std::memcpy(rig_.buffers[0].data(), bytes.data(), bytes.size());
    p.assign(rig_.buffers[0], bytes.size());
    p.source = from;
    const auto dropped = rig_.flow.on_packet(p, Side::A, Component::Rtp, rig_.now, rig_.events);
    answer.clear();
    if (p.leaves()) answer.assign(reinterpret_cast<const char*>(p.bytes().data()), p.size());
    answered_to = p.destination;
    left_by = p.leaves_by.value;
    return dropped;
  }
  // Hands datagrams over in both directions until there are none.
  void shake(const base::Endpoint& at = kPhoneA, bool begin = true) {
    std::vector<secure::Datagram> mine;
    if (begin && session_->role() == secure::DtlsRole::Active) session_->start(kPhoneB, rig_.now, mine);
    for (int turns = 0; turns < 20; ++turns) {
      for (const secure::Datagram& d : std::exchange(mine, {}))
        send({reinterpret_cast<const char*>(d.data()), d.size()}, at);
      for (const Flow::Outgoing& o : rig_.flow.attend(rig_.events)) {
        if (o.destination != at) continue;
        session_->on_datagram(o.bytes, kPhoneB, true, rig_.now, mine);
      }
    }
    if (!session_->keys()) return;
    sender_ = secure::make_sender(secure::Engine::OpenSsl, session_->keys()->send);
    receiver_ = secure::make_receiver(secure::Engine::OpenSsl, session_->keys()->receive);
  }
  bool has_keys() const { return session_->keys().has_value(); }
  std::string seal(std::string bytes) {
    const std::size_t size = bytes.size();
    bytes.resize(size + secure::kMaxGrowthBytes);
    bytes.resize(sender_->protect_rtp(std::as_writable_bytes(std::span(bytes)), size).value());
    return bytes;
  }
  std::string seal_rtcp(std::string bytes) {
    const std::size_t size = bytes.size();
    bytes.resize(size + secure::kMaxGrowthBytes);
    bytes.resize(sender_->protect_rtcp(std::as_writable_bytes(std::span(bytes)), size).value());
    return bytes;
  }
  std::string open(std::string bytes) {
    bytes.resize(receiver_->unprotect_rtp(std::as_writable_bytes(std::span(bytes))).value_or(0));
    return bytes;
  }

  std::string answer;
  base::Endpoint answered_to;
  std::uint32_t left_by = 0;

 private:
  Rig& rig_;
  std::unique_ptr<secure::DtlsSession> session_;
  std::unique_ptr<secure::Sender> sender_;
  std::unique_ptr<secure::Receiver> receiver_;
};

}  // namespace flow
