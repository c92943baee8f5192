#include "tests/bench/audit_log.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap::bench {
namespace {

using namespace std::chrono_literals;

AuditedRequest only(const std::string& line) {
  std::istringstream in(line);
  const AuditLog log = read_audit_log(in);
  EXPECT_EQ(log.requests.size(), 1u);
  return log.requests.empty() ? AuditedRequest{} : log.requests.front();
}

// A kubelet's change of a pod's status with these container statuses.
std::string pod_status(const std::string& statuses) {
  return R"({"stage":"ResponseComplete","verb":"patch","objectRef":{"resource":"pods",)"
         R"("subresource":"status","name":"p"},"requestReceivedTimestamp":"2026-01-02T15:04:05Z",)"
         R"("requestObject":{"status":{"containerStatuses":)" +
         statuses + "}}}\n";
}

TEST(AuditLog, reads_a_recorded_log_and_counts_what_is_not_readable) {
  std::ifstream in(BENCH_FIXTURES "/audit.log");
  const AuditLog log = read_audit_log(in);
  EXPECT_EQ(log.requests.size(), 136u);
  EXPECT_EQ(log.unreadable, 1u);  // the last line is half written
  EXPECT_TRUE(std::ranges::is_sorted(log.requests, {}, &AuditedRequest::received));
}

TEST(AuditLog, takes_who_what_and_when) {
  const AuditedRequest r =
      only(R"({"stage":"ResponseComplete","verb":"create","user":{"username":"me"},"objectRef":{)"
           R"("resource":"jobs","apiGroup":"batch","namespace":"ns","name":"j"},"responseStatus":{)"
           R"("code":409},"requestReceivedTimestamp":"2026-01-02T15:04:05.000007Z"})");
  EXPECT_EQ(r.user, "me");
  EXPECT_EQ(r.verb, "create");
  EXPECT_EQ(r.group, "batch");
  EXPECT_EQ(r.resource, "jobs");
  EXPECT_EQ(r.ns, "ns");
  EXPECT_EQ(r.name, "j");
  EXPECT_EQ(r.code, 409);
  EXPECT_EQ(r.received.time_since_epoch() % 1s, 7us);
}

TEST(AuditLog, a_request_is_taken_once_when_it_is_answered) {
  std::istringstream in(
      R"({"stage":"ResponseStarted","verb":"watch","requestReceivedTimestamp":"2026-01-02T15:04:05Z"})");
  const AuditLog log = read_audit_log(in);
  EXPECT_TRUE(log.requests.empty());
  EXPECT_EQ(log.unreadable, 0u);
}

TEST(AuditLog, a_pod_has_ended_when_all_its_containers_are_terminated) {
  const std::string over = R"({"name":"a","state":{"terminated":{"exitCode":0}}})";
  const std::string runs = R"({"name":"b","state":{"running":{}}})";
  EXPECT_TRUE(only(pod_status("[" + over + "]")).all_terminated);
  EXPECT_TRUE(only(pod_status("[" + over + "," + over + "]")).all_terminated);
  EXPECT_FALSE(only(pod_status("[" + over + "," + runs + "]")).all_terminated);
  EXPECT_FALSE(only(pod_status("[]")).all_terminated);
  EXPECT_FALSE(only(pod_status(R"([{"state":{"terminated":null}}])")).all_terminated);
}

TEST(MicrosFrom, reads_what_the_server_writes) {
  const auto whole = micros_from("2026-01-02T15:04:05Z");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->time_since_epoch(), 1'767'366'245s);
  EXPECT_EQ(*micros_from("2026-01-02T15:04:05.123456Z") - *whole, 123456us);
  EXPECT_EQ(*micros_from("2026-01-02T15:04:05.5Z") - *whole, 500ms);
  EXPECT_EQ(*micros_from("2026-01-02T15:04:05.123456789Z") - *whole, 123456us);
}

TEST(MicrosFrom, refuses_anything_else) {
  for (const char* text :
       {"", "2026-01-02", "2026-01-02T15:04:05", "2026-13-02T15:04:05Z", "2026-01-02T15:04:05,5Z",
        "2026-01-02T15:xx:05Z", "2026-01-02T15:04:05.Z1Z", "2026-01-02T15:04:05.1234567891Z"})
    EXPECT_FALSE(micros_from(text)) << text;
}

TEST(IsWrite, leaves_out_events_leases_and_reviews) {
  const auto write = [](const char* verb, const char* resource) {
    AuditedRequest request;
    request.verb = verb;
    request.resource = resource;
    return is_write(request);
  };
  for (const char* verb : {"create", "update", "patch", "delete", "deletecollection"})
    EXPECT_TRUE(write(verb, "jobs")) << verb;
  for (const char* verb : {"get", "list", "watch"}) EXPECT_FALSE(write(verb, "jobs")) << verb;
  EXPECT_FALSE(write("create", "events"));
  EXPECT_FALSE(write("update", "leases"));
  EXPECT_FALSE(write("create", "subjectaccessreviews"));
}

}  // namespace
}  // namespace bootstrap::bench
