// Requests for whole pictures on their way between a leg that has them in RTCP and one that has them as INFO (RFC
// 5168):
//
//   PLI, FIR of A --- relay: PictureAsked ---> INFO to B         INFO of B ---> relay: Pictures.asked ---> PLI, FIR to
//   A
//
// Toward each leg one a second at most (RFC 5168 section 4: they must not come in crowds), and by INFO none any more
// when the peer has refused one.

#include "sbc/body/multipart.h"
#include "sbc/call/crossing.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"

namespace sbc::call {
namespace {

constexpr std::string_view kMediaControl = "application/media_control+xml";
// RFC 5168 section 5.
constexpr std::string_view kFastUpdate =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<media_control><vc_primitive><to_encoder><picture_fast_update/>"
    "</to_encoder></vc_primitive></media_control>\r\n";

}  // namespace

bool Machine::may_ask_picture(Side to) {
  PictureAsking& asking = call_.pictures[static_cast<std::size_t>(to)];
  if (asking.refused || (asking.last && now_ - *asking.last < kPictureInterval)) {
    ++core_.counters.pictures_held_back;
    return false;
  }
  asking.last = now_;
  return true;
}

void Machine::picture_asked(const control::PictureAsked& asked) {
  const Side to = other(asked.half == control::HalfSide::A ? Side::A : Side::B);
  if (call_.media.picture_requests(to, asked.flow).any() || !call_.leg(to).dialog) return;
  if (!takes_method(to, "INFO") || call_.passing.size() >= kMaxPassing || !may_ask_picture(to)) return;
  const auto client = send_info(to, kMediaControl, kFastUpdate);
  if (!client) return;
  ++core_.counters.pictures_to_info;
  call_.passing.push_back({.from = other(to), .method = sip::Method::Info, .client = client, .picture = true});
}

bool Machine::picture_by_info(const Input& in) {
  const sip::Message& request = *in.message;
  if (request.method() != sip::Method::Info || request.count(sip::HeaderId::InfoPackage) != 0) return false;
  if (!takes_method(in.side, request.method_text())) return false;
  if (body::bare_type(request.find(sip::HeaderId::ContentType).value_or("")) != kMediaControl) return false;
  const Side to = other(in.side);
  if (!request.body().contains("picture_fast_update") || !call_.session_open || !call_.media.asks_by_rtcp(to) ||
      call_.media.asks_by_rtcp(in.side))
    return false;
  respond_to(in, 200);
  if (!may_ask_picture(to)) return true;
  ++core_.counters.pictures_to_media;
  call_.media.ask_picture(to);
  ask_relay(false);
  return true;
}

// What cannot be carried out is not asked again: 415, 501 and their like.
void Machine::picture_answered(const Passing& passing, int status) {
  if (passing.picture && status >= 400) call_.pictures[static_cast<std::size_t>(other(passing.from))].refused = true;
}

}  // namespace sbc::call
