#include "tests/simulation/sim_transport.h"

#include <ostream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "controllers/time.h"

namespace bootstrap::simulation {
namespace {

using kube::Method;
using kube::Request;
using kube::Response;
using kube::TransportError;

constexpr std::size_t kRecords = 5'000;  // the newest; older ones explain nothing

// A review asks; nothing is stored.
bool is_write(const Request& request) {
  return request.method != Method::Get && request.target.find("accessreviews") == std::string::npos;
}

std::string_view verb(Method method) {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Post:
      return "POST";
    case Method::Put:
      return "PUT";
    case Method::Patch:
      return "PATCH";
    case Method::Delete:
      return "DELETE";
  }
  return "?";
}

tl::unexpected<TransportError> failure(TransportError::Kind kind, std::string message,
                                       bool maybe_applied) {
  return tl::unexpected(TransportError{kind, std::move(message), maybe_applied});
}

const ResourceType& anything() {
  static const ResourceType kType{
      .group = "", .version = "v1", .plural = "resourcequotas", .kind = "ResourceQuota"};
  return kType;
}

}  // namespace

SimTransport::SimTransport(SimApiServer& server, Scheduler& scheduler, Random random,
                           Settings settings)
    : server_(server), scheduler_(scheduler), random_(random), settings_(std::move(settings)) {}

SimTransport::Fault SimTransport::draw(bool write) {
  const FaultRates& rates = settings_.faults;
  if (random_.chance(rates.refused)) return Fault::Refused;
  if (random_.chance(rates.too_many_requests)) return Fault::TooMany;
  if (random_.chance(rates.internal_error)) return Fault::Internal;
  if (random_.chance(rates.unavailable)) return Fault::Unavailable;
  if (random_.chance(rates.lost_request)) return Fault::LostRequest;
  if (random_.chance(rates.lost_answer)) return Fault::LostAnswer;
  if (!write) return Fault::None;
  if (random_.chance(rates.conflict)) return Fault::Conflict;
  return random_.chance(rates.late_request) ? Fault::Late : Fault::None;
}

SimTransport::Result SimTransport::send(const Request& request, std::chrono::milliseconds deadline,
                                        std::stop_token) {
  static constexpr const char* kNames[] = {"",         "refused",      "429",         "500", "503",
                                           "conflict", "lost request", "lost answer", "late"};
  if (dead_) throw Crash{writes_};
  const bool write = is_write(request);
  if (write) ++writes_;
  const Fault fault = draw(write);
  RequestRecord record{
      ++requests_, scheduler_.clock().now(),       request.method, request.target, request.body,
      0,           kNames[static_cast<int>(fault)]};
  if (records_.size() == kRecords) records_.pop_front();
  records_.push_back(record);
  pass_time(random_.between(settings_.quickest, settings_.slowest));
  const Result result = go_through(request, deadline, fault);
  record.status = result ? result->status : 0;
  records_.back().status = record.status;
  if (observer) observer(record);
  pass_time(random_.between(settings_.quickest, settings_.slowest));
  return result;
}

SimTransport::Result SimTransport::go_through(const Request& request,
                                              std::chrono::milliseconds deadline, Fault fault) {
  const bool write = is_write(request);
  switch (fault) {
    case Fault::None:
      return reach_server(request, write);
    case Fault::Refused:
      return failure(TransportError::Kind::Unreachable, "connection refused", false);
    case Fault::TooMany:
      return refusal(refusals::too_many_requests());
    case Fault::Internal:
      return refusal(refusals::internal_error("etcdserver: leader changed"));
    case Fault::Unavailable:
      return refusal(refusals::unavailable());
    case Fault::Conflict:
      return refusal(refusals::conflict(anything(), "quota"));
    case Fault::LostRequest:
      break;
    case Fault::LostAnswer:
      reach_server(request, write);
      break;
    case Fault::Late:
      scheduler_.after(random_.between(deadline, deadline + settings_.faults.latest),
                       [this_server = &server_, request, process = settings_.process] {
                         this_server->handle(request, {process, true});
                       });
      break;
  }
  pass_time(deadline);
  return failure(TransportError::Kind::Timeout, "deadline exceeded", true);
}

Response SimTransport::reach_server(const Request& request, bool write) {
  if (write) crash_if_planned(CrashPoint::When::BeforeIsDone);
  Response response = server_.handle(request, {settings_.process, false});
  if (write) crash_if_planned(CrashPoint::When::AfterIsDone);
  return response;
}

void SimTransport::crash_if_planned(CrashPoint::When when) {
  if (settings_.crash && settings_.crash->write == writes_ && settings_.crash->when == when) {
    dead_ = true;
    throw Crash{writes_};
  }
}

// Blocked, while the world goes on; it may even kill us.
void SimTransport::pass_time(Duration d) {
  ++busy_;
  scheduler_.run_world_for(d);
  --busy_;
  if (dead_) throw Crash{writes_};
}

tl::expected<SimApiServer::Opened, TransportError> SimTransport::open_watch(
    const std::string& target, std::function<void()> on_ready) {
  const Fault fault = draw(false);
  if (fault == Fault::None) return server_.open_watch(target, std::move(on_ready));
  Request request;
  request.target = target;
  if (fault == Fault::TooMany)
    return SimApiServer::Opened{refusal(refusals::too_many_requests()), 0};
  if (fault == Fault::Internal)
    return SimApiServer::Opened{refusal(refusals::internal_error("etcd")), 0};
  if (fault == Fault::Unavailable) return SimApiServer::Opened{refusal(refusals::unavailable()), 0};
  return failure(TransportError::Kind::Unreachable, "connection refused", false);
}

SimTransport::Result SimTransport::stream(const Request& request, kube::Sink& sink,
                                          kube::StreamLimits, std::stop_token) {
  auto opened = open_watch(request.target, {});
  if (!opened) return tl::unexpected(opened.error());
  if (opened->head.status != 200) return opened->head;
  pass_time(server_.watches().settings().most_lag);
  const std::string bytes = server_.watches().take_available(opened->handle);
  server_.watches().close(opened->handle);
  if (!bytes.empty() && !sink.on_bytes(bytes))
    return failure(TransportError::Kind::Refused, "refused by the sink", false);
  return opened->head;
}

void print_trace(std::ostream& out, const std::deque<RequestRecord>& records) {
  constexpr std::size_t kBody = 20'000;
  for (const auto& r : records) {
    const auto ms = r.sent.time_since_epoch().count() % 1000;
    out << fmt::format("{:5} {}.{:03} {:6} {} -> {}{}", r.number, to_rfc3339(r.sent), ms,
                       verb(r.method), r.target, r.status, r.fault.empty() ? "" : " ! " + r.fault);
    if (!r.body.empty()) out << "\n        " << r.body.substr(0, kBody);
    out << '\n';
  }
}

}  // namespace bootstrap::simulation
