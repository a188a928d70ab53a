#include "sbc/simulate/outside.h"

#include "sbc/call/facts.h"
#include "sbc/simulate/advisor.h"
#include "sbc/simulate/place.h"
#include "sbc/sip/parser.h"

namespace sbc::simulate {
namespace {

std::string message_of(const Setting& setting, const Request& request, const Place& place) {
  const Caller& who = request.scene.caller;
  const std::string own = own_address(who, place).text();
  std::string from = whole_uri(setting, who.from, place);
  const std::string to = request.method == "REGISTER" ? from : whole_uri(setting, who.to, place);
  const std::string uri = request.method == "REGISTER" ? "sip:" + from.substr(from.find('@') + 1) : to;
  if (!from.contains('<')) from = "<" + from + ">";
  std::string text = request.method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" +
                     std::string(sip::name_of(who.transport)) + " " + own + ";branch=z9hG4bK-simulated-1\r\n" +
                     "Max-Forwards: 70\r\nFrom: " + from + ";tag=caller\r\nTo: <" + to + ">\r\nCall-ID: simulated-" +
                     std::to_string(request.scene.seed) + "\r\nCSeq: 1 " + request.method +
                     "\r\nUser-Agent: " + who.user_agent + "\r\n";
  for (const auto& contact : request.contacts)
    text += "Contact: " + (contact == "*" ? contact : "<" + contact + ">") + "\r\n";
  if (request.expires) text += "Expires: " + std::to_string(*request.expires) + "\r\n";
  text += who.headers;
  if (!request.body.empty() && !who.headers.contains("Content-Type:")) text += "Content-Type: text/plain\r\n";
  return text + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
}

}  // namespace

Heard hear(const Setting& setting, policy::Host& host, const Request& request) {
  Heard heard;
  const auto place = place_of(setting, request.scene.caller);
  if (!place) {
    heard.problem = place.error();
    return heard;
  }
  const auto parsed = sip::parse(message_of(setting, request, *place));
  if (!parsed.ok()) {
    heard.problem = "not a message: " + (parsed.error ? parsed.error->text : "it is empty");
    return heard;
  }
  const sip::Message& message = *parsed.message;
  SceneAdvisor advisor(setting, host, request.scene, heard.decisions, [] { return base::Duration{}; });
  if (auto screened = advisor.screen(message, place->source); screened.kind != policy::ScreenDecision::Kind::Accept) {
    heard.screened = std::move(screened);
    return heard;
  }
  const auto arrival = advisor.arrival_of(message, place->source);
  if (message.method() == sip::Method::Register) {
    policy::RegisterFacts facts;
    call::fill_facts(facts, message, place->source, arrival);
    setting.describe_registration(message, arrival.realm, facts);
    heard.registration = advisor.registration(facts);
  } else {
    policy::RequestFacts facts;
    call::fill_facts(facts, message, place->source, arrival);
    heard.request = advisor.request(facts);
  }
  return heard;
}

}  // namespace sbc::simulate
