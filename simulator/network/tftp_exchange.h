#pragma once
// One file over TFTP for a phone, over its noisy line. Whoever owns the socket, or plays it in memory, sends datagrams and hands in what
// came.
//
//   auto exchange = std::make_shared<TftpExchange>(network, lines, fetch, TftpExchange::Calls{.send = …, .began = …, .fetched = …, .over =
//   …}); exchange->Start(); exchange->Came(bytes, port);      // from the wire
//
// An upload is asked for as phones do, and broken off by a server that would take it. But for `send`, calls are made from within the
// network's appointments, never from within a method of this. Its owner keeps it until `over`: that is a while after the file is there,
// because the server may not have heard of its last block.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/tftp/receiver.h"
#include "simulator/network/collected.h"
#include "simulator/network/line.h"
#include "simulator/network/network.h"

namespace provdlab::network {

class TftpExchange : public std::enable_shared_from_this<TftpExchange> {
 public:
  struct Calls {
    std::function<void(const std::string& bytes, std::uint16_t port)> send;  // port 0: the one that requests go to
    std::function<void(std::string head)> began;
    std::function<void(phone::Fetched)> fetched;
    std::function<void()> over;  // the socket is needed no more
  };

  TftpExchange(Network& network, std::shared_ptr<Lines> lines, const phone::Fetch& fetch, Calls calls);
  ~TftpExchange();

  void Start();
  void Came(std::string bytes, std::uint16_t port);
  void GoOn(bool on);
  void Drop();
  // The network is at its end: nothing is sent or told any more, and whatever the calls hold is let go.
  void Abandon();

 private:
  using Step = tftp::Receiver::Step;

  void Arrived(const std::string& bytes, std::uint16_t port);
  void Take(const Step& step);
  void Send(const std::string& bytes, std::uint16_t port);
  void Wait(Instant time);
  void Deliver(phone::Fetched::How how);
  void End();

  Network& network_;
  const std::shared_ptr<Lines> lines_;
  const int id_;
  Collected collected_;
  tftp::Receiver receiver_;
  Calls calls_;
  enum class Phase { kReading, kPaused, kLingering, kOver } phase_ = Phase::kReading;
  bool began_ = false;
  Step held_{};  // what is to be done once the phone wants to go on
  Appointment patience_;
};

// The exchanges of a network, which outlast the phones that began them and end with it. Belongs to the network.
class TftpExchanges {
 public:
  void Add(const std::shared_ptr<TftpExchange>& exchange);
  void Abandon();

 private:
  std::vector<std::weak_ptr<TftpExchange>> all_;
  std::size_t next_sweep_ = 64;
};

}  // namespace provdlab::network
