#pragma once
// One scene while it is played. Internal to the room.

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "media-relay/base/random.h"

#include "sbc/call/calls.h"
#include "sbc/simulate/advisor.h"
#include "sbc/simulate/scene.h"
#include "sbc/simulate/story.h"
#include "sbc/sip/minter.h"
#include "sbc/transaction/layer.h"

namespace sbc::simulate {

struct Place;  // place.h

class Stage {
 public:
  Stage(const Setting& setting, policy::Host& host, const Scene& scene);
  Story run();

 private:
  struct Incoming {
    std::string bytes;
    sip::Source source;
    std::string branch{};  // of the attempt that it answers
    int status = 0;
  };

  struct Reply {
    std::uint64_t owner = 0;
    std::uint32_t number = 0;
    policy::Found found;
  };

  // stage.cc: time and messages
  void arrive(std::string bytes, const sip::Source& source, base::Duration later = base::milliseconds(1));
  void pump();
  void on_events();
  void on_request(const transaction::RequestArrived& request);
  void carry(const transaction::Send& send);
  bool over() const;
  bool step();

  // surroundings.cc: the relay, the DNS, and whom the policy asks
  void command(const call::RelayCommand& command);
  void look_up(const call::Lookup& lookup);
  void ask(const call::PolicyQuestion& question);
  std::vector<control::FlowAddresses> addresses(const control::SessionSpec& spec);
  control::HalfAddress half(const control::HalfSpec& spec);

  // caller.cc
  bool begin();
  std::string invite(const Place& place) const;
  void on_caller(const sip::MessagePtr& message);
  void acknowledge(const sip::Message& response);
  std::string caller_request(std::string_view method, const sip::Message& dialog, std::uint32_t cseq,
                             const std::string& sdp = {}) const;
  void cancel();

  // inside.cc
  struct OwnRequest {
    std::string_view method;
    std::uint32_t cseq = 0;
    std::string_view branch{};  // what it has in front of the number
    std::string_view headers{};
    std::string_view content_type{};
    std::string_view body{};
  };
  const Attempt* answerer() const;
  std::string request_inside(bool callee, const OwnRequest& what) const;
  sip::Source source_of(bool callee) const;
  void happen(const InsideEvent& event);
  void press(const InsideEvent& event);
  bool answered_inside(const sip::Message& response, bool callee);

  // callee.cc
  void on_callee(const sip::MessagePtr& message, const sip::Source& source);
  void on_callee_invite(const sip::MessagePtr& message, const sip::Source& source);
  void on_callee_cancel(const sip::Message& message, const sip::Source& source);
  std::string answer(const sip::Message& request, int status, std::string_view headers, const base::Endpoint& at) const;
  std::string known_as(const base::Endpoint& remote) const;
  const Behaviour& behaviour_of(const Attempt& attempt, const base::Endpoint& remote) const;

  base::Duration elapsed() const { return now_ - begun_; }

  const Setting& setting_;
  const Scene& scene_;
  base::Instant now_{base::hours(1)};
  const base::Instant begun_ = now_;
  base::SeededRandom random_;
  sip::Minter minter_;
  Story story_;
  SceneAdvisor advisor_;
  transaction::Layer layer_;
  call::Calls calls_;
  call::Output out_;
  std::multimap<base::Instant, Incoming> incoming_;
  std::multimap<base::Instant, Reply> replies_;  // to what the policy asked
  std::size_t messages_ = 0;

  sip::Source caller_;                                       // as the border sees it
  sip::MessagePtr invited_;                                  // the caller's INVITE
  sip::MessagePtr accepted_;                                 // its 2xx
  std::size_t answered_ = 0;                                 // final responses to it
  std::map<std::string, std::size_t> attempt_of_;            // by branch
  std::set<std::string> seen_;                               // requests of the border, by branch and method
  std::map<base::Endpoint, std::string> located_;            // hosts whose addresses were asked for
  std::map<base::Instant, std::string> plans_;               // what the caller does by itself
  std::multimap<base::Instant, const InsideEvent*> inside_;  // and what the parties do in the call
  std::array<std::uint32_t, 2> cseq_{};                      // of their last request: the caller's, the callee's
  std::map<std::string, sip::Source> called_;                // who is called, by branch
  control::SessionId session_;                               // of the relay, the last one
  control::SessionSpec spec_;                                // and what it is to do
  std::uint16_t next_port_ = 20000;
};

}  // namespace sbc::simulate
