#include "tests/conformance/conformance.h"

#include <fstream>
#include <utility>

namespace bootstrap::conformance {
namespace {
constexpr std::chrono::milliseconds kRest{300};
}  // namespace

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

bool Gate::wait() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return open_; });
}

bool Gate::is_open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void Counter::add(std::size_t more) {
  const std::lock_guard lock(mutex_);
  value_ += more;
  changed_.notify_all();
}

bool Counter::wait_for(std::size_t least) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return value_ >= least; });
}

std::size_t Counter::value() const {
  const std::lock_guard lock(mutex_);
  return value_;
}

std::size_t Counter::wait_for_rest() {
  std::unique_lock lock(mutex_);
  for (std::size_t before = value_;; before = value_) {
    if (!changed_.wait_for(lock, kRest, [&] { return value_ != before; })) return value_;
  }
}

bool RecordingSink::on_bytes(std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (keep) text_ += bytes;
  }
  received.add(bytes.size());
  return !on_each || on_each();
}

std::string RecordingSink::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

TransportConformance::TransportConformance()
    : ca_("cluster-ca"), server_identity_(ca_.issue({"apiserver", {"IP:127.0.0.1"}})) {}

ScriptedServer& TransportConformance::serve(ScriptedServer::Script script) {
  return serve({.identity = server_identity_}, std::move(script));
}

ScriptedServer& TransportConformance::serve(ScriptedServer::Options options,
                                            ScriptedServer::Script script) {
  return server_.emplace(std::move(options), std::move(script));
}

kube::TlsMaterialSource TransportConformance::trusting(const Authority& authority,
                                                       Identity own) const {
  return [material = kube::TlsMaterial{authority.cert_pem(), own.cert_pem, own.key_pem}] {
    return material;
  };
}

kube::Transport& TransportConformance::transport() {
  if (!transport_) transport(TransportOptions{});
  return *transport_;
}

kube::Transport& TransportConformance::transport(TransportOptions options) {
  if (options.server.empty()) options.server = server_->url();
  if (!options.tls) options.tls = trusting(ca_);
  transport_ = GetParam().make(options);
  return *transport_;
}

TransportConformance::Answer TransportConformance::get(const std::string& target,
                                                       std::chrono::milliseconds deadline,
                                                       std::stop_token stop) {
  return transport().send({.target = target}, deadline, std::move(stop));
}

TransportConformance::Answer TransportConformance::post(const std::string& body,
                                                        std::chrono::milliseconds deadline,
                                                        std::stop_token stop) {
  return transport().send({.method = kube::Method::Post,
                           .target = "/things",
                           .body = body,
                           .content_type = "application/json"},
                          deadline, std::move(stop));
}

TransportConformance::Answer TransportConformance::watch(kube::Sink& sink,
                                                         kube::StreamLimits limits,
                                                         std::stop_token stop) {
  return transport().stream({.target = "/watch"}, sink, limits, std::move(stop));
}

std::size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes << 10U;
  }
  return 0;
}

void reset_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace bootstrap::conformance
