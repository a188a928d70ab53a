// What a recording server is told of a call (RFC 7865).

#include "sbc/body/recording_metadata.h"

#include <gtest/gtest.h>

#include <array>

namespace sbc::body {
namespace {

RecordingMetadata two_parties() {
  RecordingMetadata out;
  out.session = "c2Vzc2lvbg==";
  out.start = {1'292'542'867};
  out.streams = {{"czE=", "1"}, {"czI=", "2"}};
  RecordedParticipant a;
  a.id = "cGE=";
  a.aor = "sip:alice@border.example";
  a.name = "Alice";
  a.since = out.start;
  a.sends = {"czE="};
  a.hears = {"czI="};
  RecordedParticipant b = a;
  b.id = "cGI=";
  b.aor = "sip:bob@border.example";
  b.name = "";
  std::swap(b.sends, b.hears);
  out.participants = {a, b};
  return out;
}

std::size_t count(const std::string& text, std::string_view word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

// RFC 7865 9: the elements in the order of the schema, their identifiers as attributes, all references resolved.
TEST(RecordingMetadata, HasTheElementsOfTheSchemaInItsOrder) {
  const std::string xml = write_metadata(two_parties());
  std::size_t last = 0;
  for (const std::string_view part :
       {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">",
        "<datamode>complete</datamode>", "<session session_id=\"c2Vzc2lvbg==\">",
        "<participant participant_id=\"cGE=\">", "<participant participant_id=\"cGI=\">",
        "<stream stream_id=\"czE=\" session_id=\"c2Vzc2lvbg==\">", "<label>1</label>",
        "<sessionrecordingassoc session_id=\"c2Vzc2lvbg==\">",
        "<participantsessionassoc participant_id=\"cGE=\" session_id=\"c2Vzc2lvbg==\">",
        "<participantstreamassoc participant_id=\"cGE=\">", "<send>czE=</send>", "<recv>czI=</recv>",
        "<participantstreamassoc participant_id=\"cGI=\">", "<send>czI=</send>", "<recv>czE=</recv>", "</recording>"}) {
    const auto at = xml.find(part, last);
    ASSERT_NE(at, std::string::npos) << part << " in\n" << xml;
    last = at;
  }
  EXPECT_NE(xml.find("<nameID aor=\"sip:alice@border.example\"><name>Alice</name></nameID>"), std::string::npos);
  EXPECT_NE(xml.find("<nameID aor=\"sip:bob@border.example\"></nameID>"), std::string::npos);
}

// 6.9: RFC 3339, with T and Z.
TEST(RecordingMetadata, TimesAreThoseOfRfc3339) {
  const std::string xml = write_metadata(two_parties());
  EXPECT_NE(xml.find("<start-time>2010-12-16T23:41:07Z</start-time>"), std::string::npos) << xml;
}

// 6.6.1, 6.7.1: who has left is told with the time, and has no streams any more.
TEST(RecordingMetadata, WhoHasLeftHasATimeAndNoStreams) {
  RecordingMetadata metadata = two_parties();
  metadata.participants[0].until = base::WallTime{1'292'542'868};
  const std::string xml = write_metadata(metadata);
  EXPECT_NE(xml.find("<disassociate-time>2010-12-16T23:41:08Z</disassociate-time>"), std::string::npos);
  EXPECT_EQ(count(xml, "<participantsessionassoc"), 2U);
  EXPECT_EQ(count(xml, "<participantstreamassoc"), 1U);
}

TEST(RecordingMetadata, NamesCannotBreakTheXml) {
  RecordingMetadata metadata = two_parties();
  metadata.participants[0].name = "</name><evil a=\"b\">&\x01\n";
  metadata.participants[0].aor = "sip:\"a\"@b.example";
  const std::string xml = write_metadata(metadata);
  EXPECT_NE(xml.find("<name>&lt;/name&gt;&lt;evil a=&quot;b&quot;&gt;&amp;</name>"), std::string::npos) << xml;
  EXPECT_NE(xml.find("aor=\"sip:&quot;a&quot;@b.example\""), std::string::npos);
}

// 6.10: a random UUID (RFC 4122 4.4) in base64 (RFC 4648 10: "fooba" is "Zm9vYmE=").
TEST(RecordingMetadata, IdentifiersAreUuidsInBase64) {
  std::array<std::byte, 16> bytes{};
  EXPECT_EQ(metadata_id(bytes), "AAAAAAAAQACAAAAAAAAAAA==");
  bytes.fill(std::byte{0xff});
  EXPECT_EQ(metadata_id(bytes), "////////T/+//////////w==");
}

}  // namespace
}  // namespace sbc::body
