#include "sbc/body/recording_metadata.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace sbc::body {
namespace {

// XML 1.0 2.2: other control characters cannot be written at all.
void escape(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
  }
}

void element(std::string& out, std::string_view name, std::string_view text) {
  out.append("    <").append(name).append(">");
  escape(text, out);
  out.append("</").append(name).append(">\r\n");
}

// RFC 3339, as RFC 7865 6.9 wants it.
std::string date_time(base::WallTime at) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(at.seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

void open(std::string& out, std::string_view name,
          std::initializer_list<std::pair<std::string_view, std::string_view>> attributes) {
  out.append("  <").append(name);
  for (const auto& [key, value] : attributes) {
    out.append(" ").append(key).append("=\"");
    escape(value, out);
    out += '"';
  }
  out += ">\r\n";
}

void close(std::string& out, std::string_view name) {
  out.append("  </").append(name).append(">\r\n");
}

void write_participant(const RecordedParticipant& who, std::string& out) {
  open(out, "participant", {{"participant_id", who.id}});
  out += "    <nameID aor=\"";
  escape(who.aor, out);
  out += "\">";
  if (!who.name.empty()) {
    out += "<name>";
    escape(who.name, out);
    out += "</name>";
  }
  out += "</nameID>\r\n";
  close(out, "participant");
}

void write_presence(const RecordedParticipant& who, const std::string& session, std::string& out) {
  open(out, "participantsessionassoc", {{"participant_id", who.id}, {"session_id", session}});
  element(out, "associate-time", date_time(who.since));
  if (who.until) element(out, "disassociate-time", date_time(*who.until));
  close(out, "participantsessionassoc");
}

void write_streams(const RecordedParticipant& who, std::string& out) {
  open(out, "participantstreamassoc", {{"participant_id", who.id}});
  for (const std::string& stream : who.sends) element(out, "send", stream);
  for (const std::string& stream : who.hears) element(out, "recv", stream);
  close(out, "participantstreamassoc");
}

}  // namespace

// The order of the elements is that of the schema (RFC 7865 section 9).
std::string write_metadata(const RecordingMetadata& metadata) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
      "<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">\r\n"
      "  <datamode>complete</datamode>\r\n";
  open(out, "session", {{"session_id", metadata.session}});
  element(out, "start-time", date_time(metadata.start));
  close(out, "session");
  for (const auto& who : metadata.participants) write_participant(who, out);
  for (const auto& stream : metadata.streams) {
    open(out, "stream", {{"stream_id", stream.id}, {"session_id", metadata.session}});
    element(out, "label", stream.label);
    close(out, "stream");
  }
  open(out, "sessionrecordingassoc", {{"session_id", metadata.session}});
  element(out, "associate-time", date_time(metadata.start));
  close(out, "sessionrecordingassoc");
  for (const auto& who : metadata.participants) write_presence(who, metadata.session, out);
  for (const auto& who : metadata.participants)
    if (!who.until) write_streams(who, out);
  return out + "</recording>\r\n";
}

std::string metadata_id(std::span<const std::byte, 16> random) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::byte, 18> bytes{};  // two of padding
  std::ranges::copy(random, bytes.begin());
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned three = std::to_integer<unsigned>(bytes[i]) << 16 | std::to_integer<unsigned>(bytes[i + 1]) << 8 |
                           std::to_integer<unsigned>(bytes[i + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) out += kLetters[three >> shift & 63U];
  }
  return out.substr(0, 22) + "==";
}

}  // namespace sbc::body
