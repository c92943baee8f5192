#include "controllers/git_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using ::testing::ElementsAre;

const std::string kSha1(40, 'a');
const std::string kSha256(64, '0');

TEST(GitSource, RepositoriesAreReachedByHttpsOrSshOnly) {
  for (const char* good :
       {"https://git.example.com/tools.git", "https://10.0.0.1:8443/a/b", "https://[::1]/a",
        "ssh://git@git.example.com/tools.git", "ssh://git.example.com:2222/~me/tools",
        "git@git.example.com:platform/tools.git", "me@host:/srv/tools.git"})
    EXPECT_EQ(repository_problem(good), std::nullopt) << good;
  for (const char* bad : {"",
                          "http://git.example.com/tools.git",
                          "git://git.example.com/tools.git",
                          "file:///srv/tools.git",
                          "/srv/tools.git",
                          "../tools.git",
                          "tools.git",
                          "ext::sh -c id",
                          "ext::sh",
                          "--upload-pack=id",
                          "-x@host:path",
                          "me@-oProxyCommand=id:path",
                          "ssh://-oProxyCommand=id/x",
                          "ssh://me@-oProxyCommand=id/x",
                          "ssh://host",
                          "https://",
                          "https:///x",
                          "https://host",
                          "https://host/",
                          "https://host/a b",
                          "https://host/a\nb",
                          "https://host/\xC3\xA4",
                          "host:path",
                          "me@host",
                          "me@host:",
                          "dir/me@host:path",
                          "HTTPS://host/x"})
    EXPECT_NE(repository_problem(bad), std::nullopt) << bad;
}

// It would stand in every status and log.
TEST(GitSource, PasswordsInAddressesAreRefusedAndNotRepeated) {
  for (const char* bad : {"https://me:secret@host/x", "https://token@host/x"})
    EXPECT_EQ(
        repository_problem(bad),
        "must not contain a user or password; put them into a Secret and name it in secretRef");
}

TEST(GitSource, RevisionsAreNamesOrCommits) {
  for (const std::string& good : {std::string("main"), std::string("HEAD"), std::string("v1.4"),
                                  std::string("feature/x_y-z"), std::string("a@b"), kSha1, kSha256})
    EXPECT_EQ(revision_problem(good), std::nullopt) << good;
  for (const std::string& bad :
       {std::string(), std::string("-f"), std::string("a b"), std::string("a..b"),
        std::string("main~1"), std::string("main^"), std::string("a:b"), std::string("*"),
        std::string("x@{1}"), std::string("$(id)"), std::string("`id`"), std::string("/a"),
        std::string("a/"), std::string("a//b"), std::string("a.lock"), std::string("a."),
        std::string("a\nb"), std::string(256, 'x')})
    EXPECT_NE(revision_problem(bad), std::nullopt) << bad;
}

TEST(GitSource, WhatIsMissingIsNamed) {
  const auto fields = [](const GitSource& git) {
    std::vector<std::string> all;
    for (const Problem& problem : git_problems(git, "git")) all.push_back(problem.field);
    return all;
  };
  EXPECT_THAT(fields({"https://h/x", "main", "", "", false}), ElementsAre());
  EXPECT_THAT(fields({"git@h:x", "main", "", "key", true}), ElementsAre());
  EXPECT_THAT(fields({"", "main", "", "", false}), ElementsAre("git.repository"));
  EXPECT_THAT(fields({"git@h:x", "main", "", "", false}), ElementsAre("git.secretRef"));
  EXPECT_THAT(fields({"https://h/x", "main", "", "", true}), ElementsAre("git.credentials"));
  EXPECT_THAT(fields({"x", "-", "", "", true}),
              ElementsAre("git.repository", "git.revision", "git.credentials"));
}

TEST(GitSource, ACommitIsAWholeHash) {
  EXPECT_TRUE(is_commit(kSha1));
  EXPECT_TRUE(is_commit(kSha256));
  for (const std::string& other : {std::string(), std::string(39, 'a'), std::string(41, 'a'),
                                   std::string(40, 'A'), std::string(40, 'g')})
    EXPECT_FALSE(is_commit(other)) << other;
}

TEST(GitSource, TheMessageOfTheCloneHasTheCommit) {
  EXPECT_EQ(commit_in("commit=" + kSha1 + "\n"), kSha1);
  EXPECT_EQ(commit_in("commit=" + kSha256), kSha256);
  for (const std::string& other : {std::string(), std::string("commit="), "x" + kSha1,
                                   "commit=" + kSha1 + " more", std::string("commit=main\n")})
    EXPECT_EQ(commit_in(other), "") << other;
}

TEST(GitSource, ValuesOfParametersArePutIn) {
  const Lookup lookup = lookup_of(RunIdentity{}, {{"team", "a"}, {"version", "v1$"}});
  const GitSource source{"https://h/$(params.team)", "$(params.version)", "git:$(params.version)",
                         "key-$(params.team)", true};
  EXPECT_EQ(filled(source, lookup), (GitSource{"https://h/a", "v1$", "git:v1$", "key-a", true}));
}

}  // namespace
}  // namespace bootstrap
