#include "simulator/phone/testing/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <variant>

#include "base/digest.h"
#include "simulator/phone/testing/trace.h"

namespace provdlab::phone {
namespace {

constexpr Milliseconds kLatency{1};
const std::string kIndent(12, ' ');

std::string Url(const Fetch& fetch) {
  const char* scheme = fetch.protocol == Fetch::Protocol::kHttp ? "http" : fetch.protocol == Fetch::Protocol::kHttps ? "https" : "tftp";
  return std::string(scheme) + "://" + fetch.host + ":" + std::to_string(fetch.port) +
         (fetch.protocol == Fetch::Protocol::kTftp ? "/" : "") + fetch.path;
}

}  // namespace

void World::Happens(const Event& event) {
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f ", static_cast<double>(now_.count()) / 1000);
  trace_ += std::string(time) + "> " + Described(event) + "\n";
  for (const Action& action : phone.Handle(event, now_)) {
    whole_.push_back(Whole(action));
    const auto* fetch = std::get_if<Fetch>(&action);
    if (fetch != nullptr && fetch->user_agent != user_agent_) {
      user_agent_ = fetch->user_agent;
      trace_ += kIndent + "as " + user_agent_ + "\n";
    }
    if (const std::string line = Described(action); !line.empty()) trace_ += kIndent + line + "\n";
    Act(action);
  }
}

void World::Later(Milliseconds after, Event event, int timer) { due_.push_back({now_ + after, ++last_, timer, std::move(event)}); }

void World::Answer(const Fetch& fetch) {
  Fetched fetched{.fetch = fetch.id};
  const auto file = files.find(Url(fetch));
  if (unreachable) {
    fetched.how = Fetched::How::kUnreachable;
  } else if (file == files.end()) {
    fetched.how = Fetched::How::kMissing;
    fetched.status = fetch.protocol == Fetch::Protocol::kTftp ? 0 : 404;
  } else {
    const std::string& text = file->second.text;
    fetched.how = file->second.how;
    fetched.status = file->second.status;
    if (fetched.how == Fetched::How::kWhole && fetch.method == "GET") {
      if (fetch.head != 0 && text.size() > fetch.head && !held_.contains(fetch.id)) {
        held_[fetch.id] = fetch;
        return Later(kLatency, Began{fetch.id, text.substr(0, fetch.head)});
      }
      fetched.body = text.substr(0, fetch.keep);
      fetched.size = text.size();
      fetched.digest = Sha1Hex(text);
    }
  }
  held_.erase(fetch.id);
  Later(fetched.how == Fetched::How::kTimedOut ? fetch.patience : kLatency, std::move(fetched));
}

void World::Act(const Action& action) {
  if (std::holds_alternative<AskForAddress>(action)) {
    if (has_addresses)
      Later(kLatency, Leased{.ip = "127.1.0.1", .options = options, .lease = lease});
    else
      Later(Milliseconds(4'000), NotLeased{});
  } else if (const auto* fetch = std::get_if<Fetch>(&action)) {
    fetches_.push_back(*fetch);
    Answer(*fetch);
  } else if (const auto* go_on = std::get_if<GoOn>(&action)) {
    const auto held = held_.find(go_on->fetch);
    if (held == held_.end()) return;
    if (go_on->on) return Answer(held->second);
    held_.erase(held);
    Later(kLatency, Fetched{.fetch = go_on->fetch, .how = Fetched::How::kStopped, .status = 200});
  } else if (const auto* sip = std::get_if<SendSip>(&action)) {
    const auto registrar = registrars.find(sip->ip);
    const auto message = sip::Parse(sip->text);
    if (registrar == registrars.end() || !message || !message->is_request()) return;
    if (const auto answer = registrar->second.Answer(*message)) Later(kLatency, SipReceived{*answer, sip->ip, sip->port});
  } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
    Later(timer->after, TimerRang{timer->timer}, timer->timer);
  } else if (const auto* stop = std::get_if<StopTimer>(&action)) {
    std::erase_if(due_, [&](const Due& due) { return due.timer == stop->timer; });
  } else if (std::holds_alternative<Restart>(action)) {
    due_.clear();
    held_.clear();
  }
}

bool World::Step(Milliseconds until) {
  const auto next = std::min_element(due_.begin(), due_.end(),
                                     [](const Due& a, const Due& b) { return std::pair(a.at, a.number) < std::pair(b.at, b.number); });
  if (next == due_.end() || next->at > until) return false;
  now_ = next->at;
  const Event event = std::move(next->event);
  due_.erase(next);
  Happens(event);
  return true;
}

void World::Run(Milliseconds most) {
  const Milliseconds until = now_ + most;
  const auto busy = [&] {
    return !phone.settled() || std::any_of(due_.begin(), due_.end(), [](const Due& due) { return due.timer == 0; });
  };
  while (busy() && Step(until)) {
  }
}

void World::Pass(Milliseconds time) {
  const Milliseconds until = now_ + time;
  while (Step(until)) {
  }
  now_ = until;
}

void World::Notify(const std::string& event, const std::string& from_ip, unsigned sequence, const std::string& call_id) {
  sip::Message request{.method = "NOTIFY", .uri = "sip:anonymous@" + phone.ip()};
  request.Add("Via", "SIP/2.0/UDP " + from_ip + ":5060;branch=z9hG4bK" + std::to_string(++last_) + ";rport");
  request.Add("From", "<sip:provd@" + from_ip + ">;tag=t");
  request.Add("To", "<sip:anonymous@" + phone.ip() + ">");
  request.Add("Call-ID", call_id);
  request.Add("CSeq", std::to_string(sequence) + " NOTIFY");
  if (!event.empty()) request.Add("Event", event);
  Happens(SipReceived{request, from_ip, 5060});
}

std::vector<std::string> World::asked() const {
  std::vector<std::string> asked;
  for (const Fetch& fetch : fetches_) asked.push_back(fetch.method + " " + Url(fetch));
  return asked;
}

}  // namespace provdlab::phone
