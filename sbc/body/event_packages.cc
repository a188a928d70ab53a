#include <array>

#include "sbc/body/rewrite.h"
#include "sbc/body/xml.h"

namespace sbc::body {
namespace {

using Names = std::initializer_list<std::string_view>;

void keep(pugi::xml_node node, Names attributes, Names children) {
  xml::keep_attributes(node, std::span(attributes.begin(), attributes.size()));
  if (children.size() != 0) xml::keep_children(node, std::span(children.begin(), children.size()));
}

// call-id, local-tag and remote-tag (RFC 4235 4.1): the receiver's names for the dialog, or none.
bool map_ids(pugi::xml_node node, Identifiers& identifiers) {
  const std::string_view call_id = node.attribute("call-id").value();
  const auto ids = call_id.empty() ? std::nullopt
                                   : identifiers.other_side(call_id, node.attribute("local-tag").value(),
                                                            node.attribute("remote-tag").value());
  const auto set = [&node, &ids](const char* name, const std::string& value) {
    const auto attribute = node.attribute(name);
    if (!attribute) return;
    if (ids && !value.empty()) {
      node.attribute(name).set_value(value.c_str());
    } else {
      node.remove_attribute(attribute);
    }
  };
  set("call-id", ids ? ids->call_id : "");
  set("local-tag", ids ? ids->local_tag : "");
  set("remote-tag", ids ? ids->remote_tag : "");
  return ids.has_value();
}

void map_participant(pugi::xml_node participant, Identifiers& identifiers) {
  // session-description holds addresses, cseq a number of the other leg.
  keep(participant, {}, {"identity", "target"});
  for (auto child = participant.first_child(); child;) {
    const auto next = child.next_sibling();
    if (xml::local_name(child) == "identity") {
      keep(child, {"display", "display-name"}, {});
      xml::map_uri_text(child, identifiers);
    } else {
      keep(child, {"uri"}, {"param"});
      for (auto param = child.first_child(); param;) {
        const auto following = param.next_sibling();
        // RFC 4235 4.1.6 and RFC 3840: what the phone can do. Other parameters of a Contact name devices and flows.
        const std::string_view name = param.attribute("pname").value();
        keep(param, {"pname", "pval"}, {});
        if (name != "+sip.rendering" && name != "+sip.byeless") child.remove_child(param);
        param = following;
      }
      if (!xml::map_uri(child.attribute("uri"), child, identifiers)) participant.remove_child(child);
    }
    child = next;
  }
}

void map_dialog(pugi::xml_node dialog, Identifiers& identifiers) {
  keep(dialog, {"id", "call-id", "local-tag", "remote-tag", "direction"},
       {"state", "duration", "replaces", "referred-by", "local", "remote"});
  // RFC 4235 4.1: must not change while the dialog lives; most phones write their Call-ID here.
  const std::string id = identifiers.opaque(dialog.attribute("id").value());
  if (auto attribute = dialog.attribute("id")) attribute.set_value(id.c_str());
  map_ids(dialog, identifiers);
  for (auto child = dialog.first_child(); child;) {
    const auto next = child.next_sibling();
    const auto name = xml::local_name(child);
    if (name == "local" || name == "remote") {
      map_participant(child, identifiers);
    } else if (name == "replaces") {
      keep(child, {"call-id", "local-tag", "remote-tag"}, {});
      if (!map_ids(child, identifiers)) dialog.remove_child(child);
    } else if (name == "referred-by") {
      keep(child, {"display", "display-name"}, {});
      xml::map_uri_text(child, identifiers);
    } else {
      keep(child, {"event", "code"}, {});
    }
    child = next;
  }
}

void map_contact(pugi::xml_node contact, Identifiers& identifiers) {
  // callid, cseq, received, path and unknown-param (instance ids, flows) speak of the other side (RFC 3680 5.2).
  keep(contact, {"id", "state", "event", "duration-registered", "expires", "retry-after", "q"},
       {"uri", "display-name"});
  const std::string id = identifiers.opaque(contact.attribute("id").value());
  if (auto attribute = contact.attribute("id")) attribute.set_value(id.c_str());
  for (auto child = contact.first_child(); child;) {
    const auto next = child.next_sibling();
    keep(child, {}, {});
    if (xml::local_name(child) == "uri") xml::map_uri_text(child, identifiers);
    child = next;
  }
}

}  // namespace

std::expected<std::string, std::string> rewrite_dialog_info(std::string_view text, Identifiers& identifiers) {
  pugi::xml_document document;
  if (auto read = xml::read(text, "dialog-info", document); !read) return std::unexpected(read.error());
  auto root = document.document_element();
  keep(root, {"version", "state", "entity"}, {"dialog"});
  if (!xml::map_uri(root.attribute("entity"), root, identifiers))
    return std::unexpected("dialog-info: expected an entity that is a URI");
  for (auto dialog = root.first_child(); dialog; dialog = dialog.next_sibling()) map_dialog(dialog, identifiers);
  return xml::write(document);
}

std::expected<std::string, std::string> rewrite_reginfo(std::string_view text, Identifiers& identifiers) {
  pugi::xml_document document;
  if (auto read = xml::read(text, "reginfo", document); !read) return std::unexpected(read.error());
  auto root = document.document_element();
  keep(root, {"version", "state"}, {"registration"});
  for (auto registration = root.first_child(); registration;) {
    const auto next = registration.next_sibling();
    keep(registration, {"aor", "id", "state"}, {"contact"});
    const std::string id = identifiers.opaque(registration.attribute("id").value());
    if (auto attribute = registration.attribute("id")) attribute.set_value(id.c_str());
    for (auto contact = registration.first_child(); contact; contact = contact.next_sibling())
      map_contact(contact, identifiers);
    if (!xml::map_uri(registration.attribute("aor"), registration, identifiers)) root.remove_child(registration);
    registration = next;
  }
  return xml::write(document);
}

std::expected<std::string, std::string> rewrite_pidf(std::string_view text, Identifiers& identifiers) {
  pugi::xml_document document;
  if (auto read = xml::read(text, "presence", document); !read) return std::unexpected(read.error());
  auto root = document.document_element();
  if (!xml::map_uri(root.attribute("entity"), root, identifiers))
    return std::unexpected("pidf: expected an entity that is a URI");
  // Presence has more extensions than anybody lists, and what they say of a person is for the watcher; what names
  // machines is known: contacts, device identifiers.
  class Walker final : public pugi::xml_tree_walker {
   public:
    bool for_each(pugi::xml_node& node) override {
      const auto name = xml::local_name(node);
      if (name == "contact") contacts.push_back(node);
      if (name == "deviceID") devices.push_back(node);
      return true;
    }
    std::vector<pugi::xml_node> contacts, devices;
  } walker;
  document.traverse(walker);
  for (auto& contact : walker.contacts) xml::map_uri_text(contact, identifiers);
  for (auto& device : walker.devices) {
    const std::string id = identifiers.opaque(device.text().get());
    device.text().set(id.c_str());
  }
  return xml::write(document);
}

}  // namespace sbc::body
