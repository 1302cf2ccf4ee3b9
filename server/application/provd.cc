#include "server/application/provd.h"

#include <iostream>
#include <utility>

#include "server/store/state_directory.h"
#include "server/store/store.h"

namespace provdlab::server {

// In the order in which they need one another; the workers come last, so that they end first.
struct Provd::Parts {
  explicit Parts(StateDirectory where) : directory(std::move(where)) {}

  StateDirectory directory;
  std::unique_ptr<Faults> no_faults;  // if none were given
  std::unique_ptr<Store> store;
  std::unique_ptr<Parameters> parameters;
  std::unique_ptr<PluginManager> plugins;
  std::unique_ptr<Operations> operations;
  std::unique_ptr<Workers> workers = std::make_unique<Workers>();
};

Provd::Provd(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Provd::~Provd() = default;

Result<std::unique_ptr<Provd>> Provd::Open(ProvdOptions options) {
  auto directory = StateDirectory::Open(options.state_directory);
  if (!directory) return Fail(directory.error());
  auto parts = std::make_unique<Parts>(std::move(*directory));
  if (options.faults == nullptr) {
    parts->no_faults = std::make_unique<Faults>();
    options.faults = parts->no_faults.get();
  }
  if (!options.log) options.log = [](const std::string& sentence) { std::clog << sentence + "\n" << std::flush; };
  if (parts->directory.temporary()) {
    parts->store = MakeMemoryStore();
  } else {
    auto store = OpenStore(parts->directory.database());
    if (!store) return Fail(store.error());
    parts->store = std::move(*store);
  }
  auto parameters = Parameters::Load(*parts->store, *options.faults);
  if (!parameters) return Fail(parameters.error());
  parts->parameters = std::move(*parameters);
  auto plugins = PluginManager::Open(
      {parts->directory, *parts->store, *parts->parameters, *parts->workers, *options.faults, options.timeouts, std::move(options.log)});
  if (!plugins) return Fail(plugins.error());
  parts->plugins = std::move(*plugins);
  parts->operations = std::make_unique<Operations>(*options.faults);
  return std::unique_ptr<Provd>(new Provd(std::move(parts)));
}

Parameters& Provd::configuration() { return *parts_->parameters; }
InstallationService& Provd::installation() { return *parts_->plugins; }
PluginManager& Provd::plugins() { return *parts_->plugins; }
Operations& Provd::operations() { return *parts_->operations; }
std::string Provd::locale() const { return parts_->parameters->locale(); }

Result<> Provd::Reset() {
  parts_->workers->StopAll();
  parts_->operations->Clear();
  if (auto reset = parts_->plugins->Reset(); !reset) return reset;
  return parts_->parameters->Reset();
}

}  // namespace provdlab::server
