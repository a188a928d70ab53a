#include "sbc/sdp/rewrite.h"

#include <algorithm>
#include <bitset>
#include <string_view>
#include <vector>

#include "media-relay/base/text.h"

#include "sbc/sdp/bundle.h"
#include "sbc/sdp/codec.h"
#include "sbc/sdp/extended_reports.h"
#include "sbc/sdp/header_extension.h"
#include "sbc/sdp/picture_feedback.h"
#include "sbc/sdp/preconditions.h"
#include "sbc/sdp/remote_media.h"
#include "sbc/sdp/writer.h"

namespace sbc::sdp {

namespace {

// One m-line to be written: what the other leg said at its place, what the leg itself offered there, and what we said
// there before; those that there are.
struct Slot {
  const Media* source = nullptr;
  const Media* offered = nullptr;
  const Media* previous = nullptr;
  const Anchor* anchor = nullptr;  // null: refused
  Direction direction = Direction::SendRecv;
  bool alike = true;  // its transport has the same lines on the other leg

  // An answer repeats kind and transport of the offer (RFC 3264 6).
  const Media& shape() const { return offered != nullptr ? *offered : source != nullptr ? *source : *previous; }
};

// RFC 8866 5.8: b=<bwtype>:<bandwidth>, of a registered type (RFC 3556, RFC 3890). Anything else under this letter
// stays on its side: others must be ignored anyway, and an experimental type ("X-") can say whatever it wants.
bool is_bandwidth(std::string_view value) {
  base::TextCursor cursor(value);
  const auto type = cursor.take_while([](char c) { return base::is_alnum(c); });
  const bool known = type == "AS" || type == "TIAS" || type == "CT" || type == "RS" || type == "RR";
  return known && cursor.take(':') && base::parse_unsigned<std::uint64_t>(cursor.rest()).has_value();
}

class Writer {
 public:
  Writer(const RewriteInput& input, const RewriteContext& context) : input_(input), context_(context) {}

  void write(std::string& out, const OriginIdentity& origin) {
    std::vector<Slot> slots(slot_count());
    for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = slot_at(i);
    leave_bundle(slots);
    std::vector<bool> in_use;
    for (const Slot& slot : slots) in_use.push_back(slot.anchor != nullptr);
    const auto anchored = std::ranges::find_if(slots, [](const Slot& s) { return s.anchor != nullptr; });
    default_ip_ = anchored != slots.end() ? anchored->anchor->rtp.ip : origin.address;
    // s= may name the product; i= u= e= p= name people and places; t= of a call is unbounded (RFC 3264 5).
    out += "s=-\r\n";
    append_connection(out, default_ip_);
    copy_bandwidth(out, input_.from.session_lines());
    out += "t=0 0\r\n";
    // RFC 8839 5.3: of the session. We answer checks and make none.
    const auto has_ice = [](const Slot& s) {
      return s.anchor != nullptr && s.anchor->handshake && !s.anchor->handshake->ice_ufrag.empty();
    };
    if (std::ranges::any_of(slots, has_ice)) out += "a=ice-lite\r\na=ice-options:ice2\r\n";
    append_group(out, slots);
    for (const Line& line : input_.from.session_lines())
      if (wanted(line, false, true)) append_line(out, line);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      slots[i].alike = shared_alike(i, input_.bundle, input_.other_bundle, in_use);
      write_slot(out, slots[i], i);
    }
  }

 private:
  // Without the line whose transport they share the others have none.
  void leave_bundle(std::span<Slot> slots) const {
    if (input_.bundle.empty()) return;
    if (const std::size_t tagged = input_.bundle.front(); tagged < slots.size() && slots[tagged].anchor != nullptr)
      return;
    for (const std::size_t index : input_.bundle)
      if (index < slots.size() && !has_transport(index)) slots[index].anchor = nullptr;
  }
  // Of the lines that are anchored and have a name (RFC 9143 7.3).
  void append_group(std::string& out, std::span<const Slot> slots) const {
    std::string names;
    for (const std::size_t index : input_.bundle) {
      if (index >= slots.size() || slots[index].anchor == nullptr) continue;
      if (const std::string mid = mid_of(slots[index], index); !mid.empty()) names.append(" ").append(mid);
    }
    if (!names.empty()) out.append("a=group:BUNDLE").append(names).append("\r\n");
  }
  // Of its own: it is in no bundle, or the tagged line of one, or offered with another place than that (RFC 9143 7.2).
  bool has_transport(std::size_t index) const {
    if (input_.bundle.empty() || index == input_.bundle.front() ||
        std::ranges::find(input_.bundle, index) == input_.bundle.end())
      return true;
    const auto place = [this](std::size_t at) {
      return at < input_.anchors.size() && input_.anchors[at] ? input_.anchors[at]->rtp : base::Endpoint{};
    };
    return context_.answering == nullptr && place(index) != place(input_.bundle.front());
  }

  std::size_t slot_count() const {
    if (context_.answering != nullptr) return context_.answering->media.size();
    const std::size_t before = context_.previous != nullptr ? context_.previous->media.size() : 0;
    return std::max(input_.from.media.size(), before);
  }

  static const Media* media_at(const Session* session, std::size_t index) {
    return session != nullptr && index < session->media.size() ? &session->media[index] : nullptr;
  }

  Slot slot_at(std::size_t index) const {
    Slot slot{.source = media_at(&input_.from, index),
              .offered = media_at(context_.answering, index),
              .previous = media_at(context_.previous, index),
              .anchor = nullptr,
              .direction = input_.at_most};
    if (slot.source == nullptr || index >= input_.anchors.size() || !input_.anchors[index]) return slot;
    const Anchor& anchor = *input_.anchors[index];
    const RemoteMedia remote = remote_media(*slot.source, input_.from);
    if (!remote.usable() || anchor.rtp.empty() || anchor.rtp.port == 0) return slot;
    const bool plays = input_.plays_on == index && remote.held;
    slot.direction = common(slot.direction, plays ? Direction::SendOnly : remote.direction);
    if (slot.offered != nullptr) {
      if (slot.offered->kind != slot.source->kind || !remote_media(*slot.offered, *context_.answering).usable())
        return slot;
      // RFC 3264 6.1: an answer stays within what the offer allows. What counts is the direction as written, also
      // when the offer came with c=0.0.0.0 (RFC 6337 5.4).
      slot.direction = common(slot.direction, reversed(written_direction(*context_.answering, *slot.offered)));
    }
    // RFC 4568 7.1.2: secure media without keys is refused, whatever else is there.
    if (is_secure_profile(profile_of(slot, anchor)) && anchor.crypto.empty()) return slot;
    // DTLS is where its profile is, or, by best effort (RFC 8643), in that of clear media.
    if (is_handshake_profile(profile_of(slot, anchor)) && !anchor.handshake) return slot;
    if (is_secure_profile(profile_of(slot, anchor)) && anchor.handshake) return slot;
    slot.anchor = &anchor;
    return slot;
  }

  // An answer repeats that of the offer (RFC 3264 6).
  static std::string_view profile_of(const Slot& slot, const Anchor& anchor) {
    return slot.offered == nullptr && !anchor.profile.empty() ? anchor.profile : slot.shape().proto;
  }

  void write_slot(std::string& out, const Slot& slot, std::size_t index) const {
    const Media& shape = slot.shape();
    out += "m=";
    out += shape.kind;
    out += ' ';
    base::append_number(out, slot.anchor != nullptr ? slot.anchor->rtp.port : 0);
    out += ' ';
    out += slot.anchor != nullptr ? profile_of(slot, *slot.anchor) : shape.proto;
    if (slot.anchor == nullptr) {
      append_first_format(out, shape);
      return;
    }
    for_each_format(*slot.source, [&](std::string_view format) { (out += ' ') += format; });
    out += "\r\n";
    if (slot.anchor->rtp.ip != default_ip_) append_connection(out, slot.anchor->rtp.ip);
    const auto lines = input_.from.lines_of(*slot.source);
    copy_bandwidth(out, lines);
    // RFC 4585 4.2, RFC 5506 5: feedback is agreed on with peers that say they have it.
    const bool feedback = has_feedback(*slot.source) && has_feedback(profile_of(slot, *slot.anchor));
    std::bitset<256> given;
    for (const Line& line : lines)
      if (wanted(line, feedback, slot.alike))
        append_line(out, line);
      else if (feedback && line.attribute == AttributeId::Extmap)
        append_extension(out, line, slot, given);
    append_names_in_packets(out, slot, index);
    if (!has_feedback(*slot.source) && slot.source->kind == "video" && has_feedback(profile_of(slot, *slot.anchor)))
      append_picture_requests(out, slot);
    for (const Crypto& crypto : slot.anchor->crypto) {
      out += "a=crypto:";
      out += crypto_value(crypto);
      out += "\r\n";
    }
    if (slot.anchor->handshake && has_transport(index))  // RFC 9143 7.1.3
      append_handshake(out, *slot.anchor->handshake, slot.anchor->rtp, slot.offered == nullptr);
    append_mid(out, slot, index);
    const bool fax = is_fax(*slot.source);
    if (!fax) {
      append_rtcp(out, slot, has_transport(index));
      const std::string reports = extended_reports(input_.from, *slot.source);
      if (!reports.empty()) out.append("a=rtcp-xr:").append(reports).append("\r\n");
    }
    if (slot.offered != nullptr) append_precondition_answer(out, *context_.answering, *slot.offered);
    // T.38 Annex D has no directions, and fax goes both ways unless somebody says otherwise.
    if (fax && slot.direction == Direction::SendRecv) return;
    out += "a=";
    out += name_of(slot.direction);
    out += "\r\n";
  }

  // Lines of a bundle that have payload types in common (RFC 9143 9.2): in an answer as the offer lists them, later as
  // it was agreed on.
  void append_names_in_packets(std::string& out, const Slot& slot, std::size_t index) const {
    if (std::ranges::find(input_.bundle, index) == input_.bundle.end()) return;
    std::optional<std::uint8_t> id;
    if (context_.answering != nullptr)
      id = names_in_packets(*context_.answering, input_.bundle);
    else if (slot.previous != nullptr)
      id = identifier_of(*context_.previous, *slot.previous, kMidExtension);
    if (!id) return;
    out += "a=extmap:";
    base::append_number(out, *id);
    out.append(" ").append(kMidExtension).append("\r\n");
  }

  // The other side has no feedback; requests for pictures reach it as INFO (RFC 5168).
  void append_picture_requests(std::string& out, const Slot& slot) const {
    if (slot.offered == nullptr)
      out += kPictureRequestLines;
    else
      out += picture_request_lines(*context_.answering, *slot.offered, slot.source->formats);
  }

  // A refused m-line: its formats mean nothing, but the grammar wants one (RFC 3264 6).
  static void append_first_format(std::string& out, const Media& shape) {
    const std::string_view first = shape.formats.substr(0, shape.formats.find_first_of(" \t"));
    out += ' ';
    out += first.empty() ? std::string_view("0") : first;
    out += "\r\n";
  }

  // RFC 5888 9.2: an answer names the line as the offer did. Each leg has its own names: what a line was called before
  // on this leg it is called again, and browsers have each line named (RFC 8829 5.2.1).
  void append_mid(std::string& out, const Slot& slot, std::size_t index) const {
    if (const std::string mid = mid_of(slot, index); !mid.empty()) out.append("a=mid:").append(mid).append("\r\n");
  }

  // Empty: it has none.
  std::string mid_of(const Slot& slot, std::size_t index) const {
    if (const Line* mid = known_mid(slot)) return std::string(mid->attribute_value());
    if (slot.offered != nullptr) return {};
    if (!slot.anchor->handshake || slot.anchor->handshake->ice_ufrag.empty()) return {};
    const auto taken = [&](std::string_view name) {
      return context_.previous != nullptr && std::ranges::any_of(context_.previous->media, [&](const Media& media) {
               const Line* mid = find(context_.previous->lines_of(media), AttributeId::Mid);
               return mid != nullptr && mid->attribute_value() == name;
             });
    };
    std::string name = std::to_string(index);
    while (taken(name)) name += "a";
    return name;
  }

  const Line* known_mid(const Slot& slot) const {
    if (slot.offered != nullptr) return find(context_.answering->lines_of(*slot.offered), AttributeId::Mid);
    if (slot.previous == nullptr) return nullptr;
    return find(context_.previous->lines_of(*slot.previous), AttributeId::Mid);
  }

  void append_rtcp(std::string& out, const Slot& slot, bool own) const {
    const Anchor& anchor = *slot.anchor;
    // RFC 5761 5.1.1: an answer carries a=rtcp-mux only when the offer did. It then needs no RTCP port.
    const bool offer = slot.offered == nullptr;
    // In a bundle there is nothing else, and browsers want to read it in each line.
    const bool mux = !own || (anchor.rtcp_mux && (offer || find(context_.answering->lines_of(*slot.offered),
                                                                AttributeId::RtcpMux) != nullptr));
    if (!anchor.rtcp.empty() && (offer || !mux)) {
      const bool same_ip = anchor.rtcp.ip == anchor.rtp.ip;
      if (!same_ip || anchor.rtcp.port != anchor.rtp.port + 1) {
        out += "a=rtcp:";
        base::append_number(out, anchor.rtcp.port);
        if (!same_ip) append_address(out += ' ', anchor.rtcp.ip);
        out += "\r\n";
      }
    }
    if (mux) out += "a=rtcp-mux\r\n";
  }

  static void copy_bandwidth(std::string& out, std::span<const Line> lines) {
    for (const Line& line : lines)
      if (line.type == 'b' && is_bandwidth(line.value)) append_line(out, line);
  }

  // RFC 8285 5: an answer lists what the offer does, and under its identifier.
  void append_extension(std::string& out, const Line& line, const Slot& slot, std::bitset<256>& given) const {
    const std::string_view value = base::trim(line.attribute_value());
    const auto extension = parse_extmap(value);
    if (!extension || !describes_media(*extension) || (!slot.alike && numbers_transport(*extension))) return;
    const auto id = slot.offered != nullptr
                        ? identifier_of(*context_.answering, *slot.offered, extension->uri)
                        : identifier_for(*extension, input_.from.lines_of(*slot.source),
                                         slot.previous != nullptr ? context_.previous->lines_of(*slot.previous)
                                                                  : std::span<const Line>(),
                                         given);
    if (!id) return;
    out += "a=extmap:";
    base::append_number(out, *id);
    out += value.substr(value.find_first_not_of("0123456789"));
    out += "\r\n";
  }

  bool wanted(const Line& line, bool feedback, bool alike) const {
    const AttributeId id = line.attribute;
    if (!feedback && (id == AttributeId::RtcpFb || id == AttributeId::RtcpRsize)) return false;
    if (!alike && id == AttributeId::RtcpFb && reports_transport(line.attribute_value())) return false;
    switch (crossing_of(line.attribute)) {
      case Crossing::Always:
        return true;
      case Crossing::OnDemand:
        return std::ranges::find(input_.extra_attributes, line.attribute_name()) != input_.extra_attributes.end();
      case Crossing::Never:
        break;
    }
    return false;
  }

  const RewriteInput& input_;
  const RewriteContext& context_;
  base::IpAddress default_ip_;
};

}  // namespace

std::string origin_lines(const OriginIdentity& origin, std::uint64_t version) {
  std::string out = "v=0\r\no=";
  out.reserve(96);
  out += origin.username;
  out += ' ';
  base::append_number(out, origin.session_id);
  out += ' ';
  base::append_number(out, version);
  out += ' ';
  append_address(out, origin.address);
  out += "\r\n";
  return out;
}

Body rewrite(const RewriteInput& input, const OriginIdentity& origin, std::uint64_t version,
             const RewriteContext& context) {
  Body body{.text = origin_lines(origin, version), .after_origin = 0};
  body.after_origin = body.text.size();
  // The relay's addresses replace others of like length; what grows is c= and directions.
  body.text.reserve(body.text.size() + input.from.text->size() + 128);
  Writer(input, context).write(body.text, origin);
  return body;
}

}  // namespace sbc::sdp
