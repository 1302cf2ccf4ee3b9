#pragma once
// Registers the lines that the phone knows of, and keeps them registered (RFC 3261, 10), by the profile's times.
//
//   Registration registration(body);
//   registration.Start();                     // REGISTER for each line
//   registration.Handle(response) …           // 401: again with the password; 200: renewed in time; 403: again after half an hour
//
// It writes into body.knowledge which lines are registered, and moves the phone's stage between parsed and registered. Belongs to the
// phone's thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sip/message.h"
#include "base/sip/retransmission.h"
#include "simulator/phone/body.h"

namespace provdlab::phone {

class Registration {
 public:
  explicit Registration(Body& body) : body_(body) {}

  // Registers all lines anew.
  void Start();
  // After the knowledge became another one: lines that are as they were stay registered.
  void Update(const Knowledge& before);
  // Forgets all registrations, without a word to anybody.
  void Forget();

  // False if it is nothing of its own.
  bool Handle(const TimerRang& rang);
  void Handle(const sip::Message& response);

  // A registrar has been asked and hasn't answered yet.
  bool busy() const;

 private:
  // A REGISTER that has no final answer yet.
  struct Asking {
    std::string text{};
    sip::Retransmission again;
    Milliseconds since{0};
    int challenges = 0;
    bool longer = false;  // it asks for a longer time already
  };
  struct Account {
    std::size_t line = 0;  // in knowledge.lines
    std::uint64_t identity = 0;
    unsigned long sequence = 0;
    std::uint32_t expires = 0;
    bool at_backup = false;
    std::optional<Milliseconds> first_rests_until{};
    int timer = 0;
    std::unique_ptr<Asking> asking{};
  };

  Account Begin(std::size_t line);
  void Ask(Account& account);
  void Send(Account& account, const std::string& authorization_name, const std::string& authorization);
  void SendText(const Account& account);
  void SetRetransmission(Account& account);
  void Granted(Account& account, const sip::Message& response);
  void Challenged(Account& account, const sip::Message& response);
  void Rejected(Account& account, const std::string& why);
  void ServerFailed(Account& account, const std::string& why);
  void Wait(Account& account, const std::string& why, Milliseconds wait);
  void JudgeStage();

  Line& LineOf(const Account& account) const { return body_.knowledge.lines[account.line]; }
  const Server& ServerOf(const Account& account) const {
    const Line& line = LineOf(account);
    return account.at_backup ? line.backup_registrar : line.registrar;
  }
  const Server& PeerOf(const Account& account) const;  // to which messages go
  std::string Name(const Account& account) const { return "line " + std::to_string(LineOf(account).number); }
  std::string CallId(const Account& account) const { return Hex(account.identity) + "@" + body_.ip; }

  Body& body_;
  std::vector<Account> accounts_;
};

}  // namespace provdlab::phone
