#include "operator/kube/store.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/kube/store_writer.h"

namespace bootstrap::kube {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

struct Pod {
  ObjectMeta meta;
  std::string phase;
};

Pod pod(const std::string& name, std::uint64_t version, const std::string& owner = "",
        const std::string& uid = "") {
  Pod out;
  out.meta.ns = "ns";
  out.meta.name = name;
  out.meta.uid = uid.empty() ? name + "-uid" : uid;
  out.meta.resource_version = version;
  out.meta.controller_uid = owner;
  return out;
}

// A store that writes down its callbacks: "+name@version", "-name@version", "version N".
class StoreTest : public testing::Test {
 protected:
  std::vector<std::string> take() { return std::exchange(told_, {}); }
  std::vector<std::string> names(const std::vector<Store<Pod>::Object>& pods) const {
    std::vector<std::string> out;
    for (const auto& one : pods) out.push_back(one->meta.name);
    return out;
  }

  std::vector<std::string> told_;
  Store<Pod> store_{{.index = [](const Pod& p) { return p.meta.controller_uid; },
                     .on_change =
                         [this](const Pod& p, bool deleted) {
                           told_.push_back((deleted ? "-" : "+") + p.meta.name + "@" +
                                           std::to_string(p.meta.resource_version));
                         },
                     .on_version =
                         [this](std::uint64_t version) {
                           told_.push_back("version " + std::to_string(version));
                         }}};
};

TEST_F(StoreTest, BeginsEmptyAndNotSynced) {
  EXPECT_FALSE(store_.synced());
  EXPECT_EQ(store_.newest_version(), 0U);
  EXPECT_EQ(store_.get({"ns", "a"}), nullptr);
  store_.replace({}, 4);
  EXPECT_TRUE(store_.synced());
  EXPECT_EQ(store_.newest_version(), 4U);
  EXPECT_THAT(take(), ElementsAre("version 4"));
}

TEST_F(StoreTest, FindsByKeyAndByIndex) {
  store_.apply(pod("b", 1, "wf"));
  store_.apply(pod("a", 2, "wf"));
  store_.apply(pod("c", 3, "other"));
  store_.apply(pod("d", 4));
  EXPECT_EQ(store_.get({"ns", "a"})->meta.resource_version, 2U);
  EXPECT_EQ(store_.size(), 4U);
  EXPECT_THAT(names(store_.by_index("wf")), ElementsAre("a", "b"));
  EXPECT_TRUE(store_.by_index("").empty()) << "no key, not indexed";
  EXPECT_TRUE(store_.by_index("nobody").empty());
  EXPECT_THAT(names(store_.all()), UnorderedElementsAre("a", "b", "c", "d"));
}

TEST_F(StoreTest, AnOlderObjectNeverOverwritesANewerOne) {
  store_.apply(pod("a", 10, "wf"));
  take();
  store_.apply(pod("a", 9, "old"));
  store_.apply(pod("a", 10, "same"));
  EXPECT_EQ(store_.get({"ns", "a"})->meta.controller_uid, "wf");
  EXPECT_TRUE(take().empty());
  store_.remove(pod("a", 9).meta);
  EXPECT_NE(store_.get({"ns", "a"}), nullptr) << "an older deletion is of an object before it";
  store_.apply(pod("a", 100, "wf"));
  EXPECT_EQ(store_.get({"ns", "a"})->meta.resource_version, 100U) << "compared as numbers";
  EXPECT_EQ(store_.newest_version(), 100U);
}

TEST_F(StoreTest, RemovesFromTheIndexToo) {
  store_.apply(pod("a", 1, "wf"));
  take();
  store_.remove(pod("a", 5).meta);
  EXPECT_EQ(store_.get({"ns", "a"}), nullptr);
  EXPECT_TRUE(store_.by_index("wf").empty());
  EXPECT_EQ(store_.newest_version(), 5U) << "a deletion has a version of its own";
  EXPECT_THAT(take(), ElementsAre("-a@1"));
  store_.remove(pod("a", 6).meta);
  EXPECT_TRUE(take().empty());
}

TEST_F(StoreTest, ReplaceFindsWhatIsNewChangedAndGone) {
  store_.apply(pod("gone", 1, "wf"));
  store_.apply(pod("same", 2));
  store_.apply(pod("changed", 3));
  take();
  std::vector<Pod> list;
  list.push_back(pod("same", 2));
  list.push_back(pod("changed", 7));
  list.push_back(pod("new", 6));
  store_.replace(std::move(list), 9);
  EXPECT_THAT(take(), UnorderedElementsAre("-gone@1", "+changed@7", "+new@6", "version 9"));
  EXPECT_TRUE(store_.by_index("wf").empty());
  EXPECT_EQ(store_.size(), 3U);
}

TEST_F(StoreTest, AListFromBeforeWhatWasSeenIsARestoredCluster) {
  store_.apply(pod("a", 50, "wf"));
  store_.replace({}, 60);
  store_.apply(pod("a", 61, "new"));
  take();
  std::vector<Pod> list;
  list.push_back(pod("a", 20, "restored"));
  store_.replace(std::move(list), 30);
  EXPECT_EQ(store_.get({"ns", "a"})->meta.controller_uid, "restored");
  EXPECT_EQ(store_.newest_version(), 30U);
}

TEST_F(StoreTest, AMoveInTheIndexAndARecreationTellOfBoth) {
  store_.apply(pod("a", 1, "wf"));
  store_.apply(pod("a", 2, "other"));
  EXPECT_THAT(take(), ElementsAre("+a@1", "-a@1", "+a@2"));
  EXPECT_TRUE(store_.by_index("wf").empty());
  store_.apply(pod("a", 3, "other", "another-uid"));
  EXPECT_THAT(take(), ElementsAre("-a@2", "+a@3"));
  EXPECT_THAT(names(store_.by_index("other")), ElementsAre("a"));
}

TEST(Store, AVersionThatSaysNothingNewIsStoredAndToldApart) {
  std::vector<std::string> changed, same;
  Store<Pod> store(
      {.index = {},
       .on_change = [&](const Pod& p,
                        bool deleted) { changed.push_back(p.phase + (deleted ? " gone" : "")); },
       .same = [](const Pod& a, const Pod& b) { return a.phase == b.phase; },
       .on_same = [&](const Pod& p) { same.push_back(p.phase); },
       .on_version = {}});
  store.apply(pod("a", 1));
  store.apply(pod("a", 2));
  EXPECT_EQ(store.get({"ns", "a"})->meta.resource_version, 2U);
  EXPECT_EQ(store.newest_version(), 2U);
  EXPECT_THAT(changed, ElementsAre(""));
  EXPECT_THAT(same, ElementsAre(""));
  store.apply(pod("a", 3, "", "another-uid"));  // the same to look at, but another object
  EXPECT_THAT(changed, ElementsAre("", " gone", ""));
  store.remove(pod("a", 4, "", "another-uid").meta);
  EXPECT_THAT(changed, ElementsAre("", " gone", "", " gone"));
  EXPECT_THAT(same, ElementsAre(""));
}

TEST_F(StoreTest, BookmarksAdvanceTheVersion) {
  store_.advance(5);
  store_.advance(5);
  store_.advance(4);
  EXPECT_EQ(store_.newest_version(), 5U);
  EXPECT_THAT(take(), ElementsAre("version 5"));
}

TEST(Store, CallbacksSeeTheChangeAndMayRead) {
  Store<Pod>* self = nullptr;
  int seen = 0;
  Store<Pod> store({.on_change = [&](const Pod& p, bool deleted) {
    EXPECT_EQ(self->get(p.meta.key()) == nullptr, deleted);
    EXPECT_GE(self->newest_version(), p.meta.resource_version);
    ++seen;
  }});
  self = &store;
  store.apply(pod("a", 1));
  store.remove(pod("a", 2).meta);
  EXPECT_EQ(seen, 2);
}

TEST(Store, ReadersSeeWholeObjectsThatOnlyGrowNewer) {
  constexpr std::uint64_t kVersions = 500;
  Store<Pod> store({.index = [](const Pod& p) { return p.meta.controller_uid; }});
  std::atomic<bool> over = false;
  const auto read = [&] {
    std::uint64_t last = 0;
    while (!over) {
      const auto found = store.get({"ns", "a"});
      const std::uint64_t version = found ? found->meta.resource_version : last;
      EXPECT_GE(version, last);
      EXPECT_GE(store.newest_version(), version);
      for (const auto& one : store.by_index("wf")) EXPECT_EQ(one->phase, one->meta.uid);
      last = version;
      std::this_thread::yield();
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);
  for (std::uint64_t version = 1; version <= kVersions; ++version) {
    Pod next = pod("a", version, "wf");
    next.phase = next.meta.uid;
    store.apply(std::move(next));
    if (version % 100 == 0) {
      Pod other = pod("b", version, "wf");
      other.phase = other.meta.uid;
      store.apply(std::move(other));
      store.remove(pod("b", version).meta);
    }
  }
  over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(store.size(), 1U);
}

// --- StoreWriter ---

tl::expected<Pod, std::string> read_pod(const nlohmann::json& object) {
  Pod out;
  out.meta = read_meta(object);
  const auto phase = object.find("phase");
  if (phase == object.end()) return out;
  if (!phase->is_string()) return tl::make_unexpected(std::string("phase is no text"));
  out.phase = *phase;
  return out;
}

nlohmann::json object(const std::string& name, int version, nlohmann::json phase = "Running") {
  return {{"metadata",
           {{"namespace", "ns"}, {"name", name}, {"resourceVersion", std::to_string(version)}}},
          {"phase", std::move(phase)}};
}

class StoreWriterTest : public testing::Test {
 protected:
  void write(StoreOp op) { writer_(op); }
  Store<Pod> store_;
  std::vector<std::string> unreadable_;
  StoreWriter<Pod> writer_{store_, &read_pod, [this](const ObjectKey& key, const std::string& why) {
                             unreadable_.push_back(to_text(key) + ": " + why);
                           }};
};

TEST_F(StoreWriterTest, SwapsACollectedListInAtOnce) {
  write(ops::Begin{});
  write(ops::Apply{object("a", 1)});
  write(ops::Apply{object("b", 2)});
  write(ops::Delete{object("b", 3)});
  EXPECT_EQ(store_.size(), 0U);
  EXPECT_FALSE(store_.synced());
  write(ops::Complete{10});
  EXPECT_TRUE(store_.synced());
  EXPECT_EQ(store_.size(), 1U);
  write(ops::Apply{object("c", 11)});
  write(ops::Delete{object("a", 12)});
  write(ops::Bookmark{20});
  EXPECT_EQ(store_.get({"ns", "c"})->phase, "Running");
  EXPECT_EQ(store_.get({"ns", "a"}), nullptr);
  EXPECT_EQ(store_.newest_version(), 20U);
}

TEST_F(StoreWriterTest, ASecondBeginForgetsTheFirst) {
  write(ops::Begin{});
  write(ops::Apply{object("a", 1)});
  write(ops::Begin{});
  write(ops::Apply{object("b", 2)});
  write(ops::Complete{10});
  EXPECT_EQ(store_.get({"ns", "a"}), nullptr);
  EXPECT_NE(store_.get({"ns", "b"}), nullptr);
}

TEST_F(StoreWriterTest, WhatCannotBeReadIsReportedAndWhatWasKnownOfItStays) {
  write(ops::Begin{});
  write(ops::Apply{object("a", 1)});
  write(ops::Complete{1});
  write(ops::Apply{object("a", 2, 5)});
  EXPECT_EQ(store_.get({"ns", "a"})->meta.resource_version, 1U);
  write(ops::Begin{});
  write(ops::Apply{object("a", 2, 5)});
  write(ops::Apply{object("new", 3, 5)});
  write(ops::Apply{object("b", 4)});
  write(ops::Complete{9});
  EXPECT_NE(store_.get({"ns", "a"}), nullptr) << "it exists: it must not count as deleted";
  EXPECT_EQ(store_.size(), 2U);
  EXPECT_THAT(unreadable_, ElementsAre("ns/a: phase is no text", "ns/a: phase is no text",
                                       "ns/new: phase is no text"));
  write(ops::Apply{nlohmann::json::object()});
  EXPECT_EQ(unreadable_.back(), ": no name or no resourceVersion");
  write(ops::Delete{object("a", 10, 5)});
  EXPECT_EQ(store_.get({"ns", "a"}), nullptr) << "a deletion needs only the name";
}

}  // namespace
}  // namespace bootstrap::kube
