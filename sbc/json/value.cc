// The one door to nlohmann/json. Its event interface parses without recursion and without exceptions.

#include "sbc/json/value.h"

#include <nlohmann/json.hpp>

#include "media-relay/base/text.h"

namespace sbc::json {
namespace {

using Parser = nlohmann::json;

class Builder final : public nlohmann::json_sax<Parser> {
 public:
  explicit Builder(std::size_t most_values) : most_values_(most_values) {}

  bool null() override { return put(Value{}); }
  bool boolean(bool value) override { return put({value}); }
  bool number_integer(number_integer_t value) override { return put({value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<number_unsigned_t>(INT64_MAX)) return put({static_cast<std::int64_t>(value)});
    return put({static_cast<double>(value)});
  }
  bool number_float(number_float_t value, const string_t&) override { return put({value}); }
  bool string(string_t& value) override { return put({std::move(value)}); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open({Members{}}); }
  bool start_array(std::size_t) override { return open({List{}}); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    std::get<Members>(open_.back().what).push_back({std::move(name), {}});
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception&) override {
    return fail("byte " + std::to_string(byte) + ": this is no JSON");
  }

  Value take() { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  bool fail(std::string text) {
    if (error_.empty()) error_ = std::move(text);
    return false;
  }
  bool count() { return ++values_ <= most_values_ || fail("more than " + std::to_string(most_values_) + " values"); }
  bool put(Value value) { return count() && place(std::move(value)); }
  bool place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* list = std::get_if<List>(&open_.back().what)) {
      list->push_back(std::move(value));
    } else {
      std::get<Members>(open_.back().what).back().value = std::move(value);
    }
    return true;
  }
  bool open(Value value) {
    if (open_.size() >= kMaxDepth) return fail("nested deeper than " + std::to_string(kMaxDepth));
    if (!count()) return false;
    open_.push_back(std::move(value));
    return true;
  }
  bool close() {
    Value whole = std::move(open_.back());
    open_.pop_back();
    return place(std::move(whole));
  }

  std::vector<Value> open_;
  Value root_;
  std::size_t values_ = 0;
  std::size_t most_values_;
  std::string error_;
};

}  // namespace

std::expected<Value, std::string> parse(std::string_view text, std::size_t most_values) {
  Builder builder(most_values);
  if (!Parser::sax_parse(text.begin(), text.end(), &builder))
    return std::unexpected(builder.error().empty() ? "this is no JSON" : builder.error());
  return builder.take();
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i < more) return false;
    std::uint32_t code = lead & (0x3fU >> more);
    for (std::size_t end = i + more; i < end; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fU);
    }
    // RFC 3629 3: shortest forms only, no surrogates, nothing beyond U+10FFFF.
    if ((more == 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
        (more == 3 && (code < 0x10000 || code > 0x10ffff)))
      return false;
  }
  return true;
}

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 0xf]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace sbc::json
