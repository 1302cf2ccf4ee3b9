#include "server/plugins/download.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <httplib.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/http/message.h"
#include "base/version.h"

namespace provdlab::server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kShutdownRepeat{50};

// Breaks off blocking reads, writes and connects of the library when somebody asks to stop or the overall time is over: it keeps
// a second descriptor of every socket and shuts that down. A thread of its own does so, because the library's one is blocked.
class Interruption {
 public:
  Interruption(std::stop_token stop, Clock::time_point deadline)
      : stop_(std::move(stop)), deadline_(deadline), thread_([this] { Watch(); }) {}

  ~Interruption() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
    for (int descriptor : sockets_) close(descriptor);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  void Add(int descriptor) {
    std::lock_guard lock(mutex_);
    if (const int second = fcntl(descriptor, F_DUPFD_CLOEXEC, 0); second >= 0) sockets_.push_back(second);
  }

  // Why nothing more may be done, if so.
  std::optional<Error> Reason() const {
    if (stop_.stop_requested()) return Error{ErrorKind::kCancelled, "the download was cancelled", std::nullopt};
    if (Clock::now() >= deadline_)
      return Error{ErrorKind::kTimeout, "the download took longer than is allowed for all of it", std::nullopt};
    return std::nullopt;
  }

  Clock::time_point deadline() const { return deadline_; }
  const std::stop_token& stop() const { return stop_; }

 private:
  void Watch() {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop_, deadline_, [&] { return done_; });
    while (!done_) {
      // Again and again, for a socket that was about to be connected is only now what can be shut down.
      for (int descriptor : sockets_) shutdown(descriptor, SHUT_RDWR);
      changed_.wait_for(lock, kShutdownRepeat, [&] { return done_; });
    }
  }

  const std::stop_token stop_;
  const Clock::time_point deadline_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool done_ = false;
  std::vector<int> sockets_;
  std::thread thread_;
};

// The library writes to sockets that the peer may have closed, without asking to be spared the signal. It is held back on this
// thread while the object lives; one that came is taken away, so that nobody gets it later.
class PipeSignalBlock {
 public:
  PipeSignalBlock() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~PipeSignalBlock() {
    const timespec at_once{};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PipeSignalBlock(const PipeSignalBlock&) = delete;
  PipeSignalBlock& operator=(const PipeSignalBlock&) = delete;

 private:
  sigset_t pipe_, before_;
};

// The addresses of a host, in the system's order. The system's resolver can't be interrupted, so it is asked on a thread of its own,
// which ends by itself when nobody waits for it any more.
Result<std::vector<std::string>> Resolve(const std::string& host, milliseconds timeout, const Interruption& interruption) {
  for (int family : {AF_INET, AF_INET6})
    if (unsigned char address[sizeof(in6_addr)]; inet_pton(family, host.c_str(), address) == 1) return std::vector<std::string>{host};

  struct Question {
    std::mutex mutex;
    std::condition_variable_any answered;
    bool done = false;
    int code = 0;
    std::vector<std::string> addresses;
  };
  auto question = std::make_shared<Question>();
  std::thread([question, host] {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    std::vector<std::string> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      char text[NI_MAXHOST];
      if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) addresses.emplace_back(text);
    }
    if (found != nullptr) freeaddrinfo(found);
    std::lock_guard lock(question->mutex);
    question->done = true;
    question->code = code;
    question->addresses = std::move(addresses);
    question->answered.notify_all();
  }).detach();

  std::unique_lock lock(question->mutex);
  const auto deadline = std::min(interruption.deadline(), Clock::now() + timeout);
  question->answered.wait_until(lock, interruption.stop(), deadline, [&] { return question->done; });
  if (auto reason = interruption.Reason()) return Fail(*reason);
  if (!question->done) return Fail(ErrorKind::kTimeout, "the name " + host + " was not resolved in time");
  if (question->addresses.empty())
    return Fail(ErrorKind::kUnavailable, "the name " + host + " can't be resolved: " + gai_strerror(question->code));
  return question->addresses;
}

struct Credentials {
  std::string user, password;
};

// From "user:password", where both may be percent-encoded.
std::optional<Credentials> ReadCredentials(std::string_view user_info) {
  if (user_info.empty()) return std::nullopt;
  const auto colon = user_info.find(':');
  const auto user = http::PercentDecode(user_info.substr(0, colon));
  const auto password = colon == std::string_view::npos ? std::string() : http::PercentDecode(user_info.substr(colon + 1));
  return Credentials{user.value_or(std::string(user_info.substr(0, colon))),
                     password.value_or(std::string(user_info.substr(std::min(colon, user_info.size() - 1) + 1)))};
}

Result<std::optional<http::Url>> ProxyFor(const http::Url& url, const Proxies& proxies) {
  const bool secure = url.scheme == "https";
  const std::string& proxy = secure ? proxies.https_proxy : proxies.http_proxy;
  if (proxy.empty()) return std::optional<http::Url>();
  auto parsed = http::ParseUrl(secure ? "http://" + proxy : proxy);
  if (!parsed) return Fail(ErrorKind::kInvalid, std::string(secure ? "https_proxy" : "http_proxy") + " can't be used");
  return parsed;
}

// Where a redirect from `base` leads.
Result<http::Url> Follow(const http::Url& base, std::string location) {
  location = location.substr(0, location.find('#'));
  if (location.empty()) return Fail(ErrorKind::kInvalid, "the server redirects without saying where to");
  if (std::any_of(location.begin(), location.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
    return Fail(ErrorKind::kInvalid, "the server redirects to something that is no URL");
  std::string target;
  if (location.starts_with("//")) {
    target = base.scheme + ":" + location;
  } else if (location.find("://") != std::string::npos && location.find("://") < location.find_first_of("/?")) {
    target = location;
  } else if (location.starts_with('/')) {
    target = base.Origin() + location;
  } else {
    const std::string path = base.path.substr(0, base.path.find('?'));
    target = base.Origin() + path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/')) + "/" + location;
  }
  auto url = http::ParseUrl(target);
  if (!url) return Fail(ErrorKind::kInvalid, "the server redirects to something that is no http or https URL");
  if (base.scheme == "https" && url->scheme == "http") return Fail(ErrorKind::kInvalid, "the server redirects from https to http");
  // Credentials stay with the server that they were given for.
  if (url->Origin() == base.Origin()) url->user_info = base.user_info;
  return *url;
}

// The file that is being written. Removed by the destructor unless Finish succeeded.
class Target {
 public:
  explicit Target(const Download& download)
      : path_(download.file), most_bytes_(download.most_bytes), lasting_(download.durability == Durability::kLasting) {
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) Note("cannot make");
  }
  ~Target() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!finished_) unlink(path_.c_str());
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  // False if it can't take more; then `error` says why.
  bool Write(std::string_view bytes) {
    if (error_) return false;
    if (bytes.size() > most_bytes_ - bytes_) {
      error_ =
          Error{ErrorKind::kInvalid, "there are more than the " + std::to_string(most_bytes_) + " bytes that it may have", std::nullopt};
      return false;
    }
    digest_.Update(bytes);
    bytes_ += bytes.size();
    while (!bytes.empty()) {
      const ssize_t wrote = write(descriptor_, bytes.data(), bytes.size());
      if (wrote < 0 && errno != EINTR) {
        Note("cannot write");
        return false;
      }
      if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }

  Result<Downloaded> Finish() {
    if (!error_ && lasting_ && fsync(descriptor_) != 0) Note("cannot write");
    if (error_) return Fail(*error_);
    finished_ = true;
    return Downloaded{bytes_, digest_.Hex()};
  }

  const std::optional<Error>& error() const { return error_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void Note(const char* act) {
    error_ = Error{ErrorKind::kInternal, std::string(act) + " " + path_ + ": " + std::strerror(errno), std::nullopt};
  }

  const std::string path_;
  const std::uint64_t most_bytes_;
  const bool lasting_;
  int descriptor_ = -1;
  bool finished_ = false;
  std::uint64_t bytes_ = 0;
  Digest digest_{Digest::Algorithm::kSha1};
  std::optional<Error> error_;
};

bool IsRedirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

class Fetching {
 public:
  Fetching(const Download& download, const Proxies& proxies, const DownloadTimeouts& timeouts, std::stop_token stop,
           const std::function<void(std::uint64_t)>& progress)
      : proxies_(proxies),
        timeouts_(timeouts),
        progress_(progress),
        interruption_(std::move(stop), Clock::now() + timeouts.overall),
        target_(download) {}

  Result<Downloaded> Run(http::Url url) {
    if (target_.error()) return Fail(*target_.error());
    for (int redirects = 0;; ++redirects) {
      auto location = Hop(url);
      if (!location) return Fail(location.error());
      if (!*location) return target_.Finish();
      if (redirects == kMostRedirects)
        return Fail(ErrorKind::kInvalid, "the server redirects more than " + std::to_string(kMostRedirects) + " times");
      auto next = Follow(url, **location);
      if (!next) return Fail(next.error());
      url = std::move(*next);
    }
  }

 private:
  // One GET. A location if it was redirected, nullopt if the file is there.
  Result<std::optional<std::string>> Hop(const http::Url& url) {
    auto proxy = ProxyFor(url, proxies_);
    if (!proxy) return Fail(proxy.error());
    auto addresses = Resolve(*proxy ? (*proxy)->host : url.host, timeouts_.connect, interruption_);
    if (!addresses) return Fail(addresses.error());
    for (std::size_t index = 0;; ++index) {
      bool connected = true;
      auto location = Try(url, *proxy, (*addresses)[index], connected);
      if (connected || index + 1 == addresses->size()) return location;
    }
  }

  Result<std::optional<std::string>> Try(const http::Url& url, const std::optional<http::Url>& proxy, const std::string& address,
                                         bool& connected) {
    if (auto reason = interruption_.Reason()) return Fail(*reason);
    std::unique_ptr<httplib::ClientImpl> client = url.scheme == "https" ? std::make_unique<httplib::SSLClient>(url.host, url.port)
                                                                        : std::make_unique<httplib::ClientImpl>(url.host, url.port);
    client->set_hostname_addr_map({{url.host, address}});
    client->set_connection_timeout(timeouts_.connect);
    client->set_read_timeout(timeouts_.stall);
    client->set_write_timeout(timeouts_.stall);
    client->set_keep_alive(false);
    client->set_follow_location(false);
    client->set_decompress(false);
    client->set_url_encode(false);
    client->set_tcp_nodelay(true);
    client->set_socket_options([this](int socket) { interruption_.Add(socket); });
    const bool plain_port = url.port == (url.scheme == "https" ? 443 : 80);
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    httplib::Headers headers = {{"Host", plain_port ? host : host + ":" + std::to_string(url.port)},
                                {"User-Agent", std::string("provdlab/") + kVersion},
                                {"Accept", "*/*"},
                                {"Accept-Encoding", "identity"}};
    if (const auto credentials = ReadCredentials(url.user_info)) client->set_basic_auth(credentials->user, credentials->password);
    if (proxy) {
      client->set_proxy(address, proxy->port);
      if (const auto credentials = ReadCredentials(proxy->user_info)) {
        client->set_proxy_basic_auth(credentials->user, credentials->password);
        // The library would repeat the proxy's credentials to the server at the end of the tunnel; a field that is there it leaves alone.
        if (url.scheme == "https") headers.emplace("Proxy-Authorization", "");
      }
    }

    int status = 0;
    std::string location;
    auto last_byte = Clock::now();
    const auto result = client->Get(
        url.path.empty() ? "/" : url.path, headers,
        [&](const httplib::Response& response) {
          status = response.status;
          location = response.get_header_value("Location");
          last_byte = Clock::now();
          return status == 200;
        },
        [&](const char* bytes, std::size_t count) {
          if (interruption_.Reason() || !target_.Write({bytes, count})) return false;
          last_byte = Clock::now();
          if (progress_) progress_(target_.bytes());
          return true;
        });

    connected = result || result.error() != httplib::Error::Connection;
    if (auto reason = interruption_.Reason()) return Fail(*reason);
    if (target_.error()) return Fail(*target_.error());
    if (result && status == 0) status = result->status;  // a proxy's refusal of the tunnel
    if (IsRedirect(status)) return std::optional<std::string>(location);
    if (status != 0 && status != 200) return Fail(ErrorKind::kNotFound, "the server answered with status " + std::to_string(status));
    if (result) return std::optional<std::string>();
    return Fail(Explain(result.error(), proxy ? "the proxy " + proxy->host : url.host, Clock::now() - last_byte));
  }

  Error Explain(httplib::Error error, const std::string& peer, Clock::duration silence) const {
    switch (error) {
      case httplib::Error::Connection:
        if (silence >= timeouts_.connect) return {ErrorKind::kTimeout, peer + " can't be connected to in time", std::nullopt};
        return {ErrorKind::kUnavailable, peer + " can't be connected to", std::nullopt};
      case httplib::Error::ConnectionTimeout:
        return {ErrorKind::kTimeout, peer + " can't be connected to in time", std::nullopt};
      case httplib::Error::SSLConnection:
      case httplib::Error::SSLLoadingCerts:
      case httplib::Error::SSLServerVerification:
        return {ErrorKind::kUnavailable, peer + " can't be talked to over TLS: " + httplib::to_string(error), std::nullopt};
      default:
        break;
    }
    if (silence >= timeouts_.stall)
      return {ErrorKind::kTimeout, peer + " sent nothing for " + std::to_string(timeouts_.stall.count()) + " ms", std::nullopt};
    return {ErrorKind::kUnavailable, peer + " broke off after " + std::to_string(target_.bytes()) + " bytes", std::nullopt};
  }

  const Proxies& proxies_;
  const DownloadTimeouts& timeouts_;
  const std::function<void(std::uint64_t)>& progress_;
  Interruption interruption_;
  Target target_;
};

}  // namespace

Result<Downloaded> Fetch(const Download& download, const Proxies& proxies, const DownloadTimeouts& timeouts, std::stop_token stop,
                         const std::function<void(std::uint64_t)>& progress) {
  auto url = http::ParseUrl(download.url);
  if (!url) return Fail(ErrorKind::kInvalid, "'" + download.url + "' is no http or https URL");
  const PipeSignalBlock block;
  return Fetching(download, proxies, timeouts, std::move(stop), progress).Run(std::move(*url));
}

}  // namespace provdlab::server
