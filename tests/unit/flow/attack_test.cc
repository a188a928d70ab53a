// Attacks on audio in clear by somebody who knows every address and port, forges them, and knows neither keys nor
// SSRCs: each way of sending at each moment of a call. Nothing of his is heard, and what is lost of the talker is
// stated. Time goes by in steps of 10 ms, a packet of the talker's each 20 ms.

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "media-relay/rtp/wire.h"

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

constexpr base::Duration kStep = milliseconds(10);
constexpr std::uint32_t kTalker = 0x11223344;
const std::string kTrue = "the words of the talker";
const std::string kEvil = "the words of the forger";

std::string rtp(std::uint32_t ssrc, std::uint16_t sequence, const std::string& payload, char type = 0) {
  std::string out(12, '\0');
  const auto bytes = std::as_writable_bytes(std::span(out));
  out[0] = '\x80';
  out[1] = type;
  rtp::write_u16(bytes, 2, sequence);
  rtp::write_u32(bytes, 4, sequence * 160U);
  rtp::write_u32(bytes, 8, ssrc);
  return out + payload;
}

std::string rtcp(std::uint8_t type, std::uint32_t ssrc) {
  std::string out(8, '\0');
  const auto bytes = std::as_writable_bytes(std::span(out));
  out[0] = type == 203 ? '\x81' : '\x80';
  out[1] = static_cast<char>(type);
  rtp::write_u16(bytes, 2, 1);
  rtp::write_u32(bytes, 4, ssrc);
  return out;
}

// What the forger sends in the step of this number.
using Attack = std::function<std::vector<std::string>(unsigned step, std::mt19937& random)>;

std::vector<std::string> stream(unsigned step, std::uint32_t ssrc) {
  if (step % 2 != 0) return {};
  return {rtp(ssrc, static_cast<std::uint16_t>(step / 2), kEvil)};
}

struct NamedAttack {
  const char* name;
  Attack packets;
};

const NamedAttack kAttacks[] = {
    {"one stream", [](unsigned step, std::mt19937&) { return stream(step, 66); }},
    {"three streams",
     [](unsigned step, std::mt19937&) {
       std::vector<std::string> out;
       for (const std::uint32_t ssrc : {66U, 67U, 68U})
         for (auto& packet : stream(step, ssrc)) out.push_back(packet);
       return out;
     }},
    {"another stream each second", [](unsigned step, std::mt19937&) { return stream(step, 1000 + step / 100); }},
    {"another stream ten times a second", [](unsigned step, std::mt19937&) { return stream(step, 1000 + step / 10); }},
    {"another stream with each packet",
     [](unsigned step, std::mt19937& random) {
       std::vector<std::string> out;
       for (int i = 0; i < 3; ++i)
         out.push_back(rtp(static_cast<std::uint32_t>(random()), static_cast<std::uint16_t>(step), kEvil));
       return out;
     }},
    {"bursts",
     [](unsigned step, std::mt19937&) {
       std::vector<std::string> out;
       for (std::uint16_t i = 0; step % 20 == 0 && i < 20; ++i)
         out.push_back(rtp(66, static_cast<std::uint16_t>(step + i), kEvil));
       return out;
     }},
    {"numbers that leap",
     [](unsigned step, std::mt19937& random) {
       return std::vector<std::string>{rtp(66, static_cast<std::uint16_t>(random() + step), kEvil)};
     }},
    {"digits",
     [](unsigned step, std::mt19937&) {
       return std::vector<std::string>{rtp(66, static_cast<std::uint16_t>(step), kEvil, 101)};
     }},
    {"reports and farewells",
     [](unsigned, std::mt19937&) { return std::vector<std::string>{rtcp(201, 66), rtcp(203, 66)}; }},
    {"nothing whole",
     [](unsigned step, std::mt19937& random) {
       std::string cut = rtp(66, static_cast<std::uint16_t>(step), kEvil);
       cut[0] = static_cast<char>(random());  // version, CSRCs, an extension that is not there
       return std::vector<std::string>{cut, cut.substr(0, random() % 12), std::string("\x80\xc9\x00\x09", 4)};
     }},
};

Spec spec_of_audio() {
  Spec spec = strict_spec();
  for (HalfSpec* half : {&spec.a, &spec.b}) {
    half->one_stream = true;
    half->rewrite = Rewrite{{}, false, true};
  }
  spec.steady = spec.probation = true;
  spec.name_key = {1, 2};
  return spec;
}

class Scene {
 public:
  Scene(const NamedAttack& attack, Spec first) : attack_(attack), spec(first), rig_(std::move(first)) {}

  // Signalling speaks.
  void signal(const Spec& next) {
    spec = next;
    rig_.flow.replace(next, rig_.now);
  }
  // Time passes, in which the talker speaks from his place, or is silent; the forger forges `as`.
  void pass(base::Duration time, bool talking, const base::Endpoint& as = kPhoneA) {
    for (const base::Instant end = rig_.now + time; rig_.now < end; rig_.pass(kStep)) {
      if (attacks)
        for (const std::string& packet : attack_.packets(step_, random_)) {
          const bool report = packet.size() >= 2 && static_cast<std::uint8_t>(packet[1]) >= 200;
          const Component port = report ? Component::Rtcp : Component::Rtp;
          const base::Endpoint place{as.ip, report ? static_cast<std::uint16_t>(as.port + 1) : as.port};
          const base::Endpoint beside{as.ip, static_cast<std::uint16_t>(as.port + 8)};
          for (const base::Endpoint& from : {place, beside, kStranger}) hear(rig_.send(Side::A, port, from, packet));
        }
      if (++step_ % 2 == 0 && talking) {
        hear(rig_.send(Side::A, Component::Rtp, *spec.a.remote_rtp, rtp(talker, ++sequence_, kTrue)));
        ++said;
      }
      // What was held back, too.
      for (const Flow::Outgoing& out : rig_.flow.attend(rig_.events)) {
        const std::string bytes(reinterpret_cast<const char*>(out.bytes.data()), out.bytes.size());
        if (bytes.ends_with(kTrue)) ++heard;
        if (bytes.ends_with(kEvil)) ++forged;
      }
    }
  }

  bool attacks = true;
  std::uint32_t talker = kTalker;
  unsigned said = 0, heard = 0, forged = 0;

 private:
  void hear(const Rig::Result& result) {
    if (result.dropped) return;
    if (result.bytes.ends_with(kTrue)) {
      ++heard;
    } else {
      ++forged;
    }
  }

  const NamedAttack& attack_;

 public:
  Spec spec;

 private:
  Rig rig_;
  unsigned step_ = 0;
  std::uint16_t sequence_ = 30000;
  std::mt19937 random_{7};
};

// Before there is an answer: nobody has been told anything.
Spec untold() {
  Spec spec = spec_of_audio();
  spec.a.receive = false;
  spec.b.remote_rtp.reset();
  return spec;
}

struct Moment {
  const char* name;
  unsigned lost;           // packets of the talker's, at most, while one stream attacks
  unsigned lost_at_worst;  // ... and under any attack
  std::function<void(Scene&)> play;
};

const Moment kMoments[] = {
    {"before the caller's first packet", 3, 62,
     [](Scene& scene) {
       scene.pass(seconds(3), false);
       scene.signal(spec_of_audio());
       scene.pass(milliseconds(200), false);
       scene.pass(seconds(3), true);
     }},
    {"before the callee's first packet", 3, 62,
     [](Scene& scene) {
       Spec ringing = spec_of_audio();
       ringing.a.remote_rtp.reset();
       scene.signal(ringing);
       scene.pass(seconds(3), false);
       scene.signal(spec_of_audio());
       scene.pass(milliseconds(200), false);
       scene.pass(seconds(3), true);
     }},
    {"in a call", 0, 0,
     [](Scene& scene) {
       scene.attacks = false;
       scene.signal(spec_of_audio());
       scene.pass(seconds(3), true);
       scene.said = scene.heard = 0;
       scene.attacks = true;
       scene.pass(seconds(20), true);
     }},
    {"in pauses", 0, 0,
     [](Scene& scene) {
       scene.attacks = false;
       scene.signal(spec_of_audio());
       scene.pass(seconds(3), true);
       scene.said = scene.heard = 0;
       scene.attacks = true;
       scene.pass(seconds(1), true);
       for (const int pause : {100, 200, 500, 1000, 3000, 8000}) {
         scene.pass(milliseconds(pause), false);
         scene.pass(milliseconds(500), true);
       }
     }},
    {"on hold", 0, 0,
     [](Scene& scene) {
       scene.attacks = false;
       scene.signal(spec_of_audio());
       scene.pass(seconds(3), true);
       scene.said = scene.heard = 0;
       scene.attacks = true;
       Spec held = spec_of_audio();
       held.a.receive = false;
       scene.signal(held);
       scene.pass(seconds(30), false);
       scene.signal(spec_of_audio());
       scene.pass(milliseconds(200), false);
       scene.pass(seconds(3), true);
     }},
    {"on hold without an address", 0, 0,
     [](Scene& scene) {
       scene.attacks = false;
       scene.signal(spec_of_audio());
       scene.pass(seconds(3), true);
       scene.said = scene.heard = 0;
       scene.attacks = true;
       Spec held = spec_of_audio();
       held.a.remote_rtp = endpoint("0.0.0.0:4000");
       held.a.receive = false;
       scene.signal(held);
       scene.pass(seconds(30), false);
       scene.signal(spec_of_audio());
       scene.pass(milliseconds(200), false);
       scene.pass(seconds(3), true);
     }},
    {"right after each re-INVITE", 0, 0,
     [](Scene& scene) {
       scene.attacks = false;
       scene.signal(spec_of_audio());
       scene.pass(seconds(3), true);
       scene.said = scene.heard = 0;
       for (int i = 0; i < 10; ++i) {
         scene.signal(spec_of_audio());
         scene.attacks = true;
         scene.pass(milliseconds(60), false);
         scene.pass(seconds(1), true);
         scene.attacks = i % 2 == 0;
         scene.pass(seconds(1), true);
       }
     }},
    {"when the talker's SSRC changes with a re-INVITE", 3, 62,
     [](Scene& scene) {
       scene.attacks = false;
       scene.signal(spec_of_audio());
       scene.pass(seconds(3), true);
       Spec held = spec_of_audio();
       held.a.receive = false;
       scene.attacks = true;
       scene.signal(held);
       scene.pass(seconds(5), false);
       scene.said = scene.heard = 0;
       scene.talker = 0x55667788;
       scene.signal(spec_of_audio());
       scene.pass(milliseconds(200), false);
       scene.pass(seconds(3), true);
     }},
    {"after a transfer", 3, 62,
     [](Scene& scene) {
       scene.attacks = false;
       scene.signal(spec_of_audio());
       scene.pass(seconds(3), true);
       const base::Endpoint third = endpoint("198.51.100.30:7000");
       scene.attacks = true;
       scene.pass(seconds(2), true, third);
       Spec moved = spec_of_audio();
       moved.a.party = 1;
       moved.a.remote_rtp = third;
       scene.signal(moved);
       scene.said = scene.heard = 0;
       scene.talker = 0x55667788;
       scene.pass(milliseconds(200), false, third);
       scene.pass(seconds(3), true, third);
     }},
};

// trap 50
TEST(Attack, NothingOfItIsHeardAtAnyMoment) {
  for (const Moment& moment : kMoments)
    for (const NamedAttack& attack : kAttacks) {
      SCOPED_TRACE(std::string(attack.name) + ", " + moment.name);
      Scene scene(attack, untold());
      moment.play(scene);
      EXPECT_EQ(scene.forged, 0U);
      EXPECT_GT(scene.said, 40U);
      const bool mild = &attack == &kAttacks[0];
      EXPECT_LE(scene.said - scene.heard, mild ? moment.lost : moment.lost_at_worst) << "of the talker's";
    }
}

// RFC 3550 6.4.2: an empty compound of a receiver, with one block.
std::string report_on(std::uint32_t ssrc, std::uint32_t by) {
  std::string out(32, '\0');
  const auto bytes = std::as_writable_bytes(std::span(out));
  out[0] = '\x81';
  out[1] = static_cast<char>(201);
  rtp::write_u16(bytes, 2, 7);
  rtp::write_u32(bytes, 4, by);
  rtp::write_u32(bytes, 8, ssrc);
  return out;
}

// Both parties and, as each of them, a crowd, from the moment of the answer on. Nobody hears anybody, until the parties
// report on what we send them meanwhile: nobody else knows its name.
TEST(Attack, ACrowdOnBothSidesIsOverWhenThePartiesReport) {
  Spec spec = spec_of_audio();
  Rig rig(untold());
  rig.flow.replace(spec, rig.now);
  struct Party {
    base::Endpoint at;
    base::Endpoint reports_from;
    std::uint32_t ssrc = 0;
    std::uint32_t hears = 0;  // the stream that we send it
    unsigned heard = 0;       // of it, by the other one
  };
  std::array parties{Party{kPhoneA, kPhoneARtcp, 0x11223344}, Party{kPhoneB, kPhoneBRtcp, 0x55667788}};
  unsigned forged = 0;
  unsigned sent = 0;
  const auto take = [&](Party& from, const Rig::Result& result) {
    if (result.dropped) return;
    ++(result.bytes.ends_with(kTrue) ? from.heard : forged);
  };
  const auto turn = [&](unsigned step) {
    for (const Side side : {Side::A, Side::B}) {
      Party& party = parties[index_of(side)];
      for (const std::uint32_t ssrc : {66U, 67U, 68U, 69U, 70U, 71U, 72U, 73U, 74U})
        for (const std::string& packet : stream(step, ssrc))
          take(party, rig.send(side, Component::Rtp, party.at, packet));
      if (step % 2 == 0 && step >= 10)
        take(party, rig.send(side, Component::Rtp, party.at, rtp(party.ssrc, static_cast<std::uint16_t>(step), kTrue)));
    }
    rig.pass_with_deadlines(kStep);
    for (const Flow::Outgoing& out : rig.flow.attend(rig.events)) {
      ++sent;
      for (Party& party : parties)
        if (out.destination == party.at && out.bytes.size() > 12) party.hears = rtp::read_u32(out.bytes, 8);
    }
  };
  for (unsigned step = 0; step < 250; ++step) turn(step);
  EXPECT_EQ(parties[0].heard + parties[1].heard, 0U) << "which one it is cannot be told";
  EXPECT_GE(sent, 8U);
  EXPECT_LE(sent, 12U) << "two a second to each";
  for (const Side side : {Side::A, Side::B}) {
    Party& party = parties[index_of(side)];
    ASSERT_NE(party.hears, 0U);
    rig.send(side, Component::Rtcp, party.reports_from, report_on(party.hears, party.ssrc));
    rig.send(side, Component::Rtcp, party.reports_from, report_on(66, 67));  // and who guesses
  }
  for (unsigned step = 250; step < 350; ++step) turn(step);
  EXPECT_EQ(forged, 0U);
  for (const Party& party : parties) EXPECT_GE(party.heard, 49U);
  EXPECT_LE(sent, 16U) << "they hear each other now";
}

const NamedAttack kNone = {"none", [](unsigned, std::mt19937&) { return std::vector<std::string>{}; }};

// What it costs where nobody attacks: the first two packets of a stream that follows another one, and nothing else.
TEST(Attack, WhereThereIsNoneLittleIsLost) {
  for (const Moment& moment : kMoments) {
    SCOPED_TRACE(moment.name);
    Scene scene(kNone, untold());
    moment.play(scene);
    const bool follows = std::string_view(moment.name).starts_with("when the talker's SSRC changes");
    EXPECT_EQ(scene.said - scene.heard, follows ? 2U : 0U);
  }
}

// A switch behind the peer passes the call on, or plays music, and signals nothing.
TEST(Attack, AStreamThatFollowsTheOtherIsNone) {
  Scene scene(kNone, spec_of_audio());
  scene.pass(seconds(5), true);
  for (const std::uint32_t ssrc : {2U, 3U, kTalker}) {
    scene.said = scene.heard = 0;
    scene.talker = ssrc;
    scene.pass(seconds(2), true);
    EXPECT_LE(scene.said - scene.heard, ssrc == kTalker ? 0U : 5U);
  }
}

}  // namespace
}  // namespace flow
