// The transports that are held to the suite.

#include "operator/kube/cpprest_transport.h"
#include "tests/conformance/conformance.h"

namespace bootstrap::conformance {
namespace {

class TransportThreads final : public testing::Environment {
 public:
  void SetUp() override { kube::initialize_transport_threads(); }
};
// Before any test, so before any thread.
[[maybe_unused]] const auto* const kThreads =
    testing::AddGlobalTestEnvironment(new TransportThreads);

std::unique_ptr<kube::Transport> make_cpprest(const TransportOptions& options) {
  return kube::make_cpprest_transport({.server = options.server,
                                       .tls = options.tls,
                                       .max_requests = options.max_requests,
                                       .max_streams = options.max_streams,
                                       .max_body = options.max_body});
}

INSTANTIATE_TEST_SUITE_P(Cpprest, TransportConformance,
                         testing::Values(TransportKind{"cpprest", make_cpprest}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace bootstrap::conformance
