#pragma once
// How full the disk of a node is, as its kubelet says (/stats/summary, the subresource nodes/stats
// in RBAC): the API server does not know. Never through the API server's proxy, for which the
// operator would need nodes/proxy, and with it could do anything on a node. Nor with the operator's
// own token, which a node that was broken into would then have: with that of a ServiceAccount that
// may do nothing else (node_token.h).
//
// Threads: one. Errors: told to `on_problem` when they are new; the answer is empty then.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "controllers/node_load.h"
#include "operator/kube/client.h"
#include "operator/kube/transport.h"

namespace bootstrap {

class KubeletDisk {
 public:
  // "https://10.0.0.7:10250" to a transport for that host alone.
  using Connect = std::function<std::unique_ptr<kube::Transport>(std::string server)>;
  using OnProblem = std::function<void(const std::string& address, const std::string& what)>;

  // Both must outlive it.
  KubeletDisk(Connect connect, kube::TokenSource& tokens, OnProblem on_problem)
      : connect_(std::move(connect)), tokens_(tokens), on_problem_(std::move(on_problem)) {}

  std::optional<int> percent(const NodeView&, const std::stop_token& stop);

 private:
  using Summary = tl::expected<std::string, std::string>;
  Summary summary(const NodeView&, const std::stop_token& stop);

  const Connect connect_;
  kube::TokenSource& tokens_;
  const OnProblem on_problem_;
  std::map<std::string, std::string> problems_;  // by address; the newest
};

}  // namespace bootstrap
