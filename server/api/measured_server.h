#pragma once
// For benchmarks: a server in a process of its own, what it is asked over connections that are kept, and what that costs it.
//
//   MeasuredServer server([](const MeasuredServer::TellPort& tell) { …; tell(port); for (;;) pause(); });
//   server.Connect(4);
//   auto cost = server.Ask(requests, [](const std::string& body) { return body == expected; });
//   cost.cpu_microseconds / requests.size();    // of the whole process
//
// Ends the program with a sentence on standard error if anything goes wrong. One thread; make it before there are others, for it forks.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace provdlab::server {

class MeasuredServer {
 public:
  using TellPort = std::function<void(std::uint16_t port)>;
  // `serve` runs in the other process and is not to return.
  explicit MeasuredServer(const std::function<void(const TellPort& tell)>& serve);
  ~MeasuredServer();
  MeasuredServer(const MeasuredServer&) = delete;
  MeasuredServer& operator=(const MeasuredServer&) = delete;

  void Connect(int connections);

  struct Cost {
    double cpu_microseconds = 0, wall_microseconds = 0;
    std::size_t bytes = 0;  // of bodies
  };
  // Sends all requests, one on each connection at a time. Every answer must be a 200 with a body that is `right`.
  Cost Ask(const std::vector<std::string>& requests, const std::function<bool(const std::string& body)>& right);

  // The most memory that the process has had at any time.
  double PeakMebibytes() const;

 private:
  double Cpu() const;
  std::string ReadBody(int connection);

  pid_t process_ = 0;
  clockid_t clock_{};
  std::uint16_t port_ = 0;
  std::vector<int> connections_;
};

// GET of a target below /provd as provd's clients send it.
std::string GetRequest(std::string_view target);

double Median(std::vector<double> values);

}  // namespace provdlab::server
