#include "conformance/audit/snapshot.h"

namespace provdlab::conformance::audit {

std::string_view PathOf(Resource resource) {
  switch (resource) {
    case Resource::kDevices:
      return "/dev_mgr/devices";
    case Resource::kConfigs:
      return "/cfg_mgr/configs";
    case Resource::kLoadedPlugins:
      return "/pg_mgr/plugins";
    case Resource::kInstalledPlugins:
      return "/pg_mgr/install/installed";
    case Resource::kNat:
      return "/configure/NAT";
  }
  return "";
}

}  // namespace provdlab::conformance::audit
