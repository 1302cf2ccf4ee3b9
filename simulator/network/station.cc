#include "simulator/network/station.h"

#include <string_view>
#include <utility>
#include <variant>

#include "base/sip/message.h"
#include "base/text.h"

namespace provdlab::network {
namespace {

using Kind = Entry::Kind;

constexpr std::int64_t kMillion = 1'000'000;

std::string UrlOf(const phone::Fetch& fetch) {
  using Protocol = phone::Fetch::Protocol;
  const char* scheme = fetch.protocol == Protocol::kTftp ? "tftp" : fetch.protocol == Protocol::kHttps ? "https" : "http";
  return std::string(scheme) + "://" + fetch.host + ":" + std::to_string(fetch.port) + (fetch.path.starts_with('/') ? "" : "/") +
         fetch.path;
}

std::string PeerOf(const std::string& ip, std::uint16_t port) { return ip + ":" + std::to_string(port); }

// "REGISTER sip:192.0.2.20 SIP/2.0, 2 REGISTER"
std::string Summary(const std::string& first_line, const std::optional<std::string>& sequence) {
  return first_line + (sequence ? ", " + *sequence : "");
}

// A header of a message that the phone wrote itself.
std::optional<std::string> HeaderOf(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\r\n" + name + ": ");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + name.size() + 4;
  return text.substr(begin, text.find("\r\n", begin) - begin);
}

std::string FirstLineOf(const sip::Message& message) {
  if (message.is_request()) return message.method + " " + message.uri + " SIP/2.0";
  return "SIP/2.0 " + std::to_string(message.status) + " " + message.reason;
}

}  // namespace

Station::Station(Network& network, dhcp::Service& dhcp, phone::Phone phone, StationOptions options)
    : network_(network), dhcp_(dhcp), phone_(std::move(phone)), options_(options) {
  link_ = network_.Attach({.number = options_.number, .noise = options_.noise, .deliver = [this](phone::Event event) { Handle(event); }});
}

Station::~Station() { ForgetTimers(); }

void Station::ForgetTimers() {
  for (auto& [timer, appointment] : timers_) network_.Forget(appointment);
  timers_.clear();
}

Milliseconds Station::PhoneNow() const {
  const std::int64_t now = network_.Now().count();
  return std::chrono::duration_cast<Milliseconds>(Instant(now + now * options_.clock_ppm / kMillion));
}

void Station::Note(Entry entry) {
  if (!observer_) return;
  entry.at = network_.Now();
  observer_(*this, entry);
}

void Station::Do(const phone::Event& event) { Handle(event); }

void Station::NoteEvent(const phone::Event& event) {
  if (std::holds_alternative<phone::PowerOn>(event)) Note({.kind = Kind::kPower, .text = "on"});
  if (std::holds_alternative<phone::PowerOff>(event)) Note({.kind = Kind::kPower, .text = "off"});
  if (std::holds_alternative<phone::CallBegan>(event)) Note({.kind = Kind::kCall, .text = "begins"});
  if (std::holds_alternative<phone::CallEnded>(event)) Note({.kind = Kind::kCall, .text = "ends"});
  if (const auto* began = std::get_if<phone::Began>(&event))
    Note({.kind = Kind::kBegan, .fetch = began->fetch, .size = began->head.size()});
  if (const auto* sip = std::get_if<phone::SipReceived>(&event))
    Note({.kind = Kind::kHears,
          .peer = PeerOf(sip->from_ip, sip->from_port),
          .text = Summary(FirstLineOf(sip->message), sip->message.Get("CSeq"))});
  if (const auto* fetched = std::get_if<phone::Fetched>(&event)) {
    const Asked asked = std::move(asking_[fetched->fetch]);
    asking_.erase(fetched->fetch);
    Note({.kind = Kind::kFetched,
          .fetch = fetched->fetch,
          .method = asked.method,
          .url = asked.url,
          .digest = fetched->size > 0 ? fetched->digest : "",
          .how = fetched->how,
          .status = fetched->status,
          .size = fetched->size,
          .took = network_.Now() - asked.at - link_->waited()});
  }
}

bool Station::Meets(const phone::Event& event) {
  const auto* received = std::get_if<phone::SipReceived>(&event);
  if (received == nullptr || !received->message.is_request() || received->message.method != "NOTIFY") return false;
  const sip::Message& request = received->message;
  if (notified_) {
    const auto address = sip::ReadAddress(request.uri);
    notified_({.call_id = request.Get("Call-ID").value_or(""),
               .sequence = request.Get("CSeq").value_or(""),
               .event = request.Get("Event").value_or(""),
               .to = address ? address->user : "",
               .headers = request.headers});
  }
  if (manners_.ignores) return true;
  if (manners_.lost > 0) {
    --manners_.lost;
    return true;
  }
  const bool as_usual = manners_.says.empty() || (!manners_.says.back().text && manners_.says.back().code == 200);
  if (as_usual && manners_.says.size() <= 1 && manners_.after == Milliseconds(0)) return false;
  for (std::size_t i = 0; i + 1 < manners_.says.size(); ++i) Say(*received, manners_.says[i]);
  const Manners::Saying last = as_usual ? Manners::Saying{} : manners_.says.back();
  network_.After(manners_.after, [this, life = std::weak_ptr(life_), number = *life_, received = *received, last, as_usual] {
    const auto now = life.lock();
    if (!now || *now != number) return;
    if (!as_usual) return Say(received, last);
    Pass(received);
  });
  return true;
}

void Station::Say(const phone::SipReceived& received, const Manners::Saying& saying) {
  sip::Message request = received.message;
  sip::MarkSource(request, received.from_ip, received.from_port);
  const std::string response =
      saying.text ? *saying.text : sip::ResponseTo(request, saying.code, "As Told", std::to_string(options_.number)).Text();
  const auto via = request.Get("Via").value_or("");
  const bool udp = via.find("/UDP") != std::string::npos;
  Act(phone::SendSip{.ip = received.from_ip,
                     .port = udp ? sip::ReplyPort(request, received.from_port) : received.from_port,
                     .transport = udp ? "udp" : "tcp",
                     .text = response});
}

void Station::Handle(const phone::Event& event) {
  NoteEvent(event);
  if (!Meets(event)) Pass(event);
}

void Station::Pass(const phone::Event& event) {
  for (const phone::Action& action : phone_.Handle(event, PhoneNow())) {
    std::visit([this](const auto& each) { Act(each); }, action);
  }
  if (handled_) handled_(*this);
}

void Station::ReleaseSip() {
  holds_sip_ = false;
  for (const phone::SendSip& message : std::exchange(held_sip_, {})) Act(message);
}

void Station::Act(const phone::AskForAddress& ask) {
  const auto vendor_class = ask.options.find(dhcp::kVendorClassOption);
  Note({.kind = Kind::kAsksLease, .text = vendor_class == ask.options.end() ? "" : vendor_class->second, .renew = ask.renew});
  asks_lease_ = true;
  dhcp_.Ask(ask.mac, ask.options,
            [this, life = std::weak_ptr(life_), number = *life_, begun = network_.Now(),
             renew = ask.renew](const std::optional<dhcp::Lease>& lease) {
              const auto now = life.lock();
              if (!now || *now != number) return;
              asks_lease_ = false;
              if (!lease) {
                Note({.kind = Kind::kNoLease, .renew = renew});
                return Handle(phone::NotLeased{});
              }
              link_->UseAddress(lease->ip);
              Note({.kind = Kind::kLease, .ip = lease->ip, .renew = renew, .took = network_.Now() - begun});
              Handle(phone::Leased{.ip = lease->ip, .options = lease->options, .lease = lease->time});
            });
}

void Station::Act(const phone::Fetch& fetch) {
  const Asked& asked = asking_[fetch.id] = {fetch.method, UrlOf(fetch), network_.Now()};
  Note({.kind = Kind::kFetches, .fetch = fetch.id, .method = asked.method, .url = asked.url});
  link_->Fetch(fetch);
}

void Station::Act(const phone::GoOn& go_on) {
  Note({.kind = Kind::kGoesOn, .fetch = go_on.fetch, .text = go_on.on ? "on" : "stop"});
  link_->GoOn(go_on);
}

void Station::Act(const phone::SendSip& message) {
  if (holds_sip_) return held_sip_.push_back(message);
  Note({.kind = Kind::kSends,
        .peer = PeerOf(message.ip, message.port),
        .text = Summary(message.text.substr(0, message.text.find("\r\n")), HeaderOf(message.text, "CSeq"))});
  link_->SendSip(message);
  constexpr std::string_view kAnswer = "SIP/2.0 ";
  const std::string sequence = HeaderOf(message.text, "CSeq").value_or("");
  if (!notified_ || !message.text.starts_with(kAnswer) || !sequence.ends_with(" NOTIFY")) return;
  const auto code = ParseDecimal(std::string_view(message.text).substr(kAnswer.size(), 3));
  notified_({.call_id = HeaderOf(message.text, "Call-ID").value_or(""), .sequence = sequence, .code = static_cast<int>(code.value_or(0))});
}

void Station::Act(const phone::SetTimer& timer) {
  Appointment& appointment = timers_[timer.timer];
  network_.Forget(appointment);
  // The phone's clock says when it rings, and never too early.
  const std::int64_t speed = kMillion + options_.clock_ppm;
  appointment = network_.After(Instant((Instant(timer.after).count() * kMillion + speed - 1) / speed), [this, number = timer.timer] {
    timers_.erase(number);
    Handle(phone::TimerRang{number});
  });
}

void Station::Act(const phone::StopTimer& timer) {
  const auto found = timers_.find(timer.timer);
  if (found == timers_.end()) return;
  network_.Forget(found->second);
  timers_.erase(found);
}

void Station::Act(const phone::Restart& restart) {
  Note({.kind = Kind::kRestarts, .text = restart.off ? "off" : ""});
  ++*life_;
  asks_lease_ = false;
  asking_.clear();
  held_sip_.clear();
  ForgetTimers();
  link_->Drop();
  link_->UseAddress("");
  dhcp_.Release(phone_.unit().mac);
}

void Station::Act(const phone::Tell& tell) { Note({.kind = Kind::kTells, .text = tell.text, .what = tell.what}); }

}  // namespace provdlab::network
