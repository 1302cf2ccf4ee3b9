#include "simulator/network/virtual_network.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <variant>

#include "base/sip/message.h"
#include "base/text.h"
#include "simulator/network/collected.h"
#include "simulator/network/tftp_exchange.h"

namespace provdlab::network {

using phone::Fetched;
using How = Fetched::How;
using Place = std::pair<std::string, std::uint16_t>;

namespace {

constexpr std::uint16_t kSipPort = 5060;              // that all phones here speak from
constexpr std::uint16_t kFirstTransferPort = 10'000;  // of TFTP servers
constexpr int kMostLosses = 8;                        // in a row, until a stretch of TCP comes through all the same
constexpr std::uint64_t kMillion = 1'000'000;

}  // namespace

class VirtualPhone;

struct VirtualNetwork::State {
  explicit State(VirtualOptions given) : options(given) {}

  const VirtualOptions options;
  std::map<Place, HttpHandler> http;
  std::map<Place, TftpHandler> tftp;
  std::map<Place, std::function<void(const Datagram&)>> hosts;
  std::map<std::string, VirtualPhone*> phones;  // by address
  TftpExchanges exchanges;
  std::uint16_t next_port = kFirstTransferPort;
  std::atomic<bool> interrupted{false};

  // What a failure beyond is, in the words of servers of this network. Nullopt: nobody is there.
  std::optional<http::Response> Answer(const http::Url& server, const http::Request& request, Milliseconds patience) {
    if (const auto own = http.find({server.host, server.port}); own != http.end()) return own->second(request);
    if (options.beyond == nullptr) return std::nullopt;
    auto answer = options.beyond->Answer(server, request, patience);
    if (answer) return std::move(*answer);
    if (answer.error().kind == ErrorKind::kNotFound) return std::nullopt;
    using Manner = http::Response::Manner;
    return http::Response{.manner = answer.error().kind == ErrorKind::kTimeout ? Manner::kHang : Manner::kClose};
  }
  std::optional<tftp::Answer> AnswerTftp(const std::string& host, std::uint16_t port, const tftp::Asked& asked) {
    if (const auto own = tftp.find({host, port}); own != tftp.end()) return own->second(asked);
    if (options.beyond == nullptr) return std::nullopt;
    auto answer = options.beyond->Answer(host, port, asked);
    return answer ? std::optional(std::move(*answer)) : std::nullopt;
  }
};

// ---- A TFTP server's side of one transfer

namespace {

class VirtualSender : public std::enable_shared_from_this<VirtualSender> {
 public:
  VirtualSender(Network& network, std::uint16_t port, std::function<void(const std::string&)> send)
      : network_(network), port_(port), send_(std::move(send)) {}
  ~VirtualSender() { network_.Forget(patience_); }

  void Begin(const tftp::Request& request, const tftp::Answer& answer) {
    if (const auto* error = std::get_if<tftp::ErrorPacket>(&answer)) return send_(tftp::Encode(*error));
    sender_.emplace(request, std::get<tftp::File>(answer).content, tftp::SenderOptions{});
    Take(sender_->Start());
  }
  void Came(const std::string& bytes) {
    if (sender_) Take(sender_->Receive(bytes));
  }
  std::uint16_t port() const { return port_; }

 private:
  void Take(const tftp::Sender::Step& step) {
    if (!step.datagram.empty()) send_(step.datagram);
    if (step.ended || step.wait.count() > 0) network_.Forget(patience_);
    if (step.ended) return sender_.reset();
    if (step.wait.count() == 0) return;
    patience_ = network_.After(step.wait, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->sender_) self->Take(self->sender_->TimedOut());
    });
  }

  Network& network_;
  const std::uint16_t port_;
  const std::function<void(const std::string&)> send_;
  std::optional<tftp::Sender> sender_;
  Appointment patience_;
};

}  // namespace

// ---- A phone's place

class VirtualPhone : public std::enable_shared_from_this<VirtualPhone> {
 public:
  VirtualPhone(VirtualNetwork& network, Plug plug)
      : network_(network),
        state_(*network.state_),
        plug_(std::move(plug)),
        lines_(std::make_shared<Lines>(plug_.noise, state_.options.seed, plug_.number)) {}

  void Unplug() {
    Drop();
    UseAddress("");
    plug_.deliver = nullptr;
  }

  void UseAddress(const std::string& ip) {
    if (const auto mine = state_.phones.find(ip_); mine != state_.phones.end() && mine->second == this) state_.phones.erase(mine);
    ip_ = ip;
    if (!ip_.empty()) state_.phones[ip_] = this;
  }

  void Fetch(const phone::Fetch& fetch) {
    const auto transfer = std::make_shared<Transfer>(Transfer{fetch});
    transfers_[fetch.id] = transfer;
    if (fetch.protocol == phone::Fetch::Protocol::kTftp)
      BeginTftp(transfer);
    else
      BeginHttp(transfer);
  }

  void GoOn(const phone::GoOn& go_on) {
    const auto found = transfers_.find(go_on.fetch);
    if (found == transfers_.end()) return;
    const std::shared_ptr<Transfer> transfer = found->second;
    if (transfer->tftp) return transfer->tftp->GoOn(go_on.on);
    if (!transfer->paused) return;
    transfer->paused = false;
    if (go_on.on) return EndAfter(transfer, TimeOf(transfer->answer.body.size()), transfer->how);
    // What came while the phone made up its mind is the head.
    transfer->answer.body.resize(transfer->fetch.head);
    EndAfter(transfer, Instant(0), How::kStopped);
  }

  void Drop() {
    for (const auto& [id, transfer] : std::exchange(transfers_, {})) {
      transfer->dropped = true;
      if (transfer->tftp) transfer->tftp->Drop();
    }
  }

  void SendSip(const phone::SendSip& message) {
    const Datagram from{ip_, kSipPort, message.text};
    const auto arrive = [this, to = Place(message.ip, message.port), from](Instant after) {
      network_.After(after + state_.options.latency, [&state = state_, to, from] {
        if (const auto host = state.hosts.find(to); host != state.hosts.end()) host->second(from);
      });
    };
    if (EqualIgnoringCase(message.transport, "tcp")) return arrive(Leg(lines_->out));
    for (const Instant after : lines_->out.Carry()) arrive(after);
  }

  void SipCame(const Datagram& from) {
    for (const Instant after : lines_->in.Carry()) {
      network_.After(after, [weak = weak_from_this(), from] {
        const auto self = weak.lock();
        if (!self) return;
        if (auto message = sip::Parse(from.bytes)) self->Deliver(phone::SipReceived{std::move(*message), from.ip, from.port});
      });
    }
  }

 private:
  struct Transfer {
    phone::Fetch fetch;
    http::Response answer{};
    How how = How::kUnreachable;
    std::shared_ptr<TftpExchange> tftp{};
    std::shared_ptr<VirtualSender> sender{};
    bool paused = false;
    bool dropped = false;
  };

  void Deliver(phone::Event event) {
    const auto self = shared_from_this();
    const auto deliver = plug_.deliver;
    if (deliver) deliver(std::move(event));
  }

  // How long one leg of a TCP exchange takes, besides the network's own latency.
  Instant Leg(Line& line) const {
    Instant time = line.Latency();
    for (int i = 0; i < kMostLosses && line.Loses(); ++i) time += state_.options.lost_again;
    return time;
  }
  Instant TimeOf(std::uint64_t bytes) const {
    return Instant(bytes * kMillion / std::max<std::uint64_t>(state_.options.bytes_per_second, 1));
  }

  void BeginHttp(const std::shared_ptr<Transfer>& transfer) {
    // Connecting takes a leg each way, then the request one more.
    const Instant there = 3 * state_.options.latency + Leg(lines_->out) + Leg(lines_->in) + Leg(lines_->out);
    network_.After(there, [weak = weak_from_this(), transfer] {
      const auto self = weak.lock();
      if (self && !transfer->dropped) self->Answer(transfer);
    });
  }

  void Answer(const std::shared_ptr<Transfer>& transfer) {
    using Manner = http::Response::Manner;
    const phone::Fetch& fetch = transfer->fetch;
    http::Request request{
        .method = fetch.method, .target = fetch.path.starts_with('/') ? fetch.path : "/" + fetch.path, .body = fetch.body, .peer = ip_};
    if (!fetch.user_agent.empty()) request.headers.Add("User-Agent", fetch.user_agent);
    for (const auto& [name, value] : fetch.headers) request.headers.Add(name, value);
    const http::Url url{.scheme = fetch.protocol == phone::Fetch::Protocol::kHttps ? "https" : "http",
                        .user_info = "",
                        .host = fetch.host,
                        .port = fetch.port,
                        .path = ""};
    auto given = state_.Answer(url, request, fetch.patience);
    if (!given) return EndAfter(transfer, Instant(0), How::kUnreachable);
    http::Response& answer = transfer->answer;
    answer = std::move(*given);
    const Instant back = state_.options.latency + Leg(lines_->in) + Instant(answer.delay);
    if (answer.manner == Manner::kHang || answer.delay > fetch.patience) {
      answer = {.status = 0};
      return EndAfter(transfer, fetch.patience, How::kTimedOut);
    }
    if (answer.manner != Manner::kAnswer || answer.source) {
      answer = {.status = 0};
      return EndAfter(transfer, back, How::kCut);
    }
    transfer->how = HowOfStatus(answer.status);
    if (fetch.method == "HEAD") answer.body.clear();
    if (answer.declared_length && *answer.declared_length > answer.body.size()) transfer->how = How::kCut;
    if (fetch.head == 0 || answer.body.size() <= fetch.head || transfer->how != How::kWhole)
      return EndAfter(transfer, back + TimeOf(answer.body.size()), transfer->how);
    network_.After(back, [weak = weak_from_this(), transfer] {
      const auto self = weak.lock();
      if (!self || transfer->dropped) return;
      transfer->paused = true;
      self->Deliver(phone::Began{transfer->fetch.id, transfer->answer.body.substr(0, transfer->fetch.head)});
    });
  }

  void EndAfter(const std::shared_ptr<Transfer>& transfer, Instant time, How how) {
    network_.After(time, [weak = weak_from_this(), transfer, how] {
      const auto self = weak.lock();
      if (!self || transfer->dropped) return;
      Collected collected(transfer->fetch);
      collected.Put(transfer->answer.body);
      self->End(transfer, collected.Into(
                              {.fetch = transfer->fetch.id, .how = how, .status = how == How::kUnreachable ? 0 : transfer->answer.status}));
    });
  }

  void End(const std::shared_ptr<Transfer>& transfer, Fetched fetched) {
    if (transfer->dropped) return;
    const auto mine = transfers_.find(transfer->fetch.id);
    if (mine != transfers_.end() && mine->second == transfer) transfers_.erase(mine);
    Deliver(std::move(fetched));
  }

  void BeginTftp(const std::shared_ptr<Transfer>& transfer) {
    TftpExchange::Calls calls;
    // The exchange may outlast the phone's place, which then has nothing to say any more.
    calls.send = [&network = network_, latency = state_.options.latency, self = weak_from_this(), weak = std::weak_ptr(transfer)](
                     const std::string& bytes, std::uint16_t port) {
      network.After(latency, [self, weak, bytes, port] {
        const auto phone = self.lock();
        const auto open = weak.lock();
        if (phone && open) phone->AtTftpServer(open, bytes, port);
      });
    };
    calls.began = [this, weak = std::weak_ptr(transfer)](std::string head) {
      const auto open = weak.lock();
      if (open && !open->dropped) Deliver(phone::Began{open->fetch.id, std::move(head)});
    };
    calls.fetched = [this, transfer](Fetched fetched) { End(transfer, std::move(fetched)); };
    calls.over = [transfer] {
      transfer->sender.reset();
      transfer->tftp.reset();
    };
    transfer->tftp = std::make_shared<TftpExchange>(network_, lines_, transfer->fetch, std::move(calls));
    state_.exchanges.Add(transfer->tftp);
    transfer->tftp->Start();
  }

  // What the phone sent arrives: at the well-known port, or at that of its transfer.
  void AtTftpServer(const std::shared_ptr<Transfer>& transfer, const std::string& bytes, std::uint16_t port) {
    if (port != 0) {
      if (transfer->sender && transfer->sender->port() == port) transfer->sender->Came(bytes);
      return;
    }
    const auto packet = tftp::Parse(bytes);
    const auto* request = packet ? std::get_if<tftp::Request>(&*packet) : nullptr;
    // A request that comes again while its transfer is there starts no second one.
    if (request == nullptr || transfer->sender) return;
    const std::uint16_t own_port = state_.next_port++;
    state_.next_port = std::max(state_.next_port, kFirstTransferPort);
    const auto answer = state_.AnswerTftp(transfer->fetch.host, transfer->fetch.port,
                                          {.request = *request, .peer = ip_, .peer_port = own_port, .local = transfer->fetch.host});
    if (!answer) return;
    transfer->sender = std::make_shared<VirtualSender>(
        network_, own_port,
        [&network = network_, latency = state_.options.latency, own_port, weak = std::weak_ptr(transfer)](const std::string& datagram) {
          network.After(latency, [weak, datagram, own_port] {
            const auto open = weak.lock();
            if (open && open->tftp) open->tftp->Came(datagram, own_port);
          });
        });
    transfer->sender->Begin(*request, *answer);
  }

  VirtualNetwork& network_;
  VirtualNetwork::State& state_;
  Plug plug_;
  std::string ip_;
  const std::shared_ptr<Lines> lines_;
  std::map<int, std::shared_ptr<Transfer>> transfers_;
};

namespace {

class VirtualLink final : public Link {
 public:
  explicit VirtualLink(std::shared_ptr<VirtualPhone> phone) : phone_(std::move(phone)) {}
  ~VirtualLink() override { phone_->Unplug(); }
  void UseAddress(const std::string& ip) override { phone_->UseAddress(ip); }
  void Fetch(const phone::Fetch& fetch) override { phone_->Fetch(fetch); }
  void GoOn(const phone::GoOn& go_on) override { phone_->GoOn(go_on); }
  void SendSip(const phone::SendSip& message) override { phone_->SendSip(message); }
  void Drop() override { phone_->Drop(); }

 private:
  const std::shared_ptr<VirtualPhone> phone_;
};

}  // namespace

class VirtualHost final : public Host {
 public:
  VirtualHost(VirtualNetwork& network, Place place) : network_(network), place_(std::move(place)) {}
  ~VirtualHost() override { network_.state_->hosts.erase(place_); }
  void Send(const Datagram& to) override {
    network_.After(network_.state_->options.latency, [&state = *network_.state_, from = place_, to] {
      const auto phone = state.phones.find(to.ip);
      if (phone != state.phones.end() && to.port == kSipPort) phone->second->SipCame({from.first, from.second, to.bytes});
    });
  }
  std::uint16_t port() const override { return place_.second; }

 private:
  VirtualNetwork& network_;
  const Place place_;
};

// ---- The network

VirtualNetwork::VirtualNetwork(VirtualOptions options) : state_(std::make_unique<State>(options)) {}
VirtualNetwork::~VirtualNetwork() {
  agenda_.Clear();
  state_->exchanges.Abandon();
}

void VirtualNetwork::Serve(const std::string& host, std::uint16_t port, HttpHandler handler) {
  state_->http[{host, port}] = std::move(handler);
}
void VirtualNetwork::ServeTftp(const std::string& host, std::uint16_t port, TftpHandler handler) {
  state_->tftp[{host, port}] = std::move(handler);
}

std::unique_ptr<Link> VirtualNetwork::Attach(Plug plug) {
  return std::make_unique<VirtualLink>(std::make_shared<VirtualPhone>(*this, std::move(plug)));
}

Result<std::unique_ptr<Host>> VirtualNetwork::AddHost(const std::string& ip, std::uint16_t port,
                                                      std::function<void(const Datagram&)> receive) {
  const Place place{ip, port == 0 ? kSipPort : port};
  if (!state_->hosts.emplace(place, std::move(receive)).second)
    return Fail(ErrorKind::kUnavailable, ip + ":" + std::to_string(place.second) + " is taken");
  return std::make_unique<VirtualHost>(*this, place);
}

void VirtualNetwork::Ask(const Question& question, std::function<void(Result<http::Response>)> answered) {
  After(3 * state_->options.latency, [this, question, answered = std::move(answered)] {
    const auto url = http::ParseUrl(question.origin);
    const auto given = url ? state_->Answer(*url, question.request, question.patience) : std::nullopt;
    if (!given) return answered(Fail(ErrorKind::kUnavailable, "nobody is at " + question.origin));
    const http::Response& response = *given;
    const bool late = response.manner == http::Response::Manner::kHang || response.delay > question.patience;
    const bool broken = response.manner != http::Response::Manner::kAnswer;
    After(late ? Instant(question.patience) : state_->options.latency + Instant(response.delay), [late, broken, response, answered] {
      if (late) return answered(Fail(ErrorKind::kTimeout, "nothing came in time"));
      if (broken) return answered(Fail(ErrorKind::kUnavailable, "the connection was closed"));
      answered(response);
    });
  });
}

Result<> VirtualNetwork::RunUntil(const std::function<bool()>& done, Instant deadline) {
  while (!done()) {
    if (state_->interrupted) return Fail(ErrorKind::kCancelled, "it was interrupted");
    const auto next = agenda_.next();
    if (!next || *next > deadline) {
      now_ = std::max(now_, deadline);
      return {};
    }
    now_ = std::max(now_, *next);
    if (const auto due = agenda_.TakeDue(now_)) due();
  }
  return {};
}

void VirtualNetwork::Interrupt() { state_->interrupted = true; }

}  // namespace provdlab::network
