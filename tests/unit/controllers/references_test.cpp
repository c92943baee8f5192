#include "controllers/references.h"

#include <map>

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

// What references mean in these tests.
std::optional<std::string> lookup(std::string_view reference) {
  static const std::map<std::string, std::string, std::less<>> kValues{
      {"params.region", "us-east-1"},
      {"params.empty", ""},
      {"params.umlaut", "Größe €"},
      {"params.evil", "$(params.region)"},
      {"params.secret", "$(AWS_SECRET_ACCESS_KEY)"},
      {"params.parenthesis", "(AWS_SECRET_ACCESS_KEY)"},
      {"params.dollar", "$"},
      {"params.half", "$(params."},
      {"workflow.name", "full-setup"},
      {"steps.a.b.outputs.key", "out"}};
  const auto found = kValues.find(reference);
  return found == kValues.end() ? std::nullopt : std::optional(found->second);
}

// What a tool gets of an argument: Expand of k8s.io/kubernetes/third_party/forked/golang/expansion,
// with one variable, a secret.
std::string expanded_by_kubelet(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      result += text[i];
    } else if (text[i + 1] == '$') {
      result += '$';
      ++i;
    } else if (const auto close = text.find(')', i);
               text[i + 1] == '(' && close != std::string_view::npos) {
      const auto name = text.substr(i + 2, close - i - 2);
      result += name == "AWS_SECRET_ACCESS_KEY" ? std::string("EXPANDED")
                                                : std::string(text.substr(i, close + 1 - i));
      i = close;
    } else {
      result += text[i];
    }
  }
  return result;
}

struct ReferenceRow {
  const char* text;
  std::vector<std::string> references;
  const char* plain;    // substituted where nobody looks at it again
  const char* kubelet;  // substituted for the kubelet to expand
};

TEST(References, AreReplacedInOnePass) {
  const std::vector<ReferenceRow> rows{
      {"", {}, "", ""},
      {"nothing here", {}, "nothing here", "nothing here"},
      {"$(params.region)", {"params.region"}, "us-east-1", "us-east-1"},
      {"a$(params.region)b", {"params.region"}, "aus-east-1b", "aus-east-1b"},
      {"$(params.region)$(workflow.name)",
       {"params.region", "workflow.name"},
       "us-east-1full-setup",
       "us-east-1full-setup"},
      {"$(params.region) $(params.region)",
       {"params.region", "params.region"},
       "us-east-1 us-east-1",
       "us-east-1 us-east-1"},
      {"$(steps.a.b.outputs.key)", {"steps.a.b.outputs.key"}, "out", "out"},
      {"<$(params.empty)>", {"params.empty"}, "<>", "<>"},
      {"ä$(params.umlaut)€", {"params.umlaut"}, "äGröße €€", "äGröße €€"},
      // A value is never looked at again.
      {"$(params.evil)", {"params.evil"}, "$(params.region)", "$$(params.region)"},
      {"$(params.half)region)", {"params.half"}, "$(params.region)", "$$(params.region)"},
      {"$(params.secret)",
       {"params.secret"},
       "$(AWS_SECRET_ACCESS_KEY)",
       "$$(AWS_SECRET_ACCESS_KEY)"},
  };
  for (const ReferenceRow& row : rows) {
    EXPECT_EQ(references_in(row.text), row.references) << row.text;
    EXPECT_EQ(substitute(row.text, lookup, Quoting::Plain), row.plain) << row.text;
    EXPECT_EQ(substitute(row.text, lookup, Quoting::Kubelet), row.kubelet) << row.text;
  }
}

TEST(References, LeaveAloneWhatBelongsToTheToolOrTheKubelet) {
  for (const char* text :
       {"$(date)", "$(HOME)", "$$", "$$(HOME)", "$HOME", "${params.region}", "$(param.region)",
        "$(PARAMS.region)", "$( params.region)", "(params.region)", "params.region",
        "$(params.region", "$(params", "$(", "$", "$(workflow)", "$(paramsXregion)"}) {
    EXPECT_TRUE(references_in(text).empty()) << text;
    EXPECT_EQ(substitute(text, lookup, Quoting::Plain), text);
    EXPECT_EQ(substitute(text, lookup, Quoting::Kubelet), text);
  }
}

TEST(References, ThatAreNotKnownAreNamed) {
  const std::vector<std::pair<const char*, const char*>> rows{
      {"$(params.typo)", "params.typo"},
      {"$(params.)", "params."},
      {"$(workflow.phase)", "workflow.phase"},
      {"$(params.region) $(params.first) $(params.second)", "params.first"},
      {"$(params.region )", "params.region "},
      // Not closed, and then another one: the first ')' ends it, and it is no reference we know.
      {"$(params.x $(params.region)", "params.x $(params.region"},
      {"$(params.$(workflow.name))", "params.$(workflow.name"},
  };
  for (const auto& [text, expected] : rows) {
    const auto result = substitute(text, lookup, Quoting::Plain);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error(), expected) << text;
  }
}

TEST(References, ValuesReachTheToolUnchangedThroughTheKubelet) {
  // Also behind a '$' of the author's, which would pair with the value's own.
  const std::vector<std::pair<const char*, const char*>> rows{
      {"$(params.secret)", "$(AWS_SECRET_ACCESS_KEY)"},
      {"$$(params.secret)", "$$(AWS_SECRET_ACCESS_KEY)"},
      {"$$(params.parenthesis)", "$(AWS_SECRET_ACCESS_KEY)"},
      {"a$$$(params.parenthesis)", "a$(AWS_SECRET_ACCESS_KEY)"},  // "$$" is the author's "$"
      {"$$$$(params.secret)", "$$$(AWS_SECRET_ACCESS_KEY)"},
      {"$(params.dollar)(AWS_SECRET_ACCESS_KEY)", "$(AWS_SECRET_ACCESS_KEY)"},
      {"$(params.dollar)$(params.parenthesis)", "$(AWS_SECRET_ACCESS_KEY)"},
      {"$(params.dollar)$$(params.parenthesis)", "$$(AWS_SECRET_ACCESS_KEY)"},
      {"$$(params.empty)$(params.parenthesis)", "$(AWS_SECRET_ACCESS_KEY)"},
      {"costs 5$$(params.empty)", "costs 5$"},
  };
  for (const auto& [text, expected] : rows) {
    const auto written = substitute(text, lookup, Quoting::Kubelet);
    ASSERT_TRUE(written) << text;
    EXPECT_EQ(expanded_by_kubelet(*written), expected) << text << " written as " << *written;
  }
}

TEST(References, TheAuthorsOwnVariablesAreStillExpandedByTheKubelet) {
  const auto written =
      substitute("$(AWS_SECRET_ACCESS_KEY)-$(params.region)", lookup, Quoting::Kubelet);
  EXPECT_EQ(expanded_by_kubelet(written.value()), "EXPANDED-us-east-1");
}

TEST(References, QuotingDoublesEveryDollarAndNothingElse) {
  EXPECT_EQ(quoted_for_kubelet(""), "");
  EXPECT_EQ(quoted_for_kubelet("plain 'text' \"€\" \\"), "plain 'text' \"€\" \\");
  EXPECT_EQ(quoted_for_kubelet("$"), "$$");
  EXPECT_EQ(quoted_for_kubelet("$$(X) $Y"), "$$$$(X) $$Y");
}

}  // namespace
}  // namespace bootstrap
