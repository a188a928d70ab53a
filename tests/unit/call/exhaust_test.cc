// Every sequence of events up to a depth, from each of the beginnings (beginnings.h), in one alphabet for all of them
// (letters.h): INVITE, CANCEL, 1xx, 2xx, failures, ACK, PRACK, UPDATE, re-INVITE, BYE and REFER from both sides, forks,
// INVITEs that come twice, come back, or are other calls' (Replaces), time, the policy, the operator, and a relay that
// is slow, full, dead or about to stop.
//
// After each sequence everybody behaves for a while. What the border has left of the call has two legs or none then;
// and in the end nothing is left: no call, no dialog that a peer holds alone, no offer without its answer, no tag, no
// relay session, no deadline, and no event that the state table calls impossible.
//
// A failure names its sequence. PARAPET_DEPTH=<n> goes as deep as that (default: 2, some seconds; 3 takes an hour);
// PARAPET_WORD=<letter,letter> plays one sequence alone, aloud.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "beginnings.h"
#include "letters.h"

namespace sbc::call::test {
namespace {

// Everybody behaves, first without a BYE of theirs: what the border leaves of the call by itself has two legs or none.
void heal(Stage& stage, const std::string& name) {
  Rig& rig = stage.rig;
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.relay.refuse_next = 0;
  rig.release_relay();
  rig.slow_policy = false;
  rig.release_answers();
  for (int round = 0; round < 6; ++round) {
    if (round == 2) rig.expect_legs_in_pairs(name);
    for (Peer* peer : stage.all) {
      while (peer->pending_invites() != 0) peer->answer(486);
      while (answer_update(*peer, 488) || answer_prack(*peer, 200)) {
      }
      if (peer->has_unacked()) peer->ack();
      if (round > 1 && peer->in_dialog() && rig.calls.size() != 0) peer->bye();
      peer->clear();
    }
    if (rig.calls.size() == 0 && round > 2) break;
    rig.pass(base::seconds(35));
  }
  rig.pass(base::minutes(5));
}

// What the processes of one exploration tell each other.
struct Shared {
  std::size_t runs = 0;
  std::size_t played = 0;  // the letter that was
  bool failed = false;
};

// Plays every word. What several words begin with is played once: each goes on from there in a copy of the process.
class Exhaustion {
 public:
  Exhaustion(Beginning beginning, std::size_t depth) : beginning_(beginning), depth_(depth) {
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) shared_ = new (memory) Shared;
  }
  ~Exhaustion() { munmap(shared_, sizeof(Shared)); }
  Exhaustion(const Exhaustion&) = delete;
  Exhaustion& operator=(const Exhaustion&) = delete;

  void run() {
    ASSERT_NE(shared_, nullptr);
    begin(stage_, beginning_);
    extend();
    EXPECT_FALSE(shared_->failed) << "as said above";
  }
  std::size_t runs() const { return shared_->runs; }

  // One word, aloud: letters by name, with commas between them. Not every beginning knows it.
  void run_word(std::string_view names) {
    stage_.rig.loud = true;
    begin(stage_, beginning_);
    while (!names.empty()) {
      const std::string_view letter = names.substr(0, names.find(','));
      names.remove_prefix(std::min(names.size(), letter.size() + 1));
      const auto found = std::ranges::find(letters_, letter, &Letter::name);
      ASSERT_NE(found, letters_.end()) << letter;
      if (!found->act(stage_)) return;
      word_.push_back(static_cast<std::size_t>(found - letters_.begin()));
    }
    finish_word();
  }

 private:
  void extend() {
    for (std::size_t next = 0; next < letters_.size() && !shared_->failed; next = shared_->played + 1) {
      shared_->played = letters_.size();
      in_a_copy([this, next] { end_word(next); });
      const std::size_t letter = shared_->played;
      if (letter == letters_.size() || word_.size() + 1 == depth_ || letters_[letter].kind == Letter::Kind::Idle)
        continue;
      in_a_copy([this, letter] {
        letters_[letter].act(stage_);
        word_.push_back(letter);
        extend();
      });
      shared_->played = letter;
    }
  }

  // With the next letter that means something.
  void end_word(std::size_t next) {
    while (next < letters_.size() && !letters_[next].act(stage_)) ++next;
    if (next == letters_.size()) return;
    shared_->played = next;
    word_.push_back(next);
    if (letters_[next].kind != Letter::Kind::Mood) finish_word();
  }

  void finish_word() {
    Rig& rig = stage_.rig;
    EXPECT_LE(rig.relay.sessions.size(), most_sessions(rig)) << name();
    ++shared_->runs;
    heal(stage_, name());
    rig.expect_idle(name());
    rig.expect_no_half_call(name());
    rig.expect_offers_answered(name());
  }

  void in_a_copy(const std::function<void()>& play) {
    std::fflush(nullptr);
    const pid_t copy = fork();
    if (copy == 0) {
      play();
      if (testing::Test::HasFailure()) shared_->failed = true;
      std::fflush(nullptr);
      _exit(0);
    }
    int status = 0;
    if (copy > 0 && waitpid(copy, &status, 0) == copy && WIFEXITED(status)) return;
    shared_->failed = true;
    ADD_FAILURE() << name() << ", or a longer one: no copy of the process, or it was killed";
  }

  std::string name() const {
    std::string text = std::string(name_of(beginning_)) + ": ";
    for (const std::size_t i : word_) text += (text.ends_with(' ') ? "" : ",") + letters_[i].name;
    return text;
  }

  Beginning beginning_;
  std::size_t depth_;
  std::vector<Letter> letters_ = alphabet();
  std::vector<std::size_t> word_;
  Stage stage_;  // after `word_`
  Shared* shared_ = nullptr;
};

class EverySequence : public testing::TestWithParam<Beginning> {};

TEST_P(EverySequence, EndsTheCallOnBothLegsAndLeavesNothing) {
  const char* depth = std::getenv("PARAPET_DEPTH");
  Exhaustion all(GetParam(), depth != nullptr ? std::strtoull(depth, nullptr, 10) : 2);
  if (const char* word = std::getenv("PARAPET_WORD")) return all.run_word(word);
  all.run();
  EXPECT_GT(all.runs(), 10U);
  RecordProperty("sequences", static_cast<int>(all.runs()));
}

std::vector<Beginning> all_beginnings() {
  std::vector<Beginning> all;
  for (int i = 0; i < static_cast<int>(Beginning::kCount); ++i) all.push_back(static_cast<Beginning>(i));
  return all;
}

std::string test_name(const testing::TestParamInfo<Beginning>& info) {
  std::string name(name_of(info.param));
  std::erase(name, ' ');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Explorer, EverySequence, testing::ValuesIn(all_beginnings()), test_name);

}  // namespace
}  // namespace sbc::call::test
