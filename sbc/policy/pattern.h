#pragma once
// Lua's patterns (Lua 5.4 manual, 6.4.1) with a bound on the work. Lua's own matcher runs inside C, out of the
// instruction hook's sight, and a pattern such as ".-.-.-x" takes the fourth power of the subject's length there. This
// one counts its steps and stops. Character classes are ASCII, whatever the locale.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sbc::policy {

class Pattern {
 public:
  enum class Result : std::uint8_t { Match, NoMatch, TooCostly, Malformed };

  // Both texts must outlive the Pattern. `steps`: how many may be taken in all matches of this object.
  Pattern(std::string_view pattern, std::string_view subject, std::uint64_t steps);

  // The first match that starts at `from` or later; with an anchor only at `from`.
  Result find(std::size_t from);
  // As find, but only a match that starts exactly at `from`; used where the caller moves on by itself.
  Result match_at(std::size_t from);
  bool anchored() const { return anchored_; }

  // After Match.
  std::size_t start() const { return start_; }
  std::size_t end() const { return end_; }
  std::size_t captures() const { return captures_; }
  struct Capture {
    std::size_t start;
    std::size_t length;
    bool is_position;  // "()": the value is start + 1
  };
  const Capture& capture(std::size_t i) const { return capture_[i]; }

  std::uint64_t steps_taken() const { return taken_; }
  const char* malformed() const { return error_; }  // after Malformed: what is wrong

  static bool has_specials(std::string_view pattern);

 private:
  static constexpr std::size_t kFail = static_cast<std::size_t>(-1);
  static constexpr std::size_t kMaxCaptures = 32;
  static constexpr std::size_t kOpen = static_cast<std::size_t>(-2);  // a capture that is not closed yet

  std::size_t match(std::size_t s, std::size_t p);
  std::size_t match_body(std::size_t s, std::size_t p);
  std::size_t match_repeat(std::size_t s, std::size_t p, std::size_t after);
  std::size_t match_least(std::size_t s, std::size_t p, std::size_t after);
  std::size_t match_escape(std::size_t s, std::size_t p, bool& handled);
  std::size_t match_balance(std::size_t s, std::size_t p);
  std::size_t match_frontier(std::size_t s, std::size_t p);
  std::size_t match_again(std::size_t s, std::size_t p);
  std::size_t open_capture(std::size_t s, std::size_t p, bool position);
  std::size_t close_capture(std::size_t s, std::size_t p);
  std::size_t item_end(std::size_t p);  // index behind the single-character item at p
  bool matches_one(std::size_t s, std::size_t p, std::size_t item_end);
  bool matches_set(unsigned char c, std::size_t p, std::size_t end) const;
  bool step();  // false: give up, the bound is reached
  std::size_t fail(const char* why);

  std::string_view pattern_;
  std::string_view subject_;
  std::uint64_t allowed_;
  std::uint64_t taken_ = 0;
  int depth_ = 0;
  bool anchored_ = false;
  bool too_costly_ = false;
  const char* error_ = nullptr;
  std::size_t start_ = 0;
  std::size_t end_ = 0;
  std::size_t captures_ = 0;
  std::array<Capture, kMaxCaptures> capture_;  // the first captures_ mean something
};

}  // namespace sbc::policy
