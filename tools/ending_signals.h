#pragma once
// SIGINT and SIGTERM for commands that serve until they are told to end.
//
//   EndingSignals signals;      // before the first thread is made
//   server.Start();
//   signals.Wait();             // until one of them comes
//   server.Stop();
//
// The signals are kept from all threads that are made while it lives. Make one, on the main thread.

#include <csignal>

namespace provdlab::tools {

class EndingSignals {
 public:
  EndingSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~EndingSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  EndingSignals(const EndingSignals&) = delete;
  EndingSignals& operator=(const EndingSignals&) = delete;

  void Wait() const {
    int signal = 0;
    while (sigwait(&signals_, &signal) != 0) continue;
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace provdlab::tools
