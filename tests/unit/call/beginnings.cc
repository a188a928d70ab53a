#include "beginnings.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "letters.h"

namespace sbc::call::test {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Beginning::kCount)> kNames = {
    "nothing",       "ringing",      "talking",     "changing",
    "answered",      "offered",      "asking",      "asking of a failure",
    "reliable",      "proposed",     "redirected",  "anchoring",
    "previewed",     "late offered", "moving",      "reanchoring",
    "connecting",    "transferring", "taking over", "picking up",
    "moving a",      "draining a",   "draining b",  "at once",
    "early at once",
};

// Trunks that may redirect to each other, and get offers of ours.
void permit_everything(Rig& rig) {
  std::vector<route::Trunk> trunks = rig.settings->routes->trunks();
  for (auto& trunk : trunks) {
    trunk.on_redirect = policy::OnRedirect::Follow;
    trunk.redirect_to = {"t1", "t2"};
    trunk.late_offer = policy::LateOffer::Offer;
  }
  auto built = route::Table::build(rig.settings->routes->realms(), std::move(trunks), {});
  ASSERT_TRUE(built) << built.error();
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
}

void talk(Stage& stage) {
  stage.a.invite({.body = sdp(stage.a.ip(), 4000), .headers = std::string(kAllow)});
  stage.b.answer(200, sdp(stage.b.ip(), 6000), kAllow);
  stage.a.ack();
}

void ring_early(Stage& stage, Beginning beginning) {
  permit_everything(stage.rig);
  stage.a.invite({.body = beginning == Beginning::Proposed ? "" : sdp(stage.a.ip(), 4000),
                  .headers = "Expires: 45\r\nSupported: 100rel, 199\r\n" + std::string(kAllow)});
  if (beginning == Beginning::Redirected) {
    answer_as(stage.b, 302, "", "Contact: <sip:600@203.0.113.11>, <sip:7@203.0.113.10>\r\n");
  } else {
    ring_reliably(stage, stage.b, "");
  }
}

// b and c are called together, and dave when both have failed.
void ring_together(Stage& stage, Beginning beginning) {
  stage.rig.advisor.trunks = {"t1", "t2", "far"};
  stage.rig.advisor.at_once = 2;
  const bool early = beginning == Beginning::EarlyAtOnce;
  stage.a.invite(
      {.body = sdp(stage.a.ip(), 4000), .headers = (early ? "Supported: 100rel, 199\r\n" : "") + std::string(kAllow)});
  if (!early) return;
  ring_reliably(stage, stage.b, "");
  ring_reliably(stage, stage.c, "");
}

void ask(Stage& stage, Beginning beginning) {
  Rig& rig = stage.rig;
  rig.slow_policy = true;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.asks = beginning == Beginning::Asking ? 2 : 0;
  rig.advisor.failure_asks = 1;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Expires: 45\r\n" + std::string(kAllow)});
  if (beginning == Beginning::Asking) return;
  rig.b.answer(180);
  rig.b.answer(503);
}

void change(Stage& stage, Beginning beginning) {
  talk(stage);
  if (beginning == Beginning::Changing) return stage.a.reinvite(sdp_two_lines(stage.a.ip(), 4000, 5));
  const bool offers = beginning == Beginning::Answered;
  stage.a.reinvite(offers ? sdp(stage.a.ip(), 4000, "sendonly", 5) : "", "Supported: 100rel\r\n" + std::string(kAllow));
  ring_again_reliably(stage, stage.b, true);
}

// The relay is slow from somewhere on.
void anchor(Stage& stage, Beginning beginning) {
  auto& mood = stage.rig.relay.mood;
  const std::string able = "Supported: 100rel, 199\r\n" + std::string(kAllow);
  switch (beginning) {
    case Beginning::Anchoring:
      mood = FakeRelay::Mood::Slow;
      return stage.a.invite({.body = sdp(stage.a.ip(), 4000), .headers = able});
    case Beginning::Previewed:
      mood = FakeRelay::Mood::Slow;
      stage.a.invite({.body = "", .headers = able});
      ring_reliably(stage, stage.b, "");
      return;
    case Beginning::LateOffered:
      mood = FakeRelay::Mood::Slow;
      stage.a.invite({.body = "", .headers = able});
      return stage.b.answer(200, sdp(stage.b.ip(), 6000), kAllow);
    case Beginning::Reanchoring:
      talk(stage);
      mood = FakeRelay::Mood::Slow;
      return stage.a.reinvite(sdp_two_lines(stage.a.ip(), 4000, 5));
    case Beginning::Connecting:
      talk(stage);
      stage.b.request("REFER", {}, "Refer-To: <sip:carol@elsewhere.example>\r\n");
      mood = FakeRelay::Mood::Slow;
      return stage.c.answer(200, sdp(stage.c.ip(), 6000), kAllow);
    default:
      talk(stage);
      mood = FakeRelay::Mood::Slow;
      stage.rig.session_lost();
      return stage.rig.pass(base::milliseconds(100));
  }
}

void join(Stage& stage, Beginning beginning) {
  if (beginning == Beginning::PickingUp) {
    stage.a.invite({.body = sdp(stage.a.ip(), 4000), .headers = std::string(kAllow)});
    stage.b.answer(180);
    replace(stage, stage.erin, stage.b, false);
    return;
  }
  talk(stage);
  if (beginning == Beginning::TakingOver) {
    replace(stage, stage.erin, stage.b, true);
    return;
  }
  stage.a.request("UPDATE", sdp(stage.a.ip(), 4000, "sendonly", 2));  // what it leaves behind is not of the transfer
  answer_update(stage.b, 200);
  stage.b.request("REFER", {}, "Refer-To: <sip:carol@elsewhere.example>\r\n");
  stage.c.answer(180);
}

void move(Stage& stage, Beginning beginning) {
  talk(stage);
  beginning == Beginning::MovingA ? stage.rig.session_lost() : drain(stage.rig);
  stage.rig.pass(base::milliseconds(100));
  if (beginning == Beginning::DrainingB) stage.a.answer(200, sdp(stage.a.ip(), 4000), kAllow);
}

}  // namespace

std::string_view name_of(Beginning beginning) {
  return kNames[static_cast<std::size_t>(beginning)];
}

void begin(Stage& stage, Beginning beginning) {
  stage.rig.settings->session.interval = 90;
  switch (beginning) {
    case Beginning::Nothing:
      return stage.a.invite({.body = sdp(stage.a.ip(), 4000), .headers = std::string(kAllow)});
    case Beginning::Ringing:
      stage.a.invite({.body = sdp(stage.a.ip(), 4000), .headers = std::string(kAllow)});
      return stage.b.answer(180);
    case Beginning::Talking:
      return talk(stage);
    case Beginning::Changing:
    case Beginning::Answered:
    case Beginning::Offered:
      return change(stage, beginning);
    case Beginning::Asking:
    case Beginning::AskingOfAFailure:
      return ask(stage, beginning);
    case Beginning::Reliable:
    case Beginning::Proposed:
    case Beginning::Redirected:
      return ring_early(stage, beginning);
    case Beginning::Anchoring:
    case Beginning::Previewed:
    case Beginning::LateOffered:
    case Beginning::Moving:
    case Beginning::Reanchoring:
    case Beginning::Connecting:
      return anchor(stage, beginning);
    case Beginning::Transferring:
    case Beginning::TakingOver:
    case Beginning::PickingUp:
      return join(stage, beginning);
    case Beginning::MovingA:
    case Beginning::DrainingA:
    case Beginning::DrainingB:
      return move(stage, beginning);
    case Beginning::AtOnce:
    case Beginning::EarlyAtOnce:
      return ring_together(stage, beginning);
    case Beginning::kCount:
      return;
  }
}

}  // namespace sbc::call::test
