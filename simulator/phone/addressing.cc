#include "simulator/phone/addressing.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr int kVendorClassOption = 60;
constexpr std::size_t kLongestOption = 255;  // RFC 2132

// RFC 3925: the enterprise's number, the length of what follows, and sub-options with their lengths.
std::string Binary(const VendorClass& vendor_class, const Body& body) {
  std::string parts;
  for (const auto& [code, phrase] : vendor_class.parts) {
    std::string text = body.Say(phrase).value_or("");
    const std::size_t room = kLongestOption - 5 - parts.size();
    if (text.empty() || text.size() + 2 > room) continue;
    parts += static_cast<char>(code);
    parts += static_cast<char>(text.size());
    parts += text;
  }
  std::string option;
  for (int shift = 24; shift >= 0; shift -= 8) option += static_cast<char>(vendor_class.enterprise >> shift & 0xff);
  option += static_cast<char>(parts.size());
  return option + parts;
}

// The sub-option of that code in the bytes of option 43 (RFC 2132, 8.4).
std::optional<std::string> SubOption(std::string_view bytes, int code) {
  constexpr unsigned char kPad = 0, kEnd = 255;
  while (!bytes.empty()) {
    const auto found = static_cast<unsigned char>(bytes[0]);
    if (found == kEnd) break;
    if (found == kPad) {
      bytes.remove_prefix(1);
      continue;
    }
    if (bytes.size() < 2) break;
    const auto length = static_cast<unsigned char>(bytes[1]);
    if (bytes.size() < 2u + length) break;
    if (found == code) return std::string(bytes.substr(2, length));
    bytes.remove_prefix(2u + length);
  }
  return std::nullopt;
}

bool IsText(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

// Four bytes that are no text are an address; servers may end a text with NUL.
std::string TextOf(std::string bytes) {
  if (bytes.size() == 4 && !IsText(bytes)) {
    std::string address;
    for (const unsigned char c : bytes) address += (address.empty() ? "" : ".") + std::to_string(c);
    return address;
  }
  while (bytes.ends_with('\0')) bytes.pop_back();
  return std::string(Trim(bytes));
}

std::optional<Place> PlaceSaid(const Body& body, const std::string& text, std::string said_by) {
  std::optional<Place> place = ReadPlace(body, text);
  if (place) place->said_by = std::move(said_by);
  return place;
}

}  // namespace

std::map<int, std::string> OptionsToSend(const Body& body) {
  std::map<int, std::string> options;
  for (const VendorClass& vendor_class : body.profile.addressing.vendor_classes) {
    if (!Holds(vendor_class.when, body)) continue;
    if (vendor_class.enterprise != 0) {
      options[kVendorClassOption] = Binary(vendor_class, body);
      break;
    }
    for (const Phrase& phrase : vendor_class.text) {
      const std::optional<std::string> text = body.Say(phrase);
      if (!text || text->empty()) continue;
      options[kVendorClassOption] = text->substr(0, kLongestOption);
      break;
    }
    break;
  }
  return options;
}

std::optional<Place> ReadPlace(const Body& body, const std::string& text) {
  std::string url = body.WithVariables(text);
  if (!IsText(url) || url.empty()) return std::nullopt;
  // A scheme that was put before a whole URL says nothing.
  if (const std::size_t scheme = url.find("://"); scheme != std::string::npos && url.find("://", scheme + 3) != std::string::npos)
    url.erase(0, scheme + 3);
  if (url.find("://") == std::string::npos) {
    url = body.profile.addressing.bare
              .Say([&](std::string_view word, std::string_view argument) {
                return word == "host" ? std::optional(url) : body.Word(word, argument);
              })
              .value_or("");
  }
  std::optional<Location> location = ReadLocation(url);
  if (!location) return std::nullopt;
  Place place{.location = std::move(*location), .file = "", .said_by = ""};
  const std::string& suffix = body.profile.addressing.file_suffix;
  std::string& folder = place.location.folder;
  if (!suffix.empty() && folder.size() > suffix.size() && folder.ends_with(suffix)) {
    const std::size_t slash = folder.rfind('/');
    place.file = folder.substr(slash + 1);
    folder.erase(slash);
  }
  return place;
}

std::optional<Place> WhereFilesAre(const Body& body, const std::map<int, std::string>& options) {
  if (!body.unit.server.empty()) return PlaceSaid(body, body.unit.server, "by hand");
  for (const ServerSource& source : body.profile.addressing.sources) {
    std::optional<Place> place;
    if (source.kind == ServerSource::Kind::kSettings) {
      const std::string& url = body.knowledge.provisioning_url;
      if (!url.empty()) place = PlaceSaid(body, url, "by its settings");
    } else if (const auto option = options.find(source.option); option != options.end()) {
      std::string said_by = "by option " + std::to_string(source.option);
      std::optional<std::string> bytes = option->second;
      if (source.sub_option != 0) {
        bytes = SubOption(option->second, source.sub_option);
        said_by += ", sub-option " + std::to_string(source.sub_option);
      }
      if (bytes) place = PlaceSaid(body, TextOf(std::move(*bytes)), std::move(said_by));
    }
    if (place) return place;
  }
  return std::nullopt;
}

std::optional<std::string> UrlOfSettings(const Body& body) {
  for (const Phrase& phrase : body.profile.addressing.from_settings) {
    const std::optional<std::string> url = body.Say(phrase);
    if (!url) continue;
    const std::optional<Place> place = ReadPlace(body, *url);
    if (!place) return std::nullopt;
    // As it is written, with the scheme that a bare host gets.
    return url->find("://") == std::string::npos ? place->location.Text() + (place->file.empty() ? "" : "/" + place->file) : *url;
  }
  return std::nullopt;
}

}  // namespace provdlab::phone
