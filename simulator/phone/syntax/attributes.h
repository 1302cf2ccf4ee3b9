#pragma once
// Files of XML in which only the attributes count: each is a setting, whatever element it stands in.
//
//   auto settings = ReadAttributes(R"(<polycomConfig reg.1.address="je5qtq"/>)");        // {{"reg.1.address", "je5qtq"}}
//
// A file that is not well-formed is broken as a whole. DTDs are passed over, entities of their making stay unresolved.
// Pure; any thread; any bytes.

#include <string_view>
#include <vector>

#include "base/result.h"
#include "simulator/phone/syntax/setting.h"

namespace provdlab::phone {

// kInvalid: why the file is broken, with the place where that is known.
Result<std::vector<Setting>> ReadAttributes(std::string_view text);

}  // namespace provdlab::phone
