#pragma once
// A client of the cluster that a kubeconfig names, over the transport the operator uses.
//
// Threads: the client may be used from any.

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "operator/kube/client.h"
#include "operator/kube/cpprest_transport.h"
#include "operator/kube/keep_warm.h"
#include "operator/kube/kubeconfig.h"

namespace bootstrap::bench {

class Connection {
 public:
  // `clock` must outlive the connection. The error is for a person.
  static tl::expected<std::unique_ptr<Connection>, std::string> open(const std::string& kubeconfig,
                                                                     const runtime::Clock& clock,
                                                                     std::stop_token stop) {
    auto access = kube::load_kubeconfig({.path = kubeconfig, .context = ""}, clock);
    if (!access) return tl::make_unexpected(access.error().message);
    return std::unique_ptr<Connection>(new Connection(*access, clock, std::move(stop)));
  }

  kube::Client& client() { return client_; }
  // To be called over and over by a thread: as in the operator, the first request after a while
  // must not pay for a new connection.
  runtime::SteadyPoint keep_warm(std::stop_token stop) {
    return warm_.step(tokens_.get(), std::move(stop));
  }

 private:
  Connection(const kube::ClusterAccess& access, const runtime::Clock& clock, std::stop_token stop)
      : tokens_(access.tokens),
        transport_(kube::make_cpprest_transport({.server = access.server, .tls = access.tls})),
        warm_(*transport_, clock, {}),
        client_(warm_, tokens_.get(), {.stop = std::move(stop)}) {}

  std::shared_ptr<kube::TokenSource> tokens_;
  std::unique_ptr<kube::Transport> transport_;
  kube::KeepWarm warm_;
  kube::Client client_;
};

}  // namespace bootstrap::bench
