#include "simulator/phone/syntax/attributes.h"

#include <cstddef>
#include <pugixml.hpp>
#include <set>
#include <string>

#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr int kDeepestElement = 64;

// The element after `node` in the order of the text, without recursion; `depth` follows.
pugi::xml_node Next(pugi::xml_node node, int& depth) {
  if (const pugi::xml_node child = node.first_child()) {
    ++depth;
    return child;
  }
  while (node && !node.next_sibling()) {
    node = node.parent();
    --depth;
  }
  return node.next_sibling();
}

}  // namespace

Result<std::vector<Setting>> ReadAttributes(std::string_view text) {
  const auto broken = [](const std::string& what) { return Fail(ErrorKind::kInvalid, what); };
  if (text.size() > kLargestFile) return broken("it is larger than " + std::to_string(kLargestFile) + " bytes");
  if (const auto nul = text.find('\0'); nul != std::string_view::npos && !text.starts_with("\xff\xfe") && !text.starts_with("\xfe\xff")) {
    const Position position = PositionAt(text, nul);
    return Fail(ErrorKind::kInvalid, "line " + std::to_string(position.line) + ": there is a NUL byte", position);
  }
  pugi::xml_document document;
  // Text between elements is wanted only because none may stand outside of the outermost one.
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_fragment, pugi::encoding_auto);
  if (!parsed) {
    const Position position = PositionAt(text, parsed.offset < 0 ? 0 : static_cast<std::size_t>(parsed.offset));
    return Fail(ErrorKind::kInvalid,
                "line " + std::to_string(position.line) + ", column " + std::to_string(position.column) + ": " + parsed.description(),
                position);
  }
  int outermost = 0;
  for (const pugi::xml_node node : document) {
    if (node.type() == pugi::node_element) ++outermost;
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata)
      return broken("there is text outside of the outermost element");
  }
  if (outermost != 1) return broken(outermost == 0 ? "there is no element" : "there is more than one outermost element");

  std::vector<Setting> settings;
  int depth = 0;
  for (pugi::xml_node node = document.first_child(); node; node = Next(node, depth)) {
    if (depth > kDeepestElement) return broken("elements stand deeper in one another than " + std::to_string(kDeepestElement));
    std::set<std::string_view> names;
    for (const pugi::xml_attribute attribute : node.attributes()) {
      if (!names.insert(attribute.name()).second) return broken(std::string(node.name()) + " has " + attribute.name() + " twice");
      if (!IsUtf8(attribute.name()) || !IsUtf8(attribute.value()))
        return broken(std::string("the value of ") + attribute.name() + " is not in the file's encoding");
      if (settings.size() >= kMostSettings) return broken("there are more than " + std::to_string(kMostSettings) + " settings");
      settings.push_back({attribute.name(), attribute.value()});
    }
  }
  return settings;
}

}  // namespace provdlab::phone
