#include "operator/kube/kubeconfig.h"

#include <cstdlib>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace bootstrap::kube {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// base64 of "-----BEGIN CERTIFICATE-----\nCA\n" and of the like.
constexpr const char* kCa = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkNBCg==";
constexpr const char* kKey = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCksK";

std::string config(const std::string& cluster, const std::string& user,
                   const std::string& context = "") {
  return "apiVersion: v1\nkind: Config\ncurrent-context: one\n"
         "contexts:\n- name: one\n  context: {cluster: c, user: u" +
         context + "}\n- name: lost\n  context: {cluster: nowhere, user: u}\n" +
         "clusters:\n- name: other\n  cluster: {server: https://other}\n- name: c\n  cluster: {" +
         cluster + "}\nusers:\n- name: u\n  user: {" + user + "}\n";
}

std::string good_cluster() {
  return std::string("server: https://api.example:6443, certificate-authority-data: ") + kCa;
}

class KubeconfigTest : public testing::Test {
 protected:
  KubeconfigTest() {
    std::string name = (fs::temp_directory_path() / "kubeconfig-XXXXXX").string();
    dir_ = mkdtemp(name.data());
  }
  ~KubeconfigTest() override { fs::remove_all(dir_); }

  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
    return dir_ / name;
  }
  AccessResult<ClusterAccess> load(const std::string& text, const std::string& context = "") const {
    return load_kubeconfig({.path = write("config", text), .context = context}, clock_);
  }
  AccessResult<ClusterAccess> load_from(std::map<std::string, std::string> variables) const {
    return load_kubeconfig(
        {.environment = [variables](const char* name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return std::nullopt;
          return found->second;
        }},
        clock_);
  }

  fs::path dir_;
  fakes::ManualClock clock_;
};

TEST_F(KubeconfigTest, ReadsInlineCertificates) {
  const auto got = load(config(
      good_cluster(), std::string("client-certificate-data: ") + kCa + ", client-key-data: " + kKey,
      ", namespace: team-a"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->server, "https://api.example:6443");
  EXPECT_EQ(got->namespace_name, "team-a");
  EXPECT_EQ(got->tokens, nullptr);
  const TlsMaterial tls = got->tls();
  EXPECT_EQ(tls.ca_pem, "-----BEGIN CERTIFICATE-----\nCA\n");
  EXPECT_EQ(tls.client_cert_pem, "-----BEGIN CERTIFICATE-----\nCA\n");
  EXPECT_EQ(tls.client_key_pem, "-----BEGIN PRIVATE KEY-----\nK\n");
}

TEST_F(KubeconfigTest, ReadsFilesRelativeToItselfAndAgainForEachConnection) {
  write("pki/ca.crt", "-----BEGIN CERTIFICATE-----\nA\n");
  write("pki/me.crt", "-----BEGIN CERTIFICATE-----\nM\n");
  write("pki/me.key", "-----BEGIN EC PRIVATE KEY-----\nK\n");
  const auto got = load(config("server: https://a/, certificate-authority: pki/ca.crt",
                               "client-certificate: pki/me.crt, client-key: pki/me.key"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->server, "https://a");
  EXPECT_EQ(got->namespace_name, "default");
  EXPECT_THAT(got->tls().client_cert_pem, HasSubstr("\nM\n"));
  write("pki/me.crt", "-----BEGIN CERTIFICATE-----\nM2\n");
  EXPECT_THAT(got->tls().client_cert_pem, HasSubstr("\nM2\n"));
}

TEST_F(KubeconfigTest, ReadsTokens) {
  const auto fixed = load(config(good_cluster(), "token: abc"));
  ASSERT_TRUE(fixed) << fixed.error().message;
  EXPECT_EQ(fixed->tokens->token(), "abc");
  write("token", "from-file\n");
  const auto file = load(config(good_cluster(), "token: abc, tokenFile: token"));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->tokens->token(), "from-file");
}

TEST_F(KubeconfigTest, TakesAnotherContextThanTheCurrent) {
  const auto got = load(config(good_cluster(), "token: abc"), "lost");
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("clusters: there is none named \"nowhere\""));
}

TEST_F(KubeconfigTest, IsFoundByVariableOrAtHome) {
  write(".kube/config", config(good_cluster(), "token: home"));
  const auto named = write("named", config(good_cluster(), "token: named"));
  EXPECT_EQ(load_from({{"HOME", dir_}})->tokens->token(), "home");
  EXPECT_EQ(load_from({{"HOME", dir_}, {"KUBECONFIG", named}})->tokens->token(), "named");
  EXPECT_EQ(load_from({{"HOME", dir_}, {"KUBECONFIG", ""}})->tokens->token(), "home");
  EXPECT_THAT(load_from({}).error().message, HasSubstr("neither KUBECONFIG nor HOME"));
  EXPECT_THAT(load_from({{"KUBECONFIG", "/a:/b"}}).error().message,
              HasSubstr("several files (/a:/b)"));
  EXPECT_THAT(load_from({{"KUBECONFIG", dir_ / "none"}}).error().message,
              HasSubstr((dir_ / "none").string() + ": No such file"));
}

struct Bad {
  const char* name;
  std::string text;
  std::vector<std::string> says;
};
void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.name;
}

class BadKubeconfig : public KubeconfigTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadKubeconfig, IsRefusedWithFileFieldAndReason) {
  const auto got = load(GetParam().text);
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr((dir_ / "config").string() + ": "));
  for (const auto& words : GetParam().says) EXPECT_THAT(got.error().message, HasSubstr(words));
}

const std::vector<Bad>& bad_files() {
  static const std::string kCluster = good_cluster();
  static const std::vector<Bad> kFiles = {
      {"NoYaml", "{ [", {}},
      {"NoMapping", "- a\n- b\n", {"is not a kubeconfig"}},
      {"NoCurrentContext", "contexts: []\n", {"current-context: is not set"}},
      {"UnknownContext", "current-context: x\n", {"contexts: there is none named \"x\""}},
      {"NoServer", config("x: y", "token: t"), {"clusters[c].cluster.server: is missing"}},
      {"PlainHttp",
       config("server: 'http://a'", "token: t"),
       {"clusters[c].cluster.server: must begin with https://"}},
      {"NoAuthority",
       config("server: 'https://a'", "token: t"),
       {"clusters[c].cluster.certificate-authority: is missing", "/etc/ssl/certs"}},
      {"AuthorityFileGone",
       config("server: 'https://a', certificate-authority: gone.crt", "token: t"),
       {"certificate-authority: ", "gone.crt: No such file"}},
      {"AuthorityNoBase64",
       config("server: 'https://a', certificate-authority-data: '***'", "token: t"),
       {"certificate-authority-data: is not base64"}},
      {"AuthorityNoPem",
       config("server: 'https://a', certificate-authority-data: aGVsbG8=", "token: t"),
       {"certificate-authority-data: holds no PEM"}},
      {"Insecure",
       config(kCluster + ", insecure-skip-tls-verify: true", "token: t"),
       {"clusters[c].cluster.insecure-skip-tls-verify: is refused", "certificate-authority-data"}},
      {"Proxy", config(kCluster + ", proxy-url: 'http://p'", "token: t"), {"proxy-url"}},
      {"ServerName", config(kCluster + ", tls-server-name: x", "token: t"), {"tls-server-name"}},
      {"Exec",
       config(kCluster, "exec: {command: aws}"),
       {"users[u].user.exec: ", "oc login", "create token"}},
      {"AuthProvider",
       config(kCluster, "auth-provider: {name: gcp}"),
       {"users[u].user.auth-provider: "}},
      {"Password",
       config(kCluster, "username: admin, password: secret-word"),
       {"users[u].user.username: "}},
      {"Impersonation", config(kCluster, "token: t, as: admin"), {"users[u].user.as: "}},
      {"Nobody", config(kCluster, ""), {"users[u].user: has neither"}},
      {"CertificateWithoutKey",
       config(kCluster, std::string("client-certificate-data: ") + kCa),
       {"users[u].user.client-key: is missing"}},
      {"KeyWithoutCertificate",
       config(kCluster, std::string("client-key-data: ") + kKey),
       {"users[u].user.client-certificate: is missing"}},
      {"TokenFileGone", config(kCluster, "tokenFile: gone"), {"users[u].user.tokenFile: "}},
      {"TokenIsAList", config(kCluster, "token: [a]"), {"users[u].user.token: must be a text"}},
  };
  return kFiles;
}

INSTANTIATE_TEST_SUITE_P(Kubeconfig, BadKubeconfig, testing::ValuesIn(bad_files()),
                         [](const auto& row) { return row.param.name; });

TEST_F(KubeconfigTest, NeverRepeatsASecretInAMessage) {
  const auto got = load(config(good_cluster(), "username: admin, password: secret-word"));
  EXPECT_THAT(got.error().message, testing::Not(HasSubstr("secret-word")));
}

TEST_F(KubeconfigTest, AnExplicitFalseForInsecureIsFine) {
  EXPECT_TRUE(load(config(good_cluster() + ", insecure-skip-tls-verify: false", "token: t")));
}

}  // namespace
}  // namespace bootstrap::kube
