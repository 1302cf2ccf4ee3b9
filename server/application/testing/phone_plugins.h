#pragma once
// Plugins for tests, made of the rules that matter.
//
//   PhonePlugin acme = MakePhonePlugin("acme-1.0", {{"identification", …}, {"association", {{"vendor", "Acme"}}}});
//
// What can't be loaded aborts the test program: the plugins of a test are no input. Any thread.

#include <string>
#include <string_view>

#include "base/json.h"
#include "server/application/recognition.h"

namespace provdlab::server::testing {

// `phones` needs no "format"; `capabilities` are those of the plugin-info, such as {"Acme, X1, 1.0": {}}. A device's file, if there is one,
// has the template "phone.cfg", which writes the mac.
PhonePlugin MakePhonePlugin(std::string_view id, Json phones, const Json& capabilities = Json::object());

// A plugin that recognises user agents "VENDOR MODEL [MAC] [VERSION]" and DHCP's option 60 "VENDOR MODEL", has the models X1 and X2, and
// writes MAC.cfg, which is also its trigger.
PhonePlugin MakeVendorPlugin(std::string_view id, std::string_view vendor);

}  // namespace provdlab::server::testing
