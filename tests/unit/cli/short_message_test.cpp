#include "cli/short_message.h"

#include <gtest/gtest.h>

namespace bootstrap::cli {
namespace {

TEST(ShortMessage, HasTheShortCommand) {
  struct Case {
    const char* message;
    const char* step;
    const char* with;
    const char* without;
  };
  for (
      const Case& c : {
          Case{"p/a is running", "", "p/a is running", "p/a is running"},
          Case{"p/a waits for approval by alice: go?. Approve with: kubectl patch bwf w -n ns "
               R"(--type merge -p '{"spec":{"approvals":[{"step":"p/a","run":1}]}}')",
               "",
               "p/a waits for approval by alice: go?. Approve with: kubectl bootstrap approve w "
               "p/a -n ns",
               "p/a waits for approval by alice: go?"},
          Case{"waits for 2 answers: a, b. Answer with: kubectl patch bwf w -n ns --type json -p "
               "'[]'",
               "p/a",
               "waits for 2 answers: a, b. Answer with: kubectl bootstrap answer w p/a -n ns "
               "NAME=VALUE",
               "waits for 2 answers: a, b"},
          Case{"p/x failed (R): m; p/a waits for an answer: b. Answer with: kubectl patch bwf w -n "
               "ns --type json -p '[]'",
               "",
               "p/x failed (R): m; p/a waits for an answer: b. Answer with: kubectl bootstrap "
               "answer w p/a -n ns NAME=VALUE",
               "p/x failed (R): m; p/a waits for an answer: b"},
          Case{
              R"(p/a failed; to resume: kubectl patch bwf w -n ns --type merge -p '{"a":1}'. Ask Bob)",
              "", "p/a failed; to resume: kubectl bootstrap resume w -n ns. Ask Bob",
              "p/a failed. Ask Bob"},
          Case{"p/a failed; to resume: kubectl patch bwf w -n ns --type merge -p '{…", "",
               "p/a failed; to resume: kubectl bootstrap resume w -n ns", "p/a failed"},
      }) {
    EXPECT_EQ(with_short_command(c.message, "ns", "w", c.step), c.with);
    EXPECT_EQ(without_command(c.message), c.without);
  }
}

}  // namespace
}  // namespace bootstrap::cli
