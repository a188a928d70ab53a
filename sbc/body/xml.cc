#include "sbc/body/xml.h"

#include <algorithm>
#include <array>
#include <vector>

#include "media-relay/base/text.h"

#include "sbc/body/limits.h"

namespace sbc::body::xml {
namespace {

std::string_view local(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class Measure final : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_element) ++elements_;
    return static_cast<std::size_t>(depth()) <= kMaxXmlDepth && elements_ <= kMaxXmlElements;
  }

 private:
  std::size_t elements_ = 0;
};

struct Sink final : pugi::xml_writer {
  std::string text;
  void write(const void* bytes, std::size_t size) override { text.append(static_cast<const char*>(bytes), size); }
};

// "<!" other than a comment or CDATA: DOCTYPE, ENTITY and their kind.
bool declares(std::string_view text) {
  for (std::size_t at = text.find("<!"); at != std::string_view::npos; at = text.find("<!", at + 2)) {
    const auto rest = text.substr(at + 2);
    if (!rest.starts_with("--") && !rest.starts_with("[CDATA[")) return true;
  }
  return false;
}

bool is_namespace(const pugi::xml_attribute& attribute) {
  static constexpr std::array<std::string_view, 3> kKnown = {"urn:ietf:params:xml:", "http://www.w3.org/",
                                                             "http://www.opengis.net/"};
  const std::string_view name = attribute.name();
  const std::string_view value = attribute.value();
  if (name != "xmlns" && !name.starts_with("xmlns:")) return false;
  return std::ranges::any_of(kKnown, [&](std::string_view known) { return value.starts_with(known); });
}

}  // namespace

std::expected<void, std::string> read(std::string_view text, std::string_view root, pugi::xml_document& document) {
  if (text.size() > kMaxXml) return std::unexpected("XML: the document is too long");
  if (declares(text)) return std::unexpected("XML: expected elements, got a declaration");
  const auto result = document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!result)
    return std::unexpected("XML: " + std::string(result.description()) + ", byte " + std::to_string(result.offset));
  Measure measure;
  if (!document.traverse(measure)) return std::unexpected("XML: too deep, or too many elements");
  if (local_name(document.document_element()) != root)
    return std::unexpected("XML: expected <" + std::string(root) + ">, got <" +
                           base::printable(document.document_element().name()) + ">");
  return {};
}

std::string write(const pugi::xml_document& document) {
  Sink sink;
  document.save(sink, "", pugi::format_raw, pugi::encoding_utf8);
  return std::move(sink.text);
}

std::string_view local_name(const pugi::xml_node& node) {
  return local(node.name());
}

std::string_view local_name(const pugi::xml_attribute& attribute) {
  return local(attribute.name());
}

void keep_attributes(pugi::xml_node node, std::span<const std::string_view> names) {
  for (auto attribute = node.first_attribute(); attribute;) {
    const auto next = attribute.next_attribute();
    const bool kept = is_namespace(attribute) || std::ranges::find(names, attribute.name()) != names.end();
    if (!kept) node.remove_attribute(attribute);
    attribute = next;
  }
}

void keep_children(pugi::xml_node node, std::span<const std::string_view> names) {
  for (auto child = node.first_child(); child;) {
    const auto next = child.next_sibling();
    if (child.type() != pugi::node_element || std::ranges::find(names, local_name(child)) == names.end())
      node.remove_child(child);
    child = next;
  }
}

bool map_uri(pugi::xml_attribute attribute, pugi::xml_node owner, Identifiers& identifiers) {
  const auto uri = sip::parse_uri(base::trim(attribute.value()));
  const std::string mapped = uri ? identifiers.public_uri(*uri) : "";
  if (mapped.empty()) {
    owner.remove_attribute(attribute);
    return false;
  }
  attribute.set_value(mapped.c_str());
  return true;
}

bool map_uri_text(pugi::xml_node element, Identifiers& identifiers) {
  const std::string_view text = base::trim(element.text().get());
  const auto uri = sip::parse_uri(text);
  const std::string mapped = uri ? identifiers.public_uri(*uri) : "";
  if (mapped.empty()) {
    element.parent().remove_child(element);
    return false;
  }
  while (element.first_child()) element.remove_child(element.first_child());
  element.text().set(mapped.c_str());
  return true;
}

}  // namespace sbc::body::xml
