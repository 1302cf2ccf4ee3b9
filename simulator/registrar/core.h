#pragma once
// A SIP registrar without a network: a request goes in, its answer comes out (RFC 3261, 10.3). Accepts only the accounts that it was given,
// and tells a wrong password from an unknown user: that is how one sees that the right secret reached the right phone.
//
//   RegistrarCore core({.clock = &clock});
//   core.Allow({.user = "je5qtq", .password = "s3cret"});
//   auto reply = core.Handle(request, {.ip = "127.1.0.1", .port = 5060});
//   if (reply.message) SendIn(reply.after, reply.message->Text());
//   core.registrations("je5qtq");
//
// It says nothing by itself. Registrar (registrar.h) puts it on real sockets, simulator/network into virtual time: the same requests at the
// same times get the same answers. Belongs to one thread at a time, but for its journal and its faults, which any may use.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/admin/fault_list.h"
#include "base/admin/journal.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/sip/digest.h"
#include "base/sip/message.h"

namespace provdlab::registrar {

// What a user registers with.
struct Account {
  std::string user;  // of the address that is registered, as it is in To
  std::string password;
  std::string auth_user{};  // of the credentials; empty: the same
};

struct Source {
  std::string ip;
  std::uint16_t port = 0;
  std::string transport = "udp";
};

// What became of a request; in the journal by the name of OutcomeName.
enum class Outcome {
  kRegistered,
  kRemoved,        // 200: a binding or all of them
  kListed,         // 200: it only asked which bindings there are
  kChallenged,     // 401: without credentials for us, as every first request is
  kStale,          // 401: all was right, but the nonce had ended
  kWrongPassword,  // 403
  kUnknownUser,    // 403: nobody here authenticates by that name
  kNotItsOwn,      // 403: authenticated, as somebody who may not register this address
  kNoSuchAddress,  // 404: authenticated, and nobody here has that address
  kTooBrief,       // 423
  kOutOfOrder,     // 500: older than what is known
  kFull,           // 503
  kMalformed,      // 400, or unanswered if it could not be read at all
  kNotSupported,   // 405, 420
  kAlive,          // 200 to OPTIONS
  kFault,          // a fault decided
};
std::string_view OutcomeName(Outcome outcome);  // "registered", "wrong password", …

// A binding that has not ended.
struct Registration {
  std::string user;
  std::string contact;  // the URI that the phone can be reached at
  Source source;        // where the request came from
  std::string user_agent;
  std::chrono::system_clock::time_point when;  // it was made, or made anew
  std::chrono::seconds expires{0};             // granted then
  std::uint64_t sequence = 0;                  // of the journal's entry
};

struct CoreOptions {
  const Clock* clock = &SystemClock::Get();  // outlives the core
  std::string realm = "provdlab";
  std::chrono::seconds shortest{60};    // what is asked to end sooner gets 423; at most an hour
  std::chrono::seconds usual{3'600};    // for who asks for no time
  std::chrono::seconds longest{7'200};  // more is not granted
  std::chrono::seconds nonce_life{300};
  std::uint64_t seed = 1;  // of nonces and tags: they are unlike one another, and no secret
  std::size_t journal_capacity = admin::Journal::kCapacity;
};

// An entry of the journal as a value.
struct Entry {
  std::uint64_t sequence = 0;
  std::string when;  // RFC 3339
  std::string method, user, auth_user, from, transport, user_agent, contact;
  int status = 0;  // 0: it was not answered
  std::string outcome;
  std::string why;    // a sentence, where the outcome alone does not say enough
  std::string fault;  // the action applied, as JSON, or empty
};

class RegistrarCore {
 public:
  static constexpr std::size_t kMostAccounts = 100'000;
  static constexpr std::size_t kMostBindings = 100'000;  // of all users; many phones share an account before they have their own
  static constexpr std::size_t kMostContacts = 16;       // of one request, and in one answer, which must fit into a datagram

  explicit RegistrarCore(CoreOptions options = {});

  // Once more for the same user: from now on with the new password; its bindings stay. kInvalid, or kConflict if there are too many.
  Result<> Allow(const Account& account);
  // Its bindings end with it. kNotFound.
  Result<> Forbid(const std::string& user);

  struct Reply {
    std::optional<sip::Message> message{};  // none: nothing is answered
    std::chrono::milliseconds after{0};     // a fault's delay
  };
  Reply Handle(const sip::Message& request, const Source& source);
  // What came and is no SIP message goes into the journal.
  void NoteUnreadable(const Error& error, const Source& source);

  // Of one user, or of all; by user, then by contact.
  std::vector<Registration> registrations(std::string_view user = "") const;
  // The first of a user's registrations that was made by a request with a sequence above `after`.
  std::optional<Registration> FindRegistration(const std::string& user, std::uint64_t after) const;
  // A sentence for who waits in vain: "the last request of 'alice' ended in: wrong password".
  std::string LastWord(const std::string& user) const;

  // All entries with a sequence above `after`; `user` empty: of all users.
  std::vector<Entry> Journal(std::uint64_t after = 0, std::string_view user = "") const;
  admin::Journal& journal() { return journal_; }
  // Faults by user, by the ip of the phone, or "*": {"status": 503, "retry_after": 5}, {"silent": true}, {"delay": 2000}. They apply to
  // REGISTER alone.
  admin::FaultList& faults() { return faults_; }
  void Reset();  // bindings, faults and journal are gone; the accounts stay

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Binding {
    Registration registration;
    std::string call_id;
    unsigned long number = 0;  // of CSeq
    Instant end;
  };
  struct State {
    Account account;
    std::map<std::string, Binding> bindings;  // by contact
    std::string last_word;
  };
  struct Verdict {
    Outcome outcome = Outcome::kAlive;
    int status = 200;
    std::string why{};
    std::vector<sip::Header> headers{};
  };
  struct Wanted;

  Verdict Judge(const sip::Message& request, const std::string& user, const Source& source, std::uint64_t sequence, Instant now);
  // Nullopt once the request is known to come from who may register `user`.
  std::optional<Verdict> Authenticate(const sip::Message& request, const std::string& user, Instant now);
  Verdict Register(const sip::Message& request, State& state, const Source& source, std::uint64_t sequence, Instant now);
  Verdict Accepted(const sip::Message& request, const State& state, Outcome outcome, Instant now) const;
  Verdict Challenge(Outcome outcome, Instant now);
  std::string NewNonce(Instant now);
  bool IsOwnNonce(std::string_view nonce, Instant now) const;
  std::string Sign(std::string_view text) const;
  Json NewEntry(const Source& source) const;
  void Put(State& state, Binding binding);
  void Erase(State& state, const std::string& contact);
  void EndOld(Instant now);

  const CoreOptions options_;
  admin::Journal journal_;
  admin::FaultList faults_;
  std::unordered_map<std::string, State> states_;                        // by user
  std::unordered_map<std::string, std::set<std::string>> by_auth_user_;  // users
  std::set<std::tuple<Instant, std::string, std::string>> ends_;         // of bindings: when, user, contact
  std::uint64_t drawn_ = 0;                                              // nonces and tags
};

}  // namespace provdlab::registrar
