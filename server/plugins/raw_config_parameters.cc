#include "server/plugins/raw_config_parameters.h"

#include <algorithm>

namespace provdlab::server {
namespace {

using Kind = RawConfigParameter::Kind;

const std::vector<RawConfigParameter>& All() {
  static const std::vector<RawConfigParameter> all = {
      {"admin_password"},
      {"admin_username"},
      {"config_encryption_enabled", Kind::kFlag},
      {"config_version"},
      {"dns_enabled", Kind::kFlag},
      {"dns_ip"},
      {"exten_dnd"},
      {"exten_fwd_busy"},
      {"exten_fwd_disable_all"},
      {"exten_fwd_no_answer"},
      {"exten_fwd_unconditional"},
      {"exten_park"},
      {"exten_pickup_call"},
      {"exten_pickup_group"},
      {"exten_voicemail"},
      {"funckeys", Kind::kWorkedOut},
      {"http_port"},
      {"ip"},
      {"locale"},
      {"ntp_enabled", Kind::kFlag},
      {"ntp_ip"},
      {"protocol", Kind::kText, {"SCCP", "SIP"}},
      {"sccp_call_managers", Kind::kObject},
      {"sip_backup_proxy_ip"},
      {"sip_backup_proxy_port"},
      {"sip_backup_registrar_ip"},
      {"sip_backup_registrar_port"},
      {"sip_dtmf_mode", Kind::kText, {"RTP-in-band", "RTP-out-of-band", "SIP-INFO"}},
      {"sip_lines", Kind::kWorkedOut},
      {"sip_local_certificate"},
      {"sip_local_key"},
      {"sip_local_root_and_intermediate_certificates", Kind::kTexts},
      {"sip_outbound_proxy_ip"},
      {"sip_outbound_proxy_port"},
      {"sip_proxy_ip"},
      {"sip_proxy_port"},
      {"sip_registrar_ip"},
      {"sip_registrar_port"},
      {"sip_servers_root_and_intermediate_certificates", Kind::kTexts},
      {"sip_srtp_mode", Kind::kText, {"disabled", "preferred", "required"}},
      {"sip_subscribe_mwi", Kind::kFlag},
      {"sip_transport", Kind::kText, {"tcp", "tls", "udp"}},
      {"syslog_enabled", Kind::kFlag},
      {"syslog_ip"},
      {"syslog_level", Kind::kText, {"critical", "debug", "error", "info", "warning"}},
      {"syslog_port"},
      {"tftp_port"},
      {"timezone", Kind::kWorkedOut},
      {"user_password"},
      {"user_username"},
      {"vlan_enabled", Kind::kFlag},
      {"vlan_id"},
      {"vlan_pc_port_id"},
      {"vlan_priority"},
  };
  return all;
}

}  // namespace

const RawConfigParameter* FindRawConfigParameter(std::string_view name) {
  const auto found = std::find_if(All().begin(), All().end(), [&](const RawConfigParameter& each) { return each.name == name; });
  return found == All().end() ? nullptr : &*found;
}

std::vector<std::string> RawConfigParameterNames() {
  std::vector<std::string> names;
  for (const RawConfigParameter& parameter : All()) names.emplace_back(parameter.name);
  return names;
}

}  // namespace provdlab::server
