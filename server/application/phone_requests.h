#pragma once
// What phones ask for, from the request to the file: who asks, what is there for that phone, and why. Knows nothing of HTTP or TFTP.
//
//   FileRequest request{.sighting = {.request = {.path = "/Acme/00aa55000001.cfg"}, .ip = "192.0.2.7"}, .method = "GET",
//                       .path = {"Acme", "00aa55000001.cfg"}};
//   const Answered answered = requests.Ask(request);
//   if (answered.file.route == FileRoute::kFile) Send(*answered.file.file);
//   requests.Sent(answered);                                   // once the whole file was sent
//   requests.Remembered({.mac = "00:aa:55:00:00:01"}).back();  // how it was understood
//
// Any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "server/application/identification.h"
#include "server/application/phone_files.h"
#include "server/application/provisioning_keys.h"
#include "server/documents/dhcp_info.h"

namespace provdlab::server {

// A request of a phone as it came, or as somebody supposes that it comes.
struct FileRequest {
  Sighting sighting{};
  std::string method{};             // as the protocol has it: "GET", "RRQ"; of a lease "commit"
  bool reads = true;                // whether it asks for the content of a file; otherwise it only tells of the phone
  std::vector<std::string> path{};  // decoded, see PhoneFiles::Find; of a lease empty
  std::string peer{};               // who sent it, if that is not the phone: a proxy
};

struct Answered {
  FileAnswer file{};
  std::optional<std::string> device{};
};

// How a request was understood: all that is needed to say why it was answered as it was. A value that changes no more.
struct Explanation {
  std::uint64_t number = 0;  // counted from 1; 0: only supposed
  std::chrono::system_clock::time_point at{};
  FileRequest request{};
  Understanding understanding{};
  std::vector<Suitability> scores{};  // of all plugins for the device as it is from now on, the best one first
  FileAnswer answer{};                // without the file itself, so that nothing is held open
  std::optional<PhoneFile::Of> of{};  // of kFile
  std::uint64_t size = 0;             // likewise
  bool sensitive = false;             // the file holds secrets, or would
};
using ExplanationPointer = std::shared_ptr<const Explanation>;

// Which explanations; what is empty fits all.
struct ExplanationQuery {
  std::string mac{};  // in normal form: the request said it, or the device has it
  std::string ip{};
  std::string device{};
  std::uint64_t after = 0;  // only those with greater numbers
};

class PhoneRequests {
 public:
  // All of it outlives the object. The logs get one sentence each and may be called from any thread.
  struct Surroundings {
    Identification& identification;
    const PhoneFiles& files;
    std::function<void(const std::string&)> log;        // what an operator should know
    std::function<void(const std::string&)> sensitive;  // each request for a file that holds secrets, whatever the answer
    std::size_t remembered = 0;                         // how many explanations are kept, the newest ones; 0: none, which costs nothing
    const Clock* clock = nullptr;                       // null: the machine's
    const ProvisioningKeys* keys = nullptr;             // null: there are none
  };
  explicit PhoneRequests(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}

  // Identifies the phone and finds what it asks for.
  Answered Ask(FileRequest request);
  // For a request that can't be understood at all: only remembers it, with the reason.
  void Refuse(const FileRequest& request, std::string problem);
  // The whole file has been sent.
  void Sent(const Answered& answered);
  // A DHCP server has given an address to a phone. kInternal.
  Result<> Leased(const DhcpInfo& lease);

  // How the request would be answered now; nothing is changed, sent or remembered. kInternal.
  Result<Explanation> Suppose(FileRequest request) const;
  // The oldest first.
  std::vector<ExplanationPointer> Remembered(const ExplanationQuery& query) const;
  std::uint64_t last() const;  // the greatest number so far
  void Forget();               // numbers go on
  // The files that are there for the phone and have names most like the one that was asked for, if that was not there.
  std::vector<std::string> NearestFiles(const Explanation& explanation) const;

 private:
  // Takes the tenant's key off an HTTP path that has one. False: it has none, and should.
  bool TakeKey(FileRequest& request) const;
  FileAnswer Find(const FileRequest& request, const Understanding& understanding) const;
  bool IsSensitive(const FileAnswer& answer, const Understanding& understanding) const;
  void Remember(const FileRequest& request, Understanding understanding, const FileAnswer& answer, bool sensitive);
  void Remember(Explanation explanation);
  Explanation Explain(const FileRequest& request, Understanding understanding, const FileAnswer& answer, bool sensitive) const;

  const Surroundings surroundings_;
  mutable std::mutex mutex_;  // guards what follows
  std::deque<ExplanationPointer> remembered_;
  std::uint64_t last_ = 0;
};

}  // namespace provdlab::server
