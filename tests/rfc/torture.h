#pragma once
// How a torture test is told: a message in a file, the verdict of the RFC, who speaks it, and what the parser must have
// understood by then.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>

#include "sbc/sip/framer.h"
#include "sbc/sip/parser.h"

namespace torture {

enum class Parse {
  Accept,
  Refuse,  // the parser names `status`; the request is answered with it
  Mute,    // as Refuse, but too much is missing to answer
  Drop,    // a response or noise: nothing is sent
};

struct Verdict {
  std::string_view file;
  std::string_view section;
  Parse parse;
  int status;               // of Refuse and Mute
  std::string_view header;  // the header that the error names
  // Who has the last word when the parser accepts, and what it says: "" for "nothing special".
  std::string_view above;
  void (*facts)(const sbc::sip::Message&) = nullptr;
};

inline std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  return out << verdict.file;
}

inline std::string read_message(const std::string& folder, std::string_view file) {
  const std::string path = std::string(PARAPET_RFC_DATA) + "/" + folder + "/" + std::string(file) + ".dat";
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

inline std::size_t count_files(const std::string& folder) {
  const auto all = std::filesystem::directory_iterator(std::string(PARAPET_RFC_DATA) + "/" + folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

inline void check(const std::string& bytes, const Verdict& verdict) {
  const auto result = sbc::sip::parse(bytes);
  if (verdict.parse == Parse::Accept) {
    ASSERT_TRUE(result.ok()) << (result.error ? result.error->text : "no message");
    EXPECT_EQ(result.answerable, result.message->is_request());
    if (verdict.facts != nullptr) verdict.facts(*result.message);
    return;
  }
  ASSERT_TRUE(result.error.has_value());
  EXPECT_EQ(result.error->status, verdict.parse == Parse::Drop ? 0 : verdict.status) << result.error->text;
  EXPECT_EQ(result.error->header, verdict.header) << result.error->text;
  EXPECT_EQ(result.answerable, verdict.parse == Parse::Refuse);
  EXPECT_EQ(result.message != nullptr, verdict.parse == Parse::Refuse);
  if (verdict.facts != nullptr && result.message) verdict.facts(*result.message);
}

// On a stream, in pieces of `step` bytes: an accepted message with Content-Length comes out as it would from a
// datagram.
inline void check_stream(const std::string& bytes, std::size_t step) {
  const auto whole = sbc::sip::parse(bytes);
  ASSERT_TRUE(whole.ok());
  if (!whole.message->find(sbc::sip::HeaderId::ContentLength)) return;
  sbc::sip::StreamFramer framer;
  std::optional<sbc::sip::Frame> frame;
  for (std::size_t at = 0; at < bytes.size() && !frame; at += step) {
    framer.feed(std::string_view(bytes).substr(at, step));
    frame = framer.next();
  }
  ASSERT_TRUE(frame.has_value());
  auto* message = std::get_if<sbc::sip::MessageBytes>(&*frame);
  ASSERT_NE(message, nullptr);
  const auto framed = sbc::sip::parse(std::move(message->bytes), {}, sbc::sip::Framing::Stream);
  ASSERT_TRUE(framed.ok()) << (framed.error ? framed.error->text : "no message");
  EXPECT_EQ(framed.message->bytes(), whole.message->bytes());
}

}  // namespace torture
