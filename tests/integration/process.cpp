#include "tests/integration/process.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

// A folder for input and output, gone at the end of its scope.
class Scratch {
 public:
  Scratch() {
    std::string name = std::filesystem::temp_directory_path() / "bootstrap-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

void redirect(const std::string& file, int flags, int to) {
  const int from = ::open(file.c_str(), flags, 0600);
  if (from < 0 || ::dup2(from, to) < 0) ::_exit(127);
}

pid_t start(const std::vector<std::string>& command, const std::string& in, const std::string& out,
            const std::string& err) {
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  redirect(in, O_RDONLY, STDIN_FILENO);
  redirect(out, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO);
  redirect(err, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);  // the test's connections are none of its business
  ::execvp(arguments.front(), arguments.data());
  ::_exit(127);
}

std::optional<int> ended(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int kill_hard(pid_t pid) {
  ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return 128 + SIGKILL;
}

}  // namespace

Completed run(const std::vector<std::string>& command, const RunOptions& options) {
  const Scratch scratch;
  const std::string in = scratch.file("in");
  std::ofstream(in) << options.input;
  const pid_t pid = start(command, in, scratch.file("out"), scratch.file("err"));
  const auto code = first(options.limit, [&] { return ended(pid); });
  return {code ? *code : kill_hard(pid), text_of(scratch.file("out")),
          text_of(scratch.file("err"))};
}

Child::Child(const std::vector<std::string>& command, const std::string& output_file)
    : pid_(start(command, "/dev/null", output_file, output_file)) {}

Child::~Child() {
  if (!code_) kill_hard(pid_);
}

void Child::signal(int number) const {
  if (!code_) ::kill(pid_, number);
}

std::optional<int> Child::wait(std::chrono::milliseconds limit) {
  if (!code_) code_ = first(limit, [&] { return ended(pid_); });
  return code_;
}

}  // namespace bootstrap::testing
