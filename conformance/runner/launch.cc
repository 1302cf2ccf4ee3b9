#include "conformance/runner/launch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "base/files.h"
#include "base/nearest.h"

namespace provdlab::conformance {
namespace {

constexpr std::size_t kLogTail = 64 * 1024;
constexpr std::size_t kLogHead = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds kLongestPause{50};
constexpr std::chrono::milliseconds kLastWords{200};  // until what a child wrote before its end is read

using Clock = std::chrono::steady_clock;

// The first port that the system gives to whoever asks for any.
int FirstEphemeralPort() {
  constexpr int kUsual = 32'768;
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  return range >> first ? first : kUsual;
}

sockaddr_in AddressOf(in_addr_t host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// Binds both a TCP and a UDP socket to this port of all addresses, 0 for any. They are kept, whatever comes of it; 0: it is not free.
int BindBoth(int port, std::vector<int>& sockets) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (socket < 0) return 0;
    sockets.push_back(socket);
    sockaddr_in address = AddressOf(INADDR_ANY, port);
    socklen_t size = sizeof address;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 0;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    port = ntohs(address.sin_port);
  }
  return port;
}

// Ports that are free for TCP and UDP, all different: every socket stays bound until the last port is known. They are from below those
// that the system gives to others unasked, since the target has them only some time later, and again after each restart.
Result<std::vector<int>> FreePorts(std::size_t count) {
  constexpr int kLowest = 15'000, kFewest = 1'000;
  constexpr std::size_t kTries = 200;
  const int end = FirstEphemeralPort();
  std::random_device random;
  std::uniform_int_distribution<int> below(kLowest, std::max(kLowest, end - 1));
  std::vector<int> sockets;
  std::vector<int> ports;
  for (std::size_t i = 0; i < kTries && ports.size() < count; ++i) {
    const int port = BindBoth(end - kLowest < kFewest ? 0 : below(random), sockets);
    if (port != 0) ports.push_back(port);
  }
  const int problem = errno;
  for (const int socket : sockets) ::close(socket);
  if (ports.size() != count) return Fail(ErrorKind::kInternal, std::string("no free ports on this machine: ") + std::strerror(problem));
  return ports;
}

bool Accepts(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const sockaddr_in address = AddressOf(INADDR_LOOPBACK, port);
  const bool accepted = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return accepted;
}

// Whether a program has this port, for TCP or UDP. Connections that are only not forgotten yet don't count.
bool IsTaken(int port) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (socket < 0) continue;
    const int yes = 1;
    if (type == SOCK_STREAM) ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = AddressOf(INADDR_ANY, port);
    const bool taken = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == EADDRINUSE;
    ::close(socket);
    if (taken) return true;
  }
  return false;
}

// Places in a command that become free ports: the target's own come first, then those at which the suite is told something.
constexpr std::string_view kPorts[] = {"rest_port", "admin_port", "http_port", "tftp_port", "sip_port", "ami_port", "gateway_port"};
constexpr std::size_t kOwnPorts = 4;

struct Port {
  std::string name;  // of kPorts
  int number;
};

std::string Fill(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    const std::string place = "{" + name + "}";
    for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size())) {
      text.replace(at, place.size(), value);
    }
  }
  return text;
}

std::string Describe(int status) {
  // A shell in between reports its child's signal as 128 + n.
  int number = 0;
  if (WIFSIGNALED(status)) number = WTERMSIG(status);
  if (WIFEXITED(status) && WEXITSTATUS(status) > 128 && WEXITSTATUS(status) < 128 + 65) number = WEXITSTATUS(status) - 128;
  if (number != 0) return "crashed: signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

// Between fork and exec: only what may be called there. Never returns.
[[noreturn]] void BecomeChild(char* const* arguments, int output, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it has gone already
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT}) ::signal(number, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvp(arguments[0], arguments);
  const char* const problem = std::strerror(errno);
  for (const char* const text : {"cannot start ", static_cast<const char*>(arguments[0]), ": ", problem, "\n"}) {
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  }
  ::_exit(127);
}

}  // namespace

Result<> CheckPlaces(std::string_view command) {
  std::vector<std::string_view> places(std::begin(kPorts), std::end(kPorts));
  places.insert(places.end(), {"state_dir", "trusted_proxies", "tokens"});
  for (std::size_t open = command.find('{'); open != std::string_view::npos; open = command.find('{', open + 1)) {
    const std::size_t end = command.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", open + 1);
    if (end == std::string_view::npos || command[end] != '}') continue;
    if (open > 0 && command[open - 1] == '$') continue;  // the shell's
    const std::string_view word = command.substr(open + 1, end - open - 1);
    if (std::find(places.begin(), places.end(), word) != places.end()) continue;
    if (const std::string_view meant = Nearest(word, places); !meant.empty()) {
      return Fail(ErrorKind::kInvalid,
                  "nothing is filled in for {" + std::string(word) + "} in the launch command; did you mean {" + std::string(meant) + "}?");
    }
  }
  return {};
}

struct LaunchedTarget::Impl {
  LaunchOptions options;
  bool upgraded = false;  // the next version runs
  std::string url;
  std::map<std::string, std::string> values;  // what is filled in
  std::optional<TemporaryDirectory> state_dir;
  pid_t process = -1;
  int log = -1;  // reading end of the child's output
  int wake[2] = {-1, -1};
  std::thread reader;
  mutable std::mutex mutex;
  std::condition_variable read_to_the_end;
  bool all_read = false;      // the child has closed its output
  std::string head, tail;     // of what it wrote: the first kLogHead, the last kLogTail
  std::uint64_t written = 0;  // bytes
  std::uint64_t before = 0;   // of them by processes before the one that runs
  std::optional<std::string> how_it_ended;
  bool reaped = false;

  // Collects what the child writes until it has closed its output or `wake` is closed.
  void Read() {
    char buffer[4096];
    while (true) {
      pollfd watched[2] = {{log, POLLIN, 0}, {wake[0], POLLIN, 0}};
      if (::poll(watched, 2, -1) < 0 && errno != EINTR) return;
      if ((watched[0].revents & (POLLIN | POLLHUP)) != 0) {
        const ssize_t count = ::read(log, buffer, sizeof buffer);
        const std::lock_guard lock(mutex);
        if (count <= 0) {
          all_read = true;
          read_to_the_end.notify_all();
          return;
        }
        written += static_cast<std::uint64_t>(count);
        head.append(buffer, std::min(static_cast<std::size_t>(count), kLogHead - head.size()));
        tail.append(buffer, static_cast<std::size_t>(count));
        if (tail.size() > kLogTail) tail.erase(0, tail.size() - kLogTail);
      } else if (watched[1].revents != 0) {
        return;
      }
    }
  }

  const std::vector<std::string>& command() const { return upgraded ? options.next_command : options.command; }

  // Of the target's own those that the command asks for; the one of REST anyway.
  std::vector<Port> Ports() const {
    std::vector<Port> ports;
    for (const std::string_view name : std::span(kPorts).first(kOwnPorts)) {
      const std::string place = "{" + std::string(name) + "}";
      const bool asked =
          std::any_of(command().begin(), command().end(), [&](const std::string& word) { return word.find(place) != std::string::npos; });
      if (asked || name == "rest_port") ports.push_back({std::string(name), std::stoi(values.at(std::string(name)))});
    }
    return ports;
  }
  // Where it is to accept connections before it is there. One that answers REST may still be about to open its port for phones.
  std::vector<Port> AwaitedPorts() const {
    std::vector<Port> ports = Ports();
    std::erase_if(ports, [](const Port& port) { return port.name != "rest_port" && port.name != "http_port"; });
    return ports;
  }

  // Looks whether the child has ended. Does not wait, but for what it wrote, once.
  bool Reap() {
    std::unique_lock lock(mutex);
    if (process <= 0 || reaped) return true;
    int status = 0;
    if (::waitpid(process, &status, WNOHANG) != process) return false;
    reaped = true;
    how_it_ended = Describe(status);
    read_to_the_end.wait_for(lock, kLastWords, [this] { return all_read; });  // unless a child of its own holds the output
    return true;
  }
};

LaunchedTarget::LaunchedTarget(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<LaunchedTarget>> LaunchedTarget::Start(const LaunchOptions& options, Stop* stop) {
  if (options.command.empty()) return Fail(ErrorKind::kInvalid, "there is no command to start the target with");
  auto impl = std::make_unique<Impl>();
  impl->options = options;

  const auto ports = FreePorts(std::size(kPorts));
  if (!ports) return Fail(ports.error());
  auto folder = TemporaryDirectory::Make("provdlab-target-");
  if (!folder) return Fail(folder.error());
  impl->state_dir = std::move(*folder);
  impl->values = {{"state_dir", impl->state_dir->path().string()}, {"trusted_proxies", std::to_string(options.trusted_proxies)}};
  for (std::size_t i = 0; i < ports->size(); ++i) impl->values.emplace(kPorts[i], std::to_string((*ports)[i]));
  impl->values.insert(options.values.begin(), options.values.end());
  impl->url = Fill(options.url, impl->values);
  std::unique_ptr<LaunchedTarget> launched(new LaunchedTarget(std::move(impl)));
  if (auto ran = launched->Run(stop); !ran) {
    launched->End();
    return Fail(ran.error());
  }
  return launched;
}

Result<> LaunchedTarget::Run(Stop* stop) {
  Impl& child = *impl_;
  std::vector<std::string> words;
  for (const std::string& word : child.command()) words.push_back(Fill(word, child.values));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return Fail(ErrorKind::kInternal, std::string("cannot make a pipe: ") + std::strerror(errno));
  child.log = output[0];
  if (::pipe2(child.wake, O_CLOEXEC) != 0) {
    ::close(output[1]);
    return Fail(ErrorKind::kInternal, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) BecomeChild(arguments.data(), output[1], parent);
  ::close(output[1]);
  if (process < 0) return Fail(ErrorKind::kInternal, std::string("cannot start a process: ") + std::strerror(errno));
  ::setpgid(process, process);  // whoever of the two comes first
  {
    const std::lock_guard lock(child.mutex);
    child.process = process;
    child.reaped = false;
    child.all_read = false;
    child.before = child.written;
    child.how_it_ended.reset();
  }
  child.reader = std::thread([&child] { child.Read(); });

  Stop nobody;
  Stop& waiting = stop != nullptr ? *stop : nobody;
  const Clock::time_point end = Clock::now() + child.options.patience;
  std::chrono::milliseconds pause{1};
  std::vector<Port> awaited = child.AwaitedPorts();
  while (true) {
    std::erase_if(awaited, [](const Port& port) { return Accepts(port.number); });
    if (awaited.empty()) return {};
    // A script may have ended well, and left the server behind it starting.
    const bool over = child.Reap() && (*ended() != Describe(0) || ::kill(-process, 0) != 0);
    std::string problem;
    ErrorKind kind = ErrorKind::kUnavailable;
    if (over)
      problem = "the launched target " + *ended() + " before it answered";
    else if (Clock::now() >= end)
      problem = "the launched target did not accept connections on port " + std::to_string(awaited.front().number) + ", its {" +
                awaited.front().name + "}, within " + std::to_string(child.options.patience.count() / 1000) + " s";
    else if (waiting.WaitFor(pause))
      problem = "interrupted while the launched target was starting", kind = ErrorKind::kCancelled;
    if (!problem.empty()) {
      Halt();
      for (const Port& port : child.Ports()) {
        if (!IsTaken(port.number)) continue;
        kind = ErrorKind::kInternal;
        problem += "; port " + std::to_string(port.number) + ", its {" + port.name + "}, is another program's by now";
      }
      const std::string tail = log_tail();
      return Fail(kind, problem + (tail.empty() ? "; it wrote nothing" : "; it wrote:\n" + tail));
    }
    pause = std::min(pause * 2, kLongestPause);
  }
}

LaunchedTarget::~LaunchedTarget() { End(); }

Result<> LaunchedTarget::Restart(Stop* stop) {
  Halt();
  return Run(stop);
}

Result<> LaunchedTarget::RestartTrusting(int proxies, Stop* stop) {
  impl_->values["trusted_proxies"] = std::to_string(proxies);
  return Restart(stop);
}

Result<> LaunchedTarget::Upgrade(Stop* stop) {
  if (impl_->options.next_command.empty())
    return Fail(ErrorKind::kUnavailable, "there is no command that starts the target's next version");
  impl_->upgraded = true;
  return Restart(stop);
}

Result<> LaunchedTarget::Renew(Stop* stop) {
  Halt();
  impl_->upgraded = false;
  std::error_code problem;
  std::vector<std::filesystem::path> kept;
  for (std::filesystem::directory_iterator entry(impl_->state_dir->path(), problem), end; !problem && entry != end;
       entry.increment(problem))
    kept.push_back(entry->path());
  for (std::size_t i = 0; !problem && i < kept.size(); ++i) std::filesystem::remove_all(kept[i], problem);
  if (problem) return Fail(ErrorKind::kInternal, "the target's folder could not be emptied: " + problem.message());
  return Run(stop);
}

void LaunchedTarget::End() {
  Halt();
  impl_->state_dir.reset();
}

void LaunchedTarget::Halt() {
  Impl& child = *impl_;
  if (child.process > 0) {
    // The leader may be a shell that ends at once while the server behind it puts its house in order.
    const auto all_gone = [&] { return child.Reap() && ::kill(-child.process, 0) != 0; };
    const bool goes_on = !child.Reap();
    if (!all_gone()) {
      ::kill(-child.process, SIGTERM);
      Stop nobody;
      const Clock::time_point end = Clock::now() + child.options.grace;
      std::chrono::milliseconds pause{1};
      while (!all_gone() && Clock::now() < end) {
        nobody.WaitFor(pause);
        pause = std::min(pause * 2, kLongestPause);
      }
    }
    ::kill(-child.process, SIGKILL);  // it, if it did not listen, and whatever it left behind
    const std::lock_guard lock(child.mutex);
    if (child.reaped && goes_on) child.how_it_ended = "was ended by the suite";
    if (!child.reaped) {
      int status = 0;
      ::waitpid(child.process, &status, 0);
      child.reaped = true;
      child.how_it_ended = "did not end when told to and was killed";
    }
    child.process = -1;
  }
  if (child.wake[1] >= 0) ::close(std::exchange(child.wake[1], -1));
  if (child.reader.joinable()) child.reader.join();
  if (child.wake[0] >= 0) ::close(std::exchange(child.wake[0], -1));
  if (child.log >= 0) ::close(std::exchange(child.log, -1));
}

const std::string& LaunchedTarget::url() const { return impl_->url; }

std::string LaunchedTarget::Filled(std::string text) const { return Fill(std::move(text), impl_->values); }

std::string LaunchedTarget::log_tail() const {
  const std::lock_guard lock(impl_->mutex);
  const std::uint64_t its_own = impl_->written - impl_->before;
  return its_own < impl_->tail.size() ? impl_->tail.substr(impl_->tail.size() - static_cast<std::size_t>(its_own)) : impl_->tail;
}

std::string LaunchedTarget::log() const {
  const std::lock_guard lock(impl_->mutex);
  const std::uint64_t unseen = impl_->written - impl_->head.size();  // behind the head
  if (unseen == 0) return impl_->head;
  if (unseen <= impl_->tail.size()) return impl_->head + impl_->tail.substr(impl_->tail.size() - static_cast<std::size_t>(unseen));
  // No line in pieces: half of one may not be known for what it is.
  const std::size_t last_line = impl_->head.rfind('\n');
  const std::string head = last_line == std::string::npos ? "" : impl_->head.substr(0, last_line + 1);
  const std::size_t first_line = impl_->tail.find('\n');
  const std::string tail = first_line == std::string::npos ? "" : impl_->tail.substr(first_line + 1);
  return head + "[" + std::to_string(impl_->written - head.size() - tail.size()) + " bytes are left out here]\n" + tail;
}

std::optional<std::string> LaunchedTarget::ended() const {
  impl_->Reap();
  const std::lock_guard lock(impl_->mutex);
  return impl_->how_it_ended;
}

}  // namespace provdlab::conformance
