#include "conformance/runner/run_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/files.h"

namespace provdlab::conformance {
namespace {

constexpr int kFormat = 1;
constexpr char kEnding[] = ".run";

bool IsLocked(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

}  // namespace

Result<std::unique_ptr<RunFile>> RunFile::Begin(const std::filesystem::path& folder, const std::string& run, const std::string& target) {
  if (auto made = MakeFolders(folder); !made) return Fail(made.error());
  const std::filesystem::path path = folder / (run + kEnding);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return Fail(ErrorKind::kForbidden, "cannot write " + path.string() + ": " + std::strerror(errno));
  std::unique_ptr<RunFile> file(new RunFile(path, descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 || !file->Add({{"format", kFormat}, {"run", run}, {"target", target}})) {
    file->Remove();
    return Fail(ErrorKind::kInternal, "cannot write " + path.string() + ": " + std::strerror(errno));
  }
  return file;
}

RunFile::~RunFile() { ::close(descriptor_); }

bool RunFile::Add(const Json& line) {
  const std::string text = DumpJson(line) + "\n";
  const std::lock_guard lock(mutex_);
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(descriptor_, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += static_cast<std::size_t>(count);
  }
  return true;
}

void RunFile::Remove() { ::unlink(path_.c_str()); }

Result<std::vector<LeftRun>> ReadRuns(const std::filesystem::path& folder) {
  std::vector<LeftRun> runs;
  std::error_code problem;
  if (!std::filesystem::exists(folder, problem)) return runs;
  const auto names = ListFolder(folder);
  if (!names) return Fail(names.error());
  for (const std::string& name : *names) {
    if (!name.ends_with(kEnding)) continue;
    LeftRun run;
    run.path = folder / name;
    run.going_on = IsLocked(run.path);
    const auto text = ReadFile(run.path);
    if (!text) continue;  // it has just ended, or is somebody else's
    for (std::size_t at = 0, end; (end = text->find('\n', at)) != std::string::npos; at = end + 1) {
      auto line = ParseJson(text->substr(at, end - at));
      if (line && line->is_object()) run.lines.push_back(std::move(*line));
    }
    if (run.lines.empty() || run.lines[0].value("format", 0) != kFormat) continue;
    run.run = run.lines[0].value("run", "");
    run.target = run.lines[0].value("target", "");
    run.lines.erase(run.lines.begin());
    runs.push_back(std::move(run));
  }
  return runs;
}

Result<std::filesystem::path> DefaultRunsFolder() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "provdlab" / "runs";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return Fail(ErrorKind::kNotFound, "neither XDG_STATE_HOME nor HOME is set");
  return std::filesystem::path(home) / ".local" / "state" / "provdlab" / "runs";
}

}  // namespace provdlab::conformance
