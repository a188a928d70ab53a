#pragma once
// State machines as data. A machine is a list of rows, one for each pair of state and event; a static_assert behind
// each list shows that every pair is decided exactly once.

#include <array>
#include <cstddef>
#include <cstdint>

namespace sbc::transaction {

// How a pair was decided.
enum class Decision : std::uint8_t {
  Undecided,  // never in a finished table
  Go,         // do the action, then be in the next state
  Ignore,     // can happen, means nothing here
  Bug         // cannot happen: the layer broke its own promise
};

template <typename State, typename Action>
struct Step {
  Decision decision = Decision::Undecided;
  State next{};
  Action action{};
};

template <typename State, typename Event, typename Action>
struct Row {
  State state;
  Event event;
  Step<State, Action> step;
};

// `State` and `Event` have a last enumerator `Count`; `State::Terminated` stands right before it and has no rows.
template <typename State, typename Event, typename Action>
class Machine {
 public:
  using StateOf = State;
  using StepOf = Step<State, Action>;

  template <std::size_t N>
  consteval explicit Machine(const Row<State, Event, Action> (&rows)[N]) {
    for (const auto& row : rows) {
      StepOf& cell = cells_[index(row.state, row.event)];
      if (cell.decision != Decision::Undecided) twice_ = true;
      cell = row.step;
    }
  }

  consteval bool complete() const {
    for (const StepOf& cell : cells_)
      if (cell.decision == Decision::Undecided) return false;
    return !twice_;
  }

  constexpr const StepOf& at(State state, Event event) const { return cells_[index(state, event)]; }

 private:
  static constexpr std::size_t kStates = static_cast<std::size_t>(State::Terminated);
  static constexpr std::size_t kEvents = static_cast<std::size_t>(Event::Count);
  static constexpr std::size_t index(State s, Event e) {
    return static_cast<std::size_t>(s) * kEvents + static_cast<std::size_t>(e);
  }

  std::array<StepOf, kStates * kEvents> cells_{};
  bool twice_ = false;
};

}  // namespace sbc::transaction
