#include "sbc/sip/writer.h"

#include "media-relay/base/text.h"

namespace sbc::sip {

void Writer::append_clean(std::string_view value) {
  const std::size_t start = out_.size();
  out_.append(value);
  if (value.find('\r') == std::string_view::npos && value.find('\n') == std::string_view::npos) return;
  for (std::size_t i = start; i < out_.size(); ++i)
    if (out_[i] == '\r' || out_[i] == '\n') out_[i] = ' ';
}

Writer& Writer::request_line(std::string_view method, std::string_view uri) {
  append_clean(method);
  out_ += ' ';
  append_clean(uri);
  out_ += " SIP/2.0\r\n";
  return *this;
}

Writer& Writer::status_line(int status, std::string_view reason) {
  out_ += "SIP/2.0 ";
  base::append_number(out_, static_cast<std::uint64_t>(status));
  out_ += ' ';
  append_clean(reason.empty() ? reason_phrase_for(status) : reason);
  out_ += "\r\n";
  return *this;
}

Writer& Writer::header(std::string_view name, std::string_view value) {
  begin(name);
  append_clean(value);
  return end();
}

Writer& Writer::header(HeaderId id, std::uint64_t number) {
  begin(id);
  base::append_number(out_, number);
  return end();
}

Writer& Writer::raw(std::string_view lines) {
  out_ += lines;
  return *this;
}

Writer& Writer::begin(std::string_view name) {
  append_clean(name);
  out_ += ": ";
  return *this;
}

Writer& Writer::end() {
  out_ += "\r\n";
  return *this;
}

void Writer::finish() {
  out_ += "Content-Length: 0\r\n\r\n";
}

void Writer::finish(std::string_view content_type, std::string_view body) {
  if (body.empty()) return finish();
  header(HeaderId::ContentType, content_type);
  header(HeaderId::ContentLength, body.size());
  end();
  out_ += body;
}

std::string_view reason_phrase_for(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr Phrase kPhrases[] = {
      {100, "Trying"},
      {180, "Ringing"},
      {181, "Call Is Being Forwarded"},
      {182, "Queued"},
      {183, "Session Progress"},
      {199, "Early Dialog Terminated"},
      {200, "OK"},
      {202, "Accepted"},
      {204, "No Notification"},
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Moved Temporarily"},
      {305, "Use Proxy"},
      {380, "Alternative Service"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {407, "Proxy Authentication Required"},
      {408, "Request Timeout"},
      {410, "Gone"},
      {412, "Conditional Request Failed"},
      {413, "Request Entity Too Large"},
      {414, "Request-URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Unsupported URI Scheme"},
      {417, "Unknown Resource-Priority"},
      {420, "Bad Extension"},
      {421, "Extension Required"},
      {422, "Session Interval Too Small"},
      {423, "Interval Too Brief"},
      {424, "Bad Location Information"},
      {425, "Bad Alert Message"},
      {428, "Use Identity Header"},
      {429, "Provide Referrer Identity"},
      {430, "Flow Failed"},
      {433, "Anonymity Disallowed"},
      {436, "Bad Identity Info"},
      {437, "Unsupported Credential"},
      {438, "Invalid Identity Header"},
      {439, "First Hop Lacks Outbound Support"},
      {440, "Max-Breadth Exceeded"},
      {469, "Bad Info Package"},
      {470, "Consent Needed"},
      {480, "Temporarily Unavailable"},
      {481, "Call/Transaction Does Not Exist"},
      {482, "Loop Detected"},
      {483, "Too Many Hops"},
      {484, "Address Incomplete"},
      {485, "Ambiguous"},
      {486, "Busy Here"},
      {487, "Request Terminated"},
      {488, "Not Acceptable Here"},
      {489, "Bad Event"},
      {491, "Request Pending"},
      {493, "Undecipherable"},
      {494, "Security Agreement Required"},
      {500, "Server Internal Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Server Time-out"},
      {505, "Version Not Supported"},
      {513, "Message Too Large"},
      {555, "Push Notification Service Not Supported"},
      {580, "Precondition Failure"},
      {600, "Busy Everywhere"},
      {603, "Decline"},
      {604, "Does Not Exist Anywhere"},
      {606, "Not Acceptable"},
      {607, "Unwanted"},
      {608, "Rejected"},
  };
  for (const Phrase& phrase : kPhrases)
    if (phrase.status == status) return phrase.text;
  static constexpr std::string_view kClasses[] = {"Progress",        "Success",        "Redirection",
                                                  "Request Failure", "Server Failure", "Global Failure"};
  const int number = status / 100;
  return number >= 1 && number <= 6 ? kClasses[number - 1] : "Unknown";
}

}  // namespace sbc::sip
