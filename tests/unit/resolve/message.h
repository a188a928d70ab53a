#pragma once
// DNS messages for tests (RFC 1035 4).

#include <cstdint>
#include <string>
#include <vector>

#include "sbc/route/dns.h"

namespace sbc::resolve {

inline std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}
inline std::string u32(std::uint32_t value) {
  return u16(value >> 16) + u16(value & 0xffff);
}
inline std::string text(const std::string& value) {
  return static_cast<char>(value.size()) + value;
}
inline std::string name(const std::string& dotted) {
  std::string wire;
  for (std::size_t at = 0; at < dotted.size();) {
    const std::size_t dot = std::min(dotted.find('.', at), dotted.size());
    wire += text(dotted.substr(at, dot - at));
    at = dot + 1;
  }
  return wire + '\0';
}
inline std::string record(const std::string& owner, unsigned type, std::uint32_t ttl, const std::string& data) {
  return name(owner) + u16(type) + u16(1) + u32(ttl) + u16(static_cast<unsigned>(data.size())) + data;
}
inline std::string a(const std::string& owner, std::uint32_t ip, std::uint32_t ttl = 60) {
  return record(owner, 1, ttl, u32(ip));
}
inline std::string cname(const std::string& owner, const std::string& target, std::uint32_t ttl = 60) {
  return record(owner, 5, ttl, name(target));
}
inline std::string srv(const std::string& owner, const std::string& target, unsigned port, std::uint32_t ttl = 60) {
  return record(owner, 33, ttl, u16(10) + u16(1) + u16(port) + name(target));
}
inline std::string naptr(const std::string& owner, const std::string& flags, const std::string& service,
                         const std::string& pattern, const std::string& replacement) {
  return record(owner, 35, 60, u16(10) + u16(20) + text(flags) + text(service) + text(pattern) + name(replacement));
}
inline std::string txt(const std::string& owner, const std::vector<std::string>& parts) {
  std::string data;
  for (const auto& part : parts) data += text(part);
  return record(owner, 16, 60, data);
}
inline std::string soa(const std::string& owner, std::uint32_t ttl, std::uint32_t minimum) {
  return record(owner, 6, ttl,
                name("ns." + owner) + name("root." + owner) + u32(1) + u32(2) + u32(3) + u32(4) + u32(minimum));
}
// `id` and `question` as in the query; flags of a recursive answer.
inline std::string message(const std::string& id, const std::string& question, unsigned rcode,
                           const std::vector<std::string>& answers, const std::vector<std::string>& authorities = {}) {
  std::string wire = id + u16(0x8180 | rcode) + u16(question.empty() ? 0 : 1) +
                     u16(static_cast<unsigned>(answers.size())) + u16(static_cast<unsigned>(authorities.size())) +
                     u16(0);
  wire += question;
  for (const auto& r : answers) wire += r;
  for (const auto& r : authorities) wire += r;
  return wire;
}

}  // namespace sbc::resolve
