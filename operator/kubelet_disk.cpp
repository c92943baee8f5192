#include "operator/kubelet_disk.h"

#include <fmt/format.h>

namespace bootstrap {

using namespace std::chrono_literals;

std::optional<int> KubeletDisk::percent(const NodeView& node) {
  if (node.address.empty() || node.kubelet_port == 0) return std::nullopt;
  const std::string server = fmt::format("https://{}:{}", node.address, node.kubelet_port);
  const auto text = summary(server);
  if (text) {
    problems_.erase(server);
    return disk_percent_in(*text);
  }
  std::string& told = problems_[server];
  if (told != text.error()) on_problem_(server, text.error());
  told = text.error();
  return std::nullopt;
}

tl::expected<std::string, std::string> KubeletDisk::summary(const std::string& server) {
  const auto transport = connect_(server);
  const std::string token = tokens_ == nullptr ? "" : tokens_->token();
  const auto response =
      transport->send({.target = "/stats/summary", .bearer_token = token}, 5s, {});
  if (!response) return tl::unexpected(response.error().message);
  if (response->status == 401 && tokens_ != nullptr) tokens_->rejected(token);
  if (response->status != 200)
    return tl::unexpected(kube::error_from_status(response->status, response->body).message);
  return response->body;
}

}  // namespace bootstrap
