#pragma once
// The session timer of one dialog (RFC 4028): how long the session lasts without a refresh, and who refreshes it. A
// value: the call writes its lines into messages, tells it what came back, and asks what is due.
//
// "uac" and "uas" are roles in one transaction. Who sends the next request swaps them, so what is remembered is whether
// we refresh or the peer does.

#include <cstdint>
#include <optional>
#include <string>

#include "media-relay/base/time.h"

#include "sbc/sip/message.h"

namespace sbc::dialog {

enum class Refresher : std::uint8_t { Uac, Uas };

struct SessionExpires {
  std::uint32_t interval = 0;  // seconds
  std::optional<Refresher> refresher;
};

// Session-Expires (RFC 4028 4) and Min-SE (5); nullopt when there is none, or none that can be read.
std::optional<SessionExpires> session_expires_of(const sip::Message& message);
std::optional<std::uint32_t> min_se_of(const sip::Message& message);

// What we want by ourselves.
struct SessionWish {
  std::uint32_t interval = 0;  // seconds; 0: only peers that ask get a timer
  std::uint32_t min = 90;      // shortest interval that we accept, and that we name in a 422
  bool refresh = false;        // we refresh, also where the peer could
};

class SessionTimer {
 public:
  enum class Due : std::uint8_t {
    Nothing,
    Refresh,  // send a re-INVITE or an UPDATE (10)
    Expire    // nobody refreshed: BYE (10)
  };

  SessionTimer() = default;  // never due, asks for nothing
  explicit SessionTimer(const SessionWish& wish) : wish_(wish) {}

  // --- we are the client of an INVITE or UPDATE ---------------------------------------------------------------------
  // 7.1, 7.4: whole lines for our request: Supported, and Session-Expires and Min-SE when there is something to say.
  std::string request_lines(std::string_view able = {}) const;
  // 7.2: its 2xx came.
  void accepted(const sip::Message& response, base::Instant now);
  // 7.3: its 422 came. True: request_lines() now ask for what the peer wants, so ask again. False: it names nothing
  // that would help, or too many have come already.
  bool too_small(const sip::Message& response);

  // --- we are the server --------------------------------------------------------------------------------------------
  // 9: false: answer 422 with Min-SE `wish.min`. Only clients that know the extension may get it.
  static bool acceptable(const sip::Message& request, const SessionWish& wish);
  // 9, table 2: our 2xx to `request` goes out now. The values of its headers, "" for none.
  struct Answer {
    std::string session_expires;
    bool require_timer = false;
  };
  Answer answer(const sip::Message& request, base::Instant now);

  // --- time ---------------------------------------------------------------------------------------------------------
  bool active() const { return interval_ != 0; }
  bool refreshed_by_us() const { return ours_; }
  std::uint32_t interval() const { return interval_; }  // seconds; 0: no timer
  base::Instant next_deadline() const;                  // kNever: nothing will be due
  // Refresh comes once per interval, Expire once.
  Due on_deadline(base::Instant now);
  // A refresh that could not be sent, or was refused for now, becomes due again. The expiration stays (10).
  void postpone(base::Instant when);
  // The peer refused a refresh for good, and so is there. If the timer is ours alone (it does not know timers, 7.2),
  // that is all we wanted to know and the interval begins anew; else the expiration stays.
  void refused(base::Instant now);
  void stop();

 private:
  std::uint32_t wanted() const;
  void start(std::uint32_t interval, bool ours, base::Instant now);

  SessionWish wish_;
  std::uint32_t min_se_ = 0;  // the largest that the peer named, 0: none (7.4)
  std::uint32_t interval_ = 0;
  bool ours_ = false;
  bool alone_ = false;  // the peer does not take part
  int too_small_ = 0;   // 422s in a row
  base::Instant refresh_at_ = base::kNever;
  base::Instant expire_at_ = base::kNever;
};

}  // namespace sbc::dialog
