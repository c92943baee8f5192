#include "tests/integration/operator_process.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// Of the operator's own account.
std::string make_token(Cluster& cluster) {
  std::string token =
      cluster.kubectl_output({"create", "token", "-n", "bootstrap-operator", "bootstrap-operator"});
  token.erase(token.find_last_not_of('\n') + 1);
  return token;
}

// As its pod has it.
std::string write_kubeconfig(Cluster& cluster, const std::string& token) {
  json config =
      json::parse(cluster.kubectl_output({"config", "view", "--raw", "--minify", "-o", "json"}));
  config["users"][0]["user"] = {{"token", token}};
  const std::string file = std::filesystem::temp_directory_path() /
                           ("bootstrap-operator-" + std::to_string(::getpid()) + ".kubeconfig");
  std::ofstream(file) << config.dump();
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  return file;
}

}  // namespace

OperatorProcess::OperatorProcess(Cluster& cluster)
    : token_(make_token(cluster)), kubeconfig_(write_kubeconfig(cluster, token_)) {
  start();
}

OperatorProcess::~OperatorProcess() {
  process_.reset();
  std::filesystem::remove(kubeconfig_);
  if (::testing::Test::HasFailure()) std::cerr << std::ifstream(log_).rdbuf();
  std::filesystem::remove(log_);
}

void OperatorProcess::start() {
  process_.emplace(std::vector<std::string>{OPERATOR_BINARY, "--kubeconfig=" + kubeconfig_,
                                            "--http-port=0", "--log-level=debug"},
                   log_);
}

void OperatorProcess::kill() {
  process_->signal(SIGKILL);
  EXPECT_EQ(128 + SIGKILL, process_->wait(10s));
  process_.reset();
}

std::string OperatorProcess::log() const {
  std::ostringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

std::optional<int> OperatorProcess::stop() {
  process_->signal(SIGTERM);
  return process_->wait(10s);
}

}  // namespace bootstrap::testing
