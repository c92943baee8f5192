#include "operator/kubelet_disk.h"

#include <exception>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace bootstrap {

using namespace std::chrono_literals;

namespace {

// Nodes are asked one after the other.
constexpr std::chrono::milliseconds kDeadline = 2s;

// Nodes come and go.
constexpr std::size_t kRemembered = 1'000;

bool is_ipv4(const std::string& address) {
  in_addr parsed{};
  return inet_pton(AF_INET, address.c_str(), &parsed) == 1;
}

}  // namespace

std::optional<int> KubeletDisk::percent(const NodeView& node, const std::stop_token& stop) {
  const auto text = summary(node, stop);
  const auto percent = text ? disk_percent_in(*text) : std::nullopt;
  if (percent) {
    problems_.erase(node.address);
    return percent;
  }
  const std::string problem = text ? "its answer does not say" : text.error();
  if (problems_.size() >= kRemembered && !problems_.contains(node.address)) problems_.clear();
  std::string& told = problems_[node.address];
  if (told != problem && !stop.stop_requested()) on_problem_(node.address, problem);
  told = problem;
  return std::nullopt;
}

// The address is what a node says of itself: anything.
KubeletDisk::Summary KubeletDisk::summary(const NodeView& node, const std::stop_token& stop) {
  if (!is_ipv4(node.address) || node.kubelet_port <= 0 || node.kubelet_port > 65'535)
    return tl::unexpected(fmt::format("\"{}\", port {}, is no IPv4 address and port", node.address,
                                      node.kubelet_port));
  const std::string token = tokens_.token();
  if (token.empty()) return tl::unexpected(std::string("there is no token for it"));
  try {
    const auto transport = connect_(fmt::format("https://{}:{}", node.address, node.kubelet_port));
    const auto response =
        transport->send({.target = "/stats/summary", .bearer_token = token}, kDeadline, stop);
    if (!response) return tl::unexpected(response.error().message);
    if (response->status == 200) return response->body;
    if (response->status == 401) tokens_.rejected(token);
    return tl::unexpected(kube::error_from_status(response->status, response->body).message);
  } catch (const std::exception& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

}  // namespace bootstrap
