#include "simulator/network/socket_network.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/sip/message.h"
#include "base/text.h"
#include "simulator/network/collected.h"
#include "simulator/network/http_exchange.h"
#include "simulator/network/sip_connection.h"
#include "simulator/network/tftp_exchange.h"
#include "simulator/network/udp_port.h"

namespace provdlab::network {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using phone::Fetched;
using phone::SipReceived;
using How = Fetched::How;
using Clock = std::chrono::steady_clock;

// TFTP transfers whose file is there, but whose server may not know: more of them end early, the oldest first.
constexpr std::size_t kMostLingering = 2'000;
// Descriptors that are left for everything else.
constexpr std::size_t kSpareDescriptors = 200;
// What is done in a row before the sockets, or the agenda, get their turn.
constexpr int kStepsInARow = 256;
constexpr std::size_t kMostNames = 1'000;
constexpr std::size_t kLargestAnswer = 64u << 20;  // to Ask; what is beyond is cut
// Connections for SIP that one phone may have: one for each line's registrar and proxy.
constexpr std::size_t kMostSipConnections = 16;

// How many descriptors this process may have; as many as it may ask for.
std::size_t DescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit wished = limit;
    wished.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &wished) == 0) limit = wished;
  }
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1u << 20));
}

// A header's value as it can stand on a line, whatever a profile or a file has.
std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return line;
}

// A target that can stand in a request line: only what would break it is encoded.
std::string Target(std::string_view path) {
  std::string target = path.starts_with('/') ? "" : "/";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7F)
      target += http::PercentEncode(std::string_view(&c, 1));
    else
      target += c;
  }
  return target;
}

struct HeaderLines {
  std::string text;
  void Add(std::string_view name, std::string_view value) { text.append(name).append(": ").append(OneLine(value)).append("\r\n"); }
};

bool Wants(const std::map<std::string, std::string>& headers, std::string_view name, std::string_view value) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return EqualIgnoringCase(header.first, name) && EqualIgnoringCase(header.second, value); });
}
bool Has(const std::map<std::string, std::string>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return EqualIgnoringCase(header.first, name); });
}

std::string HostHeader(const std::string& host, std::uint16_t port, bool tls) {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

// What a phone sends. `forwarded_for` is the address that a proxy would have seen, empty if there is none.
std::string RequestOf(const phone::Fetch& fetch, const std::string& forwarded_for) {
  HeaderLines lines{fetch.method + " " + Target(fetch.path) + " HTTP/1.1\r\n"};
  if (!Has(fetch.headers, "Host")) lines.Add("Host", HostHeader(fetch.host, fetch.port, fetch.protocol == phone::Fetch::Protocol::kHttps));
  if (!fetch.user_agent.empty()) lines.Add("User-Agent", fetch.user_agent);
  for (const auto& [name, value] : fetch.headers) lines.Add(name, value);
  if (!forwarded_for.empty()) lines.Add("X-Forwarded-For", forwarded_for);
  if (!Has(fetch.headers, "Connection")) lines.Add("Connection", "close");
  if (!fetch.body.empty() || fetch.method == "PUT" || fetch.method == "POST")
    lines.Add("Content-Length", std::to_string(fetch.body.size()));
  return lines.text + "\r\n" + fetch.body;
}

std::string RequestOf(const http::Request& request, const http::Url& url) {
  HeaderLines lines{request.method + " " + request.target + " HTTP/1.1\r\n"};
  if (!request.headers.Has("Host")) lines.Add("Host", HostHeader(url.host, url.port, url.scheme == "https"));
  for (const http::Header& header : request.headers.fields()) lines.Add(header.name, header.value);
  lines.Add("Connection", "close");
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
    lines.Add("Content-Length", std::to_string(request.body.size()));
  return lines.text + "\r\n" + request.body;
}

How HowOf(const HttpEnding& ending) {
  switch (ending.how) {
    case HttpEnding::How::kAnswered:
      return HowOfStatus(ending.response.status);
    case HttpEnding::How::kTimedOut:
      return How::kTimedOut;
    case HttpEnding::How::kUnreachable:
    case HttpEnding::How::kExhausted:
      return How::kUnreachable;
    case HttpEnding::How::kCut:
      return How::kCut;
    case HttpEnding::How::kStopped:
      return How::kStopped;
  }
  return How::kCut;
}

}  // namespace

// ---- What all share

class Outlet;

struct SocketNetwork::Core {
  Core(SocketNetwork& whole, SocketOptions given) : network(whole), options(std::move(given)), work(asio::make_work_guard(context)) {}
  ~Core() {
    const std::lock_guard lock(mailbox->mutex);
    mailbox->context = nullptr;
  }

  // Answers with the address of a host, at once or later; an error is a sentence.
  using Resolved = std::function<void(Result<asio::ip::address>)>;
  void Resolve(const std::string& host, Resolved resolved);

  // Calls `begin` when it is somebody's turn; false if nobody wants it any more. Whoever began calls LeaveTurn when done.
  void TakeTurn(std::function<bool(Instant waited)> begin);
  void LeaveTurn();
  void BeginNext();

  void Fault(const std::string& problem) {
    if (!fault) fault = Error{ErrorKind::kInternal, problem};
  }
  Result<> LoadCertificates();
  void SipCame(const Datagram& from, const std::string& to_ip);
  void Linger(const std::shared_ptr<TftpExchange>& exchange);

  SocketNetwork& network;
  const SocketOptions options;
  const Clock::time_point start = Clock::now();
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::optional<Error> fault;
  std::atomic<bool> interrupted{false};
  Traffic traffic;

  // Names, asked once each, by a thread that is left to itself if the system's resolver hangs.
  struct Name {
    bool known = false;
    Result<asio::ip::address> address = Fail(ErrorKind::kUnavailable, "");
    std::vector<Resolved> waiting;
  };
  std::map<std::string, Name> names;
  struct Mailbox {
    std::mutex mutex;
    asio::io_context* context = nullptr;  // null once the network has gone
  };
  const std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();

  struct Turn {
    Instant since{0};
    std::function<bool(Instant waited)> begin;
  };
  std::size_t most_under_way = 0;
  std::size_t under_way = 0;
  bool beginning = false;
  std::deque<Turn> line;
  std::deque<std::weak_ptr<TftpExchange>> lingering;
  TftpExchanges exchanges;

  std::optional<asio::ssl::context> trusting;  // phones take any certificate
  std::optional<asio::ssl::context> checking;  // Ask doesn't; made at its first use, because the system's certificates are many

  std::shared_ptr<UdpPort> sip;
  std::unordered_map<std::string, Outlet*> by_ip;  // of phones with addresses of their own
  Outlet* sip_owner = nullptr;                     // with one address for all: who has the shared port, as behind a NAT
};

// ---- A phone's place

class Outlet : public std::enable_shared_from_this<Outlet> {
 public:
  Outlet(SocketNetwork::Core& core, Plug plug)
      : core_(core), plug_(std::move(plug)), lines_(std::make_shared<Lines>(plug_.noise, core.options.seed, plug_.number)) {
    if (core_.sip_owner == nullptr) core_.sip_owner = this;
  }
  ~Outlet() { Unplug(); }

  void Unplug() {
    Drop();
    UseAddress("");
    plug_.deliver = nullptr;
    if (core_.sip_owner == this) core_.sip_owner = nullptr;
    if (own_sip_) own_sip_->Close();
  }

  void UseAddress(const std::string& ip) {
    if (const auto mine = core_.by_ip.find(ip_); mine != core_.by_ip.end() && mine->second == this) core_.by_ip.erase(mine);
    if (ip != ip_) {
      connection_.reset();
      connections_.clear();
    }
    ip_ = ip;
    if (!ip_.empty()) core_.by_ip[ip_] = this;
  }

  void Fetch(const phone::Fetch& fetch) {
    ++core_.traffic.fetches;
    const auto transfer = std::make_shared<Transfer>(Transfer{fetch});
    transfers_[fetch.id] = transfer;
    core_.TakeTurn([weak = weak_from_this(), transfer](Instant waited) {
      const auto self = weak.lock();
      if (!self || transfer->dropped) return false;
      transfer->waited = waited;
      self->Begin(transfer);
      return true;
    });
  }

  void GoOn(const phone::GoOn& go_on) {
    const auto found = transfers_.find(go_on.fetch);
    if (found == transfers_.end()) return;
    if (found->second->http) found->second->http->GoOn(go_on.on);
    if (found->second->tftp) found->second->tftp->GoOn(go_on.on);
  }

  void Drop() {
    for (const auto& [id, transfer] : std::exchange(transfers_, {})) {
      transfer->dropped = true;
      if (transfer->http) transfer->http->Drop();
      if (transfer->tftp) transfer->tftp->Drop();
      Leave(*transfer);
    }
    connection_.reset();
    connections_.clear();
  }

  void SendSip(const phone::SendSip& message) {
    if (!core_.sip) return;
    core_.Resolve(message.ip, [weak = weak_from_this(), message](const Result<asio::ip::address>& address) {
      const auto self = weak.lock();
      if (!self || !address) return;
      const Datagram to{address->to_string(), message.port, message.text};
      if (EqualIgnoringCase(message.transport, "tcp"))
        self->SendOverTcp(to);
      else
        self->SendOverUdp(to);
    });
  }

  void SipCame(const Datagram& from) {
    for (const Instant after : lines_->in.Carry()) {
      core_.network.After(after, [weak = weak_from_this(), from] {
        if (const auto self = weak.lock()) self->Hear(from);
      });
    }
  }

  Instant waited() const { return waited_; }

 private:
  struct Transfer {
    phone::Fetch fetch;
    std::shared_ptr<HttpExchange> http{};
    std::shared_ptr<TftpExchange> tftp{};
    std::shared_ptr<UdpPort> socket{};  // of TFTP
    Instant waited{0};
    bool has_turn = false;
    bool dropped = false;
  };
  // A connection that the server left open.
  struct Connection {
    std::string host;
    std::uint16_t port = 0;
    TcpSocket socket;
  };

  bool has_own_address() const { return core_.options.addressing == Addressing::kOwn; }

  void Leave(Transfer& transfer) {
    if (std::exchange(transfer.has_turn, false)) core_.LeaveTurn();
  }

  void Begin(const std::shared_ptr<Transfer>& transfer) {
    transfer->has_turn = true;
    core_.Resolve(transfer->fetch.host, [weak = weak_from_this(), transfer](const Result<asio::ip::address>& address) {
      const auto self = weak.lock();
      if (!self || transfer->dropped) return;
      if (!address) return self->EndLater(transfer, How::kUnreachable);
      if (transfer->fetch.protocol == phone::Fetch::Protocol::kTftp)
        self->BeginTftp(transfer, address->to_string());
      else
        self->BeginHttp(transfer, *address);
    });
  }

  void BeginHttp(const std::shared_ptr<Transfer>& transfer, const asio::ip::address& address) {
    const phone::Fetch& fetch = transfer->fetch;
    HttpOrder order{.peer = {address, fetch.port}, .to_head = fetch.method == "HEAD", .patience = fetch.patience};
    order.request = RequestOf(fetch, core_.options.addressing == Addressing::kForwardedFor ? ip_ : "");
    if (has_own_address() && !ip_.empty()) order.from = asio::ip::make_address(ip_);
    if (fetch.protocol == phone::Fetch::Protocol::kHttps) {
      order.tls = &*core_.trusting;
      order.server_name = fetch.host;
    }
    order.keep_connection = Wants(fetch.headers, "Connection", "keep-alive");
    if (connection_ && connection_->host == fetch.host && connection_->port == fetch.port && order.tls == nullptr)
      order.connection.emplace(std::move(connection_->socket));
    connection_.reset();
    const auto collected = std::make_shared<Collected>(fetch);
    transfer->http = std::make_shared<HttpExchange>(
        core_.context, core_.network, std::move(order),
        HttpExchange::Calls{
            .body =
                [this, transfer, collected](int status, std::string_view bytes) {
                  const bool had_head = collected->has_head();
                  collected->Put(bytes);
                  if (had_head || !collected->has_head() || HowOfStatus(status) != How::kWhole) return false;
                  TellBegan(transfer, collected->Head());
                  return true;
                },
            .ended =
                [this, transfer, collected](HttpEnding ending) {
                  if (ending.how == HttpEnding::How::kExhausted) core_.Fault(ending.problem);
                  if (ending.connection)
                    connection_.emplace(Connection{transfer->fetch.host, transfer->fetch.port, std::move(*ending.connection)});
                  End(transfer, collected->Into({.fetch = transfer->fetch.id, .how = HowOf(ending), .status = ending.status}));
                }});
    transfer->http->Start();
  }

  void BeginTftp(const std::shared_ptr<Transfer>& transfer, const std::string& server) {
    auto socket = UdpPort::Open(core_.context, has_own_address() && !ip_.empty() ? ip_ : "0.0.0.0", 0,
                                [weak = std::weak_ptr(transfer), server](const Datagram& from, const std::string&) {
                                  const auto open = weak.lock();
                                  if (open && open->tftp && from.ip == server) open->tftp->Came(from.bytes, from.port);
                                });
    if (!socket) return core_.Fault(socket.error().message);
    transfer->socket = std::move(*socket);
    TftpExchange::Calls calls;
    calls.send = [transfer = transfer.get(), server](const std::string& bytes, std::uint16_t port) {
      transfer->socket->Send({server, port == 0 ? transfer->fetch.port : port, bytes});
    };
    calls.began = [this, transfer](std::string head) { TellBegan(transfer, std::move(head)); };
    calls.fetched = [this, transfer](Fetched fetched) {
      core_.Linger(transfer->tftp);
      End(transfer, std::move(fetched));
    };
    // The last one that knows the transfer; until now its socket was needed.
    calls.over = [transfer] {
      transfer->socket->Close();
      transfer->tftp.reset();
    };
    transfer->tftp = std::make_shared<TftpExchange>(core_.network, lines_, transfer->fetch, std::move(calls));
    core_.exchanges.Add(transfer->tftp);
    transfer->tftp->Start();
  }

  void TellBegan(const std::shared_ptr<Transfer>& transfer, std::string head) {
    core_.network.After(Instant(0), [weak = weak_from_this(), transfer, head = std::move(head)] {
      const auto self = weak.lock();
      if (!self || transfer->dropped) return;
      self->Deliver(phone::Began{transfer->fetch.id, head}, transfer->waited);
    });
  }

  void EndLater(const std::shared_ptr<Transfer>& transfer, How how) {
    core_.network.After(Instant(0), [weak = weak_from_this(), transfer, how] {
      const auto self = weak.lock();
      if (self && !transfer->dropped) self->End(transfer, {.fetch = transfer->fetch.id, .how = how});
    });
  }

  void End(const std::shared_ptr<Transfer>& transfer, Fetched fetched) {
    if (transfer->dropped) return;
    const auto mine = transfers_.find(transfer->fetch.id);
    if (mine != transfers_.end() && mine->second == transfer) transfers_.erase(mine);
    transfer->http.reset();
    Leave(*transfer);
    Deliver(std::move(fetched), transfer->waited);
  }

  void Deliver(phone::Event event, Instant waited) {
    const auto self = shared_from_this();  // whoever hears it may unplug the phone
    waited_ = waited;
    const auto deliver = plug_.deliver;
    if (deliver) deliver(std::move(event));
  }

  void SendOverUdp(const Datagram& to) {
    const auto copies = lines_->out.Carry();
    ++core_.traffic.datagrams_sent;
    if (copies.size() == 0) ++core_.traffic.lost_by_noise;
    for (const Instant after : copies) {
      if (after.count() == 0) {
        SendNow(to);
        continue;
      }
      core_.network.After(after, [weak = weak_from_this(), to] {
        if (const auto self = weak.lock()) self->SendNow(to);
      });
    }
  }

  void SendNow(const Datagram& to) {
    if (has_own_address()) {
      core_.sip->Send(to, ip_);
    } else if (core_.sip_owner == this) {
      core_.sip->Send(to);
    } else {
      if (!own_sip_) {
        auto opened = UdpPort::Open(core_.context, "0.0.0.0", 0, [this](const Datagram& from, const std::string&) { SipCame(from); });
        if (!opened) return core_.Fault(opened.error().message);
        own_sip_ = std::move(*opened);
      }
      own_sip_->Send(to);
    }
  }

  void SendOverTcp(const Datagram& to) {
    ++core_.traffic.datagrams_sent;
    const auto key = std::make_pair(to.ip, to.port);
    auto known = connections_.find(key);
    if (known == connections_.end() || !known->second->open()) {
      if (known != connections_.end()) connections_.erase(known);
      if (connections_.size() >= kMostSipConnections) connections_.erase(connections_.begin());
      auto made = SipConnection::Open(core_.context, to.ip, to.port, has_own_address() ? ip_ : "", [this, to](const std::string& message) {
        Hear({to.ip, to.port, message});
      });
      if (!made) {
        if (made.error().kind == ErrorKind::kInternal) core_.Fault(made.error().message);
        return;
      }
      known = connections_.emplace(key, std::move(*made)).first;
    }
    known->second->Send(to.bytes);
  }

  void Hear(const Datagram& from) {
    auto message = sip::Parse(from.bytes);
    if (!message) {
      ++core_.traffic.not_sip;
      return;
    }
    Deliver(SipReceived{std::move(*message), from.ip, from.port}, Instant(0));
  }

  SocketNetwork::Core& core_;
  Plug plug_;
  std::string ip_;
  const std::shared_ptr<Lines> lines_;  // shared with transfers that outlast the phone's interest in them
  std::map<int, std::shared_ptr<Transfer>> transfers_;
  std::optional<Connection> connection_;
  std::shared_ptr<UdpPort> own_sip_;
  std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<SipConnection>> connections_;
  Instant waited_{0};
};

namespace {

class SocketLink final : public Link {
 public:
  explicit SocketLink(std::shared_ptr<Outlet> outlet) : outlet_(std::move(outlet)) {}
  ~SocketLink() override { outlet_->Unplug(); }
  void UseAddress(const std::string& ip) override { outlet_->UseAddress(ip); }
  void Fetch(const phone::Fetch& fetch) override { outlet_->Fetch(fetch); }
  void GoOn(const phone::GoOn& go_on) override { outlet_->GoOn(go_on); }
  void SendSip(const phone::SendSip& message) override { outlet_->SendSip(message); }
  void Drop() override { outlet_->Drop(); }
  Instant waited() const override { return outlet_->waited(); }

 private:
  const std::shared_ptr<Outlet> outlet_;
};

class SocketHost final : public Host {
 public:
  explicit SocketHost(std::shared_ptr<UdpPort> socket) : socket_(std::move(socket)) {}
  ~SocketHost() override { socket_->Close(); }
  void Send(const Datagram& to) override { socket_->Send(to); }
  std::uint16_t port() const override { return socket_->port(); }

 private:
  const std::shared_ptr<UdpPort> socket_;
};

}  // namespace

// ---- Names and turns

void SocketNetwork::Core::Resolve(const std::string& host, Resolved resolved) {
  boost::system::error_code code;
  const asio::ip::address literal = asio::ip::make_address(host, code);
  if (!code) return resolved(literal);
  if (!names.contains(host) && names.size() >= kMostNames) return resolved(Fail(ErrorKind::kUnavailable, "there are too many names"));
  Name& name = names[host];
  if (name.known) return resolved(name.address);
  name.waiting.push_back(std::move(resolved));
  if (name.waiting.size() > 1) return;
  std::thread([box = mailbox, core = this, host] {
    asio::io_context own;
    tcp::resolver resolver(own);
    boost::system::error_code failure;
    const auto found = resolver.resolve(tcp::v4(), host, "", failure);
    Result<asio::ip::address> address = Fail(ErrorKind::kUnavailable, "the name " + host + " was not found: " + failure.message());
    if (!failure && !found.empty()) address = found.begin()->endpoint().address();
    const std::lock_guard lock(box->mutex);
    if (box->context == nullptr) return;
    asio::post(*box->context, [core, host, address] {
      Name& asked = core->names[host];
      asked.known = true;
      asked.address = address;
      for (const Resolved& waiting : std::exchange(asked.waiting, {})) waiting(address);
    });
  }).detach();
}

void SocketNetwork::Core::TakeTurn(std::function<bool(Instant)> begin) {
  line.push_back({network.Now(), std::move(begin)});
  if (under_way < most_under_way) network.After(Instant(0), [this] { BeginNext(); });
}

void SocketNetwork::Core::LeaveTurn() {
  --under_way;
  if (!line.empty()) network.After(Instant(0), [this] { BeginNext(); });
}

void SocketNetwork::Core::BeginNext() {
  while (under_way < most_under_way && !line.empty()) {
    const Turn turn = std::move(line.front());
    line.pop_front();
    const Instant waited = network.Now() - turn.since;
    ++under_way;
    if (!turn.begin(waited)) {
      --under_way;
      continue;
    }
    traffic.most_under_way = std::max(traffic.most_under_way, under_way);
    traffic.longest_in_line = std::max(traffic.longest_in_line, waited);
  }
}

void SocketNetwork::Core::Linger(const std::shared_ptr<TftpExchange>& exchange) {
  lingering.push_back(exchange);
  while (!lingering.empty() && (lingering.size() > kMostLingering || lingering.front().expired())) {
    if (const auto oldest = lingering.front().lock()) oldest->Drop();
    lingering.pop_front();
  }
}

void SocketNetwork::Core::SipCame(const Datagram& from, const std::string& to_ip) {
  ++traffic.datagrams_received;
  Outlet* to = sip_owner;
  if (options.addressing == Addressing::kOwn) {
    const auto found = by_ip.find(to_ip);
    to = found == by_ip.end() ? nullptr : found->second;
  }
  if (to == nullptr)
    ++traffic.not_sip;
  else
    to->SipCame(from);
}

Result<> SocketNetwork::Core::LoadCertificates() {
  if (checking) return {};
  asio::ssl::context loaded(asio::ssl::context::tls_client);
  loaded.set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code failure;
  if (options.ca_file.empty())
    loaded.set_default_verify_paths(failure);
  else
    loaded.load_verify_file(options.ca_file, failure);
  if (failure) return Fail(ErrorKind::kInvalid, "the certificates of " + options.ca_file + " can't be read: " + failure.message());
  checking.emplace(std::move(loaded));
  return {};
}

// ---- The network

SocketNetwork::SocketNetwork(SocketOptions options) : core_(std::make_shared<Core>(*this, std::move(options))) {
  core_->mailbox->context = &core_->context;
  core_->trusting.emplace(asio::ssl::context::tls_client);
  core_->trusting->set_verify_mode(asio::ssl::verify_none);
  // The first socket brings what all of them need, which later, without descriptors, might not come about.
  const TcpSocket first(core_->context);
}

SocketNetwork::~SocketNetwork() {
  agenda_.Clear();
  core_->exchanges.Abandon();
  core_.reset();
}

Result<> SocketNetwork::Open() {
  const std::size_t descriptors = DescriptorLimit();
  const std::size_t spared = kSpareDescriptors + kMostLingering;
  core_->most_under_way =
      std::clamp<std::size_t>(core_->options.most_fetches, 1, descriptors > spared + 1 ? descriptors - spared : descriptors / 4 + 1);
  if (!core_->options.ca_file.empty()) {
    if (const Result<> loaded = core_->LoadCertificates(); !loaded) return loaded;
  }
  if (!core_->options.sip_port) return {};
  auto sip = UdpPort::Open(core_->context, "0.0.0.0", *core_->options.sip_port,
                           [core = core_.get()](const Datagram& from, const std::string& to_ip) { core->SipCame(from, to_ip); });
  if (!sip) return Fail(ErrorKind::kUnavailable, "the phones' SIP port can't be had: " + sip.error().message);
  core_->sip = std::move(*sip);
  return {};
}

std::uint16_t SocketNetwork::sip_port() const { return core_->sip ? core_->sip->port() : std::uint16_t(0); }
const Traffic& SocketNetwork::traffic() const { return core_->traffic; }

Instant SocketNetwork::Now() const { return std::chrono::duration_cast<Instant>(Clock::now() - core_->start); }

std::unique_ptr<Link> SocketNetwork::Attach(Plug plug) {
  return std::make_unique<SocketLink>(std::make_shared<Outlet>(*core_, std::move(plug)));
}

Result<std::unique_ptr<Host>> SocketNetwork::AddHost(const std::string& ip, std::uint16_t port,
                                                     std::function<void(const Datagram&)> receive) {
  auto socket =
      UdpPort::Open(core_->context, ip, port, [receive = std::move(receive)](const Datagram& from, const std::string&) { receive(from); });
  if (!socket) return Fail(socket.error());
  return std::make_unique<SocketHost>(std::move(*socket));
}

void SocketNetwork::Ask(const Question& question, std::function<void(Result<http::Response>)> answered) {
  const auto url = http::ParseUrl(question.origin);
  if (!url) {
    After(Instant(0), [answered, origin = question.origin] { answered(Fail(ErrorKind::kUnavailable, "\"" + origin + "\" is no URL")); });
    return;
  }
  Core* const core = core_.get();
  core->TakeTurn([core, url = *url, question, answered = std::move(answered)](Instant) {
    core->Resolve(url.host, [core, url, question, answered](const Result<asio::ip::address>& address) {
      if (!address) {
        core->network.After(Instant(0), [core, answered, error = address.error()] {
          core->LeaveTurn();
          answered(Fail(error));
        });
        return;
      }
      HttpOrder order{.peer = {*address, url.port}, .request = RequestOf(question.request, url), .patience = question.patience};
      order.to_head = question.request.method == "HEAD";
      if (url.scheme == "https") {
        if (const Result<> trusted = core->LoadCertificates(); !trusted) core->Fault(trusted.error().message);
        if (core->fault) return;
        order.tls = &*core->checking;
        order.server_name = url.host;
      }
      const auto body = std::make_shared<std::string>();
      std::make_shared<HttpExchange>(
          core->context, core->network, std::move(order),
          HttpExchange::Calls{.body =
                                  [body](int, std::string_view bytes) {
                                    body->append(bytes.substr(0, kLargestAnswer - std::min(kLargestAnswer, body->size())));
                                    return false;
                                  },
                              .ended =
                                  [core, body, answered](HttpEnding ending) {
                                    core->LeaveTurn();
                                    if (ending.how == HttpEnding::How::kExhausted) core->Fault(ending.problem);
                                    if (ending.how != HttpEnding::How::kAnswered) {
                                      const bool late = ending.how == HttpEnding::How::kTimedOut;
                                      return answered(
                                          Fail(late ? ErrorKind::kTimeout : ErrorKind::kUnavailable, std::move(ending.problem)));
                                    }
                                    ending.response.body = std::move(*body);
                                    answered(std::move(ending.response));
                                  }})
          ->Start();
    });
    return true;
  });
}

Result<> SocketNetwork::RunUntil(const std::function<bool()>& done, Instant deadline) {
  for (;;) {
    // What is there comes before what is due: where this machine did not let the phones run for a while, an answer that came in time is
    // none that did not come.
    core_->context.restart();
    int steps = 0;
    while (steps < kStepsInARow && core_->context.poll_one() > 0) ++steps;
    for (int i = 0; i < kStepsInARow; ++i) {
      const auto due = agenda_.TakeDue(Now());
      if (!due) break;
      due();
    }
    if (core_->fault) return Fail(*core_->fault);
    if (core_->interrupted) return Fail(ErrorKind::kCancelled, "it was interrupted");
    if (done()) return {};
    if (Now() >= deadline) return {};
    const Instant until = std::min(deadline, agenda_.next().value_or(deadline));
    if (steps == 0) core_->context.run_one_until(core_->start + until);
  }
}

void SocketNetwork::Interrupt() {
  core_->interrupted = true;
  asio::post(core_->context, [] {});
}

void SocketNetwork::Post(std::function<void()> what) { asio::post(core_->context, std::move(what)); }

}  // namespace provdlab::network
