#include "simulator/ami/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::ami {
namespace {

using ::testing::HasSubstr;

Packet Login(const std::string& username = "provd", const std::string& secret = "secret") {
  return {{{"Action", "Login"}, {"ActionID", "1"}, {"Username", username}, {"Secret", secret}}};
}

// The step that a client who has logged in gets.
Session::Step Ask(Packet packet) {
  Session session({});
  EXPECT_FALSE(session.Handle(Login()).ends);
  return session.Handle(packet);
}

TEST(AmiSession, LetsInWhoKnowsTheSecret) {
  Session session({});
  EXPECT_FALSE(session.logged_in());
  const Session::Step step = session.Handle(Login());
  EXPECT_EQ(step.answer.Text(), "Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n");
  EXPECT_FALSE(step.ends);
  EXPECT_TRUE(session.logged_in());
}

TEST(AmiSession, EndsForWhoDoesNot) {
  for (const Packet& packet : {Login("provd", "wrong"), Login("other", "secret"), Login("provd", ""), Packet{{{"Action", "login"}}}}) {
    Session session({});
    const Session::Step step = session.Handle(packet);
    EXPECT_EQ(step.answer.Get("Response"), "Error") << packet.Text();
    EXPECT_EQ(step.answer.Get("Message"), "Authentication failed");
    EXPECT_TRUE(step.ends);
    EXPECT_FALSE(session.logged_in());
  }
}

TEST(AmiSession, RefusesBeforeALogin) {
  Session session({});
  for (const char* action : {"SIPnotify", "PJSIPNotify", "Ping"}) {
    const Session::Step step = session.Handle({{{"Action", action}, {"ActionID", "x"}, {"Channel", "alice"}}});
    EXPECT_EQ(step.answer.Text(), "Response: Error\r\nActionID: x\r\nMessage: Permission denied\r\n\r\n");
    EXPECT_FALSE(step.notify);
    EXPECT_FALSE(step.ends);
  }
}

TEST(AmiSession, SaysGoodbye) {
  const Session::Step step = Ask({{{"Action", "Logoff"}}});
  EXPECT_EQ(step.answer.Text(), "Response: Goodbye\r\nMessage: Logged off\r\n\r\n") << "no ActionID came, so none goes back";
  EXPECT_TRUE(step.ends);
}

TEST(AmiSession, AnswersWhatItDoesNotKnow) {
  EXPECT_EQ(Ask({{{"Action", "SCCPDeviceRestart"}, {"ActionID", "2"}}}).answer.Text(),
            "Response: Error\r\nActionID: 2\r\nMessage: Invalid/unknown command\r\n\r\n");
  EXPECT_EQ(Ask({{{"ActionID", "3"}}}).answer.Text(), "Response: Error\r\nActionID: 3\r\nMessage: Missing action in request\r\n\r\n");
  EXPECT_EQ(Ask({}).answer.Get("Response"), "Error");
}

TEST(AmiSession, ReadsWhomToNotify) {
  const struct {
    std::vector<Field> fields;
    const char *peer, *ip;
    std::uint16_t port;
    const char* user;
  } rows[] = {
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}}, "alice", "", 0, ""},
      {{{"Action", "sipNOTIFY"}, {"Channel", "SIP/alice"}}, "alice", "", 0, ""},
      {{{"Action", "SIPnotifyprovd"}, {"PeerIP", "192.0.2.7"}}, "", "192.0.2.7", 0, ""},
      {{{"Action", "PJSIPNotify"}, {"Endpoint", "alice"}}, "alice", "", 0, ""},
      {{{"Action", "PJSIPNotify"}, {"URI", "sip:anonymous@192.0.2.7"}}, "", "192.0.2.7", 0, "anonymous"},
      {{{"Action", "PJSIPNotify"}, {"URI", "sip:192.0.2.7:5062"}}, "", "192.0.2.7", 5062, ""},
  };
  for (const auto& row : rows) {
    Packet packet{row.fields};
    packet.fields.insert(packet.fields.end(),
                         {{"ActionID", "9"}, {"Variable", "Event=check-sync;reboot=false"}, {"Variable", "X-Own = a=b"}});
    const Session::Step step = Ask(packet);
    SCOPED_TRACE(packet.Text());
    ASSERT_TRUE(step.notify) << step.answer.Text();
    EXPECT_EQ(step.answer.Get("Response"), "Success");
    EXPECT_EQ(step.answer.Get("ActionID"), "9");
    EXPECT_EQ(step.notify->peer, row.peer);
    EXPECT_EQ(step.notify->ip, row.ip);
    EXPECT_EQ(step.notify->port, row.port);
    EXPECT_EQ(step.notify->user, row.user);
    EXPECT_EQ(step.notify->event, "check-sync;reboot=false");
    EXPECT_EQ(step.notify->variables, (std::vector<Field>{{"X-Own", "a=b"}}));
  }
}

TEST(AmiSession, RefusesToNotifyNobodyOrOfNothing) {
  const Field event{"Variable", "Event=check-sync"};
  const struct {
    std::vector<Field> fields;
    const char* message;
  } rows[] = {
      {{{"Action", "SIPnotify"}, event}, "requires a Channel"},
      {{{"Action", "SIPnotify"}, {"Channel", "SIP/"}, event}, "requires a Channel"},
      {{{"Action", "SIPnotify"}, {"URI", "sip:a@192.0.2.7"}, event}, "requires a Channel"},
      {{{"Action", "SIPnotify"}, {"Channel", std::string(256, 'a')}, event}, "at most 255 bytes"},
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}}, "requires a Variable such as Event=check-sync"},
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}, {"Variable", "check-sync"}}, "must be NAME=VALUE"},
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}, {"Variable", "Event="}}, "requires a Variable"},
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}, {"Variable", "Event=check sync"}}, "requires a Variable"},
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}, event, {"Variable", "=x"}}, "no name of a header"},
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}, event, {"Variable", "A:=x"}}, "no name of a header"},
      {{{"Action", "SIPnotify"}, {"Channel", "alice"}, {"Variable", "Event=" + std::string(255, 'a')}}, "at most 255 bytes"},
      {{{"Action", "SIPnotifyprovd"}, event}, "requires a PeerIP"},
      {{{"Action", "SIPnotifyprovd"}, {"PeerIP", "phone.example"}, event}, "requires a PeerIP"},
      {{{"Action", "PJSIPNotify"}, event}, "either an Endpoint or a URI"},
      {{{"Action", "PJSIPNotify"}, {"Endpoint", "alice"}, {"URI", "sip:192.0.2.7"}, event}, "either an Endpoint or a URI"},
      {{{"Action", "PJSIPNotify"}, {"URI", "sip:anonymous@"}, event}, "must be sip:USER@IP"},
      {{{"Action", "PJSIPNotify"}, {"URI", "sip:anonymous@phone.example"}, event}, "must be sip:USER@IP"},
  };
  for (const auto& row : rows) {
    const Session::Step step = Ask({row.fields});
    SCOPED_TRACE(Packet{row.fields}.Text());
    EXPECT_FALSE(step.notify);
    EXPECT_FALSE(step.ends);
    EXPECT_EQ(step.answer.Get("Response"), "Error");
    EXPECT_THAT(step.answer.Get("Message"), HasSubstr(row.message));
  }
  Packet many{{{"Action", "SIPnotify"}, {"Channel", "alice"}}};
  many.fields.insert(many.fields.end(), 17, event);
  EXPECT_THAT(Ask(many).answer.Get("Message"), HasSubstr("more than 16"));
}

}  // namespace
}  // namespace provdlab::ami
