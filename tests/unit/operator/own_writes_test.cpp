#include "operator/own_writes.h"

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

const ObjectKey kKey{"ns", "w"};
const ObjectKey kOther{"ns", "other"};

TEST(OwnWrites, NothingWrittenIsSeen) {
  OwnWrites own;
  EXPECT_TRUE(own.seen(kKey, {0, 0}));
}

struct WriteRow {
  OwnWrites::Versions stores;
  bool seen;
};

TEST(OwnWrites, BothStoresMustHaveReachedWhatWasWritten) {
  for (const WriteRow& row : {WriteRow{{0, 0}, false},
                              {{10, 0}, false},
                              {{0, 20}, false},
                              {{9, 20}, false},
                              {{10, 19}, false},
                              {{10, 20}, true},
                              {{11, 21}, true},
                              {{100, 100}, true}}) {
    OwnWrites own;
    own.wrote_workflow(kKey, 10);
    own.wrote_job(kKey, 20);
    EXPECT_EQ(own.seen(kKey, row.stores), row.seen) << row.stores.workflow << " " << row.stores.job;
  }
}

TEST(OwnWrites, VersionsAreComparedAsNumbers) {
  OwnWrites own;
  own.wrote_workflow(kKey, 10);
  EXPECT_FALSE(own.seen(kKey, {9, 9}));
  own.wrote_job(kKey, 1000);
  EXPECT_FALSE(own.seen(kKey, {10, 999}));
  EXPECT_TRUE(own.seen(kKey, {10, 1000}));
}

TEST(OwnWrites, OneKindOfWriteAsksNothingOfTheOtherStore) {
  OwnWrites own;
  own.wrote_job(kKey, 20);
  EXPECT_TRUE(own.seen(kKey, {0, 20}));
  own.wrote_workflow(kKey, 10);
  EXPECT_TRUE(own.seen(kKey, {10, 0}));
}

TEST(OwnWrites, TheNewestOfSeveralWritesCounts) {
  OwnWrites own;
  own.wrote_job(kKey, 30);
  own.wrote_job(kKey, 20);  // an adopted one, say
  EXPECT_FALSE(own.seen(kKey, {0, 20}));
  EXPECT_TRUE(own.seen(kKey, {0, 30}));
}

TEST(OwnWrites, WhatWasSeenOnceIsForgotten) {
  OwnWrites own;
  own.wrote_job(kKey, 30);
  EXPECT_TRUE(own.seen(kKey, {0, 30}));
  EXPECT_TRUE(own.seen(kKey, {0, 5})) << "a cluster restored from a backup begins lower";
}

TEST(OwnWrites, AreAwaitedUntilSeen) {
  OwnWrites own;
  EXPECT_FALSE(own.awaited(kKey));
  own.wrote_job(kKey, 30);
  EXPECT_TRUE(own.awaited(kKey));
  EXPECT_FALSE(own.seen(kKey, {0, 29}));
  EXPECT_TRUE(own.awaited(kKey));
  EXPECT_TRUE(own.seen(kKey, {0, 30}));
  EXPECT_FALSE(own.awaited(kKey));
}

TEST(OwnWrites, AreKeptPerWorkflow) {
  OwnWrites own;
  own.wrote_job(kKey, 30);
  own.wrote_workflow(kOther, 30);
  EXPECT_TRUE(own.seen(kOther, {30, 0}));
  EXPECT_FALSE(own.seen(kKey, {30, 0}));
  own.forget(kKey);
  EXPECT_TRUE(own.seen(kKey, {0, 0}));
}

}  // namespace
}  // namespace bootstrap
