#include "controllers/stop.h"

#include <gtest/gtest.h>

#include "controllers/attempt.h"
#include "controllers/names.h"

namespace bootstrap {
namespace {

using nlohmann::json;

TEST(Stop, ComesBackAsItWasWritten) {
  for (const char* reason :
       {reasons::kNotStarted, reasons::kTimedOut, reasons::kPhaseTimedOut,
        reasons::kWorkflowTimedOut, reasons::kCancelled, reasons::kJobSuspended})
    EXPECT_EQ(read_stop(annotations_of({reason, 7})), (Stop{reason, 7}));
}

TEST(Stop, WithoutAReasonIsTakenAway) {
  const json patch = annotations_of({});
  EXPECT_EQ(patch, (json{{annotations::kStopReason, nullptr}, {annotations::kStopRun, nullptr}}));
  EXPECT_EQ(read_stop(patch), Stop{});
}

TEST(Stop, IsNotOursWhenItIsNotAsWeWriteIt) {
  EXPECT_EQ(read_stop(json()), Stop{});
  EXPECT_EQ(read_stop(json::object()), Stop{});
  EXPECT_EQ(read_stop({{annotations::kStopReason, "Sabotage"}, {annotations::kStopRun, "2"}}),
            Stop{});
  EXPECT_EQ(read_stop({{annotations::kStopReason, 3}}), Stop{});
  for (const json& run : {json("two"), json(2), json(nullptr), json("")})
    EXPECT_EQ(read_stop({{annotations::kStopReason, "Cancelled"}, {annotations::kStopRun, run}}),
              (Stop{"Cancelled", 0}))
        << run;
}

TEST(Stop, OfAWholeRunIsItsCancelOrATimeoutOfMoreThanTheStep) {
  for (const char* reason :
       {reasons::kPhaseTimedOut, reasons::kWorkflowTimedOut, reasons::kCancelled})
    EXPECT_TRUE(was_for_a_run({reason, 1})) << reason;
  for (const char* reason : {reasons::kNotStarted, reasons::kTimedOut, reasons::kJobSuspended, ""})
    EXPECT_FALSE(was_for_a_run({reason, 1})) << reason;
}

}  // namespace
}  // namespace bootstrap
