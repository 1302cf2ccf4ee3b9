#include "simulator/phone/registration.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/sip/digest.h"
#include "base/text.h"

namespace provdlab::phone {
namespace {

using std::chrono::seconds;

constexpr int kMostChallenges = 3;  // of one REGISTER
constexpr Milliseconds kShortestRenewal{1'000};
constexpr std::uint32_t kLongestExpiry = 7 * 86'400;
constexpr std::uint16_t kSipsPort = 5061;
constexpr std::string_view kUdp = "udp";

bool IsHost(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_'; });
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string TransportOf(const Line& line) {
  return line.transport == "tcp" || line.transport == "tls" ? line.transport : std::string(kUdp);
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::uint16_t PortOf(const Server& server, const std::string& transport) {
  return server.port != 0 ? server.port : transport == "tls" ? kSipsPort : sip::kDefaultPort;
}

std::string UriOf(const Server& server) {
  return "sip:" + server.host + (server.port == 0 || server.port == sip::kDefaultPort ? "" : ":" + std::to_string(server.port));
}

bool IsTheSame(Line a, const Line& b) {
  a.registered = b.registered;
  return a == b;
}

}  // namespace

void Registration::Start() {
  Forget();
  for (std::size_t line = 0; line < body_.knowledge.lines.size(); ++line) accounts_.push_back(Begin(line));
  for (Account& account : accounts_) Ask(account);
  JudgeStage();
}

void Registration::Update(const Knowledge& before) {
  std::vector<Account> kept = std::exchange(accounts_, {});
  std::vector<std::size_t> fresh;
  for (std::size_t line = 0; line < body_.knowledge.lines.size(); ++line) {
    Line& now = body_.knowledge.lines[line];
    const auto same = std::find_if(kept.begin(), kept.end(), [&](const Account& account) {
      return account.identity != 0 && account.line < before.lines.size() && IsTheSame(before.lines[account.line], now);
    });
    if (same == kept.end()) {
      fresh.push_back(accounts_.size());
      accounts_.push_back(Begin(line));
      continue;
    }
    now.registered = before.lines[same->line].registered;
    accounts_.push_back(std::move(*same));
    same->identity = 0;
    same->timer = 0;
    accounts_.back().line = line;
  }
  for (Account& account : kept) body_.StopTimer(account.timer);
  for (const std::size_t index : fresh) Ask(accounts_[index]);
  JudgeStage();
}

void Registration::Forget() {
  for (Account& account : accounts_) body_.StopTimer(account.timer);
  accounts_.clear();
  for (Line& line : body_.knowledge.lines) line.registered = false;
}

bool Registration::busy() const {
  return std::any_of(accounts_.begin(), accounts_.end(), [](const Account& account) { return account.asking != nullptr; });
}

Registration::Account Registration::Begin(std::size_t line) {
  Account account{.line = line};
  account.identity = body_.Random() | 1;
  account.sequence = body_.Random() % 10'000;
  const std::uint32_t said = line < body_.expiries.size() ? body_.expiries[line] : 0;
  account.expires = said != 0 ? said : static_cast<std::uint32_t>(body_.Number(body_.profile.sip.expires));
  return account;
}

void Registration::Ask(Account& account) {
  const Line& line = LineOf(account);
  account.at_backup = account.first_rests_until && body_.now < *account.first_rests_until && !line.backup_registrar.host.empty();
  account.asking = std::make_unique<Asking>(Asking{.again = sip::Retransmission({}), .since = body_.now});
  for (const Server* server : {&ServerOf(account), &PeerOf(account)})
    if (!IsHost(server->host)) return Rejected(account, Shown(server->host) + " is no host");
  Send(account, "", "");
}

void Registration::Send(Account& account, const std::string& authorization_name, const std::string& authorization) {
  const Line& line = LineOf(account);
  const Server& server = ServerOf(account);
  const std::string transport = TransportOf(line);
  const std::string address = "sip:" + sip::EscapeUser(line.username) + "@";
  const std::string own = body_.ip + ":" + std::to_string(body_.unit.sip_port);
  const std::string of_record = "<" + address + UriOf(server).substr(4) + ">";
  const std::string display = line.display_name.empty() ? "" : Quoted(line.display_name) + " ";

  sip::Message request{.method = "REGISTER", .uri = UriOf(server)};
  request.Add("Via", "SIP/2.0/" + Upper(transport) + " " + own + ";branch=z9hG4bK" + body_.RandomToken() + ";rport");
  request.Add("Max-Forwards", "70");
  request.Add("From", display + of_record + ";tag=" + Hex(account.identity * 3));
  request.Add("To", of_record);
  request.Add("Call-ID", CallId(account));
  request.Add("CSeq", std::to_string(++account.sequence) + " REGISTER");
  request.Add("Contact", "<" + address + own + (transport == kUdp ? "" : ";transport=" + transport) + ">");
  request.Add("Expires", std::to_string(account.expires));
  request.Add("User-Agent", body_.Say(body_.profile.sip.user_agent).value_or(""));
  if (!authorization.empty()) request.Add(authorization_name, authorization);

  Asking& asking = *account.asking;
  asking.text = request.Text();
  asking.again = sip::Retransmission({});
  asking.since = body_.now;
  SendText(account);
  SetRetransmission(account);
}

const Server& Registration::PeerOf(const Account& account) const {
  const Server& proxy = LineOf(account).proxy;
  return body_.profile.sip.through_proxy && !proxy.host.empty() ? proxy : ServerOf(account);
}

void Registration::SendText(const Account& account) {
  const Server& to = PeerOf(account);
  const std::string transport = TransportOf(LineOf(account));
  body_.Do(SendSip{.ip = to.host, .port = PortOf(to, transport), .transport = transport, .text = account.asking->text});
}

// Over TCP and TLS nothing is sent twice, but somebody has to answer in the same time.
void Registration::SetRetransmission(Account& account) {
  const Asking& asking = *account.asking;
  const Milliseconds next = TransportOf(LineOf(account)) == kUdp ? asking.again.next() : sip::Timers().overall;
  body_.StopTimer(account.timer);
  account.timer = body_.StartTimer(std::max(next - (body_.now - asking.since), Milliseconds(1)));
}

bool Registration::Handle(const TimerRang& rang) {
  const auto found = std::find_if(accounts_.begin(), accounts_.end(),
                                  [&](const Account& account) { return account.timer != 0 && account.timer == rang.timer; });
  if (found == accounts_.end()) return false;
  Account& account = *found;
  account.timer = 0;
  if (!account.asking) {
    Ask(account);
    return true;
  }
  const Milliseconds since = body_.now - account.asking->since;
  if (account.asking->again.Over(since)) {
    ServerFailed(account, "no answer");
    return true;
  }
  const std::string transport = TransportOf(LineOf(account));
  if (transport == kUdp && account.asking->again.Due(since)) SendText(account);
  SetRetransmission(account);
  return true;
}

void Registration::Handle(const sip::Message& response) {
  const std::optional<std::string> call_id = response.Get("Call-ID");
  const std::optional<sip::Sequence> sequence = sip::SequenceOf(response);
  if (!call_id || !sequence || sequence->method != "REGISTER") return;
  const auto found = std::find_if(accounts_.begin(), accounts_.end(), [&](const Account& account) {
    return account.asking && account.sequence == sequence->number && CallId(account) == *call_id;
  });
  if (found == accounts_.end()) return;
  Account& account = *found;
  const std::string status = std::to_string(response.status) + (response.reason.empty() ? "" : " " + response.reason);
  if (response.status < 200) {
    account.asking->again.Heard(body_.now - account.asking->since);
    return SetRetransmission(account);
  }
  if (response.status < 300) return Granted(account, response);
  if (response.status == 401 || response.status == 407) return Challenged(account, response);
  if (response.status == 423 && !account.asking->longer) {
    const auto least = ParseDecimal(Trim(response.Get("Min-Expires").value_or("")));
    if (least && *least > account.expires && *least <= kLongestExpiry) {
      account.expires = static_cast<std::uint32_t>(*least);
      account.asking->longer = true;
      return Send(account, "", "");
    }
  }
  if (response.status >= 500 && response.status < 600) return ServerFailed(account, status);
  Rejected(account, status);
}

void Registration::Granted(Account& account, const sip::Message& response) {
  // Of several phones under one address, the one at our own address and port is ours.
  const std::string own = body_.ip + ":" + std::to_string(body_.unit.sip_port);
  std::optional<std::uint64_t> granted;
  for (const std::string& contact : response.Elements("Contact")) {
    const std::optional<sip::Address> address = sip::ReadAddress(contact);
    if (!address || address->host + ":" + std::to_string(address->port == 0 ? sip::kDefaultPort : address->port) != own) continue;
    granted = ParseDecimal(sip::Parameter(contact, "expires").value_or(""));
    break;
  }
  if (!granted) granted = ParseDecimal(Trim(response.Get("Expires").value_or("")));
  const std::uint64_t expires = std::min<std::uint64_t>(granted.value_or(account.expires), kLongestExpiry);
  if (expires == 0) return Rejected(account, "registered for no time");

  account.asking.reset();
  body_.StopTimer(account.timer);
  const SipRules& rules = body_.profile.sip;
  const Milliseconds period = seconds(expires);
  const bool by_half = rules.renews_at_half || period <= 2 * rules.renews_before;
  account.timer = body_.StartTimer(std::max(by_half ? period / 2 : period - rules.renews_before, kShortestRenewal));
  const bool news = !LineOf(account).registered;
  LineOf(account).registered = true;
  if (news)
    body_.Tell(Tell::What::kRegister, Name(account) + ": " + LineOf(account).username + " is registered at " + ServerOf(account).host +
                                          " for " + std::to_string(expires) + " s");
  JudgeStage();
}

void Registration::Challenged(Account& account, const sip::Message& response) {
  const bool proxy = response.status == 407;
  const Line& line = LineOf(account);
  std::optional<sip::Challenge> challenge;
  for (const std::string& value : response.All(proxy ? "Proxy-Authenticate" : "WWW-Authenticate"))
    if (!challenge) challenge = sip::ReadChallenge(value);
  if (!challenge) return Rejected(account, std::to_string(response.status) + " without a challenge that it understands");
  const int challenges = ++account.asking->challenges;
  if (challenges > kMostChallenges || (challenges > 1 && !challenge->stale))
    return Rejected(account, std::to_string(response.status) + ", the password is not right");
  const sip::Login login{line.auth_username.empty() ? line.username : line.auth_username, line.password};
  const std::string uri = UriOf(ServerOf(account));
  Send(account, proxy ? "Proxy-Authorization" : "Authorization",
       sip::Authorization(*challenge, login, "REGISTER", uri, body_.RandomToken(), 1));
}

void Registration::Rejected(Account& account, const std::string& why) { Wait(account, why, body_.profile.sip.after_rejection); }

void Registration::ServerFailed(Account& account, const std::string& why) {
  const SipRules& rules = body_.profile.sip;
  if (account.at_backup || LineOf(account).backup_registrar.host.empty()) return Wait(account, why, rules.after_timeout);
  body_.Tell(Tell::What::kRegister, Name(account) + ": " + ServerOf(account).host + ": " + why + "; it asks the backup");
  // At least this once the backup is asked, however long failed servers rest.
  account.first_rests_until = body_.now + std::max(rules.failed_server_rests, Milliseconds(1));
  Ask(account);
}

void Registration::Wait(Account& account, const std::string& why, Milliseconds wait) {
  body_.Tell(Tell::What::kRegister,
             Name(account) + ": " + LineOf(account).username + " is not registered at " + ServerOf(account).host + ": " + why);
  account.asking.reset();
  body_.StopTimer(account.timer);
  account.timer = body_.StartTimer(wait);
  LineOf(account).registered = false;
  JudgeStage();
}

void Registration::JudgeStage() {
  const std::vector<Line>& lines = body_.knowledge.lines;
  const bool all = !lines.empty() && std::all_of(lines.begin(), lines.end(), [](const Line& line) { return line.registered; });
  if (all && body_.stage == Stage::kParsed) body_.Reach(Stage::kRegistered);
  if (!all && body_.stage == Stage::kRegistered) body_.Reach(Stage::kParsed);
}

}  // namespace provdlab::phone
