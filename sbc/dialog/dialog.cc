#include "sbc/dialog/dialog.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/dialog/limits.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/values.h"

namespace sbc::dialog {
namespace {

// A name-addr with brackets and without the tag, so that it can stand in From and To of our requests. Other parameters
// stay: peers of RFC 2543 compare the whole value.
std::string address_without_tag(const sip::NameAddr& address) {
  std::string out;
  if (!address.display.empty()) out.append(address.display).append(" ");
  out.append("<").append(address.uri_text).append(">");
  sip::ParamReader reader(address.params);
  sip::Param param;
  while (reader.next(param))
    if (!base::equals_ignoring_case(param.name, "tag")) out.append(";").append(param.text);
  return out;
}

std::string address_without_tag(const std::string& text) {
  const auto address = sip::parse_name_addr(text);
  return address ? address_without_tag(*address) : text;
}

// RFC 3261 12.2.1.1: what a Request-URI must not carry (19.1.1): the method parameter, and headers.
std::string as_request_uri(const sip::Uri& uri) {
  std::string_view text = uri.text;
  if (!uri.headers.empty()) text = text.substr(0, text.find('?'));
  if (!uri.param("method")) return std::string(text);
  const std::size_t params = static_cast<std::size_t>(uri.params.data() - uri.text.data());
  std::string out(text.substr(0, params - 1));
  sip::ParamReader reader(uri.params);
  sip::Param param;
  while (reader.next(param))
    if (!base::equals_ignoring_case(param.name, "method")) out.append(";").append(param.text);
  return out;
}

struct FirstRoute {
  std::string uri;
  bool loose = true;
  std::string request_uri;  // what a strict router wants to see
};

FirstRoute first_route(const std::string& route) {
  const auto address = sip::parse_name_addr(route);
  if (!address) return {};
  return FirstRoute{.uri = std::string(address->uri_text),
                    .loose = address->uri.param("lr").has_value(),
                    .request_uri = as_request_uri(address->uri)};
}

}  // namespace

Dialog Dialog::from_server(const sip::Message& request, std::string local_tag) {
  Dialog d;
  d.call_id_ = request.call_id();
  d.local_tag_ = std::move(local_tag);
  d.remote_tag_ = request.from_tag();
  d.local_uri_ = address_without_tag(request.to());
  d.remote_uri_ = address_without_tag(request.from());
  d.remote_target_ = request.from().uri_text;
  d.refresh_target(request);
  d.take_route_set(request, false);
  d.remote_cseq_ = request.cseq().number;
  return d;
}

std::expected<Dialog, std::string> Dialog::from_client(const ClientStart& start, const sip::Message& response) {
  const int status = response.status();
  if (status <= 100 || status >= 300)
    return std::unexpected("dialog: expected a response 101 to 299, got " + std::to_string(status));
  // RFC 3261 12.1: provisional responses make a dialog by their tag. A 2xx without one is of RFC 2543: the tag is null.
  if (status < 200 && response.to_tag().empty())
    return std::unexpected("dialog: expected a To tag, got none, response " + std::to_string(status));
  Dialog d;
  d.call_id_ = start.call_id;
  d.local_tag_ = start.local_tag;
  d.remote_tag_ = response.to_tag();
  d.local_uri_ = address_without_tag(start.local);
  d.remote_uri_ = address_without_tag(start.remote);
  d.remote_target_ = start.target;
  d.refresh_target(response);
  d.take_route_set(response, true);
  d.local_cseq_ = start.cseq;
  d.opened_ = true;
  if (status >= 200) d.state_ = State::Confirmed;
  return d;
}

void Dialog::confirm(const sip::Message& response) {
  refresh_target(response);
  if (state_ == State::Early) take_route_set(response, true);
  state_ = State::Confirmed;
}

void Dialog::take_route_set(const sip::Message& message, bool reversed) {
  routes_.clear();
  // Values that cannot be read cannot be routed to either. Cutting any would route wrongly: who has too many is refused
  // (has_too_many_routes), and what is said to it until then goes the whole way.
  sip::for_each_value(message, sip::HeaderId::RecordRoute, [this](std::string_view value) {
    if (sip::parse_name_addr(value)) routes_.emplace_back(value);
  });
  if (reversed) std::ranges::reverse(routes_);
}

bool has_too_many_routes(const sip::Message& message) {
  return sip::count_values(message, sip::HeaderId::RecordRoute) > kMaxRoutes;
}

void Dialog::refresh_target(const sip::Message& message) {
  if (const auto contact = sip::target_contact(message); contact && *contact) remote_target_ = (*contact)->uri_text;
}

bool Dialog::matches(const sip::Message& message) const {
  if (message.call_id() != call_id_) return false;
  const bool request = message.is_request();
  const std::string_view local = request ? message.to_tag() : message.from_tag();
  const std::string_view remote = request ? message.from_tag() : message.to_tag();
  return local == local_tag_ && remote == remote_tag_;
}

Dialog::Check Dialog::on_request(const sip::Message& request) {
  const sip::CSeq cseq = request.cseq();
  if (cseq.method == sip::Method::Ack || cseq.method == sip::Method::Cancel) return Check::Accept;
  if (remote_cseq_ && cseq.number < *remote_cseq_) return Check::OutOfOrder;
  remote_cseq_ = cseq.number;
  return Check::Accept;
}

std::uint32_t Dialog::next_cseq() {
  // RFC 3261 8.1.1.5: below 2^31. Nobody gets there from 1; a start near the end comes from ourselves, and wraps.
  const std::uint32_t next = local_cseq_ && *local_cseq_ < 0x7fff'ffff ? *local_cseq_ + 1 : 1;
  local_cseq_ = next;
  return next;
}

void Dialog::raise_local_cseq(std::uint32_t used) {
  if (!local_cseq_ || *local_cseq_ < used) local_cseq_ = used;
}

void Dialog::write_request_head(sip::Writer& writer, std::string_view method, std::uint32_t cseq, std::string_view via,
                                std::uint32_t max_forwards) const {
  // RFC 3261 12.2.1.1: a first route without lr is a strict router (16.12.1.2): it wants to be the Request-URI, with
  // the remote target at the end of the route.
  const FirstRoute first = routes_.empty() ? FirstRoute{} : first_route(routes_.front());
  const bool strict = !routes_.empty() && !first.loose;
  writer.request_line(method, strict ? std::string_view(first.request_uri) : std::string_view(remote_target_));
  writer.header(sip::HeaderId::Via, via);
  writer.header(sip::HeaderId::MaxForwards, std::uint64_t{max_forwards});
  for (std::size_t i = strict ? 1 : 0; i < routes_.size(); ++i) writer.header(sip::HeaderId::Route, routes_[i]);
  if (strict) {
    writer.begin(sip::HeaderId::Route);
    writer.text().append("<").append(remote_target_).append(">");
    writer.end();
  }
  const auto party = [&writer](sip::HeaderId id, const std::string& address, const std::string& tag) {
    writer.begin(id);
    writer.text().append(address);
    if (!tag.empty()) writer.text().append(";tag=").append(tag);
    writer.end();
  };
  party(sip::HeaderId::From, local_uri_, local_tag_);
  party(sip::HeaderId::To, remote_uri_, remote_tag_);
  writer.header(sip::HeaderId::CallId, call_id_);
  writer.begin(sip::HeaderId::CSeq);
  base::append_number(writer.text(), cseq);
  writer.text().append(" ").append(method);
  writer.end();
}

std::string Dialog::next_hop_uri() const {
  if (routes_.empty()) return remote_target_;
  std::string uri = first_route(routes_.front()).uri;
  return uri.empty() ? remote_target_ : uri;
}

}  // namespace sbc::dialog
