#include "simulator/registrar/hosted_registrar.h"

#include <utility>

namespace provdlab::registrar {

HostedRegistrar::HostedRegistrar(network::Network& network, HostedOptions options)
    : network_(network), options_(std::move(options)), clock_(network), core_({.clock = &clock_, .seed = options_.seed}) {}

Result<std::unique_ptr<HostedRegistrar>> HostedRegistrar::At(network::Network& network, HostedOptions options) {
  std::unique_ptr<HostedRegistrar> registrar(new HostedRegistrar(network, std::move(options)));
  auto host = network.AddHost(registrar->options_.ip, registrar->options_.port,
                              [self = registrar.get()](const network::Datagram& from) { self->Came(from); });
  if (!host) return Fail(host.error());
  registrar->host_ = std::move(*host);
  return registrar;
}

void HostedRegistrar::Came(const network::Datagram& from) {
  const Source source{.ip = from.ip, .port = from.port};
  const auto request = sip::Parse(from.bytes);
  if (!request) return core_.NoteUnreadable(request.error(), source);
  if (options_.before) options_.before(core_, *request);
  const RegistrarCore::Reply reply = core_.Handle(*request, source);
  if (!reply.message) return;
  const network::Datagram answer{from.ip, from.port, reply.message->Text()};
  if (reply.after.count() == 0) return host_->Send(answer);
  network_.After(reply.after, [weak = std::weak_ptr(host_), answer] {
    if (const auto host = weak.lock()) host->Send(answer);
  });
}

}  // namespace provdlab::registrar
