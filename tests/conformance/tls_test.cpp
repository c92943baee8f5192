// Whom a transport trusts, and how it says that it does not.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "tests/conformance/conformance.h"

namespace bootstrap::conformance {
namespace {

using testing::HasSubstr;

void answer_all(Peer& peer) {
  while (peer.read_request()) peer.answer(200, "{}");
}

TEST_P(TransportConformance, TrustsACertificateOfTheClusterForItsAddress) {
  serve(answer_all);
  const auto got = get();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "{}");
}

TEST_P(TransportConformance, TrustsACertificateForItsName) {
  serve({.identity = ca_.issue({"apiserver", {"DNS:localhost"}})}, answer_all);
  transport({.server = server_->url("localhost")});
  const auto got = get();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(server_->requests().at(0).headers.at("host").substr(0, 10), "localhost:");
}

TEST_P(TransportConformance, RefusesAnUnknownAuthority) {
  serve(answer_all);
  transport({.tls = trusting(Authority("cluster-ca"))});  // the same name, another key
  const auto got = post();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls);
  EXPECT_FALSE(got.error().maybe_applied);
  EXPECT_THAT(got.error().message, HasSubstr("certificate"));
  EXPECT_TRUE(server_->requests().empty());
}

TEST_P(TransportConformance, RefusesAnAuthorityThatOnlyTheSystemTrusts) {
  const Authority public_ca("public-ca");
  serve({.identity = public_ca.issue({"apiserver", {"IP:127.0.0.1"}})}, answer_all);
  const auto bundle = std::filesystem::temp_directory_path() /
                      ("system-bundle-" + std::to_string(getpid()) + ".pem");
  std::ofstream(bundle) << public_ca.cert_pem();
  setenv("SSL_CERT_FILE", bundle.c_str(), 1);  // what OpenSSL takes for the system's bundle
  const auto got = get();
  setenv("SSL_CERT_FILE", "/dev/null", 1);
  std::filesystem::remove(bundle);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls);
  EXPECT_THAT(got.error().message, HasSubstr("unable to get local issuer certificate"));
}

TEST_P(TransportConformance, RefusesACertificateForAnotherAddress) {
  serve({.identity = ca_.issue({"127.0.0.1", {"IP:127.0.0.2", "DNS:localhost"}})}, answer_all);
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls);
  EXPECT_THAT(got.error().message, HasSubstr("mismatch"));
  EXPECT_TRUE(server_->requests().empty());
}

TEST_P(TransportConformance, RefusesACertificateForAnotherName) {
  serve({.identity = ca_.issue({"localhost", {"DNS:elsewhere"}})}, answer_all);
  transport({.server = server_->url("localhost")});
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls);
  EXPECT_THAT(got.error().message, HasSubstr("mismatch"));
}

TEST_P(TransportConformance, RefusesAnExpiredServer) {
  serve({.identity = ca_.issue({"apiserver", {"IP:127.0.0.1"}, -10, -1})}, answer_all);
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls);
  EXPECT_THAT(got.error().message, HasSubstr("expired"));
}

TEST_P(TransportConformance, PresentsItsClientCertificate) {
  serve({.identity = server_identity_, .client_ca_pem = ca_.cert_pem()}, answer_all);
  transport({.tls = trusting(ca_, ca_.issue({"admin"}))});
  const auto got = get();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
}

TEST_P(TransportConformance, SaysThatAClientCertificateIsMissing) {
  serve({.identity = server_identity_, .client_ca_pem = ca_.cert_pem()}, answer_all);
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls) << got.error().message;
  EXPECT_THAT(got.error().message, HasSubstr("certificate required"));
}

TEST_P(TransportConformance, SaysThatTheClientCertificateHasExpired) {
  serve({.identity = server_identity_, .client_ca_pem = ca_.cert_pem()}, answer_all);
  transport({.tls = trusting(ca_, ca_.issue({"admin", {}, -10, -1}))});
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls) << got.error().message;
  EXPECT_THAT(got.error().message, HasSubstr("certificate expired"));
}

TEST_P(TransportConformance, RefusesTls11) {
  serve({.identity = server_identity_, .newest_tls = TLS1_1_VERSION}, answer_all);
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Tls) << got.error().message;
  EXPECT_EQ(server_->connections(), 0);
}

TEST_P(TransportConformance, SpeaksTls12) {
  serve({.identity = server_identity_, .newest_tls = TLS1_2_VERSION}, answer_all);
  EXPECT_TRUE(get());
}

TEST_P(TransportConformance, AsksForTheTlsMaterialOfEachNewConnection) {
  serve([](Peer& peer) {  // one request a connection
    if (peer.read_request()) peer.answer(200, "{}", "Connection: close\r\n");
  });
  const Authority other("other");
  std::atomic<int> asked = 0;
  transport({.tls = [&] {
    return kube::TlsMaterial{asked++ == 0 ? other.cert_pem() : ca_.cert_pem(), {}, {}};
  }});
  EXPECT_EQ(get().error().kind, Kind::Tls);
  EXPECT_TRUE(get());  // rotated meanwhile
  EXPECT_TRUE(get());
  EXPECT_EQ(asked, 3);
}

TEST_P(TransportConformance, SaysWhatIsWrongWithTheMaterial) {
  serve(answer_all);
  transport({.tls = [] { return kube::TlsMaterial{"nonsense", {}, {}}; }});
  const auto no_ca = get();
  ASSERT_FALSE(no_ca);
  EXPECT_EQ(no_ca.error().kind, Kind::Tls);
  EXPECT_THAT(no_ca.error().message, HasSubstr("CA holds no certificate"));
  const auto one = ca_.issue({"one"});
  const auto two = ca_.issue({"two"});
  transport({.tls = trusting(ca_, {one.cert_pem, two.key_pem})});
  const auto mixed = get();
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().kind, Kind::Tls);
  EXPECT_THAT(mixed.error().message, HasSubstr("client key"));
}

}  // namespace
}  // namespace bootstrap::conformance
