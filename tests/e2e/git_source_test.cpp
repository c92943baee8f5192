// Tools from a real Git server, which the test starts beside the cluster: HTTPS with a password and
// a certificate of its own CA, SSH with keys on both sides.

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/user_view.h"
#include "tests/integration/cluster.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kScripts = SOURCE_DIR "/tests/git_server/";
constexpr const char* kImage = "localhost/git:1";

std::string must(const std::vector<std::string>& command) {
  const Completed done = run(command, {.limit = 120s});
  if (done.code != 0) throw std::runtime_error(command[0] + ": " + done.err + done.out);
  std::string out = done.out;
  out.erase(out.find_last_not_of('\n') + 1);
  return out;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class GitServer {
 public:
  // Where the web server's own user can read.
  GitServer()
      : folder_(::testing::TempDir() + "bootstrap-git-server-" + std::to_string(::getpid())) {
    must({kScripts + "serve.sh", "start", folder_, Cluster::variable("HOST_IP")});
    const std::string env = text_of(folder_ + "/env");
    const std::regex line("export ([A-Z_]+)=(.*)");
    for (std::sregex_iterator i(env.begin(), env.end(), line), end; i != end; ++i)
      env_[(*i)[1]] = (*i)[2];
  }
  ~GitServer() { run({kScripts + "serve.sh", "stop", folder_}); }
  GitServer(const GitServer&) = delete;
  GitServer& operator=(const GitServer&) = delete;

  std::string https() const { return env_.at("GIT_HTTPS"); }
  std::string ssh() const { return env_.at("GIT_SSH"); }
  std::string secret_files(const std::string& kind) const { return folder_ + "/" + kind; }
  std::string password() const { return text_of(folder_ + "/https/password"); }

  std::string git(std::vector<std::string> arguments) const {
    std::vector<std::string> command{"git",
                                     "-c",
                                     "safe.directory=*",
                                     "-C",
                                     env_.at("GIT_BARE"),
                                     "-c",
                                     "user.name=somebody",
                                     "-c",
                                     "user.email=somebody@example.com"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return must(command);
  }
  std::string head() const { return git({"rev-parse", "main"}); }
  // Somebody pushes to main.
  std::string push() const {
    const std::string commit = git({"commit-tree", "-p", "main", "-m", "more", "main^{tree}"});
    git({"update-ref", "refs/heads/main", commit});
    return commit;
  }

 private:
  std::string folder_;
  std::map<std::string, std::string> env_;
};

class GitSource : public ::testing::Test {
 protected:
  // Not in SetUpTestSuite: what throws there makes tests that are skipped, not tests that fail.
  GitSource() {
    static const bool kOnce = load_image();
    EXPECT_TRUE(kOnce);
  }

  static bool load_image() {
    const std::string tar =
        ::testing::TempDir() + "git-image-" + std::to_string(::getpid()) + ".tar";
    must({kScripts + "image.sh", tar});
    must({SOURCE_DIR "/tests/cluster/load-image.sh", tar, "--name",
          Cluster::variable("CLUSTER_NAME")});
    std::filesystem::remove(tar);
    return true;
  }

  void make_secret(const std::string& ns, const std::string& name, const std::string& kind) {
    cluster_.kubectl_output(
        {"create", "secret", "generic", name, "-n", ns, "--type",
         kind == "https" ? "kubernetes.io/basic-auth" : "kubernetes.io/ssh-auth",
         "--from-file=" + server_.secret_files(kind)});
  }

  // The sample with our server and image in it.
  std::string sample() const {
    std::string text = text_of(SOURCE_DIR "/deploy/samples/tools-from-git.yaml");
    text = std::regex_replace(text, std::regex("https://git.example.com/platform/tools.git"),
                              server_.https());
    return std::regex_replace(text, std::regex("image: quay.io/.*"),
                              std::string("image: ") + kImage);
  }

  // The first step's clone has found out which commit it is.
  bool eventually_resolved(const std::string& ns, const std::string& name) {
    return eventually(60s, [&] {
      return step_of(cluster_.workflow(ns, name), "p", "first").value("sourceRevision", "") != "";
    });
  }

  std::string two_steps(
      const std::string& name, const std::string& git,
      const std::string& second = "git rev-parse HEAD; git status --short") const {
    return R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: )" +
           name + R"(}
spec:
  tools:
    image: localhost/git:1
    source: {git: )" +
           git + R"(}
  phases:
  - name: p
    steps:
    - name: first
      script: |
        git rev-parse HEAD; git branch --show-current; pwd; id -u; id -u >"$HOME/x"; sleep 2
    - name: second
      script: ")" +
           second + R"("
)";
  }

  Cluster& cluster_ = Cluster::of_test();
  GitServer server_;
};

TEST_F(GitSource, TheSampleRunsItsToolsUnchanged) {
  const TestNamespace ns(cluster_, "e2e-git");
  make_secret(ns, "tools-repository", "https");
  const std::string before = server_.head();
  cluster_.apply(ns, sample());
  const json workflow = cluster_.await_state(ns, "tools-from-git", "Succeeded", 120s);

  expect_end(cluster_, ns, "tools-from-git");
  EXPECT_THAT(log_of(cluster_, ns, "tools-from-git", "cluster", "create"),
              HasSubstr("cluster east-1 in us-east-1 is ready"));
  for (const char* step : {"generate", "create"})
    EXPECT_EQ(before, step_of(workflow, "cluster", step).at("sourceRevision"));
  EXPECT_EQ(before, step_of(workflow, "documentation", "update").at("sourceRevision"));
  EXPECT_NE(before, server_.head()) << "the last tool has pushed";
  EXPECT_EQ("tools-from-git", server_.git({"log", "-1", "--format=%an", "main"}));
  EXPECT_EQ("Documentation of " + before.substr(0, 7),
            server_.git({"log", "-1", "--format=%s", "main"}));
}

// All steps run what the branch was when the run began, whoever pushes meanwhile; over SSH, and
// with a root file system that nobody can write to.
TEST_F(GitSource, ARunKeepsItsCommitWhileTheBranchMovesOn) {
  const TestNamespace ns(cluster_, "e2e-git-ssh");
  make_secret(ns, "key", "ssh");
  const std::string before = server_.head();
  std::string yaml = two_steps(
      "moving", "{repository: \"" + server_.ssh() + "\", revision: main, secretRef: {name: key}}");
  yaml.replace(yaml.find("  tools:\n"), 9,
               "  tools:\n    securityContext: {readOnlyRootFilesystem: true}\n");
  cluster_.apply(ns, yaml);
  ASSERT_TRUE(eventually_resolved(ns, "moving"));
  const std::string after = server_.push();
  const json workflow = cluster_.await_state(ns, "moving", "Succeeded", 90s);

  EXPECT_EQ(before + "\nmain\n/workspace/source\n65532\n",
            log_of(cluster_, ns, "moving", "p", "first"));
  EXPECT_EQ(before + "\n", log_of(cluster_, ns, "moving", "p", "second"));
  EXPECT_EQ(before, step_of(workflow, "p", "second").at("sourceRevision"));
  EXPECT_NE(before, after);
}

// As on OpenShift, where the namespace's range chooses the user.
TEST_F(GitSource, WorksForAnyUser) {
  const TestNamespace ns(cluster_, "e2e-git-user");
  make_secret(ns, "key", "ssh");
  std::string yaml =
      two_steps("anybody", "{repository: \"" + server_.ssh() + "\", secretRef: {name: key}}");
  yaml.replace(yaml.find("  tools:\n"), 9,
               "  tools:\n    securityContext: {runAsUser: 1000650000, runAsGroup: 0, fsGroup: "
               "1000650000}\n");
  cluster_.apply(ns, yaml);
  cluster_.await_state(ns, "anybody", "Succeeded", 90s);
  EXPECT_THAT(log_of(cluster_, ns, "anybody", "p", "first"), HasSubstr("\n1000650000\n"));
}

TEST_F(GitSource, WhatIsRefusedIsSaidInGitsWords) {
  const TestNamespace ns(cluster_, "e2e-git-refused");
  make_secret(ns, "good", "https");
  make_secret(ns, "key", "ssh");
  cluster_.kubectl_output({"create", "secret", "generic", "wrong", "-n", ns,
                           "--from-literal=username=robot", "--from-literal=password=sesame-open",
                           "--from-file=ca.crt=" + server_.secret_files("https") + "/ca.crt"});
  cluster_.kubectl_output({"create", "secret", "generic", "unchecked", "-n", ns,
                           "--from-file=" + server_.secret_files("ssh") + "/ssh-privatekey"});
  struct Row {
    const char* name;
    std::string git;
    const char* says;
  };
  const std::vector<Row> rows{
      {"password", "{repository: \"" + server_.https() + "\", secretRef: {name: wrong}}",
       "Authentication failed"},
      {"no-branch",
       "{repository: \"" + server_.https() + "\", revision: nothing, secretRef: {name: good}}",
       "has no branch and no tag nothing"},
      {"host-key", "{repository: \"" + server_.ssh() + "\", secretRef: {name: unchecked}}",
       "the Secret of the source has no known_hosts"},
      {"no-git",
       "{repository: \"" + server_.https() +
           "\", image: \"docker.io/library/busybox:1.35\", "
           "secretRef: {name: good}}",
       "the image for the source has no git"}};
  for (const Row& row : rows) cluster_.apply(ns, two_steps(row.name, row.git));
  for (const Row& row : rows) {
    const json workflow = cluster_.await_state(ns, row.name, "Failed", 90s);
    const json step = step_of(workflow, "p", "first");
    EXPECT_EQ("SourceFailed", step.at("reason")) << row.name;
    EXPECT_THAT(step.at("message").get<std::string>(), HasSubstr(row.says));
    EXPECT_FALSE(step.contains("exitCode")) << "the tool did not run";
    const std::string all =
        workflow.dump() +
        cluster_.kubectl_output(
            {"logs", "-n", ns, "job/" + step.at("job").get<std::string>(), "-c", "source"});
    EXPECT_THAT(all, Not(HasSubstr("sesame-open")));
  }
}

TEST_F(GitSource, AToolPushesOverSshWithTheCredentialsOfItsStep) {
  const TestNamespace ns(cluster_, "e2e-git-push");
  make_secret(ns, "key", "ssh");
  const std::string before = server_.head();
  cluster_.apply(ns,
                 two_steps("pushes",
                           "{repository: \"" + server_.ssh() +
                               "\", revision: main, secretRef: {name: key}, credentials: Steps}",
                           "git -c user.name=tool -c user.email=tool@example.com commit -q "
                           "--allow-empty -m pushed && git push -q origin HEAD:main"));
  cluster_.await_state(ns, "pushes", "Succeeded", 90s);
  EXPECT_EQ("pushed", server_.git({"log", "-1", "--format=%s", "main"}));
  EXPECT_EQ(before, server_.git({"rev-parse", "main~1"}));
}

// Credentials for the clone only: neither the Secret nor anything of it is where the tool runs.
TEST_F(GitSource, CredentialsStayWithTheClone) {
  const TestNamespace ns(cluster_, "e2e-git-secret");
  make_secret(ns, "good", "https");
  cluster_.apply(
      ns,
      two_steps("kept", "{repository: \"" + server_.https() + "\", secretRef: {name: good}}",
                "ls /workspace; ls -A $HOME; cat .git/config; env; git ls-remote || echo refused"));
  cluster_.await_state(ns, "kept", "Succeeded", 90s);
  const std::string log = log_of(cluster_, ns, "kept", "p", "second");
  EXPECT_THAT(log, HasSubstr("home\nscript\nsource\n"));
  EXPECT_THAT(log, HasSubstr("refused\n"));
  EXPECT_THAT(log, Not(HasSubstr(server_.password())));
  EXPECT_THAT(log, Not(HasSubstr("credential")));
}

}  // namespace
}  // namespace bootstrap::testing
