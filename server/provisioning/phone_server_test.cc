// The phones' side on its sockets: both protocols, many phones, slow ones, and what happens to REST meanwhile.
#include "server/provisioning/phone_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/descriptor.h"
#include "base/http/client.h"
#include "base/http/server.h"
#include "base/tftp/client.h"
#include "server/application/testing/phone_site.h"
#include "server/provisioning/limits.h"

namespace provdlab::server::provisioning {
namespace {

using server::testing::Mac;
using server::testing::OwnFile;
using server::testing::PhoneSite;
using server::testing::UserAgent;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr seconds kDeadline{60};

class PhoneServerTest : public ::testing::Test {
 protected:
  void Serve(PhoneServerOptions options = {.http_port = 0, .tftp_port = 0}) {
    server_ = std::make_unique<PhoneServer>(std::move(options));
    const auto started = server_->Start(site_.phones());
    ASSERT_TRUE(started) << started.error().message;
  }
  http::Exchange Get(const std::string& target, const std::string& from, const std::string& user_agent) const {
    return http::Client({.host = "127.0.0.1", .port = server_->http_port(), .local_address = from})
        .Send({.method = "GET", .target = target, .headers = {{"User-Agent", user_agent}}}, kDeadline);
  }
  // Asks as long as the deadline lets it: what is dropped of a flood is no answer that does not come.
  Result<tftp::Fetched> Fetch(const std::string& file, const std::string& from) const {
    return tftp::Fetch({.port = server_->tftp_port(), .local_address = from, .receiving = {.attempts = 100}},
                       {.file = file, .mode = "octet"}, kDeadline);
  }

  PhoneSite site_;
  std::unique_ptr<PhoneServer> server_;
};

TEST_F(PhoneServerTest, ServesOnePhoneOverBothProtocols) {
  Serve();
  const auto over_http = Get("/" + OwnFile(1), "127.1.0.1", UserAgent(1));
  ASSERT_EQ(over_http.outcome, http::Outcome::kAnswered) << over_http.problem;
  EXPECT_EQ(over_http.response->status, 200);
  EXPECT_EQ(site_.Device(1)["ip"], "127.1.0.1");
  const auto over_tftp = Fetch("/" + OwnFile(1), "127.1.0.2");
  ASSERT_TRUE(over_tftp) << over_tftp.error().message;
  EXPECT_EQ(over_tftp->result.bytes, over_http.response->body);
  EXPECT_EQ(site_.Device(1)["ip"], "127.1.0.2");
  EXPECT_EQ(site_.provd->devices().collection().size(), 1u);
  const auto firmware = Get("/Acme/lang.bin", "127.1.0.1", UserAgent(1));
  EXPECT_EQ(firmware.response->headers.Get("Content-Length"), "70000");
  EXPECT_TRUE(firmware.response->body == std::string(70'000, 'l'));
}

TEST_F(PhoneServerTest, ListensWhereItIsAsked) {
  Serve({.http_port = 0});
  EXPECT_NE(server_->http_port(), 0);
  EXPECT_EQ(server_->tftp_port(), 0);
  PhoneServer nowhere(PhoneServerOptions{});
  EXPECT_TRUE(nowhere.Bind());
  PhoneServer taken({.http_port = server_->http_port()});
  EXPECT_THAT(taken.Bind().error().message, HasSubstr(std::to_string(server_->http_port())));
}

TEST_F(PhoneServerTest, LetsSomebodyStandBetween) {
  Serve({.http_port = 0, .through = [](const http::Request& request, const auto& handle) {
           http::Response response = handle(request);
           response.status = 299;
           return response;
         }});
  EXPECT_EQ(Get("/" + OwnFile(1), "127.1.0.1", UserAgent(1)).response->status, 299);
}

// Two requests of a new phone, over both protocols and from all sides, make one device.
TEST_F(PhoneServerTest, MakesOneDeviceForEachPhoneOfAStorm) {
  Serve();
  constexpr int kPhones = 24;
  std::vector<std::thread> phones;
  std::atomic<int> served = 0;
  for (int phone = 1; phone <= kPhones; ++phone)
    phones.emplace_back([&, phone] {
      const std::string address = "127.2.0." + std::to_string(phone);
      std::thread second([&] {
        const auto fetched = Fetch(OwnFile(phone), address);
        if (fetched && fetched->result.end == tftp::ReceiverEnd::kWhole) ++served;
      });
      for (const std::string& target : {"/" + OwnFile(phone), std::string("/Acme/common.cfg"), std::string("/none")}) {
        const auto seen = Get(target, address, UserAgent(phone));
        if (seen.response && seen.response->status == (target == "/none" ? 404 : 200)) ++served;
      }
      second.join();
    });
  for (std::thread& phone : phones) phone.join();
  EXPECT_EQ(served, kPhones * 4);
  EXPECT_EQ(site_.provd->devices().collection().size(), static_cast<std::size_t>(kPhones));
  for (int phone = 1; phone <= kPhones; ++phone) EXPECT_EQ(site_.Device(phone)["configured"], true) << phone;
}

// A client that asks for a file and reads as much of it as it is told to. `small`: as little as can be is on its way to it.
class SlowClient {
 public:
  SlowClient(std::uint16_t port, const std::string& request, bool small = false)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int least = 4'096;
    if (small) setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    good_ = socket_ && connect(socket_.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 &&
            send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  }
  bool good() const { return good_; }
  // The first bytes of the answer.
  std::string Begin() const {
    std::string bytes(12, '\0');
    const ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), MSG_WAITALL);
    return bytes.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }
  // How many bytes follow until the end.
  std::size_t ReadToTheEnd() const {
    std::size_t total = 0;
    std::string buffer(1u << 20, '\0');
    for (ssize_t size = 0; (size = recv(socket_.get(), buffer.data(), buffer.size(), 0)) > 0;) total += static_cast<std::size_t>(size);
    return total;
  }

 private:
  const Descriptor socket_;
  bool good_ = false;
};

long ResidentKilobytes() {
  long pages = 0, resident = 0;
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

// 10 MB for each of them, and none reads: the server holds a piece for each, and answers the others.
TEST_F(PhoneServerTest, SlowPhonesCostOnePieceEachAndHoldUpNobody) {
  constexpr std::size_t kSize = 10'000'000;
  constexpr int kClients = 2'000;
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  ASSERT_GE(files.rlim_cur, 3u * kClients + 200u) << "this test needs three descriptors for each of its " << kClients << " clients";
  site_.Put("firmware.bin", std::string(kSize, 'f'));
  Serve();
  const std::string request = "GET /firmware.bin HTTP/1.1\r\nHost: h\r\nUser-Agent: " + UserAgent(1) + "\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(Get("/" + OwnFile(1), "127.0.0.1", UserAgent(1)).response->status, 200);
  const long before = ResidentKilobytes();
  std::vector<std::unique_ptr<SlowClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<SlowClient>(server_->http_port(), request, i > 0));
    ASSERT_TRUE(clients.back()->good()) << i;
  }
  for (const auto& client : clients) ASSERT_EQ(client->Begin(), "HTTP/1.1 200");
  const long grown = ResidentKilobytes() - before;
  EXPECT_LT(grown, 2 * kClients * static_cast<long>(limits::kPieceBytes) / 1024 + 64 * 1024);
  EXPECT_LT(grown, static_cast<long>(kClients * (kSize / 1024) / 10));  // nothing like the files themselves

  EXPECT_EQ(Get("/Acme/common.cfg", "127.0.0.1", UserAgent(1)).response->status, 200);
  // One that goes on gets all of it; the others go away in the middle (P8).
  EXPECT_GT(clients.front()->ReadToTheEnd(), kSize);
  clients.clear();
  EXPECT_EQ(Get("/firmware.bin", "127.0.0.1", UserAgent(1)).response->body.size(), kSize);
}

// While no request over TFTP gets an answer, REST and the phones' HTTP answer as ever. It is a matter of threads, not of time.
TEST_F(PhoneServerTest, AFloodOfTftpHoldsUpNobodyElse) {
  Serve();
  ASSERT_EQ(Get("/" + OwnFile(1), "127.0.0.1", UserAgent(1)).response->status, 200);
  const std::string id = site_.Device(1)["id"];
  http::Server rest({.port = 0}, [&](const http::Request&) { return http::Response{.body = site_.provd->devices().Find(id)->text}; });
  const auto rest_port = rest.Start();
  ASSERT_TRUE(rest_port);

  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(server_->tftp_port());
  inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
  std::atomic<bool> done = false;
  std::atomic<int> sent = 0;
  std::thread flooding([&] {
    while (!done) {
      // From many ports, each for another new phone.
      const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      const std::string request = tftp::Encode(tftp::Request{.file = OwnFile(1'000 + sent), .mode = "octet"});
      sendto(socket.get(), request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&there), sizeof there);
      ++sent;
    }
  });
  int answered = 0;
  const http::Client client({.host = "127.0.0.1", .port = *rest_port});
  for (int i = 0; i < 100; ++i) {
    const auto seen = client.Send({.method = "GET", .target = "/"}, kDeadline);
    if (seen.outcome == http::Outcome::kAnswered) ++answered;
    if (Get("/" + OwnFile(1), "127.0.0.1", UserAgent(1)).response.value_or(http::Response{.status = 0}).status == 200) ++answered;
  }
  done = true;
  flooding.join();
  EXPECT_EQ(answered, 200);
  EXPECT_GT(sent, 200);
  // And TFTP is there again.
  const auto fetched = Fetch(OwnFile(1), "127.0.0.1");
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->result.end, tftp::ReceiverEnd::kWhole);
}

TEST_F(PhoneServerTest, TransfersSurviveAnUninstall) {
  site_.Put("firmware.bin", std::string(3'000'000, 'f'));
  Serve();
  ASSERT_EQ(Get("/" + OwnFile(1), "127.0.0.1", UserAgent(1)).response->status, 200);
  const SlowClient over_http(server_->http_port(),
                             "GET /firmware.bin HTTP/1.1\r\nHost: h\r\nUser-Agent: " + UserAgent(1) + "\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(over_http.Begin(), "HTTP/1.1 200");
  bool uninstalled = false;
  tftp::ReceiverOptions receiving;
  std::uint64_t bytes = 0;
  receiving.sink = [&](std::string_view block) {
    bytes += block.size();
    if (!std::exchange(uninstalled, true)) {
      EXPECT_TRUE(site_.provd->plugins().Uninstall("acme-1.0"));
    }
    return true;
  };
  const auto over_tftp = tftp::Fetch({.port = server_->tftp_port(), .receiving = receiving},
                                     {.file = "firmware.bin", .mode = "octet", .options = {{"blksize", "1428"}}}, kDeadline);
  ASSERT_TRUE(over_tftp) << over_tftp.error().message;
  EXPECT_EQ(over_tftp->result.end, tftp::ReceiverEnd::kWhole);
  EXPECT_EQ(bytes, 3'000'000u);
  EXPECT_GT(over_http.ReadToTheEnd(), 3'000'000u);
  EXPECT_EQ(Get("/firmware.bin", "127.0.0.1", UserAgent(1)).response->status, 404);
}

TEST_F(PhoneServerTest, WritesALineForEachAnswer) {
  std::mutex mutex;
  std::vector<std::string> lines;
  PhoneServerOptions options{.http_port = 0, .tftp_port = 0};
  options.log = [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    lines.push_back(line);
  };
  Serve(std::move(options));
  Get("/none", "127.1.0.1", UserAgent(1));
  ASSERT_TRUE(Fetch("none", "127.1.0.1"));
  server_->Stop();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], StartsWith("phone 127.1.0.1 GET /none 404 "));
  EXPECT_EQ(lines[1], "phone 127.1.0.1 RRQ none error 1");
}

}  // namespace
}  // namespace provdlab::server::provisioning
