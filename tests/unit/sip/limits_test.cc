// Each limit at its value and one past it.

#include "sbc/sip/limits.h"

#include <gtest/gtest.h>

#include "sbc/sip/framer.h"

#include "sample.h"

namespace sbc::sip {
namespace {

using sample::with;

int status(std::string bytes, const Limits& limits) {
  const auto result = parse(std::move(bytes), limits);
  return result.error ? result.error->status : -1;
}

TEST(Limits, MessageBytes) {
  const std::string text = with("");
  EXPECT_EQ(status(text, {.message_bytes = text.size()}), -1);
  EXPECT_EQ(status(text, {.message_bytes = text.size() - 1}), 513);
}

TEST(Limits, HeadBytes) {
  const std::string text = with("", "body");
  EXPECT_EQ(status(text, {.head_bytes = text.size() - 4}), -1);
  EXPECT_EQ(status(text, {.head_bytes = text.size() - 5}), 513);
}

TEST(Limits, HeaderFields) {
  EXPECT_EQ(status(with("A: 1\r\n"), {.header_fields = 6}), -1);
  EXPECT_EQ(status(with("A: 1\r\nB: 2\r\n"), {.header_fields = 6}), 400);
}

TEST(Limits, HeaderValueBytes) {
  EXPECT_EQ(status(with("A: " + std::string(100, 'x') + "\r\n"), {.header_value_bytes = 100}), -1);
  EXPECT_EQ(status(with("A: " + std::string(101, 'x') + "\r\n"), {.header_value_bytes = 100}), 400);
}

TEST(Limits, RequestUriBytes) {
  const std::size_t size = std::string_view("sip:bob@example.com").size();
  EXPECT_EQ(status(with(""), {.request_uri_bytes = size}), -1);
  EXPECT_EQ(status(with(""), {.request_uri_bytes = size - 1}), 414);
}

TEST(Limits, BodyBytes) {
  EXPECT_EQ(status(with("Content-Length: 10\r\n", "0123456789"), {.body_bytes = 10}), -1);
  const auto result = parse(with("Content-Length: 10\r\n", "0123456789"), {.body_bytes = 9});
  EXPECT_EQ(result.error->status, 413);
  EXPECT_TRUE(result.answerable);
}

TEST(Limits, ContactValues) {
  const std::string three = "Contact: <sip:a>, <sip:b>\r\nContact: <sip:c>\r\n";
  EXPECT_EQ(status(with(three), {.contact_values = 3}), -1);
  EXPECT_EQ(status(with(three), {.contact_values = 2}), 400);
}

int stream_status(const std::string& bytes, const Limits& limits) {
  StreamFramer framer(limits);
  framer.feed(bytes);
  const auto frame = framer.next();
  if (!frame) return -2;
  const auto* error = std::get_if<StreamError>(&*frame);
  return error != nullptr ? error->error.status : -1;
}

TEST(Limits, OfTheFramer) {
  const std::string text = with("Content-Length: 4\r\n", "body");
  EXPECT_EQ(stream_status(text, {.message_bytes = text.size()}), -1);
  EXPECT_EQ(stream_status(text, {.message_bytes = text.size() - 1}), 513);
  EXPECT_EQ(stream_status(text, {.head_bytes = text.size() - 4}), -1);
  EXPECT_EQ(stream_status(text, {.head_bytes = text.size() - 5}), 513);
  EXPECT_EQ(stream_status(text, {.body_bytes = 4}), -1);
  EXPECT_EQ(stream_status(text, {.body_bytes = 3}), 413);
  // A head that never ends is refused as soon as it is too long.
  EXPECT_EQ(stream_status("INVITE " + std::string(200, 'x'), {.head_bytes = 207}), -2);
  EXPECT_EQ(stream_status("INVITE " + std::string(201, 'x'), {.head_bytes = 207}), 513);
}

}  // namespace
}  // namespace sbc::sip
