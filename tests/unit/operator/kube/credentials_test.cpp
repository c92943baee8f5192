#include "operator/kube/credentials.h"

#include <cstdlib>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace bootstrap::kube {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using testing::HasSubstr;

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    std::string name = (fs::temp_directory_path() / "credentials-XXXXXX").string();
    root_ = mkdtemp(name.data());
    dir_ = root_ / "var/run/secrets/kubernetes.io/serviceaccount";
    fs::create_directories(dir_);
    write("token", "first\n");
    write("ca.crt", "-----BEGIN CERTIFICATE-----\nA\n");
    write("namespace", "team-a");
    variables_ = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  }
  ~CredentialsTest() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
  }
  AccessResult<ClusterAccess> access() const {
    return in_cluster_access(
        clock_,
        [this](const char* name) -> std::optional<std::string> {
          const auto found = variables_.find(name);
          return found == variables_.end() ? std::nullopt : std::optional(found->second);
        },
        root_);
  }

  fs::path root_;
  fs::path dir_;
  std::map<std::string, std::string> variables_;
  fakes::ManualClock clock_;
};

TEST_F(CredentialsTest, ReadsWhatAPodIsGiven) {
  const auto got = access();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->server, "https://10.96.0.1:443");
  EXPECT_EQ(got->namespace_name, "team-a");
  EXPECT_EQ(got->tokens->token(), "first");
  EXPECT_THAT(got->tls().ca_pem, HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_EQ(got->tls().client_cert_pem, "");
}

TEST_F(CredentialsTest, ReachesAnIpv6ServiceByItsName) {
  variables_["KUBERNETES_SERVICE_HOST"] = "fd00:10:96::1";
  EXPECT_EQ(access()->server, "https://kubernetes.default.svc:443");
}

TEST_F(CredentialsTest, FallsBackToTheDefaultNamespace) {
  fs::remove(dir_ / "namespace");
  EXPECT_EQ(access()->namespace_name, "default");
}

TEST_F(CredentialsTest, NamesWhatIsMissing) {
  const auto host = variables_.extract("KUBERNETES_SERVICE_HOST");
  EXPECT_THAT(access().error().message, HasSubstr("KUBERNETES_SERVICE_HOST"));
  variables_["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  variables_["KUBERNETES_SERVICE_PORT"] = "";
  EXPECT_THAT(access().error().message, HasSubstr("KUBERNETES_SERVICE_PORT"));
  variables_["KUBERNETES_SERVICE_PORT"] = "443";
  write("ca.crt", "nonsense");
  EXPECT_THAT(access().error().message, HasSubstr("ca.crt: holds no PEM certificate"));
  write("token", " \n");
  EXPECT_THAT(access().error().message, HasSubstr("token: empty"));
  fs::remove(dir_ / "token");
  EXPECT_THAT(access().error().message, HasSubstr("token: No such file"));
}

TEST_F(CredentialsTest, ReadsTheTokenAgainEveryMinute) {
  FileToken token(dir_ / "token", clock_);
  EXPECT_EQ(token.token(), "first");
  write("token", "second");
  clock_.advance(seconds(59));
  EXPECT_EQ(token.token(), "first");
  clock_.advance(seconds(1));
  EXPECT_EQ(token.token(), "second");
}

TEST_F(CredentialsTest, ReadsTheTokenAtOnceWhenItWasRejected) {
  FileToken token(dir_ / "token", clock_);
  EXPECT_EQ(token.token(), "first");
  write("token", "second");
  token.rejected("first");
  EXPECT_EQ(token.token(), "second");
}

TEST_F(CredentialsTest, ALateRejectionOfAnOldTokenReadsNothing) {
  FileToken token(dir_ / "token", clock_);
  EXPECT_EQ(token.token(), "first");
  write("token", "second");
  token.rejected("an older one");
  EXPECT_EQ(token.token(), "first");
}

TEST_F(CredentialsTest, KeepsTheOldTokenWhileTheFileIsGoneAndTakesTheNewOneWhenItIsBack) {
  FileToken token(dir_ / "token", clock_);
  EXPECT_EQ(token.token(), "first");
  fs::remove(dir_ / "token");
  clock_.advance(seconds(61));
  EXPECT_EQ(token.token(), "first");
  write("token", "");  // half-written
  EXPECT_EQ(token.token(), "first");
  write("token", "third");
  EXPECT_EQ(token.token(), "third");
}

TEST_F(CredentialsTest, AsksForTheCaAgainAndKeepsTheLastGoodOne) {
  const auto got = access();
  ASSERT_TRUE(got);
  write("ca.crt", "-----BEGIN CERTIFICATE-----\nB\n");
  EXPECT_THAT(got->tls().ca_pem, HasSubstr("\nB\n"));
  fs::remove(dir_ / "ca.crt");
  EXPECT_THAT(got->tls().ca_pem, HasSubstr("\nB\n"));
}

TEST_F(CredentialsTest, RefusesAFileThatCannotBeACredential) {
  write("token", std::string((1U << 20U) + 1, 'x'));
  EXPECT_THAT(access().error().message, HasSubstr("larger than 1 MiB"));
}

}  // namespace
}  // namespace bootstrap::kube
