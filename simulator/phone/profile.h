#pragma once
// How the phones of a family behave, as data: what they say of themselves, which files they ask for in which order, what they do with them.
//
//   Result<Profile> profile = Profile::Read(text, "acme");          // the error names the member that is wrong
//   Phone phone(*profile, {.model = "X1", .mac = MintMac(*profile, 7)});
//
// docs/phone-profiles.md describes the format. Cheap to copy; immutable; any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::phone {

struct Assumption;
struct ProfileData;

class Profile {
 public:
  // The text of another profile by its name, on which one may be based.
  using Others = std::function<std::optional<std::string_view>(std::string_view name)>;

  // `name` is what people call it by: the file's name without its folder and ".json". kInvalid names the member that is wrong.
  static Result<Profile> Read(std::string_view json, std::string name, const Others& others = {});

  const std::string& name() const;
  const std::string& vendor() const;
  std::vector<std::string> models() const;  // in natural order
  bool HasModel(std::string_view model) const;
  const std::vector<std::string>& ouis() const;
  // What is in it that no source says.
  const std::vector<Assumption>& assumptions() const;

  const ProfileData& data() const { return *data_; }

 private:
  explicit Profile(std::shared_ptr<const ProfileData> data) : data_(std::move(data)) {}

  std::shared_ptr<const ProfileData> data_;
};

// A MAC of the family's that no phone has: different for different seeds below 1,048,576, from the OUI's addresses that begin with a.
std::string MintMac(const Profile& profile, std::uint64_t seed);

}  // namespace provdlab::phone
