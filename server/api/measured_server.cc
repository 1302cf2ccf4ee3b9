#include "server/api/measured_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "server/api/media_type.h"

namespace provdlab::server {
namespace {

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "benchmark: %s\n", why.c_str());
  std::_Exit(1);
}

double Now() { return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

MeasuredServer::MeasuredServer(const std::function<void(const TellPort&)>& serve) {
  int ends[2];
  if (pipe(ends) != 0) Die("no pipe");
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    serve([&](std::uint16_t port) {
      if (write(ends[1], &port, sizeof port) != sizeof port) Die("the pipe to the client is gone");
    });
    std::_Exit(0);
  }
  close(ends[1]);
  if (read(ends[0], &port_, sizeof port_) != sizeof port_) Die("a server did not start");
  close(ends[0]);
  if (clock_getcpuclockid(process_, &clock_) != 0) Die("a server's CPU clock can't be read");
}

MeasuredServer::~MeasuredServer() {
  for (const int connection : connections_) close(connection);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void MeasuredServer::Connect(int connections) {
  for (int i = 0; i < connections; ++i) {
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

MeasuredServer::Cost MeasuredServer::Ask(const std::vector<std::string>& requests,
                                         const std::function<bool(const std::string& body)>& right) {
  Cost cost;
  const double cpu = Cpu(), wall = Now();
  for (std::size_t asked = 0; asked < requests.size();) {
    const std::size_t together = std::min(connections_.size(), requests.size() - asked);
    for (std::size_t i = 0; i < together; ++i) {
      const std::string& request = requests[asked + i];
      if (send(connections_[i], request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        Die("a server closed");
    }
    for (std::size_t i = 0; i < together; ++i) {
      const std::string body = ReadBody(connections_[i]);
      cost.bytes += body.size();
      if (!right(body)) Die("a server answers something else: " + body.substr(0, 200));
    }
    asked += together;
  }
  cost.cpu_microseconds = Cpu() - cpu;
  cost.wall_microseconds = Now() - wall;
  return cost;
}

double MeasuredServer::PeakMebibytes() const {
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

double MeasuredServer::Cpu() const {
  timespec now{};
  clock_gettime(clock_, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

std::string MeasuredServer::ReadBody(int connection) {
  std::string answer, buffer(256 * 1024, '\0');
  const auto more = [&] {
    const ssize_t got = recv(connection, buffer.data(), buffer.size(), 0);
    if (got <= 0) Die("a server closed");
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  };
  std::size_t head = std::string::npos;
  while ((head = answer.find("\r\n\r\n")) == std::string::npos) more();
  head += 4;
  if (!answer.starts_with("HTTP/1.1 200")) Die("a server answers something else: " + answer.substr(0, 200));
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  if (const std::size_t length = answer.find(kLength); length < head) {
    const std::size_t size = std::strtoull(answer.c_str() + length + kLength.size(), nullptr, 10);
    while (answer.size() < head + size) more();
    return answer.substr(head);
  }
  std::string body;  // in chunks
  for (std::size_t at = head;;) {
    std::size_t line;
    while ((line = answer.find("\r\n", at)) == std::string::npos) more();
    const std::size_t size = std::strtoull(answer.c_str() + at, nullptr, 16);
    while (answer.size() < line + 2 + size + 2) more();
    if (size == 0) return body;
    body.append(answer, line + 2, size);
    at = line + 2 + size + 2;
  }
}

std::string GetRequest(std::string_view target) {
  return "GET /provd" + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: " + std::string(kProvdMediaType) + "\r\n\r\n";
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace provdlab::server
