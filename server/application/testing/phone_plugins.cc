#include "server/application/testing/phone_plugins.h"

#include <cstdlib>
#include <iostream>

#include "base/files.h"

namespace provdlab::server::testing {

PhonePlugin MakePhonePlugin(std::string_view id, Json phones, const Json& capabilities) {
  const TemporaryDirectory folder;
  phones["format"] = 1;
  auto loaded = WriteFileAtomically(folder.path() / "phone.cfg", "mac: {{device.mac}}\n").and_then([&] {
    return PhoneSupport::Load(folder.path(), id, phones, {{"capabilities", capabilities}});
  });
  if (!loaded) {
    std::cerr << loaded.error().message << std::endl;
    std::abort();
  }
  return {std::string(id), std::move(*loaded)};
}

PhonePlugin MakeVendorPlugin(std::string_view id, std::string_view vendor) {
  const std::string name(vendor);
  const Json gives = {{"vendor", name}};
  return MakePhonePlugin(id,
                         {{"serves", {"http", "tftp"}},
                          {"identification",
                           {{{"protocol", "http"},
                             {"user_agent", name + " (?P<model>X\\d)(?: (?P<mac>[\\da-f:]{17}))?(?: (?P<version>[\\d.]+))?"},
                             {"gives", gives}},
                            {{"protocol", "http"}, {"user_agent", name + " serial (?P<sn>\\d+)"}, {"gives", gives}},
                            {{"protocol", "http"}, {"user_agent", name + " uuid (?P<uuid>\\w+)"}, {"gives", gives}},
                            {{"protocol", "dhcp"}, {"option_60", name + " (?P<model>X\\d)"}, {"gives", gives}}}},
                          {"association", {{"vendor", name}, {"other_model", "probable"}}},
                          {"device", {{"needs", {"mac"}}}},
                          {"files", {{"device", {{{"path", "{{device.mac_hex}}.cfg"}, {"template", "phone.cfg"}}}}}},
                          {"trigger", "{{device.mac_hex}}.cfg"}},
                         {{name + ", X1, 1.0", Json::object()}, {name + ", X2, 1.0", Json::object()}});
}

}  // namespace provdlab::server::testing
