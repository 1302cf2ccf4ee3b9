#include "server/plugins/association.h"

#include <algorithm>
#include <map>

#include "server/plugins/phone_support.h"

namespace provdlab::server {
namespace {

constexpr int kHighestScore = 1000;

int ReadScore(const ObjectReader& reader, const char* name, int otherwise) {
  static const std::map<std::string, int, std::less<>> names = {
      {"exact", kScoreExact},       {"complete", kScoreComplete}, {"incomplete", kScoreIncomplete},
      {"probable", kScoreProbable}, {"unknown", kScoreUnknown},   {"improbable", kScoreImprobable},
      {"none", kScoreNone}};
  const Json* member = reader.Find(name);
  if (member == nullptr || !member->is_string()) return static_cast<int>(reader.Integer(name, 0, kHighestScore, otherwise));
  const auto known = names.find(member->get<std::string>());
  if (known != names.end()) return known->second;
  reader.Mistake(std::string(name) + " is none of exact, complete, incomplete, probable, unknown, improbable and none" +
                 Meaning(member->get<std::string>(), {"complete", "exact", "improbable", "incomplete", "none", "probable", "unknown"}));
  return otherwise;
}

}  // namespace

Association Association::Read(const Json& json, const std::string& where, const std::vector<std::string>& vendors, Mistakes& mistakes) {
  const ObjectReader reader(json, where, mistakes);
  reader.NothingElse({"vendor", "same_version", "known_model", "other_model", "other_vendor", "no_vendor"});
  Association association;
  association.vendor_ = reader.Text("vendor");
  const auto knows = [&](std::string_view vendor) { return std::find(vendors.begin(), vendors.end(), vendor) != vendors.end(); };
  if (!association.vendor_.empty() && !knows("*") && !knows(association.vendor_))
    reader.Mistake("no capability of plugin-info has the vendor '" + association.vendor_ + "'" + Meaning(association.vendor_, vendors));
  association.same_version_ = ReadScore(reader, "same_version", kScoreExact);
  association.known_model_ = ReadScore(reader, "known_model", kScoreComplete);
  association.other_model_ = ReadScore(reader, "other_model", kScoreUnknown);
  association.other_vendor_ = ReadScore(reader, "other_vendor", kScoreImprobable);
  association.no_vendor_ = ReadScore(reader, "no_vendor", kScoreUnknown);
  return association;
}

int Association::Score(const Identity& identity, const PhoneTables& tables) const {
  if (vendor_.empty()) return kScoreNone;
  if (!identity.vendor) return no_vendor_;
  if (*identity.vendor != vendor_) return other_vendor_;
  if (!identity.model) return other_model_;
  const auto own = tables.model_names.find(*identity.model);
  const auto model = tables.models.find(own == tables.model_names.end() ? *identity.model : own->second);
  if (model == tables.models.end()) return other_model_;
  return identity.version && model->second.versions.contains(*identity.version) ? same_version_ : known_model_;
}

}  // namespace provdlab::server
