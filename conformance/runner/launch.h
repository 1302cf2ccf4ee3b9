#pragma once
// A target that the suite starts itself: a child process in a group of its own, with free ports and a fresh folder.
//
//   auto child = LaunchedTarget::Start({.command = {"/bin/sh", "-c", "my-provd --port {rest_port} --state {state_dir}"}});
//   if (!child) return Fail(child.error());               // could not be started, or ended before it answered
//   Use((*child)->url());
//
// The child is told to end, then killed, with everything that it started, when the value goes; it dies with us even if we are
// killed. Start must be called from a thread that outlives the child: Linux ties the child's end to the thread that made it.
// The other methods may be called from any thread.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conformance/runner/stop.h"

namespace provdlab::conformance {

struct LaunchOptions {
  // In every word {rest_port}, {admin_port}, {http_port}, {tftp_port}, {sip_port}, {ami_port}, {gateway_port} become free ports,
  // {state_dir} a fresh folder, {trusted_proxies} what is said below.
  std::vector<std::string> command;
  // Starts the next version, with the same filled in; empty: there is none.
  std::vector<std::string> next_command{};
  std::string url = "http://127.0.0.1:{rest_port}/provd";
  int trusted_proxies = 0;
  std::map<std::string, std::string> values{};  // what else is filled in, by name
  std::chrono::milliseconds patience{20'000};   // until it answers
  std::chrono::milliseconds grace{3'000};       // between being told to end and being killed
};

// kInvalid for a {place} that nobody fills in and that was probably meant to be one that is: a folder of that name is no place of ours.
Result<> CheckPlaces(std::string_view command);

class LaunchedTarget {
 public:
  // Returns once the child accepts connections on {rest_port}, and on {http_port} if its command has it. kUnavailable with the log's tail
  // otherwise; kCancelled if `stop`, which may be null, was asked; kInternal if another program has taken one of its ports.
  static Result<std::unique_ptr<LaunchedTarget>> Start(const LaunchOptions& options, Stop* stop = nullptr);
  ~LaunchedTarget();
  LaunchedTarget(const LaunchedTarget&) = delete;
  LaunchedTarget& operator=(const LaunchedTarget&) = delete;

  const std::string& url() const;
  // A text with the same ports and folder filled in as in the command.
  std::string Filled(std::string text) const;
  // What it wrote to standard output and standard error, the last 64 KiB.
  std::string log_tail() const;
  // All of it, through every restart; of more than 8 MiB the beginning and the end, with a line between them that says so.
  std::string log() const;
  // How it ended, if it has: "crashed: signal 11 (Segmentation fault)" or "ended with exit code 1".
  std::optional<std::string> ended() const;
  // Tells it to end, waits until it has, and starts it again with the same ports and folder. As Start; on the thread that called that.
  Result<> Restart(Stop* stop = nullptr);
  Result<> RestartTrusting(int proxies, Stop* stop = nullptr);  // the same, with another {trusted_proxies}
  // The same with the next version, on the same folder; and, as in the beginning, the first one on an empty folder.
  Result<> Upgrade(Stop* stop = nullptr);
  Result<> Renew(Stop* stop = nullptr);
  void End();  // what the destructor does

 private:
  Result<> Run(Stop* stop);
  void Halt();
  struct Impl;
  explicit LaunchedTarget(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::conformance
