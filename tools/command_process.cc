#include "tools/command_process.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "tools/command.h"

namespace provdlab::tools {
namespace {

constexpr std::chrono::seconds kDeadline{20};
constexpr int kDidNotEnd = -1000;

int Run(void (*add)(CLI::App&, int&), std::vector<std::string> arguments) {
  CLI::App app{"test", "provdlab"};
  int exit_code = 0;
  add(app, exit_code);
  return Perform(app, std::move(arguments), exit_code);
}

// False at its end.
bool ReadInto(int end, std::string& text) {
  char buffer[4096];
  const ssize_t got = read(end, buffer, sizeof buffer);
  if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  return got > 0;
}

void CloseOnce(int& end) {
  if (end >= 0) close(end);
  end = -1;
}

}  // namespace

CommandProcess::CommandProcess(void (*add)(CLI::App&, int&), std::vector<std::string> arguments) {
  int output[2], errors[2];
  if (pipe(output) != 0 || pipe(errors) != 0) std::abort();
  process_ = fork();
  if (process_ == 0) {
    dup2(output[1], STDOUT_FILENO);
    dup2(errors[1], STDERR_FILENO);
    for (const int end : {output[0], output[1], errors[0], errors[1]}) close(end);
    const int exit_code = Run(add, std::move(arguments));
    std::cout << std::flush;
    _exit(exit_code);
  }
  close(output[1]);
  close(errors[1]);
  output_end_ = output[0];
  errors_end_ = errors[0];
}

CommandProcess::~CommandProcess() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  CloseOnce(output_end_);
  CloseOnce(errors_end_);
}

bool CommandProcess::ReadSome(Clock::time_point until) {
  pollfd ends[] = {{output_end_, POLLIN, 0}, {errors_end_, POLLIN, 0}};
  if (output_end_ < 0 && errors_end_ < 0) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  if (left <= 0 || poll(ends, 2, static_cast<int>(left)) <= 0) return false;
  if (ends[0].revents != 0 && !ReadInto(output_end_, output_)) CloseOnce(output_end_);
  if (ends[1].revents != 0 && !ReadInto(errors_end_, errors_)) CloseOnce(errors_end_);
  return true;
}

std::string CommandProcess::Line() {
  const auto until = Clock::now() + kDeadline;
  std::size_t end = output_.find('\n');
  while (end == std::string::npos && ReadSome(until)) end = output_.find('\n');
  if (end == std::string::npos) return "";
  std::string line = output_.substr(0, end);
  output_.erase(0, end + 1);
  return line;
}

void CommandProcess::Signal(int signal) const { kill(process_, signal); }

int CommandProcess::ExitCode() {
  // The pipes close when the process ends, so that waiting for it is bounded.
  const auto until = Clock::now() + kDeadline;
  while (ReadSome(until)) continue;
  if (output_end_ >= 0 || errors_end_ >= 0) return kDidNotEnd;
  int status = 0;
  waitpid(std::exchange(process_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace provdlab::tools
