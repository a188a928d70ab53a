#pragma once
// Lets a call be recorded by a recording server (SIPREC: RFC 7866): we are the session recording client. Made for one
// event, thrown away after it, as Machine. The call goes on whatever becomes of it, unless it must be recorded.

#include <span>
#include <string>
#include <vector>

#include "sbc/call/core.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/output.h"
#include "sbc/call/recording_session.h"

namespace sbc::call {

class RecordingClient {
 public:
  RecordingClient(Core& core, Call& call, base::Instant now, Output& out)
      : core_(core), call_(call), now_(now), out_(out) {}

  // Something may have happened to the call: begins its recording session, tells the server of a hold, another party or
  // another codec, or ends it.
  void follow();
  // The call ends: BYE, or CANCEL. And nothing of the session is kept.
  void end();
  void forget();
  // Our BYE has no answer yet.
  static bool outstanding(const Call& call) { return call.recorder != nullptr && call.recorder->leg.bye; }

  // Replies of the relay. The second: true when it was the copies that it refused, and the call has been asked for
  // without them.
  void anchored(const std::vector<control::FlowAddresses>& flows);
  bool refused(const std::string& why);
  // DTLS with the server has failed, or its ICE has.
  void not_secured();
  void located(const std::vector<route::Place>& places, const std::string& problem);
  void on_deadline();

  // Those of the server's dialogs, by our tag.
  void on_response(const transaction::ResponseArrived& response);
  void on_failed(const transaction::ClientFailed& failed);
  void on_request(const transaction::RequestArrived& request);
  void on_ack(const transaction::AckArrived& ack);

  // Whether our tag, or our transaction, is of a session of the call's.
  static bool owns(const Call& call, std::string_view tag);
  static bool owns(const Call& call, transaction::ClientId client);

  // Adds what the relay has to do for it.
  static void add_flows(const Call& call, control::SessionSpec& spec);

 private:
  using Step = RecordingSession::Step;

  // recording_client.cc
  void begin(const std::string& servers);
  bool find_targets(const std::string& servers);
  void try_target();
  void dial(dialog::ClientStart start);
  void next_target(const route::Failure& failure);
  void abandon();
  void died(const std::string& why);
  void fail(const std::string& why);
  void arm();
  RecordingSession& session() { return *call_.recorder; }

  // recording_answers.cc
  void answered(const transaction::ResponseArrived& response);
  bool take_answer(const sip::Message& message);
  void refused_change(const sip::Message& response);
  bool answer_challenge(const transaction::ResponseArrived& response);
  transaction::ClientId send(sip::Method method, std::uint32_t cseq, std::string_view headers, Body body);
  void send_ack();
  void send_bye();

  // recording_update.cc
  RecordedNow now_recorded(const control::SessionSpec& spec) const;
  void look_at_parties();
  std::string metadata(const control::SessionSpec& spec) const;
  std::string described() const;
  void change();
  void send_change();
  struct RecordingBody {
    std::string type;
    std::string text;
  };
  RecordingBody body_of(const std::string& description) const;
  base::WallTime wall() const;

  // recording_server.cc
  void respond(const transaction::RequestArrived& request, int status, std::span<const sip::ExtraHeader> headers = {},
               Body body = {});
  bool refuse_early(const transaction::RequestArrived& request);
  void answer_invite(const transaction::RequestArrived& request);
  void answer_update(const transaction::RequestArrived& request);
  std::optional<std::string> answer_to(std::string_view offer);
  void accept(const transaction::RequestArrived& request, const std::string& description);

  Core& core_;
  Call& call_;
  base::Instant now_;
  Output& out_;
};

}  // namespace sbc::call
