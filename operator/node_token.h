#pragma once
// The token with which kubelets are asked: of a ServiceAccount that may get nodes/stats and nothing
// else, asked of the API server anew before it ends.
//
// Threads: one. Errors: told to `on_problem` when they are new; the token is empty then.

#include <functional>
#include <optional>
#include <string>

#include "operator/kube/client.h"
#include "operator/runtime/clock.h"

namespace bootstrap {

class NodeToken final : public kube::TokenSource {
 public:
  static constexpr std::chrono::seconds kLifetime{600};  // the shortest that is granted
  static constexpr std::chrono::seconds kUsedFor{300};
  using OnProblem = std::function<void(const std::string& what)>;

  // Client and clock must outlive it.
  NodeToken(kube::Client& client, const runtime::Clock& clock, std::string ns, std::string account,
            OnProblem on_problem)
      : client_(client),
        clock_(clock),
        ns_(std::move(ns)),
        account_(std::move(account)),
        on_problem_(std::move(on_problem)) {}

  std::string token() override;
  void rejected(std::string_view token) override;

 private:
  kube::Client& client_;
  const runtime::Clock& clock_;
  const std::string ns_;
  const std::string account_;
  const OnProblem on_problem_;
  std::string token_;
  std::optional<runtime::SteadyPoint> asked_;
  std::string problem_;
};

}  // namespace bootstrap
