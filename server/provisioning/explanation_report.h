#pragma once
// How a phone's request was understood, for programs and for people.
//
//   Json document = ReportOf(explanation, {"Aastra/00085D100001.cfg"});
//   document["verdict"];          // "404: xivo-aastra-3.3.1-SP2 has no file Aastra/00085d100001.cfg for device 9f86 (found by mac)"
//   std::string text = TextOf(document);
//
// docs/provisioning.md describes the document. Pure functions; any thread.

#include <string>
#include <vector>

#include "base/json.h"
#include "server/application/phone_requests.h"

namespace provdlab::server::provisioning {

// `nearest`: files that are there instead of the one that isn't.
Json ReportOf(const Explanation& explanation, const std::vector<std::string>& nearest);

// The verdict in the first line, the evidence below it. `report` is one of ReportOf, whoever passed it on: members that it lacks are left
// out.
std::string TextOf(const Json& report);

}  // namespace provdlab::server::provisioning
