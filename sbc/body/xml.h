#pragma once
// The one door to pugixml. It knows the five entities of XML and character references only, so nothing can expand; what
// declares more (DOCTYPE) is refused before it reads. Size, depth and number of elements are bounded. Internal to the
// room.

#include <expected>
#include <optional>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>

#include "sbc/body/identifiers.h"

namespace sbc::body::xml {

// Reads `text` into `document`; `root`: the local name that its root element must have.
std::expected<void, std::string> read(std::string_view text, std::string_view root, pugi::xml_document& document);
std::string write(const pugi::xml_document& document);

// The name without its namespace prefix.
std::string_view local_name(const pugi::xml_node& node);
std::string_view local_name(const pugi::xml_attribute& attribute);

// Removes the attributes that are not listed; namespace declarations of the IETF's and W3C's own names stay.
void keep_attributes(pugi::xml_node node, std::span<const std::string_view> names);
// Removes the child elements that are not listed, and in the presence of elements the text between them.
void keep_children(pugi::xml_node node, std::span<const std::string_view> names);

// The attribute, or the element's text, is a URI: what public_uri says. False: it is gone, and an element with it.
bool map_uri(pugi::xml_attribute attribute, pugi::xml_node owner, Identifiers& identifiers);
bool map_uri_text(pugi::xml_node element, Identifiers& identifiers);

}  // namespace sbc::body::xml
