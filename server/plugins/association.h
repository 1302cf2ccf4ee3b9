#pragma once
// How well a plugin suits a phone, by the manifest's "association".
//
//   Association association = Association::Read(json, where, {"Aastra"}, mistakes);
//   association.Score(identity, tables);   // 600: this model with this firmware
//
// An immutable value; any thread may ask.

#include <string>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "server/plugins/identification.h"
#include "server/plugins/phone_view.h"

namespace provdlab::server {

class Association {
 public:
  Association() = default;  // suits no phone
  // `vendors`: those of the plugin's capabilities; with "*" among them, any.
  static Association Read(const Json& json, const std::string& where, const std::vector<std::string>& vendors, Mistakes& mistakes);
  int Score(const Identity& identity, const PhoneTables& tables) const;

 private:
  std::string vendor_;
  int same_version_ = 0, known_model_ = 0, other_model_ = 0, other_vendor_ = 0, no_vendor_ = 0;
};

}  // namespace provdlab::server
