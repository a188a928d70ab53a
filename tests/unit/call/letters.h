#pragma once
// The alphabet of the exhaustive explorer: everything that can happen to a call, one thing at a time.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "stage.h"

namespace sbc::call::test {

struct Letter {
  enum class Kind : std::uint8_t {
    Usual,
    Idle,  // the call is the same after it: no word goes on
    Mood,  // nothing happens before something else does: no word ends
  };

  std::string name;
  // False: it means nothing now, and nothing was done.
  std::function<bool(Stage&)> act;
  Kind kind = Kind::Usual;
};

std::vector<Letter> alphabet();

// What beginnings are made of as well; false as above.
bool answer_as(Peer& peer, int status, std::string_view tag, std::string_view headers = {});
bool ring_reliably(Stage& stage, Peer& callee, std::string_view tag);
bool ring_again_reliably(Stage& stage, Peer& peer, bool described);
bool answer_update(Peer& peer, int status);
bool answer_prack(Peer& peer, int status);
// Somebody of the callee's trunk, or of the caller's realm, wants the place of one who rings or talks.
bool replace(Stage& stage, Peer& newcomer, Peer& party, bool offers);
// Of every session that the relay has.
void drain(Rig& rig);

}  // namespace sbc::call::test
