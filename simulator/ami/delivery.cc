#include "simulator/ami/delivery.h"

#include <optional>
#include <utility>
#include <vector>

namespace provdlab::ami {
namespace {

// A phone as it is to be told.
struct Destination {
  sip::Peer peer;
  std::string uri;
};

// The addresses of contacts that are names are those that the phone registered from.
std::vector<Destination> ContactsOf(const std::string& peer, const DeliveryOptions& options) {
  std::vector<Destination> destinations;
  if (options.registrar == nullptr) return destinations;
  for (const registrar::Registration& registration : options.registrar->registrations(peer)) {
    const auto address = sip::ReadAddress(registration.contact);
    if (!address) continue;
    const bool literal = address->host.find_first_not_of("0123456789.") == std::string::npos;
    destinations.push_back({.peer = {.ip = literal ? address->host : registration.source.ip,
                                     .port = !literal             ? registration.source.port
                                             : address->port != 0 ? address->port
                                                                  : sip::kDefaultPort,
                                     .from = options.from},
                            .uri = registration.contact});
  }
  return destinations;
}

Destination AddressOf(const Notification& notification, const DeliveryOptions& options) {
  Destination destination{
      .peer = {.ip = notification.ip, .port = notification.port != 0 ? notification.port : options.port, .from = options.from}, .uri = ""};
  const std::string user = notification.user.empty() ? "" : sip::EscapeUser(notification.user) + "@";
  destination.uri = "sip:" + user + destination.peer.Text();
  return destination;
}

Result<> Tell(const Destination& destination, const Notification& notification, const sip::Timers& timers, const std::stop_token& stop) {
  const auto compose = [&](const std::string& here) {
    const std::string us = "sip:asterisk@" + here;
    sip::Message request = sip::NewRequest("NOTIFY", destination.uri, us);
    request.Add("Contact", "<" + us + ">");
    request.Add("Event", notification.event);
    request.Add("Subscription-State", "terminated");
    for (const Field& variable : notification.variables) request.Add(variable.name, variable.value);
    return request;
  };
  const Result<sip::Message> answer = sip::Ask(destination.peer, compose, timers, stop);
  if (!answer) return Fail(answer.error());
  if (answer->status >= 300)
    return Fail(ErrorKind::kUnavailable, destination.peer.Text() + " answered " + std::to_string(answer->status) + " " + answer->reason);
  return {};
}

}  // namespace

Switchboard::Deliver DeliverOverSip(DeliveryOptions options) {
  return [options = std::move(options)](const Notification& notification, const std::stop_token& stop) -> Result<> {
    if (notification.peer.empty()) return Tell(AddressOf(notification, options), notification, options.timers, stop);
    const std::vector<Destination> destinations = ContactsOf(notification.peer, options);
    if (destinations.empty()) return Fail(ErrorKind::kNotFound, "the peer '" + notification.peer + "' is not registered");
    std::optional<Error> problem;
    for (const Destination& destination : destinations) {
      const Result<> told = Tell(destination, notification, options.timers, stop);
      if (told) continue;
      if (!problem) problem = told.error();
      if (told.error().kind == ErrorKind::kCancelled) break;
    }
    if (problem) return Fail(std::move(*problem));
    return {};
  };
}

}  // namespace provdlab::ami
