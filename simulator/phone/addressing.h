#pragma once
// What a phone says to the DHCP server, and what it takes from the answer: pure functions over the profile's rules.
//
//   body.Do(AskForAddress{.mac = …, .options = OptionsToSend(body)});
//   std::optional<Place> place = WhereFilesAre(body, leased.options);      // nothing: nobody said where
//
// Any thread, as long as the body is left alone meanwhile.

#include <map>
#include <optional>
#include <string>

#include "simulator/phone/body.h"
#include "simulator/phone/location.h"

namespace provdlab::phone {

std::map<int, std::string> OptionsToSend(const Body& body);

struct Place {
  Location location;
  std::string file;  // that the URL itself names, if the profile has that
  std::string said_by;
};

// A URL, or a bare host as the profile reads one; the profile's variables are replaced. Nothing if no phone can fetch from there.
std::optional<Place> ReadPlace(const Body& body, const std::string& text);

// By hand, else by the first of the profile's sources that says something which can be used.
std::optional<Place> WhereFilesAre(const Body& body, const std::map<int, std::string>& options);

// The URL that the settings of the phone's files add up to; nothing if they don't say any, or one that can't be used.
std::optional<std::string> UrlOfSettings(const Body& body);

}  // namespace provdlab::phone
