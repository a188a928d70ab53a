#include "media-relay/flow/spec.h"

namespace flow {
namespace {

std::string check_half(const HalfSpec& half, const char* side) {
  const std::string where = std::string("half ") + side + ": ";
  if (half.latch_from.size() > kMaxLatchPrefixes)
    return where + "expected at most " + std::to_string(kMaxLatchPrefixes) + " prefixes to learn from, got " +
           std::to_string(half.latch_from.size());
  for (const auto& remote : {half.remote_rtp, half.remote_rtcp}) {
    // 0.0.0.0 is a hold in any family (RFC 3264 8.4), not an address.
    if (!remote || remote->ip.is_any() || half.local_rtp.empty() || remote->ip.is_v4() == half.local_rtp.ip.is_v4())
      continue;
    return where + "expected a remote of the family of " + half.local_rtp.text() + ", got " + remote->text();
  }
  if (half.shared && (half.ice || half.dtls || half.srtp))
    return where + "expected no ice, dtls or srtp of its own on the transport of another flow";
  if (half.copies && (half.ice || half.dtls || half.srtp || half.shared || half.remote_rtp))
    return where + "expected no peer of its own where another flow is copied";
  if ((half.ice || half.dtls) && !half.rtcp_mux) return where + "ice and dtls need rtcp_mux";
  if (half.ice)
    if (std::string wrong = ice::check(*half.ice); !wrong.empty()) return where + "ice: " + wrong;
  if (half.dtls) {
    if (half.srtp) return where + "expected keys from either srtp or dtls";
    if (half.dtls->identity == nullptr) return where + "dtls: expected a certificate";
    if (std::string wrong = secure::check(half.dtls->parameters.fingerprints); !wrong.empty())
      return where + "dtls: " + wrong;
  }
  if (half.transcode)
    if (std::string wrong = check(*half.transcode); !wrong.empty()) return where + "transcode: " + wrong;
  if (half.play)
    if (std::string wrong = check(*half.play); !wrong.empty()) return where + "play: " + wrong;
  if (!half.srtp) return {};
  for (const auto& direction : {&half.srtp->send, &half.srtp->receive})
    if (*direction)
      if (std::string wrong = secure::check(**direction); !wrong.empty()) return where + "srtp: " + wrong;
  return {};
}

}  // namespace

std::string check(const Spec& spec) {
  if (spec.transport == Transport::Udptl)
    for (const HalfSpec* half : {&spec.a, &spec.b})
      if (half->srtp || half->dtls || half->ice || half->rtcp_mux || half->rewrite || half->digits || half->transcode ||
          half->play)
        return "udptl: expected neither srtp, dtls, ice, rtcp_mux, rewrite, digits, transcode nor play";
  if (std::string wrong = check_half(spec.a, "a"); !wrong.empty()) return wrong;
  if (std::string wrong = check_half(spec.b, "b"); !wrong.empty()) return wrong;
  if (spec.latch_window < base::Duration{} || spec.latch_window > kMaxMediaTimeout) return "latch window out of range";
  if (spec.media_timeout != base::Duration{} &&
      (spec.media_timeout < kMinMediaTimeout || spec.media_timeout > kMaxMediaTimeout))
    return "media timeout out of range";
  return {};
}

}  // namespace flow
