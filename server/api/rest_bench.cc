// What a GET of one configuration parameter costs the server: CPU time of the whole process, beside a bare cpp-httplib handler
// that answers the same bytes.
//
//   ./bazelw run --config=opt //server/api:rest_bench [ROUNDS [REQUESTS]]
//
// Each server is a process of its own; this one asks, over connections that are kept, in rounds that alternate. Printed are the
// medians over the rounds and their ratio.

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/media_type.h"
#include "server/api/rest_server.h"
#include "server/application/provd.h"

namespace provdlab::server {
namespace {

constexpr int kConnections = 4;  // no more than either server has threads
constexpr std::string_view kBody = R"({"param":{"value":0}})";
constexpr std::string_view kRequest =
    "GET /provd/configure/NAT HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/vnd.proformatique.provd+json\r\n\r\n";

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "rest_bench: %s\n", why.c_str());
  std::_Exit(1);
}

void TellPort(int pipe, std::uint16_t port) {
  if (write(pipe, &port, sizeof port) != sizeof port) Die("the pipe to the client is gone");
}

void ServeProvd(int pipe) {
  Faults faults;
  ProvdOptions options;
  options.faults = &faults;
  auto provd = Provd::Open(options);
  if (!provd) Die(provd.error().message);
  RestServer server({}, **provd, faults);
  if (const auto started = server.Start(); !started) Die(started.error().message);
  TellPort(pipe, server.rest_port());
  for (;;) pause();
}

void ServeBareHandler(int pipe) {
  httplib::Server server;
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000'000);
  server.Get("/provd/configure/NAT", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(kBody), std::string(kProvdMediaType).c_str());
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  if (port <= 0) Die("cpp-httplib found no port");
  TellPort(pipe, static_cast<std::uint16_t>(port));
  server.listen_after_bind();
}

// A server in a process of its own, and connections to it.
class Subject {
 public:
  explicit Subject(void (*serve)(int pipe)) {
    int ends[2];
    if (pipe(ends) != 0) Die("no pipe");
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(ends[0]);
      serve(ends[1]);
      std::_Exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &port_, sizeof port_) != sizeof port_) Die("a server did not start");
    close(ends[0]);
    if (clock_getcpuclockid(process_, &clock_) != 0) Die("a server's CPU clock can't be read");
  }
  ~Subject() {
    for (const int connection : connections_) close(connection);
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  void Connect() {
    for (int i = 0; i < kConnections; ++i) {
      const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port_);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Die("no connection");
      const int yes = 1;
      setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      connections_.push_back(connection);
    }
  }

  // Microseconds of the server's CPU for each of so many requests.
  double Round(int requests) {
    const double before = Cpu();
    for (int done = 0; done < requests; done += kConnections) {
      for (const int connection : connections_) {
        if (send(connection, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kRequest.size()))
          Die("a server closed");
      }
      for (const int connection : connections_) ReadAnswer(connection);
    }
    return (Cpu() - before) / requests;
  }

 private:
  double Cpu() const {
    timespec now{};
    clock_gettime(clock_, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
  }

  void ReadAnswer(int connection) {
    answer_.clear();
    while (!answer_.ends_with(kBody)) {
      char buffer[4096];
      const ssize_t got = recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) Die("a server closed");
      answer_.append(buffer, static_cast<std::size_t>(got));
      if (answer_.size() > sizeof buffer) Die("a server answers something else");
    }
    if (!answer_.starts_with("HTTP/1.1 200")) Die("a server answers something else");
  }

  pid_t process_ = 0;
  clockid_t clock_{};
  std::uint16_t port_ = 0;
  std::vector<int> connections_;
  std::string answer_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Main(int rounds, int requests) {
  Subject provd(ServeProvd);
  Subject bare(ServeBareHandler);
  provd.Connect();
  bare.Connect();
  provd.Round(requests);
  bare.Round(requests);

  std::vector<double> of_provd, of_bare, ratios;
  for (int i = 0; i < rounds; ++i) {
    of_provd.push_back(provd.Round(requests));
    of_bare.push_back(bare.Round(requests));
    ratios.push_back(of_provd.back() / of_bare.back());
  }
  std::printf("%d rounds of %d GETs of /provd/configure/NAT over %d connections; medians of the server's CPU time\n", rounds, requests,
              kConnections);
  std::printf("reference server   %7.2f us\n", Median(of_provd));
  std::printf("bare cpp-httplib   %7.2f us\n", Median(of_bare));
  std::printf("ratio              %7.2f     (rounds: %.2f to %.2f)\n", Median(of_provd) / Median(of_bare),
              *std::min_element(ratios.begin(), ratios.end()), *std::max_element(ratios.begin(), ratios.end()));
  return 0;
}

}  // namespace
}  // namespace provdlab::server

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const int requests = argc > 2 ? std::atoi(argv[2]) : 8000;
  if (rounds < 1 || requests < 4) {
    std::fprintf(stderr, "usage: rest_bench [ROUNDS [REQUESTS]]\n");
    return 2;
  }
  return provdlab::server::Main(rounds, requests);
}
