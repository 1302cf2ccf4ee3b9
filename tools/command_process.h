#pragma once
// For tests: one subcommand in a process of its own, with what it prints.
//
//   CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0"});
//   serve.Line();              // "rest http://127.0.0.1:40123/provd"
//   serve.Signal(SIGTERM);
//   serve.ExitCode();          // 0
//
// Made before the test has threads of its own, for it forks. One thread uses it. The destructor ends the process.

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace provdlab::tools {

class CommandProcess {
 public:
  CommandProcess(void (*add)(CLI::App&, int&), std::vector<std::string> arguments);
  ~CommandProcess();
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;

  // The next line of standard output without its end; "" if none comes within 20 s.
  std::string Line();
  void Signal(int signal) const;
  // Waits for the end, 20 s at most. Negative: the signal that ended it, or -1000 if nothing did.
  int ExitCode();
  // Everything that was printed and not taken by Line; complete after ExitCode.
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }

 private:
  using Clock = std::chrono::steady_clock;
  // Reads what is there; false at the end of both, or at `until`.
  bool ReadSome(Clock::time_point until);

  pid_t process_ = -1;
  int output_end_ = -1, errors_end_ = -1;
  std::string output_, errors_;
};

}  // namespace provdlab::tools
