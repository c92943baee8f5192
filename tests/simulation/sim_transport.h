#pragma once
// The network between one operator process and the simulated API server: it takes time, loses
// requests and answers, and it is where a process is killed.
//
// Each request takes a drawn time, during which the world goes on (Scheduler::run_world_for), so
// that what the operator has read may be old when its write arrives. Faults are drawn per request.
// A crash is planned for the n-th write, before or after the server has done it, or comes by kill()
// at any time. It leaves by an exception, because a kill leaves no one to clean up; should somebody
// on the way catch it, every further request of the dead process throws it again, without effect.
//
// Threads: one thread.

#include <cstddef>
#include <deque>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "operator/kube/transport.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/sim_api_server.h"

namespace bootstrap::simulation {

// The process was killed at this write. Not an error: never caught by the code under test.
struct Crash {
  std::size_t write = 0;
};

struct CrashPoint {
  enum class When { BeforeIsDone, AfterIsDone };
  std::size_t write = 0;  // counted from 1 since this transport was made
  When when = When::AfterIsDone;
};

// Chances per request; they are drawn in this order.
struct FaultRates {
  double refused = 0;            // no connection: surely not done
  double too_many_requests = 0;  // 429
  double internal_error = 0;     // 500, not done
  double unavailable = 0;        // 503, not done
  double conflict = 0;           // 409 of a write whose version was the newest
  double lost_request = 0;       // time-out, not done
  double lost_answer = 0;        // time-out, done
  double late_request = 0;       // time-out, done some time after
  Duration latest{20'000};

  static FaultRates none() { return {}; }
  static FaultRates bad_day() {
    return {.refused = 0.02,
            .too_many_requests = 0.02,
            .internal_error = 0.02,
            .unavailable = 0.02,
            .conflict = 0.03,
            .lost_request = 0.02,
            .lost_answer = 0.03,
            .late_request = 0.02};
  }
};

struct RequestRecord {
  std::size_t number = 0;
  TimePoint sent;
  kube::Method method = kube::Method::Get;
  std::string target;
  std::string body;
  int status = 0;     // what the operator saw; 0: no answer
  std::string fault;  // "" for none
};

class SimTransport final : public kube::Transport {
 public:
  struct Settings {
    std::size_t process = 0;  // whose network it is
    FaultRates faults;
    Duration quickest{1};
    Duration slowest{8};
    std::optional<CrashPoint> crash;
  };

  SimTransport(SimApiServer& server, Scheduler& scheduler, Random random, Settings settings);

  tl::expected<kube::Response, kube::TransportError> send(const kube::Request& request,
                                                          std::chrono::milliseconds deadline,
                                                          std::stop_token stop) override;
  // What has arrived of a watch opened and closed at once: nothing can block on one thread. Watch
  // loops use open_watch().
  tl::expected<kube::Response, kube::TransportError> stream(const kube::Request& request,
                                                            kube::Sink& sink,
                                                            kube::StreamLimits limits,
                                                            std::stop_token stop) override;
  // Begins a watch through the same unreliable network, without taking time.
  tl::expected<SimApiServer::Opened, kube::TransportError> open_watch(
      const std::string& target, std::function<void()> on_ready);

  // Blocks the process while the world goes on.
  void pass_time(Duration);
  // The process dies: now, or at once when the request it is blocked in goes on.
  void kill() { dead_ = true; }
  bool dead() const { return dead_; }
  // It is blocked in a request: its stack must not be destroyed.
  bool busy() const { return busy_ > 0; }

  Settings& settings() { return settings_; }
  SimApiServer& server() { return server_; }
  std::size_t writes() const { return writes_; }
  const std::deque<RequestRecord>& records() const { return records_; }

  // Called with every request and the answer the operator sees.
  std::function<void(const RequestRecord&)> observer;

 private:
  enum class Fault {
    None,
    Refused,
    TooMany,
    Internal,
    Unavailable,
    Conflict,
    LostRequest,
    LostAnswer,
    Late
  };
  using Result = tl::expected<kube::Response, kube::TransportError>;

  Fault draw(bool write);
  Result go_through(const kube::Request&, std::chrono::milliseconds deadline, Fault);
  kube::Response reach_server(const kube::Request&, bool write);
  void crash_if_planned(CrashPoint::When);

  SimApiServer& server_;
  Scheduler& scheduler_;
  Random random_;
  Settings settings_;
  std::size_t requests_ = 0;
  std::size_t writes_ = 0;
  int busy_ = 0;
  bool dead_ = false;
  std::deque<RequestRecord> records_;
};

// Requests for people, one a line, with what patches and creates say in short.
void print_trace(std::ostream&, const std::deque<RequestRecord>&);

}  // namespace bootstrap::simulation
