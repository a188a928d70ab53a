// Requests for whole pictures where one peer makes them in RTCP and the other one otherwise.

#include <gtest/gtest.h>

#include <string>

#include "media-relay/rtp/picture.h"

#include "rig.h"

namespace flow {
namespace {

std::string request(std::optional<std::uint8_t> fir = {}) {
  std::string out(rtp::kPictureRequestBytes, '\0');
  out.resize(
      rtp::write_picture_request(std::as_writable_bytes(std::span(out)), {.sender = 7, .source = 9, .fir = fir}));
  return out;
}

Spec video(const Pictures& of_a) {
  Spec spec = strict_spec();
  spec.a.pictures = of_a;
  return spec;
}

TEST(Pictures, ARequestIsToldOnceASecond) {
  Rig rig(video({.told = true}));
  const auto ask = [&rig](const std::string& bytes) { rig.send(Side::A, Component::Rtcp, kPhoneARtcp, bytes); };
  ask(request());
  ask(request());
  rig.pass(base::milliseconds(900));
  ask(request(1));
  EXPECT_EQ(rig.told<PictureAsked>(), std::vector<PictureAsked>{{Side::A}});
  rig.pass(base::milliseconds(100));
  ask(request(2));
  EXPECT_EQ(rig.told<PictureAsked>().size(), 2U);
}

TEST(Pictures, ARequestIsNotToldWhereNobodyAskedForIt) {
  Rig rig(video({.told = true}));
  rig.send(Side::B, Component::Rtcp, kPhoneBRtcp, request());
  rig.rtcp(Side::A, kPhoneARtcp);
  EXPECT_TRUE(rig.told<PictureAsked>().empty());
  Rig silent(strict_spec());
  silent.send(Side::A, Component::Rtcp, kPhoneARtcp, request());
  EXPECT_TRUE(silent.told<PictureAsked>().empty());
}

std::vector<Flow::Outgoing> sent(Rig& rig, const Spec& spec) {
  rig.flow.replace(spec, rig.now);
  return rig.flow.attend(rig.events);
}

TEST(Pictures, APeerIsAskedForOneWithEachNumber) {
  Rig rig(video({}));
  EXPECT_TRUE(sent(rig, video({.asked = 1})).empty()) << "nothing has come yet that could be asked for";
  rig.rtp(Side::A, kPhoneA, 0x1234);
  const auto asked = sent(rig, video({.asked = 2}));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].destination, kPhoneARtcp);
  EXPECT_TRUE(rtp::asks_for_picture(asked[0].bytes));
  EXPECT_EQ(asked[0].bytes.size(), 20U);
  EXPECT_EQ(asked[0].bytes[18], std::byte{0x12});
  EXPECT_EQ(asked[0].bytes[19], std::byte{0x34});
  EXPECT_TRUE(sent(rig, video({.asked = 2})).empty());

  const auto intra = sent(rig, video({.asked = 3, .intra = true}));
  ASSERT_EQ(intra.size(), 1U);
  EXPECT_EQ(intra[0].bytes.size(), 28U);
  EXPECT_EQ(intra[0].bytes[24], std::byte{3}) << "RFC 5104 4.3.1.1: a number of its own";
}

// RFC 5576: of the streams that it has named the first one.
TEST(Pictures, OfSeveralStreamsTheFirstIsAskedFor) {
  Spec spec = video({});
  spec.a.sources = {0x1111, 0x2222};
  Rig rig(spec);
  rig.rtp(Side::A, kPhoneA, 0x2222);
  spec.a.pictures->asked = 1;
  const auto asked = sent(rig, spec);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].bytes[19], std::byte{0x11});
}

}  // namespace
}  // namespace flow
